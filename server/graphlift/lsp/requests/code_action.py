"""`textDocument/codeAction` and `codeAction/resolve`: the edits on offer at a place, and in the whole file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams

from graphlift.ide.actions import QUICKFIX, REWRITE, actions, wanted
from graphlift.lsp.answers import fetch, request_failed
from graphlift.lsp.documents import Document
from graphlift.lsp.requests.commands import OPEN_RULE
from graphlift.lsp.requests.verify import VERIFY, can_be_verified
from graphlift.lsp.rule_pages import page_uri
from graphlift.lsp.session import Session
from graphlift.lsp.translate import SOURCE, mended, workspace_edit
from graphlift.lsp.translate import code_action as translated
from graphlift.source.span import Span
from graphlift.verdict import Fix, Verdict

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer

FIX_ALL = "source.fixAll.graphlift"
VERIFY_KIND = "source.verify.graphlift"
FIX_ALL_SLUGS = ("convert", "remove", "reconfigure", "unsuppress")


def register(server: GraphliftServer) -> None:
    """Add the handlers."""
    kinds = [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, FIX_ALL, VERIFY_KIND]
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
    if only and wanted(VERIFY_KIND, only):
        found += _verifications(session, document, uri, params.range)
    if wanted(QUICKFIX, only) and session.can.shows_documents:
        found += _pages(params.context.diagnostics)
    return found


class _Chosen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is needed to find the fix of an action again, in the same text of the document.

    Neovim up to 0.11 drops members that are null, so there are none.
    """

    uri: str
    version: int
    asked: Span
    slug: str
    function: str
    title: str
    rule: str
    at: Span | None = None

    @classmethod
    def of(cls, document: Document, asked: Span, fix: Fix) -> _Chosen:
        return cls(document.uri, document.version, asked, fix.slug, fix.function, fix.title, fix.rule, fix.at)

    def as_data(self) -> dict[str, Any]:
        return {"function": self.function, "slug": self.slug, "chosen": msgspec.to_builtins(self)}

    def is_of(self, fix: Fix) -> bool:
        return (fix.slug, fix.function, fix.title, fix.rule, fix.at) == (
            self.slug,
            self.function,
            self.title,
            self.rule,
            self.at,
        )


async def _chosen_edit(session: Session, data: Any) -> types.WorkspaceEdit:
    """The edit of an action that the user chose; an error where the text is no longer the one it was for."""
    try:
        chosen = msgspec.convert(data, _Chosen)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams("The action is none of this server's.") from error
    document = session.documents.by_uri(chosen.uri)
    if document is None or document.version != chosen.version:
        raise JsonRpcContentModified("The document changed meanwhile.")
    fixes = await fetch(session.documents, document, session.worker.fixes(document.path, chosen.asked))
    found = [fix for fix in fixes if chosen.is_of(fix)]
    if not found:
        raise request_failed("there is no such edit any more")
    return workspace_edit(found[:1], session.documents, session.can)


async def _at(
    session: Session, document: Document, span: Span, context: types.CodeActionContext
) -> list[types.CodeAction]:
    fixes = await fetch(session.documents, document, session.worker.fixes(document.path, span))
    taken = session.reports.last(document)
    shown = mended(context.diagnostics, taken.report.diagnostics if taken else (), session.documents)
    found = []
    for action in actions(fixes, shown, context.only):
        translated_one = translated(action, context.diagnostics, session.documents, session.can)
        if session.can.resolves_edits:
            translated_one.data = _Chosen.of(document, span, action.fix).as_data()
        found.append(translated_one)
    return found or _refused(session, document, span, context.only)


def _pages(shown: Sequence[types.Diagnostic]) -> list[types.CodeAction]:
    """For each rule that the client shows something of: its page."""
    by_rule: dict[str, list[types.Diagnostic]] = {}
    for each in shown:
        if each.source == SOURCE and page_uri(str(each.code)) is not None:
            by_rule.setdefault(str(each.code), []).append(each)
    return [
        types.CodeAction(
            f"What `{rule}` means",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=diagnostics,
            command=types.Command(f"What `{rule}` means", OPEN_RULE, arguments=[rule]),
        )
        for rule, diagnostics in by_rule.items()
    ]


def _verifications(
    session: Session, document: Document, uri: str, range: types.Range
) -> list[types.CodeAction]:
    """To who looks for source actions: to run the function there both ways, where that may be."""
    taken = session.reports.current(document)
    if taken is None or not can_be_verified(session, document):
        return []
    span = session.documents.span(document, uri, range)
    return [
        types.CodeAction(
            f"Verify `{function.qualname}`: run it eagerly and as a graph",
            kind=VERIFY_KIND,
            command=types.Command("Verify", VERIFY, arguments=[uri, function.qualname, function.line]),
        )
        for function in taken.report.functions
        if function.name_span.overlaps(span)
    ]


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
    if isinstance(action.data, dict) and "chosen" in action.data:
        action.edit = await _chosen_edit(ls.session, action.data["chosen"])
        return action
    uri = action.data.get("fixAll") if isinstance(action.data, dict) else None
    document = ls.session.documents.by_uri(uri) if isinstance(uri, str) else None
    if document is not None and action.edit is None:
        action.edit = await _fix_all_edit(ls.session, document) or types.WorkspaceEdit()
    return action
