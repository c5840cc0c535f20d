"""Tells whether it is the program's code that calls, or a library's."""

from __future__ import annotations

import os
import sys
from types import FrameType

AUTOGRAPH = os.sep.join(("tensorflow", "python", "autograph", ""))
GENERATED = "__autograph_generated_file"
_LIBRARIES = ("site-packages", "dist-packages")


class ProgramFiles:
    """Tells the files of the program from all others: those under its root, installed packages apart."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._known: dict[str, bool] = {}

    def owns(self, filename: str | None) -> bool:
        """Whether the file belongs to the program."""
        if not filename:
            return False
        known = self._known.get(filename)
        if known is None:
            known = self._known[filename] = self._look(filename)
        return known

    def _look(self, filename: str) -> bool:
        path = os.path.realpath(filename)
        if not path.startswith(self.root + os.sep):
            return False
        return not any(part in _LIBRARIES for part in path[len(self.root) :].split(os.sep))

    def is_calling(self, depth: int = 2) -> bool:
        """Whether the caller of the function that asks is the program.

        AutoGraph's own frames are looked through; code that it generated counts as the program's, since it
        stands for the source it was made from.
        """
        frame: FrameType | None = sys._getframe(depth)
        while frame is not None:
            filename = frame.f_code.co_filename
            if AUTOGRAPH in filename:
                frame = frame.f_back
                continue
            return GENERATED in filename or self.owns(filename)
        return False
