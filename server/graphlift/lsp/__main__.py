"""`python -m graphlift.lsp`: the language server on standard input and output."""

import os
import sys

# `-m` puts the current folder first, which is the user's project: its `queue.py` must not stand for Python's.
if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 - `pathlib` would be looked for there already
    del sys.path[0]

from graphlift.lsp.server import run

if __name__ == "__main__":
    sys.exit(run())
