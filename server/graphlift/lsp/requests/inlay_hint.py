"""`textDocument/inlayHint`: shapes and dtypes in the code, where the settings ask for them.

Tooltips are made when the client resolves a hint, since each takes a question of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from graphlift.ide.hover import plain_text
from graphlift.ide.inlay_hints import InlayHint
from graphlift.ide.value_report import value_markdown
from graphlift.lsp.answers import fetch
from graphlift.lsp.documents import Document
from graphlift.lsp.reports import SupersededError
from graphlift.lsp.session import Session
from graphlift.lsp.translate import link
from graphlift.source.span import Span
from graphlift.worker.protocol import Standing

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer


def register(server: GraphliftServer) -> None:
    """Add the handlers."""
    options = types.InlayHintOptions(resolve_provider=True)
    server.feature(types.TEXT_DOCUMENT_INLAY_HINT, options)(inlay_hint)
    server.feature(types.INLAY_HINT_RESOLVE)(resolve)


async def inlay_hint(ls: GraphliftServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The hints in the range, as soon as the text as it is now has been analysed."""
    session = ls.session
    uri = params.text_document.uri
    document = session.documents.by_uri(uri)
    if document is None or not session.shows_hints:
        return []
    try:
        taken = await session.reports.wait(document)
    except SupersededError as error:
        raise JsonRpcContentModified("The document changed meanwhile.") from error
    if taken.standing is not Standing.SETTLED:
        return []
    span = session.documents.span(document, uri, params.range)
    hints = await fetch(session.documents, document, session.worker.inlay_hints(document.path, span))
    found = [_translated(session, document, hint) for hint in hints]
    return [hint for place, hint in found if place == uri]


def _translated(session: Session, document: Document, hint: InlayHint) -> tuple[str, types.InlayHint]:
    span = Span(hint.line, hint.column, hint.line, hint.column)
    place = session.documents.place(document.path, span)
    data = None if hint.about is None else {"uri": place.uri, "version": document.version, "at": hint.about}
    return place.uri, types.InlayHint(
        position=place.range.start,
        label=hint.label,
        kind=types.InlayHintKind.Type,
        padding_left=False,
        data=data,
    )


async def resolve(ls: GraphliftServer, hint: types.InlayHint) -> types.InlayHint:
    """The hint with the value's hover for its tooltip."""
    session = ls.session
    data: Any = hint.data
    document = session.documents.by_uri(str(data.get("uri", ""))) if isinstance(data, dict) else None
    if document is None or document.version != data.get("version"):
        return hint
    line, column = data["at"]
    facts = await fetch(session.documents, document, session.worker.hover(document.path, line, column))
    if facts is None or facts.value is None:
        return hint
    markdown = value_markdown(facts.value, document.path, lambda place: link(session.documents, place))
    hint.tooltip = (
        types.MarkupContent(types.MarkupKind.Markdown, markdown)
        if session.can.markdown
        else plain_text(markdown)
    )
    return hint
