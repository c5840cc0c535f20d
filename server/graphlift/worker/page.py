"""One small page of memory that the server and the analysis process share.

A pipe can't interrupt a busy process, so each side writes single bytes here that the other polls (50 ns):

- two **doorbells**, written by the server alone: each counts, modulo 256, the messages sent with that
  urgency. The analysis is interrupted while it has taken fewer messages from the pipe than the bell was rung.
  Counters, not flags: no interrupt is lost, or spurious, while a message is still on its way.
- a **heartbeat**, a **busy** flag and the number of messages **heard**, written by the analysis alone: a
  process that has something to do and whose heart doesn't beat is stuck, also when it is stuck inside a C
  function that keeps Python's lock, or stopped by the system.
"""

from __future__ import annotations

import logging
import mmap
import os
import tempfile
from enum import IntEnum
from pathlib import Path

logger = logging.getLogger(__name__)

_HEARTBEAT, _BUSY, _HEARD = 2, 3, 4
_SIZE = 5


class Bell(IntEnum):
    """`ANY` is rung for every message, `FIRM` for all but questions (a question waits for the one before)."""

    ANY = 0
    FIRM = 1


class Page:
    """The shared bytes, made by `create` and, in the other process, by `attach`."""

    def __init__(self, path: str) -> None:
        self.path = path
        with Path(path).open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), _SIZE)

    @classmethod
    def create(cls) -> Page:
        """A new page, all zero, in a temporary file."""
        handle, path = tempfile.mkstemp(prefix="graphlift-page-")
        try:
            os.write(handle, bytes(_SIZE))
        finally:
            os.close(handle)
        return cls(path)

    @classmethod
    def attach(cls, path: str) -> Page:
        """The page that another process created."""
        return cls(path)

    def ring(self, bell: Bell) -> None:
        """Count one more message of that urgency."""
        self._bytes[bell] = (self._bytes[bell] + 1) & 0xFF

    def rung(self, bell: Bell) -> int:
        """How many messages of that urgency were sent, modulo 256."""
        return self._bytes[bell]

    def beat(self) -> None:
        """Show that the analysis moves."""
        self._bytes[_HEARTBEAT] = (self._bytes[_HEARTBEAT] + 1) & 0xFF

    def set_busy(self, busy: bool) -> None:
        """Say whether the analysis works or waits."""
        self._bytes[_BUSY] = busy

    def set_heard(self, count: int) -> None:
        """Say how many messages were taken, modulo 256."""
        self._bytes[_HEARD] = count

    def pulse(self) -> int | None:
        """The heartbeat counter while there is something to do, `None` while the analysis rightly waits."""
        if self._bytes[_BUSY] or self._bytes[_HEARD] != self._bytes[Bell.ANY]:
            return self._bytes[_HEARTBEAT]
        return None

    def close(self, *, remove: bool) -> None:
        """Let go of the memory; `remove` deletes the file too (the creator's duty)."""
        self._bytes.close()
        if remove:
            try:
                Path(self.path).unlink()
            except OSError as error:
                # Windows refuses while the other process still has it open.
                logger.debug("Could not remove %s: %s", self.path, error)
