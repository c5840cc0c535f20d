"""`graphlift.verify`: run one function eagerly and as a graph, because the user asked for it, and compare.

Nothing of the user's runs unless the workspace is trusted and this very command was given. It runs in a child process
that ends with the request, with the limits of the settings' table `verify`. What runs is on the disk, so
documents that are not saved are refused.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from graphlift.lsp.answers import request_failed
from graphlift.lsp.documents import Document
from graphlift.lsp.progress import Display
from graphlift.lsp.requests.commands import find_function
from graphlift.lsp.session import Session
from graphlift.source.files import read
from graphlift.verdict import FunctionReport

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer
    from graphlift.verify.request import Answer, Request

logger = logging.getLogger(__name__)

VERIFY = "graphlift.verify"


def register(server: GraphliftServer) -> None:
    """Add the command."""
    server.command(VERIFY)(verify)


async def verify(ls: GraphliftServer, *arguments: Any) -> str:
    """What came out, as Markdown; a sentence of it is shown too."""
    session = ls.session
    if not session.settings.trusted:
        raise request_failed("verify runs the workspace's code, and this workspace is not trusted")
    document, function = await find_function(session, arguments)
    unsaved = [each for each in session.documents if _is_unsaved(each)]
    if unsaved:
        names = ", ".join(sorted(Path(each.path).name for each in unsaved))
        raise request_failed(f"verify runs what is on the disk; save {names} first")
    asked = _request(session, document, function)
    async with session.verifying:
        answer = await _judged(ls, function.qualname, asked)
    if answer.failure:
        raise request_failed(answer.failure)
    return _told(session, asked, answer)


def can_be_verified(session: Session, document: Document) -> bool:
    """Whether to offer it: what is no file can't be run, and what is not trusted must not."""
    return session.settings.trusted and document.uri.startswith("file:") and not document.cells


def _is_unsaved(document: Document) -> bool:
    on_disk = read(document.path)
    if not document.uri.startswith("file:") or document.cells or not Path(document.path).exists():
        return False  # No program can read it.
    return document.lines.text.splitlines() != on_disk.text.splitlines()


def _request(session: Session, document: Document, function: FunctionReport) -> Request:
    from graphlift.verify.request import UnfitError, request

    environment = session.environment_of(document.path)
    if environment is None:
        raise request_failed("the workspace is still being analysed; verify when that is done")
    settings = session.settings_of(document.path)
    base = settings.base or next(
        (root for root in session.roots if Path(document.path).is_relative_to(root)), None
    )
    try:
        return request([function], settings, base or str(Path(document.path).parent), environment)
    except UnfitError as error:
        raise request_failed(str(error)) from error


async def _judged(ls: GraphliftServer, qualname: str, asked: Request) -> Answer:
    """The answer of the child process, with a progress display whose button ends it."""
    from graphlift.verify.once import judged

    running = asyncio.ensure_future(judged(asked))
    display = Display(ls, f"Graphlift: verifying {qualname}", running.cancel)
    if ls.session.can.progress:
        ls.session.background(display.show())
    try:
        return await running
    except asyncio.CancelledError:
        running.cancel()
        await asyncio.wait([running])
        if display.cancelled:
            raise JsonRpcRequestCancelled("The verification was stopped.") from None
        raise
    finally:
        display.end()


def _told(session: Session, asked: Request, answer: Answer) -> str:
    from graphlift.verify.report import Outcome
    from graphlift.verify.words import advice, markdown, sentence

    [plan], [judgement] = asked.plans, answer.judgements
    kind = types.MessageType.Info if judgement.outcome is Outcome.SAME else types.MessageType.Warning
    message = f"Graphlift: {sentence(plan.target.qualname, judgement)} {advice(judgement)}"
    session.tell(kind, message.strip())
    return markdown(plan, judgement, asked.interpreter)
