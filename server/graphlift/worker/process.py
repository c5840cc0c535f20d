"""The analysis process itself: `python -c "…main(…)" PAGE`, started by `graphlift.worker.client`.

Its standard input and output are the pipe to the server. Both are taken away before anything of the analysis
is imported, so that a library's stray `print` goes to standard error instead of into the protocol.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO, cast

from graphlift.worker.page import Page
from graphlift.worker.protocol import FromWorker, Ready, frame

if TYPE_CHECKING:
    from graphlift.worker.answers import Factory

_STACK_SIZE = 256 * 2**20
"""Bytes of address space; memory is taken only as far as the stack grows."""


def main(arguments: Sequence[str]) -> int:
    """Run the process until the server says stop or goes away; the exit code."""
    options = _parse(arguments)
    incoming, outgoing = _take_pipes()
    # Ctrl-C in a terminal reaches the whole group; it is the server that decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    from graphlift.worker.analyst import Analyst, Pace
    from graphlift.worker.inbox import Inbox

    def send(message: FromWorker) -> None:
        outgoing.write(frame(message))
        outgoing.flush()

    page = Page.attach(options.page)
    inbox = Inbox(incoming, page)
    inbox.start()
    factory = cast("Factory", _load(options.workspace))
    send(Ready(os.getpid()))
    analyst = Analyst(inbox, send, page, factory, Pace(quiet=options.quiet))
    return 0 if _run_with_deep_stack(analyst.run) else 1


def _run_with_deep_stack(work: Callable[[], None]) -> bool:
    """Run it in a thread whose stack holds the recursion over deeply nested code; whether it came to its end.

    Before Python 3.11 each Python call takes some of that stack.
    """
    finished = []

    def run() -> None:
        work()
        finished.append(True)

    threading.stack_size(_STACK_SIZE)
    thread = threading.Thread(target=run, name="graphlift-analysis")
    thread.start()
    thread.join()
    return bool(finished)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="graphlift-worker", description=__doc__)
    parser.add_argument("page", help="the file of the shared page (see graphlift.worker.page)")
    parser.add_argument(
        "--workspace",
        metavar="MODULE:FACTORY",
        default="graphlift.ide.workspace:Workspace",
        help="what to analyse with: the seam for tests (see graphlift.worker.answers.Factory)",
    )
    parser.add_argument(
        "--quiet", type=float, default=1.0, help="seconds without edits before the workspace is settled"
    )
    return parser.parse_args(arguments)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two ends of the pipe to the server, out of everybody else's reach."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - stays open as long as the process
    sys.stdout = sys.stderr
    return incoming, outgoing


def _load(name: str) -> object:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
