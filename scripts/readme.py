"""Writes the output of the commands shown in README.md and docs/how-it-decides.md below them.

    python scripts/readme.py [--check]

A block of the kind `console` begins with `$ graphlift …`; the rest of it is what the command prints, up to the
part that depends on the machine. With `--check` nothing is written, and the exit code is 1 when a page
doesn't say what the commands print now.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "how-it-decides.md")


def with_outputs(text: str) -> str:
    """A page with each command's present output."""
    return re.sub(r"(?ms)^```console\n\$ (graphlift [^\n]*)\n.*?^```$", _block, text)


def _block(match: re.Match[str]) -> str:
    return f"```console\n$ {match[1]}\n{_output(match[1])}\n```"


def _output(command: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if run.returncode not in (0, 1):
        raise SystemExit(f"{command} ended with exit code {run.returncode}:\n{run.stderr}")
    shown, cut, _ = run.stdout.partition("\nParameters\n")
    return shown.rstrip() + ("\n\n…" if cut else "")


def main() -> int:
    stale = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        present = with_outputs(text)
        if "--check" not in sys.argv[1:]:
            page.write_text(present, encoding="utf-8")
        elif present != text:
            print(f"{page.name} does not show what its commands print; run `python scripts/readme.py`")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
