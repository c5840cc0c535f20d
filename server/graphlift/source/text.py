"""Lines of a text, as Python counts them, and the way between positions and offsets.

A line ends at LF, CR LF or CR and at nothing else: form feeds, U+2028 and the like, at which `str.splitlines`
also splits, are ordinary characters to Python.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter

from graphlift.source.span import Span

_NEWLINE = re.compile(r"\r\n|\n|\r")


class Lines:
    """The lines of one text. Lines are 1-based, columns 0-based and both are counted in code points."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def __len__(self) -> int:
        return len(self._starts)

    def offset(self, line: int, column: int) -> int:
        """The offset of a position in the text; `ValueError` for a line that the text does not have."""
        if not 0 < line <= len(self._starts):
            raise ValueError(f"line {line} of a text of {len(self._starts)} lines")
        return min(self._starts[line - 1] + column, len(self.text))

    def position(self, offset: int) -> tuple[int, int]:
        """The (line, column) of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1]

    def line(self, number: int) -> str:
        """One line without its newline; empty past the end."""
        return self.full_line(number).rstrip("\r\n")

    def full_line(self, number: int) -> str:
        """One line with its newline, if it has one; empty past the end."""
        if not 0 < number <= len(self._starts):
            return ""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end]

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets."""
        return Span(*self.position(start), *self.position(end))

    def slice(self, span: Span) -> str:
        """The text inside a span."""
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]


def dominant_newline(text: str) -> str:
    """The newline that most lines of the text end in, the first seen in a tie; LF for a text of one line."""
    counts = Counter(_NEWLINE.findall(text))
    return counts.most_common(1)[0][0] if counts else "\n"
