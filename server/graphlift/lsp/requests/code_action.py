"""`textDocument/codeAction` and `codeAction/resolve`: the edits on offer at a place, and in the whole file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from graphlift.ide.actions import QUICKFIX, REWRITE, actions, wanted
from graphlift.lsp.answers import fetch
from graphlift.lsp.documents import Document
from graphlift.lsp.session import Session
from graphlift.lsp.translate import code_action as translated
from graphlift.lsp.translate import mended, workspace_edit
from graphlift.source.span import Span
from graphlift.verdict import Verdict

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer

FIX_ALL = "source.fixAll.graphlift"
FIX_ALL_SLUGS = ("convert", "remove", "reconfigure", "unsuppress")


def register(server: GraphliftServer) -> None:
    """Add the handlers."""
    kinds = [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, FIX_ALL]
    options = types.CodeActionOptions(code_action_kinds=kinds, resolve_provider=True)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_action)
    server.feature(types.CODE_ACTION_RESOLVE)(resolve)


async def code_action(ls: GraphliftServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The lightbulb's menu, and the source actions where the client asks for them."""
    session = ls.session
    uri = params.text_document.uri
    document = session.documents.by_uri(uri)
    if document is None:
        return []
    only = params.context.only
    found: list[types.CodeAction] = []
    if any(wanted(kind, only) for kind in (QUICKFIX, REWRITE)):
        span = session.documents.span(document, uri, params.range)
        found += await _at(session, document, span, params.context)
    if only and wanted(FIX_ALL, only):
        found += await _fix_all(session, document, uri)
    return found


async def _at(
    session: Session, document: Document, span: Span, context: types.CodeActionContext
) -> list[types.CodeAction]:
    fixes = await fetch(session.documents, document, session.worker.fixes(document.path, span))
    taken = session.reports.last(document)
    shown = mended(context.diagnostics, taken.report.diagnostics if taken else (), session.documents)
    found = [
        translated(action, context.diagnostics, session.documents, session.can)
        for action in actions(fixes, shown, context.only)
    ]
    return found or _refused(session, document, span, context.only)


def _refused(session: Session, document: Document, span: Span, only: Any) -> list[types.CodeAction]:
    """To who looks for rewrites: why there is none."""
    taken = session.reports.current(document)
    if taken is None or not session.can.disabled or not only or not wanted(REWRITE, only):
        return []
    return [
        types.CodeAction(
            f"Run `{function.qualname}` as a graph",
            kind=types.CodeActionKind.RefactorRewrite,
            disabled=types.CodeActionDisabled(function.summary),
        )
        for function in taken.report.functions
        if function.verdict in (Verdict.BLOCKED, Verdict.UNPROFITABLE) and function.name_span.overlaps(span)
    ]


async def _fix_all(session: Session, document: Document, uri: str) -> list[types.CodeAction]:
    """One action with all proven edits; worked out when it is chosen, where the client can wait for that."""
    action = types.CodeAction("Make all proven Graphlift edits", FIX_ALL)
    if session.can.resolves_edits:
        action.data = {"fixAll": uri}
        return [action]
    action.edit = await _fix_all_edit(session, document)
    return [action] if action.edit is not None else []


async def _fix_all_edit(session: Session, document: Document) -> types.WorkspaceEdit | None:
    fix = await fetch(session.documents, document, session.worker.fix_all(document.path, FIX_ALL_SLUGS))
    return None if fix is None else workspace_edit([fix], session.documents, session.can)


async def resolve(ls: GraphliftServer, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit."""
    uri = action.data.get("fixAll") if isinstance(action.data, dict) else None
    document = ls.session.documents.by_uri(uri) if isinstance(uri, str) else None
    if document is not None and action.edit is None:
        action.edit = await _fix_all_edit(ls.session, document) or types.WorkspaceEdit()
    return action
