"""Notebooks on the disk (`.ipynb`): their Python cells as one module, and edits of it put back into the cells.

The code cells are joined line by line, in their order. An edit changes the `source` of the cells that it touches
and not one character else: outputs, metadata and the way the JSON is laid out stay as they were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from graphlift.source.files import ReadProblem, SourceText, read
from graphlift.source.ipython import python_lines
from graphlift.source.span import Span
from graphlift.source.text import Lines

SUFFIX = ".ipynb"

_BLANK = re.compile(r"[ \t\r\n]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_decoder = json.JSONDecoder(strict=False)


class CodeCell(msgspec.Struct, frozen=True):
    """A Python cell: lines `first_line` to `last_line` of the module.

    `number` counts all cells from 1; `start` and `end` are the offsets of its `source` in the JSON.
    """

    number: int
    text: str
    start: int
    end: int
    first_line: int
    last_line: int


class Notebook(msgspec.Struct, frozen=True):
    """A notebook: the JSON, and the module that its Python cells make."""

    json: str
    cells: tuple[CodeCell, ...]
    module: str

    def cell_of_line(self, line: int) -> CodeCell | None:
        """The cell that holds a line of the module; the last one for lines after the end."""
        return next(
            (cell for cell in self.cells if line <= cell.last_line), self.cells[-1] if self.cells else None
        )

    def line_in_file(self, line: int) -> int:
        """The line of the JSON in which a line of the module stands."""
        cell = self.cell_of_line(line)
        if cell is None:
            return 1
        wanted, at = line - cell.first_line, cell.start
        for offset, text in _strings(self.json, cell.start):
            if wanted < 0:
                break
            at, wanted = offset, wanted - text.count("\n")
        return Lines(self.json).position(at)[0]

    def edited(self, edits: Sequence[tuple[Span, str]]) -> str:
        """The JSON after edits of the module, which don't overlap. Each lands in the cell in which it begins."""
        changed: dict[int, list[tuple[Span, str]]] = {}
        for span, text in edits:
            cell = self.cell_of_line(span.line)
            if cell is not None:
                changed.setdefault(cell.number, []).append((_inside(cell, span), text))
        result = self.json
        for cell in reversed(self.cells):
            if cell.number in changed:
                source = _relaid(self.json[cell.start : cell.end], _applied(cell.text, changed[cell.number]))
                result = result[: cell.start] + source + result[cell.end :]
        return result


def is_notebook(path: str) -> bool:
    """Whether the path is called like a notebook."""
    return path.endswith(SUFFIX)


def load(path: str | Path) -> Notebook | ReadProblem:
    """Read a notebook; never raises. One of another language has no cells."""
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        return ReadProblem(1, f"cannot be read: {error.strerror or error}")
    except UnicodeDecodeError:
        return ReadProblem(1, "is no notebook: it is not UTF-8")
    return parse(text)


def parse(text: str) -> Notebook | ReadProblem:
    """The notebook that this JSON is."""
    try:
        content = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        return ReadProblem(error.lineno, f"is no notebook: {error.msg}")
    except RecursionError:
        return ReadProblem(1, "is no notebook: its JSON is nested too deeply")
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        return ReadProblem(1, "is no notebook of format 4: it has no cells")
    if _language(content) != "python":
        return Notebook(text, (), "")
    cells: list[CodeCell] = []
    lines: list[str] = []
    start, _ = _fields(text, _BLANK.match(text).end())["cells"]  # type: ignore[union-attr]
    for number, (at, cell) in enumerate(_items(text, start), 1):
        source = _source(cell)
        if source is None:
            continue
        first = len(lines) + 1
        lines += python_lines(source.split("\n"))
        cells.append(CodeCell(number, source, *_fields(text, at)["source"], first, len(lines)))
    return Notebook(text, tuple(cells), "\n".join(lines))


def read_module(path: str | Path) -> SourceText:
    """The Python of a file: its text, or the module that a notebook's cells make. Never raises."""
    if not is_notebook(str(path)):
        return read(path)
    found = load(path)
    if isinstance(found, ReadProblem):
        return SourceText("", problems=(found,))
    return SourceText(found.module)


def _language(content: dict[str, Any]) -> str:
    """The language of a notebook in lower case; Python unless it names another."""
    metadata = content.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for key, inner in (("language_info", "name"), ("kernelspec", "language")):
        table = metadata.get(key)
        if isinstance(table, dict) and isinstance(table.get(inner), str):
            return str(table[inner]).lower().replace("ipython", "python")
    return "python"


def _source(cell: Any) -> str | None:
    """The text of a Python cell; `None` for other cells."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    metadata = cell.get("metadata")
    of_editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    if isinstance(of_editor, dict) and of_editor.get("languageId", "python") != "python":
        return None
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source if isinstance(source, str) else None


# Places in the JSON, which is known to be valid


def _fields(text: str, at: int) -> dict[str, tuple[int, int]]:
    """The offsets of the values of the object that begins there, by key."""
    found: dict[str, tuple[int, int]] = {}
    at = _after_blank(text, at + 1)
    while text[at] != "}":
        if text[at] == ",":
            at = _after_blank(text, at + 1)
        key, at = _decoder.raw_decode(text, at)
        start = _after_blank(text, _after_blank(text, at) + 1)
        _, end = _decoder.raw_decode(text, start)
        found[key] = (start, end)
        at = _after_blank(text, end)
    return found


def _items(text: str, at: int) -> Iterator[tuple[int, Any]]:
    """The items of the array that begins there, with their offsets."""
    at = _after_blank(text, at + 1)
    while text[at] != "]":
        if text[at] == ",":
            at = _after_blank(text, at + 1)
        value, end = _decoder.raw_decode(text, at)
        yield at, value
        at = _after_blank(text, end)


def _strings(text: str, at: int) -> Iterator[tuple[int, str]]:
    """The strings of a `source`, which is one or an array of them."""
    if text[at] == "[":
        yield from _items(text, at)
    else:
        yield at, _decoder.raw_decode(text, at)[0]


def _after_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return at if match is None else match.end()


# Edits


def _inside(cell: CodeCell, span: Span) -> Span:
    """The span in the cell's own lines; cut where the cell ends."""
    shift = cell.first_line - 1
    last = cell.last_line - shift
    width = len(cell.text.rpartition("\n")[2])
    places = [(span.line - shift, span.column), (span.end_line - shift, span.end_column)]
    start, end = (place if place[0] <= last else (last, width) for place in places)
    return Span(*start, *end)


def _applied(text: str, edits: Sequence[tuple[Span, str]]) -> str:
    lines = Lines(text)
    for span, new in sorted(edits, key=lambda edit: edit[0], reverse=True):
        start = lines.offset(span.line, span.column)
        text = text[:start] + new + text[lines.offset(span.end_line, span.end_column) :]
    return text


def _relaid(before: str, text: str) -> str:
    """A `source` with another text, laid out as it was before."""
    ascii_only = before.isascii()
    if not before.startswith("["):
        return json.dumps(text, ensure_ascii=ascii_only)
    lead = before[1 : _after_blank(before, 1)]
    tail = before[len(before[:-1].rstrip()) : -1]
    pieces = [json.dumps(line, ensure_ascii=ascii_only) for line in _LINE.findall(text)]
    items = [at for at, _ in _items(before, 0)]
    between = "," + (lead or " ")
    if len(items) > 1:
        between = before[_decoder.raw_decode(before, items[0])[1] : items[1]]
    return f"[{lead}{between.join(pieces)}{tail}]"
