"""Reads a page: headings, code blocks, the files that these make up. Knows nothing of what is asserted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

MAIN = "main.py"
"""The file that blocks without a name belong to."""

SNAPSHOTS = ("hover", "actions", "fixed")
CURSOR = "<CURSOR>"

_PROSE_BLOCKS = frozenset({"", "text", "console", "md", "markdown", "json", "diff"})
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"(`{3,}|~{3,})\s*(\S*)\s*(.*?)\s*$")
_NAME = re.compile(r"(?:`(?P<name>[^`]+)`)?\s*(?:\((?P<word>\w+) (?P<number>\d+)\))?\s*:$")


class PageError(Exception):
    """The page itself is wrong; `line` is 1-based."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")


@dataclass(frozen=True)
class SourceFile:
    """One file of a test. `lines[i]` is the page's line of the file's line `i + 1`.

    `cursor` is the position of `<CURSOR>` (line from 1, column from 0), which the text no longer holds.
    """

    name: str
    text: str
    lines: tuple[int, ...]
    cursor: tuple[int, int] | None = None

    def page_line(self, line: int) -> int:
        """Where a line of the file stands on the page."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else (self.lines[-1] if self.lines else 0)


@dataclass(frozen=True)
class Snapshot:
    """A block of expected output: `kind` is one of `SNAPSHOTS`, `argument` the rest of its first line.

    `first` and `last` are the page's lines of its content; `last` is before `first` where there is none.
    """

    kind: str
    argument: str
    text: str
    first: int
    last: int


@dataclass(frozen=True)
class Section:
    """What stands under one heading: one test.

    `versions[0]` are the files as they are first; each later one holds the files that an edit replaces.
    """

    page: Path
    title: str
    line: int
    versions: tuple[tuple[SourceFile, ...], ...]
    snapshots: tuple[Snapshot, ...]
    settings: str

    @property
    def entry(self) -> SourceFile:
        """The file that is run: the one without a name (or `main.py`), else the last one."""
        files = self.versions[0]
        return next((file for file in files if file.name == MAIN), files[-1])


@dataclass
class _Block:
    language: str
    argument: str
    line: int
    name: str
    edit: int
    content: list[str] = field(default_factory=list)


def read_page(path: Path) -> tuple[Section, ...]:
    """The tests of a page, in order. Raises `PageError`."""
    return parse(path, path.read_text(encoding="utf-8"))


def parse(path: Path, text: str) -> tuple[Section, ...]:
    """The tests of a page's text."""
    sections: list[Section] = []
    page_settings = ""
    seen: dict[str, int] = {}
    for title, line, level, blocks in _headings(path, text):
        settings = "\n".join("\n".join(block.content) for block in blocks if block.language == "toml")
        if level <= 1:
            page_settings = settings
            settings = ""
        if not any(block.language in ("py", "python") for block in blocks):
            if any(block.language in SNAPSHOTS for block in blocks):
                raise PageError(path, line, f"“{title}” has expected output and no code")
            continue
        if title in seen:
            raise PageError(path, line, f"“{title}” is the heading on line {seen[title]} too")
        seen[title] = line
        sections.append(_section(path, title, line, blocks, f"{page_settings}\n{settings}".strip()))
    return tuple(sections)


def _headings(path: Path, text: str) -> list[tuple[str, int, int, list[_Block]]]:
    found: list[tuple[str, int, int, list[_Block]]] = [("(before the first heading)", 1, 1, [])]
    block: _Block | None = None
    fence = ""
    name = _NAME.match(":")
    for number, line in enumerate(text.split("\n"), 1):
        if block is not None:
            if line.strip() == fence:
                found[-1][3].append(block)
                block = None
            else:
                block.content.append(line)
            continue
        opening = _FENCE.match(line)
        heading = _HEADING.match(line)
        if opening:
            fence = opening[1]
            block = _open(path, number, opening[2], opening[3], name)
            name = None
        elif heading:
            found.append((heading[2], number, len(heading[1]), []))
            name = None
        elif line.strip():
            name = _NAME.match(line.strip())
    if block is not None:
        raise PageError(path, block.line, "this block is never closed")
    return found


def _open(path: Path, number: int, language: str, argument: str, name: re.Match[str] | None) -> _Block:
    if language not in ("py", "python", "toml", *SNAPSHOTS) and language not in _PROSE_BLOCKS:
        raise PageError(path, number, f"unknown kind of block `{language}`")
    if argument and language not in SNAPSHOTS:
        raise PageError(path, number, f"`{argument}` after `{language}` means nothing")
    if name is not None and name["word"] not in (None, "edit"):
        raise PageError(path, number, f"`({name['word']} {name['number']})` means nothing; `(edit n)` would")
    file = (name["name"] if name else None) or MAIN
    edit = int(name["number"]) if name and name["number"] else 0
    return _Block(language, argument, number, file, edit)


def _section(path: Path, title: str, line: int, blocks: list[_Block], settings: str) -> Section:
    versions: list[dict[str, list[_Block]]] = [{}]
    snapshots: list[Snapshot] = []
    for block in blocks:
        if block.language in ("py", "python"):
            if block.edit == len(versions):
                versions.append({})
            if block.edit != len(versions) - 1:
                raise PageError(path, block.line, f"edit {block.edit} comes after edit {len(versions) - 1}")
            versions[block.edit].setdefault(block.name, []).append(block)
        elif block.language in SNAPSHOTS:
            content = "\n".join(block.content)
            first = block.line + 1
            last = first + len(block.content) - 1
            snapshots.append(Snapshot(block.language, block.argument, content, first, last))
    files = tuple(tuple(_file(path, name, parts) for name, parts in version.items()) for version in versions)
    cursors = [file for version in files for file in version if file.cursor is not None]
    if len(cursors) > 1:
        raise PageError(path, line, f"“{title}” has more than one {CURSOR}")
    if snapshots and not cursors:
        raise PageError(
            path, snapshots[0].first - 1, f"expected output, and no {CURSOR} that it is asked for at"
        )
    return Section(path, title, line, files, tuple(snapshots), settings)


def _file(path: Path, name: str, blocks: list[_Block]) -> SourceFile:
    text: list[str] = []
    lines: list[int] = []
    for block in blocks:
        if text:
            text.append("")
            lines.append(block.line)
        text.extend(block.content)
        lines.extend(range(block.line + 1, block.line + 1 + len(block.content)))
    cursor = None
    for number, line in enumerate(text):
        column = line.find(CURSOR)
        if column < 0:
            continue
        if cursor is not None or CURSOR in line[column + 1 :]:
            raise PageError(path, lines[number], f"there is a {CURSOR} already")
        cursor = (number + 1, column)
        text[number] = line[:column] + line[column + len(CURSOR) :]
    return SourceFile(name, "\n".join(text) + "\n", tuple(lines), cursor)
