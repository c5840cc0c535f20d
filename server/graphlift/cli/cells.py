"""Where something in a notebook is, as people and programs look for it.

The analysis speaks of lines of the module that a notebook's cells make. People look for a cell and a line in it:
its path is then `NOTEBOOK.ipynb:cell 3`. Services that show files look for a line of the JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from graphlift.source.notebooks import Notebook, is_notebook, load
from graphlift.source.span import Span
from graphlift.verdict import Diagnostic, FileReport, FunctionReport, Location, Problem, Reason, TraceStep

_CELL = re.compile(r"(.+\.ipynb):cell (\d+)")

Move = Callable[[Location], Location]
"""From a place in the module to the place to show."""


def split(path: str) -> tuple[str, int | None]:
    """The file, and the number of the cell where the path names one."""
    match = _CELL.fullmatch(path)
    return (path, None) if match is None else (match[1], int(match[2]))


def text_of_cell(path: str, number: int) -> str:
    """The text of one cell of a notebook; empty when it is gone."""
    notebook = _notebook(path)
    cells = () if notebook is None else notebook.cells
    return next((cell.text for cell in cells if cell.number == number), "")


def line_of_cell(path: str, number: int, line: int) -> int:
    """The line of the module in which a line of one cell stands; 0 where the cell is none of Python."""
    notebook = _notebook(path)
    cells = () if notebook is None else notebook.cells
    return next((cell.first_line + line - 1 for cell in cells if cell.number == number), 0)


def in_cell(place: Location) -> Location:
    """The place in its cell; a place in any other file is that place."""
    notebook = _notebook(place.path)
    cell = None if notebook is None else notebook.cell_of_line(place.span.line)
    if cell is None:
        return place
    shift = cell.first_line - 1
    last = min(place.span.end_line, cell.last_line)
    span = Span(place.span.line - shift, place.span.column, last - shift, place.span.end_column)
    return Location(f"{place.path}:cell {cell.number}", span)


def in_json(place: Location) -> Location:
    """The place in the notebook's file, without its columns; a place in any other file is that place."""
    notebook = _notebook(place.path)
    if notebook is None:
        return place
    lines = notebook.line_in_file(place.span.line), notebook.line_in_file(place.span.end_line)
    return Location(place.path, Span(lines[0], 0, lines[1], 0))


def moved(report: FileReport, move: Move) -> FileReport:
    """The report with all its places moved; its own path stays."""
    return msgspec.structs.replace(
        report,
        functions=tuple(moved_function(function, move) for function in report.functions),
        diagnostics=tuple(_diagnostic(item, move) for item in report.diagnostics),
        problems=tuple(_problem(problem, move) for problem in report.problems),
    )


def moved_function(function: FunctionReport, move: Move) -> FunctionReport:
    """The function with all its places moved."""

    def line_of(line: int) -> Location:
        return move(Location(function.path, Span(line, 0, line, 0)))

    name = move(Location(function.path, function.name_span))
    return msgspec.structs.replace(
        function,
        path=name.path,
        line=line_of(function.line).span.line,
        end_line=line_of(function.end_line).span.line,
        name_span=name.span,
        reasons=tuple(_reason(reason, move) for reason in function.reasons),
        decorator_spans=tuple(move(Location(function.path, span)).span for span in function.decorator_spans),
    )


def _reason(reason: Reason, move: Move) -> Reason:
    return msgspec.structs.replace(
        reason, location=move(reason.location), trace=tuple(_step(step, move) for step in reason.trace)
    )


def _diagnostic(item: Diagnostic, move: Move) -> Diagnostic:
    return msgspec.structs.replace(
        item, location=move(item.location), related=tuple(_step(step, move) for step in item.related)
    )


def _step(step: TraceStep, move: Move) -> TraceStep:
    return msgspec.structs.replace(step, location=move(step.location))


def _problem(problem: Problem, move: Move) -> Problem:
    place = move(Location(problem.path, Span(problem.line, 0, problem.line, 0)))
    return msgspec.structs.replace(problem, path=place.path, line=place.span.line)


@lru_cache(maxsize=64)
def _notebook(path: str) -> Notebook | None:
    """The notebook of that path, where it is one that can be read."""
    found = load(path) if is_notebook(path) else None
    return found if isinstance(found, Notebook) else None
