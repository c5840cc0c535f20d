"""Edits as data: applied, undone, and put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from graphlift.source.span import Span
from graphlift.source.text import Lines
from graphlift.verdict import TextEdit


class OverlappingEditsError(ValueError):
    """Two edits want to change the same text."""


def apply(text: str, edits: Iterable[TextEdit]) -> str:
    """The text after all edits, whose spans speak of `text` itself.

    Equal edits count once; different insertions at one place stand in the order they are given in. Raises
    `OverlappingEditsError` when two edits change the same text.
    """
    lines = Lines(text)
    pieces: list[str] = []
    position = 0
    for start, end, new in _offsets(lines, edits):
        pieces += (text[position:start], new)
        position = end
    return "".join((*pieces, text[position:]))


def invert(text: str, edits: Iterable[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits that turn `apply(text, edits)` back into `text`."""
    before = Lines(text)
    chunks: list[tuple[int, int, str]] = []
    for start, end, new in _offsets(before, edits):
        if chunks and chunks[-1][1] == start:  # Touching edits are undone as one: their order would be lost.
            first, _, text_before = chunks.pop()
            start, new = first, text_before + new
        chunks.append((start, end, new))
    after = Lines(apply(text, edits))
    undone: list[TextEdit] = []
    drift = 0
    for start, end, new in chunks:
        span = after.span(start + drift, start + drift + len(new))
        undone.append(TextEdit(span, text[start:end]))
        drift += len(new) - (end - start)
    return tuple(undone)


def insertion(line: int, column: int, text: str) -> TextEdit:
    """Put `text` before a position."""
    return TextEdit(Span(line, column, line, column), text)


def _offsets(lines: Lines, edits: Iterable[TextEdit]) -> Sequence[tuple[int, int, str]]:
    """(start, end, text) of each edit by place, each once."""
    unique = {
        (
            lines.offset(edit.span.line, edit.span.column),
            lines.offset(edit.span.end_line, edit.span.end_column),
            edit.text,
        ): None
        for edit in edits
    }
    chunks = sorted(unique, key=lambda chunk: chunk[:2])  # Stable: insertions at one place keep their order.
    for (start, end, _), (next_start, next_end, _) in pairwise(chunks):
        if next_start < end or (start < end and (start, end) == (next_start, next_end)):
            raise OverlappingEditsError(f"two edits change line {lines.position(next_start)[0]}")
    return chunks
