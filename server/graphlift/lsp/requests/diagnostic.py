"""`textDocument/diagnostic`: diagnostics for clients that pull them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from graphlift.lsp.publish import result_id
from graphlift.lsp.reports import SupersededError

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer

_SERVER_CANCELLED = -32802
"""LSP's code for a request that the server gave up; its data says whether to ask again."""


def register(server: GraphliftServer) -> None:
    """Add the handler."""
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=False, identifier="graphlift"
    )
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(diagnostics)


async def diagnostics(
    ls: GraphliftServer, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """The diagnostics of a document or cell, as soon as its text as it is now has been analysed."""
    session = ls.session
    uri = params.text_document.uri
    document = session.documents.by_uri(uri)
    if document is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    try:
        taken = await session.reports.wait(document)
    except SupersededError as error:
        message = "The document changed meanwhile."
        raise JsonRpcException(message, _SERVER_CANCELLED, {"retriggerRequest": True}) from error
    previous = params.previous_result_id
    if not taken.parsed and previous is not None:
        return types.RelatedUnchangedDocumentDiagnosticReport(previous)
    _, shown = session.publisher.shown(document, taken.report).get(uri, (None, []))
    name = result_id(shown)
    if name == previous:
        return types.RelatedUnchangedDocumentDiagnosticReport(name)
    return types.RelatedFullDocumentDiagnosticReport(shown, result_id=name)
