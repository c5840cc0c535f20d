"""The analysis process's side of the pipe: a thread that reads messages, and a queue they are taken from.

The thread only reads and decodes. It ends the whole process when the pipe ends: without the server there is
nobody to work for, and a busy analysis would not notice.
"""

from __future__ import annotations

import os
import queue
import threading
import traceback
from typing import BinaryIO

import msgspec

from graphlift.worker.page import Bell, Page
from graphlift.worker.protocol import HEADER_SIZE, Ask, ToWorker, body_size

_decoder = msgspec.msgpack.Decoder(ToWorker)


class Inbox:
    """Messages from the server, in the order they were sent, and whether one is on its way."""

    def __init__(self, pipe: BinaryIO, page: Page) -> None:
        self._pipe = pipe
        self._page = page
        self._queue: queue.SimpleQueue[ToWorker] = queue.SimpleQueue()
        self._heard = {Bell.ANY: 0, Bell.FIRM: 0}

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="graphlift-inbox", daemon=True).start()

    def expecting(self, bell: Bell) -> bool:
        """Whether a message of that urgency was sent that has not been taken."""
        return self._page.rung(bell) != self._heard[bell]

    def take(self, timeout: float | None) -> ToWorker | None:
        """The next message; waits for one at most `timeout` seconds (for ever when `None`).

        A message whose bell was rung is waited for in any case: it is on its way.
        """
        try:
            message = self._queue.get(timeout=None if self.expecting(Bell.ANY) else timeout)
        except queue.Empty:
            return None
        self._heard[Bell.ANY] = (self._heard[Bell.ANY] + 1) & 0xFF
        self._page.set_heard(self._heard[Bell.ANY])
        if not isinstance(message, Ask):
            self._heard[Bell.FIRM] = (self._heard[Bell.FIRM] + 1) & 0xFF
        return message

    def _read(self) -> None:
        code = 1
        try:
            while len(header := self._pipe.read(HEADER_SIZE)) == HEADER_SIZE:
                size = body_size(header)
                body = self._pipe.read(size)
                if len(body) < size:
                    break
                self._queue.put(_decoder.decode(body))
            code = 0
        except BaseException:  # noqa: BLE001 - nothing else would end the process, which can't hear any more
            traceback.print_exc()
        os._exit(code)
