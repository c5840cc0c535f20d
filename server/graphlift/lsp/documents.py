"""The client's open documents, and where in them (or in files on the disk) something lies.

A notebook is one document, since its cells are analysed as one module in their order; the client knows its
cells, each with a URI of its own. Everything that goes to or comes from the client as a place passes through
`Documents.point`, `Documents.place` and `Documents.range_of`, so nothing else has to know encodings or cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from lsprotocol import types

from graphlift.lsp.positions import Encoding
from graphlift.lsp.uris import path_of, uri_of
from graphlift.source.files import read
from graphlift.source.span import Span
from graphlift.source.text import Lines

_MOST_FILES_KEPT = 50
"""Files on the disk whose text is kept, since one answer may name many lines of the same file."""


class Cell(msgspec.Struct, frozen=True):
    """A cell of a notebook: lines `first_line` to `last_line` (1-based, inclusive) of the document's text."""

    uri: str
    version: int
    first_line: int
    last_line: int


class Document(msgspec.Struct, frozen=True):
    """One state of an open document.

    `version` is the client's number for it, `revision` that of the input by which the analysis was told of it
    (see `graphlift.worker.protocol`). A notebook has `cells`; they hold all its lines.
    """

    uri: str
    path: str
    version: int
    lines: Lines
    revision: int = 0
    cells: tuple[Cell, ...] = ()

    def cell_of_line(self, line: int) -> Cell | None:
        """The cell that holds a line; the last one for lines after the end."""
        return next(
            (cell for cell in self.cells if line <= cell.last_line), self.cells[-1] if self.cells else None
        )

    def cell_of_uri(self, uri: str) -> Cell | None:
        """The cell that the client knows by that URI."""
        return next((cell for cell in self.cells if cell.uri == uri), None)


class Documents:
    """All open documents. Each change replaces the `Document`, so an old one can be told (`is_current`)."""

    def __init__(self, encoding: Encoding, home: str) -> None:
        self.encoding = encoding
        self._home = home
        self._by_path: dict[str, Document] = {}
        self._paths: dict[str, str] = {}
        self._read: dict[str, tuple[tuple[int, int], Lines]] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._by_path.values()))

    # Which documents there are

    def path(self, uri: str) -> str:
        """The path that stands for the URI, the same as long as the document is open."""
        return self._paths.get(uri) or path_of(uri, self._home)

    def by_uri(self, uri: str) -> Document | None:
        """The open document of that URI, or the notebook of that cell."""
        return self._by_path.get(self.path(uri))

    def by_path(self, path: str) -> Document | None:
        """The open document that the path stands for."""
        return self._by_path.get(path)

    def put(self, document: Document) -> None:
        """Add a document, or replace the one of the same path."""
        self.remove(document.path)
        self._by_path[document.path] = document
        for uri in (document.uri, *(cell.uri for cell in document.cells)):
            self._paths[uri] = document.path

    def remove(self, path: str) -> None:
        """Forget a document."""
        document = self._by_path.pop(path, None)
        if document is not None:
            for uri in (document.uri, *(cell.uri for cell in document.cells)):
                self._paths.pop(uri, None)

    def is_current(self, document: Document) -> bool:
        """Whether this is still the document's newest state."""
        return self._by_path.get(document.path) is document

    # Where things are

    def lines(self, path: str) -> Lines:
        """The text of an open document, else of the file on the disk (empty when it can't be read)."""
        document = self._by_path.get(path)
        if document is not None:
            return document.lines
        try:
            status = Path(path).stat()
        except OSError:
            return Lines("")
        mark = (status.st_mtime_ns, status.st_size)
        known = self._read.get(path)
        if known is None or known[0] != mark:
            if len(self._read) >= _MOST_FILES_KEPT:
                self._read.clear()
            known = self._read[path] = (mark, Lines(read(path).text))
        return known[1]

    def point(self, document: Document, uri: str, position: types.Position) -> tuple[int, int]:
        """Our (line, column) of the client's position in the document, or in its cell of that URI."""
        cell = document.cell_of_uri(uri)
        if cell is None:
            return self.encoding.point(document.lines, position)
        line = cell.first_line + position.line
        if line > cell.last_line:
            return cell.last_line, len(document.lines.line(cell.last_line))
        return self.encoding.point(document.lines, types.Position(line - 1, position.character))

    def span(self, document: Document, uri: str, range: types.Range) -> Span:
        """Our span of the client's range in the document, or in its cell of that URI."""
        return Span(*self.point(document, uri, range.start), *self.point(document, uri, range.end))

    def place(self, path: str, span: Span) -> types.Location:
        """Where the client finds a span: in a file, document or cell. It is cut where its cell ends."""
        lines = self.lines(path)
        range = self.encoding.range(lines, span)
        document = self._by_path.get(path)
        if document is None:
            return types.Location(uri_of(path), range)
        cell = document.cell_of_line(span.line)
        if cell is None:
            return types.Location(document.uri, range)
        if span.end_line > cell.last_line:
            range.end = self.encoding.position(lines, cell.last_line, len(lines.line(cell.last_line)))
        for end in (range.start, range.end):
            end.line -= cell.first_line - 1
        return types.Location(cell.uri, range)

    def range_of(self, path: str, span: Span) -> types.Range:
        """Where in the client's text of that path, or in the cell that it lies in, the span is."""
        return self.place(path, span).range

    def version(self, uri: str) -> int | None:
        """The client's version of an open document or cell."""
        document = self.by_uri(uri)
        if document is None:
            return None
        cell = document.cell_of_uri(uri)
        return document.version if cell is None else cell.version
