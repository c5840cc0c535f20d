"""`textDocument/codeLens`: verdicts above functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from graphlift.ide.lenses import Lens, lenses
from graphlift.lsp.documents import Document
from graphlift.lsp.reports import SupersededError
from graphlift.lsp.requests.commands import APPLY, EXPLAIN
from graphlift.lsp.requests.verify import VERIFY, can_be_verified
from graphlift.lsp.session import Session
from graphlift.worker.protocol import Standing

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer


def register(server: GraphliftServer) -> None:
    """Add the handler."""
    server.feature(types.TEXT_DOCUMENT_CODE_LENS)(code_lens)


async def code_lens(ls: GraphliftServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """The lenses of a document or cell, as soon as its text as it is now has been analysed."""
    session = ls.session
    uri = params.text_document.uri
    document = session.documents.by_uri(uri)
    which = session.settings.code_lens
    if document is None or which == "off":
        return []
    try:
        taken = await session.reports.wait(document)
    except SupersededError as error:
        raise JsonRpcContentModified("The document changed meanwhile.") from error
    if taken.standing is not Standing.SETTLED:
        return []
    verify = can_be_verified(session, document)
    found = [_translated(session, document, lens) for lens in lenses(taken.report, which, verify=verify)]
    return [lens for place, lens in found if place == uri]


def _translated(session: Session, document: Document, lens: Lens) -> tuple[str, types.CodeLens]:
    place = session.documents.place(document.path, lens.span)
    arguments: list[str | int] = [place.uri, lens.function.qualname, lens.function.line]
    if lens.fix is not None and session.can.applies_edits:
        command = types.Command(lens.title, APPLY, arguments=[*arguments, lens.fix])
    elif lens.verifies:
        command = types.Command(lens.title, VERIFY, arguments=arguments)
    else:
        command = types.Command(lens.title, EXPLAIN, arguments=arguments)
    return place.uri, types.CodeLens(place.range, command)
