"""Positions in source text.

Lines are 1-based and columns 0-based, counted in Unicode code points, as Python's own parser counts lines
and as people count characters. The LSP layer converts to UTF-8/16/32 columns and the command line adds one
to columns when it prints; nothing between them converts anything.
"""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """A half-open stretch of text: from (`line`, `column`) up to, not including, (`end_line`, `end_column`)."""

    line: int
    column: int
    end_line: int
    end_column: int

    def shifted(self, lines: int) -> Span:
        """The same stretch, `lines` lines further down."""
        return Span(self.line + lines, self.column, self.end_line + lines, self.end_column)

    def contains(self, line: int, column: int) -> bool:
        """Whether the position lies inside the span or at its end."""
        return (self.line, self.column) <= (line, column) <= (self.end_line, self.end_column)

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share a position; touching ends count."""
        return (self.line, self.column) <= (other.end_line, other.end_column) and (
            other.line,
            other.column,
        ) <= (self.end_line, self.end_column)


class Place(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """A span inside a definition, with lines counted from that definition's first line.

    `definition` is a `DefId` (see `index`). A place stays equal when the whole definition moves, so facts that
    hold places survive edits elsewhere in the file.
    """

    definition: str
    span: Span
