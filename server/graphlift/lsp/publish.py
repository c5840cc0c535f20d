"""Diagnostics on their way to the client: pushed, or told of and kept for the client to pull."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types

from graphlift.lsp.abilities import Abilities
from graphlift.lsp.documents import Document, Documents
from graphlift.lsp.reports import Taken
from graphlift.lsp.rule_pages import page_uri
from graphlift.lsp.translate import SOURCE, diagnostic
from graphlift.lsp.uris import uri_of
from graphlift.source.config import Configuration, ConfigurationError
from graphlift.source.span import Span
from graphlift.verdict import FileReport

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer


class Publisher:
    """Sends what is said of open documents, each time for the version of the text that it is about."""

    def __init__(self, server: GraphliftServer, documents: Documents, can: Abilities) -> None:
        self._server = server
        self._documents = documents
        self._can = can
        self._wrong: set[str] = set()
        """The configuration files that have something wrong."""

    def reported(self, taken: Taken) -> None:
        """Push a report's diagnostics to a client that does not pull them.

        While a text can't be parsed (somebody is typing), those of the last one that could stay on the screen.
        """
        if taken.parsed and not taken.preliminary and not self._can.pulls:
            for uri, (version, shown) in self.shown(taken.document, taken.report).items():
                self._send(uri, version, shown)

    def shown(
        self, document: Document, report: FileReport
    ) -> dict[str, tuple[int | None, list[types.Diagnostic]]]:
        """The diagnostics of a document, or of each cell of a notebook, with the versions they are about."""
        parts = _parts(document)
        for each in report.diagnostics:
            uri = self._documents.place(each.location.path, each.location.span).uri
            translated = diagnostic(each, self._documents, self._can, page_uri(each.rule))
            parts.setdefault(uri, (None, []))[1].append(translated)
        return parts

    def shown_of_file(self, report: FileReport) -> list[types.Diagnostic]:
        """The diagnostics of a file that is not open."""
        return [
            diagnostic(each, self._documents, self._can, page_uri(each.rule)) for each in report.diagnostics
        ]

    def closed(self, document: Document) -> None:
        """Take a closed document's diagnostics away."""
        self.clear(_parts(document))

    def clear(self, uris: Iterable[str]) -> None:
        """Take the diagnostics of closed documents or removed cells away."""
        if not self._can.pulls:
            for uri in uris:
                self._send(uri, None, [])

    def configurations(self, found: Iterable[Configuration | ConfigurationError]) -> None:
        """Show what is wrong with the configuration files, in them; a client never pulls that."""
        wrong = {each.path: each for each in found if isinstance(each, ConfigurationError)}
        for path in sorted(self._wrong - wrong.keys()):
            self._send(uri_of(path), None, [])
        self._wrong = set(wrong)
        for error in wrong.values():
            line = self._documents.lines(error.path).line(error.line)
            span = Span(max(error.line, 1), 0, max(error.line, 1), len(line))
            place = self._documents.place(error.path, span)
            shown = types.Diagnostic(
                place.range,
                f"{error.message}. Graphlift runs without this file.",
                types.DiagnosticSeverity.Error,
                source=SOURCE,
            )
            self._send(place.uri, None, [shown])

    def _send(self, uri: str, version: int | None, diagnostics: list[types.Diagnostic]) -> None:
        self._server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, diagnostics, version if self._can.versions else None)
        )


def result_id(diagnostics: list[types.Diagnostic]) -> str:
    """A name for these diagnostics: the same for the same ones."""
    return hashlib.sha256(repr(diagnostics).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _parts(document: Document) -> dict[str, tuple[int | None, list[types.Diagnostic]]]:
    """The texts that the client shows of a document, with their versions."""
    if document.cells:
        return {cell.uri: (cell.version, []) for cell in document.cells}
    return {document.uri: (document.version, [])}
