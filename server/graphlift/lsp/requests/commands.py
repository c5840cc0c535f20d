"""`workspace/executeCommand`: what a client can't express otherwise.

| command | arguments | does |
|---|---|---|
| `graphlift.restart` | | starts the analysis anew |
| `graphlift.apply` | URI, qualname, line, fix | makes one edit (of a code lens) |
| `graphlift.explain` | URI, qualname (optional), line | returns the hover text of that function, or of the one there |
| `graphlift.verify` | like `graphlift.explain` | runs the function both ways; returns what came out (see `verify`) |
| `graphlift.openRule` | rule | shows the rule's page |
| `graphlift.convertAll` | `{"assumed": bool}` | proposes all conversions of the workspace |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from graphlift.ide.actions import SHARED
from graphlift.ide.hover import function_markdown
from graphlift.lsp.answers import fetch, request_failed
from graphlift.lsp.documents import Document
from graphlift.lsp.reports import SupersededError
from graphlift.lsp.rule_pages import page_uri
from graphlift.lsp.session import Session
from graphlift.lsp.translate import link, workspace_edit
from graphlift.verdict import Fix, FunctionReport
from graphlift.worker.client import WorkerError

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer

RESTART = "graphlift.restart"
APPLY = "graphlift.apply"
EXPLAIN = "graphlift.explain"
CONVERT_ALL = "graphlift.convertAll"
OPEN_RULE = "graphlift.openRule"


def register(server: GraphliftServer) -> None:
    """Add the commands."""
    server.command(RESTART)(restart)
    server.command(APPLY)(apply)
    server.command(EXPLAIN)(explain)
    server.command(CONVERT_ALL)(convert_all)
    server.command(OPEN_RULE)(open_rule)


async def restart(ls: GraphliftServer, *_: Any) -> None:
    """Start the analysis anew."""
    await ls.session.restart()


async def explain(ls: GraphliftServer, *arguments: Any) -> str:
    """The function's hover text, as Markdown."""
    session = ls.session
    document, function = await find_function(session, arguments)
    environment = session.environment_of(document.path)
    return function_markdown(function, environment, lambda place: link(session.documents, place))


async def open_rule(ls: GraphliftServer, *arguments: Any) -> None:
    """Let the client show the page of a rule."""
    page = page_uri(str(arguments[0])) if len(arguments) == 1 else None
    if page is None:
        raise JsonRpcInvalidParams("The argument must be the name of a rule.")
    await ls.window_show_document_async(types.ShowDocumentParams(page, take_focus=True))


async def apply(ls: GraphliftServer, *arguments: Any) -> None:
    """Make one edit, which the client applies."""
    session = ls.session
    document, function = await find_function(session, arguments[:3])
    slug = arguments[3] if len(arguments) > 3 else None
    line = function.name_span
    fixes = await fetch(session.documents, document, session.worker.fixes(document.path, line))
    wanted = [fix for fix in fixes if fix.slug == slug and fix.function == function.qualname]
    if not wanted:
        raise request_failed(f"there is no such edit for {function.qualname} any more")
    await propose(ls, wanted[0].title, wanted[:1], confirm=False)


async def convert_all(ls: GraphliftServer, *arguments: Any) -> int:
    """Propose all conversions of the workspace, proven ones alone unless asked; how many there are."""
    options = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
    session = ls.session
    try:
        stamped = await session.worker.fix_workspace(("convert",), assumed=bool(options.get("assumed")))
    except WorkerError as error:
        raise request_failed(str(error)) from error
    if not stamped.value:
        session.tell(types.MessageType.Info, "Graphlift: there is nothing to convert.")
    else:
        await propose(ls, "Convert all functions worth a graph", stamped.value, confirm=True)
    return sum(fix.slug != SHARED for fix in stamped.value)


async def propose(
    ls: GraphliftServer, label: str, fixes: tuple[Fix, ...] | list[Fix], *, confirm: bool
) -> None:
    """Let the client apply edits, after showing them where that is asked and possible."""
    session = ls.session
    if not session.can.applies_edits:
        raise request_failed("this editor can't apply edits that a server proposes")
    edit = workspace_edit(fixes, session.documents, session.can, confirm=confirm)
    answer = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
    if not answer.applied and not confirm:
        raise request_failed(
            f"the editor did not apply the edit: {answer.failure_reason or 'no reason given'}"
        )


async def find_function(session: Session, arguments: tuple[Any, ...]) -> tuple[Document, FunctionReport]:
    """The document and function that the arguments name.

    With a name it is the one of that name, nearest to the line; with a line alone the innermost one around it.
    Lines count from 1.
    """
    match arguments:
        case [str() as uri, str() as qualname, int() as line]:
            document = session.documents.by_uri(uri)
        case [str() as uri, int() as line]:
            qualname, document = "", session.documents.by_uri(uri)
        case _:
            raise JsonRpcInvalidParams("The arguments must be a URI, a qualified name and a line.")
    if document is None:
        raise request_failed(f"{uri} is not open")
    try:
        taken = await session.reports.wait(document)
    except SupersededError as error:
        raise request_failed("the document changed meanwhile") from error
    if not qualname:
        inside, _ = session.documents.point(document, uri, types.Position(line - 1, 0))
        return document, _around(taken.report.functions, inside)
    found = [function for function in taken.report.functions if function.qualname == qualname]
    if not found:
        raise request_failed(f"there is no function {qualname} in {uri} any more")
    return document, min(found, key=lambda function: abs(function.line - line))


def _around(functions: Iterable[FunctionReport], line: int) -> FunctionReport:
    """The innermost function that the line belongs to; its decorators belong to it."""
    found = [each for each in functions if _first_line(each) <= line <= each.end_line]
    if not found:
        raise request_failed("the cursor is not in a function")
    return max(found, key=lambda function: function.line)


def _first_line(function: FunctionReport) -> int:
    return min([function.line, *(span.line for span in function.decorator_spans)])
