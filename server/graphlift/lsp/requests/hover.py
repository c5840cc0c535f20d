"""`textDocument/hover`: the verdict of the function under the pointer, or the value of the expression.

The analysis is asked first, since it knows what was found a moment ago. When it doesn't answer at once (it
takes in an edit, or is inside a step that can't be interrupted), the last report answers, and says so if it
is about the text before the last edit.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from graphlift.ide.hover import function_markdown, plain_text
from graphlift.ide.locate import function_named_at, function_once_at
from graphlift.ide.value_report import value_markdown
from graphlift.lsp.answers import fetch
from graphlift.lsp.documents import Document
from graphlift.lsp.session import Session
from graphlift.lsp.translate import link
from graphlift.worker.protocol import HoverFacts, Standing

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer

PATIENCE = 0.02
"""Seconds that the analysis has before an earlier report may answer."""

NOTES = {
    Standing.SETTLED: "",
    Standing.PRELIMINARY: "Preliminary: the workspace is still being analysed.",
    Standing.STOPPED: "Preliminary: the analysis of the workspace was stopped.",
}
OUTDATED = "This was so before the last edit, which is being analysed."


def register(server: GraphliftServer) -> None:
    """Add the handler."""
    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)


async def hover(ls: GraphliftServer, params: types.HoverParams) -> types.Hover | None:
    """What there is to say about a position."""
    session = ls.session
    document = session.documents.by_uri(params.text_document.uri)
    if document is None:
        return None
    line, column = session.documents.point(document, params.text_document.uri, params.position)
    facts, note = await _facts(session, document, line, column)
    if facts is None:
        return None
    if facts.function is not None:
        markdown = function_markdown(
            facts.function,
            session.environment_of(document.path),
            lambda place: link(session.documents, place),
        )
    elif facts.value is not None:
        markdown = value_markdown(facts.value, document.path, lambda place: link(session.documents, place))
    else:
        return None
    if note:
        markdown += f"\n\n_{note}_"
    return types.Hover(
        types.MarkupContent(types.MarkupKind.Markdown, markdown)
        if session.can.markdown
        else types.MarkupContent(types.MarkupKind.PlainText, plain_text(markdown)),
        session.documents.range_of(document.path, facts.span),
    )


async def _facts(
    session: Session, document: Document, line: int, column: int
) -> tuple[HoverFacts | None, str]:
    """What is known of the position, and what the user should know of that knowledge."""
    question = session.worker.hover(document.path, line, column)
    asked = asyncio.ensure_future(fetch(session.documents, document, question))
    try:
        done, _ = await asyncio.wait([asked], timeout=PATIENCE)
        if not done or asked.exception() is not None:
            known = _known(session, document, line, column)
            if known is not None:
                return known
        facts = await asked
        return facts, NOTES[facts.standing] if facts is not None else ""
    finally:
        asked.cancel()


def _known(session: Session, document: Document, line: int, column: int) -> tuple[HoverFacts, str] | None:
    """What the last report says."""
    taken = session.reports.current(document)
    if taken is not None and taken.parsed:
        found = function_named_at(taken.report, line, column)
        return None if found is None else (HoverFacts(found[1], found[0]), NOTES[taken.standing])
    taken = session.reports.last(document)
    if taken is not None:
        found = function_once_at(taken.report, document.lines, line, column)
        return None if found is None else (HoverFacts(found[1], found[0]), OUTDATED)
    return None
