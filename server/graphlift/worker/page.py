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

_INHERITED = os.name == "posix"
"""Whether a process can be given open files."""


class Bell(IntEnum):
    """`ANY` is rung for every message, `FIRM` for all but questions (a question waits for the one before)."""

    ANY = 0
    FIRM = 1


class Page:
    """The shared bytes, made by `create` and, in the other process, by `attach`.

    They are those of a temporary file. Where processes inherit open files it has no name any more before anything else
    happens, so that none is left in the temporary folder, however the processes end.
    """

    def __init__(self, handle: int, path: str = "") -> None:
        self._bytes = mmap.mmap(handle, _SIZE)
        self._handle = handle
        self._path = path

    @classmethod
    def create(cls) -> Page:
        """A new page, all zero, in a temporary file."""
        handle, path = tempfile.mkstemp(prefix="graphlift-page-")
        if _INHERITED:
            Path(path).unlink()
            path = ""
        os.write(handle, bytes(_SIZE))
        return cls(handle, path)

    @classmethod
    def attach(cls, name: str) -> Page:
        """The page that another process created, by its `name` there."""
        handle = int(name) if _INHERITED else os.open(name, os.O_RDWR)
        page = cls(handle)
        page.started()
        return page

    @property
    def name(self) -> str:
        """By what the other process finds the page: the number of a file that it inherits, or a path."""
        return self._path or str(self._handle)

    @property
    def handles(self) -> tuple[int, ...]:
        """The files that the other process has to inherit."""
        return (self._handle,) if _INHERITED else ()

    def started(self) -> None:
        """The other process has been started, or need not be: the memory alone is kept."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

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

    def close(self) -> None:
        """Let go of the memory, and remove the file where it still has a name."""
        self.started()
        self._bytes.close()
        if self._path:
            try:
                Path(self._path).unlink()
            except OSError as error:
                # Windows refuses while the other process still has it open.
                logger.debug("Could not remove %s: %s", self._path, error)
