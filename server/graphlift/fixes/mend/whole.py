"""The difference of two texts as edits, line by line."""

from __future__ import annotations

from difflib import SequenceMatcher

from graphlift.source.span import Span
from graphlift.source.text import Lines
from graphlift.verdict import TextEdit


def between(before: str, after: str) -> tuple[TextEdit, ...]:
    """The edits of whole lines that turn one text into another."""
    old, new = Lines(before), Lines(after)
    left = [old.full_line(number) for number in range(1, len(old) + 1)]
    right = [new.full_line(number) for number in range(1, len(new) + 1)]
    edits = []
    for tag, first, last, start, end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag != "equal":
            span = _lines(old, first, last)
            edits.append(TextEdit(span, "".join(right[start:end])))
    return tuple(edits)


def _lines(lines: Lines, first: int, last: int) -> Span:
    """The span of the lines from index `first` up to, not including, index `last`."""
    if last < len(lines):
        return Span(first + 1, 0, last + 1, 0)
    end = len(lines)
    if first >= len(lines):
        return Span(end, len(lines.line(end)), end, len(lines.line(end)))
    return Span(first + 1, 0, end, len(lines.line(end)))
