"""Positions as the client counts them, and as Graphlift does.

LSP lines are 0-based and its columns count code units of the negotiated encoding. Ours are 1-based and count
code points (`graphlift.source.span`). A line ends at LF, CR LF or CR for both. What the client sends is taken
leniently, as the protocol asks: past the end of a line means its end, past the last line the end of the text,
and inside a character its start.
"""

from __future__ import annotations

from lsprotocol import types

from graphlift.source.span import Span
from graphlift.source.text import Lines

PREFERRED = (
    types.PositionEncodingKind.Utf8,
    types.PositionEncodingKind.Utf16,
    types.PositionEncodingKind.Utf32,
)


def choose_encoding(capabilities: types.ClientCapabilities) -> types.PositionEncodingKind:
    """The encoding to speak: the first of `PREFERRED` that the client offers, UTF-16 when it offers none."""
    offered = (capabilities.general.position_encodings if capabilities.general else None) or ()
    for encoding in PREFERRED:
        if encoding in offered:
            return encoding
    return types.PositionEncodingKind.Utf16


class Encoding:
    """Conversions for one negotiated encoding."""

    def __init__(self, kind: types.PositionEncodingKind) -> None:
        self.kind = kind
        self._width = _WIDTHS[kind]

    def units(self, line: str, column: int) -> int:
        """How many code units the first `column` characters of a line take."""
        prefix = line[:column]
        if prefix.isascii():
            return len(prefix)
        return sum(map(self._width, prefix))

    def column(self, line: str, units: int) -> int:
        """How many whole characters the first `units` code units of a line hold."""
        if line.isascii():
            return min(units, len(line))
        for column, character in enumerate(line):
            units -= self._width(character)
            if units < 0:
                return column
        return len(line)

    def point(self, lines: Lines, position: types.Position) -> tuple[int, int]:
        """Our (line, column) of the client's position."""
        number = position.line + 1
        if number > len(lines):
            return lines.position(len(lines.text))
        return number, self.column(lines.line(number), position.character)

    def span(self, lines: Lines, range: types.Range) -> Span:
        """Our span of the client's range."""
        return Span(*self.point(lines, range.start), *self.point(lines, range.end))

    def position(self, lines: Lines, line: int, column: int) -> types.Position:
        """The client's position of our line and column."""
        return types.Position(max(line - 1, 0), self.units(lines.line(line), column))

    def range(self, lines: Lines, span: Span) -> types.Range:
        """The client's range of our span."""
        return types.Range(
            self.position(lines, span.line, span.column), self.position(lines, span.end_line, span.end_column)
        )

    def changed(self, lines: Lines, change: types.TextDocumentContentChangeEvent) -> Lines:
        """The text after one change that the client sent."""
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            return Lines(change.text)
        start = lines.offset(*self.point(lines, change.range.start))
        end = lines.offset(*self.point(lines, change.range.end))
        text = lines.text
        return Lines(text[: min(start, end)] + change.text + text[max(start, end) :])


def _utf8(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _utf16(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _utf32(character: str) -> int:  # noqa: ARG001 - one unit whatever the character is
    return 1


_WIDTHS = {
    types.PositionEncodingKind.Utf8: _utf8,
    types.PositionEncodingKind.Utf16: _utf16,
    types.PositionEncodingKind.Utf32: _utf32,
}
