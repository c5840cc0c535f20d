"""Starts the language server with the packages that the extension brings.

With `--from-environment` the Graphlift that is installed in this Python's environment is used instead, if there is
one. The two are never mixed: an environment's own versions of the dependencies may not fit the server.
"""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parent


def main() -> int:
    """Run the server until the editor ends it; the exit code."""
    if "--from-environment" not in sys.argv[1:] or importlib.util.find_spec("graphlift") is None:
        use_bundled()
    from graphlift.lsp.server import run

    return run()


def use_bundled() -> None:
    """Put the extension's packages first; one is compiled, and for Macs it lies apart for each processor."""
    bundled = TOOL.parent
    sys.path.insert(0, str(bundled / "libs"))
    if sys.platform == "darwin":
        sys.path.insert(0, str(bundled / f"libs-darwin-{platform.machine()}"))


if __name__ == "__main__":
    # Python puts this file's folder first where it doesn't run isolated; nothing in it is a module.
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != TOOL]
    sys.exit(main())
