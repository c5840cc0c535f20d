"""`textDocument/diagnostic` and `workspace/diagnostic`: diagnostics for clients that pull them.

The first is about an open document, the second about all files that are not open. A client that takes partial
results asks for the workspace again and again, so its request is held until there is something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from graphlift.lsp.answers import request_failed
from graphlift.lsp.publish import result_id
from graphlift.lsp.reports import SupersededError
from graphlift.lsp.session import Session
from graphlift.lsp.uris import uri_of
from graphlift.worker.client import WorkerError

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer

_AT_ONCE = 50
"""Files that the analysis is asked about in one question, between which it answers others."""

_SERVER_CANCELLED = -32802
"""LSP's code for a request that the server gave up; its data says whether to ask again."""


def register(server: GraphliftServer) -> None:
    """Add the handlers."""
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=True, identifier="graphlift"
    )
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(diagnostics)
    server.feature(types.WORKSPACE_DIAGNOSTIC)(workspace_diagnostics)


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


async def workspace_diagnostics(
    ls: GraphliftServer, params: types.WorkspaceDiagnosticParams
) -> types.WorkspaceDiagnosticReport:
    """What changed in the files that are not open, once the whole workspace has been analysed."""
    session = ls.session
    known = {each.uri: each.value for each in params.previous_result_ids}
    number = max(session.settlings, 1)
    while True:
        await session.settled(number)
        if session.closing:
            return types.WorkspaceDiagnosticReport([])
        number = session.settlings + 1
        items = await _changes(session, known)
        if items or params.partial_result_token is None:
            return types.WorkspaceDiagnosticReport(items)


async def _changes(
    session: Session, known: dict[str, str]
) -> list[types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport]:
    """A report for each file whose diagnostics are not those that the client knows."""
    current = await _of_files(session) if session.settings.whole_workspace else {}
    is_open = {document.uri for document in session.documents}
    for uri in known.keys() - current.keys() - is_open:
        current[uri] = []
    changed = []
    for uri, shown in sorted(current.items()):
        name = result_id(shown)
        if known.get(uri) != name and (shown or uri in known):
            changed.append(types.WorkspaceFullDocumentDiagnosticReport(uri, shown, result_id=name))
    return [*changed]


async def _of_files(session: Session) -> dict[str, list[types.Diagnostic]]:
    """The diagnostics of the files that are not open, by URI."""
    found = {}
    try:
        files = (await session.worker.files()).value
        closed = [path for path in files if session.documents.by_path(path) is None]
        for start in range(0, len(closed), _AT_ONCE):
            for report in (await session.worker.diagnostics(closed[start : start + _AT_ONCE])).value:
                found[uri_of(report.path)] = session.publisher.shown_of_file(report)
    except WorkerError as error:
        raise request_failed(str(error)) from error
    return found
