"""Work-done progress while the workspace is analysed."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)


class Display:
    """A display without numbers for one piece of work; `on_cancel` is called when the user presses its button."""

    def __init__(self, server: LanguageServer, title: str, on_cancel: Callable[[], object]) -> None:
        self._server = server
        self._title = title
        self._on_cancel = on_cancel
        self._token = f"graphlift/{uuid.uuid4()}"
        self._begun = self._ended = False
        self.cancelled = False

    async def show(self) -> None:
        """Ask the client for a display and begin it, unless the work has ended before the client agreed."""
        try:
            await self._server.work_done_progress.create_async(self._token)
        except JsonRpcException as error:
            logger.info("The client refused a progress display: %s", error)
            return
        if self._ended:
            return
        self._begun = True
        self._server.work_done_progress.begin(
            self._token, types.WorkDoneProgressBegin(title=self._title, cancellable=True)
        )
        pressed = self._server.work_done_progress.tokens.get(self._token)
        if pressed is not None:
            pressed.add_done_callback(lambda _: self._cancel())

    def end(self) -> None:
        """Take the display away."""
        self._ended = True
        if self._begun:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
        self._server.work_done_progress.tokens.pop(self._token, None)

    def _cancel(self) -> None:
        if not self._ended:
            self.cancelled = True
            self._on_cancel()


class LoadProgress:
    """One progress display at a time, from the first sign of work to the end of it.

    The client has to agree to a token before anything is reported on it, so reports that come earlier are
    folded into the first one. `on_cancel` is called when the user presses the display's button.
    """

    def __init__(self, server: LanguageServer, on_cancel: Callable[[], None]) -> None:
        self._server = server
        self._on_cancel = on_cancel
        self._token: str | None = None
        self._count = 0
        self._begun = False
        self._ended: str | None = None
        self._latest: tuple[int, int, str] = (0, 0, "")
        self._creation: asyncio.Task[None] | None = None

    def report(self, done: int, total: int, message: str) -> None:
        """Show how far the work is, beginning the display where there is none."""
        self._latest = (done, total, message)
        if self._token is None:
            self._count += 1
            self._token = f"graphlift/{self._count}"
            self._begun, self._ended = False, None
            self._creation = asyncio.get_running_loop().create_task(self._create(self._token))
        elif self._begun:
            self._server.work_done_progress.report(
                self._token,
                types.WorkDoneProgressReport(
                    message=self._text(), percentage=self._percentage(), cancellable=True
                ),
            )

    def end(self, message: str) -> None:
        """Take the display away; `message` is the last thing it says."""
        if self._token is not None:
            self._ended = message
            if self._begun:
                self._finish(self._token, message)

    def owns(self, token: int | str) -> bool:
        """Whether the token is that of the display there is now."""
        return token == self._token

    async def _create(self, token: str) -> None:
        try:
            await self._server.work_done_progress.create_async(token)
        except JsonRpcException as error:
            logger.info("The client refused a progress display: %s", error)
            self._token = None
            return
        self._begun = True
        self._server.work_done_progress.begin(
            token,
            types.WorkDoneProgressBegin(
                title="Graphlift: analysing the workspace",
                message=self._text(),
                percentage=self._percentage(),
                cancellable=True,
            ),
        )
        cancelled = self._server.work_done_progress.tokens.get(token)
        if cancelled is not None:
            cancelled.add_done_callback(lambda _: self._on_cancel())
        if self._ended is not None:
            self._finish(token, self._ended)

    def _finish(self, token: str, message: str) -> None:
        self._server.work_done_progress.end(token, types.WorkDoneProgressEnd(message=message))
        self._server.work_done_progress.tokens.pop(token, None)
        self._token = None

    def _text(self) -> str:
        done, total, message = self._latest
        count = f"{done} of {total} files" if total else ""
        return " · ".join(part for part in (count, message) if part)

    def _percentage(self) -> int:
        done, total, _ = self._latest
        return min(100, 100 * done // total) if total else 0
