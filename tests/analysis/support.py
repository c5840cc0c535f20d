"""A workspace over files given as text."""

from __future__ import annotations

import textwrap
from pathlib import Path

from graphlift.ide.workspace import Workspace
from graphlift.source.config import Settings
from graphlift.verdict import FunctionReport


def workspace(root: Path, files: dict[str, str], **settings: object) -> Workspace:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    made = Workspace([str(root)], Settings(**settings))  # type: ignore[arg-type]
    made.settle()
    return made


def functions(made: Workspace) -> dict[str, FunctionReport]:
    return {f.qualname: f for path in made.files() for f in made.report(path).functions}


def verdicts(made: Workspace) -> dict[str, str]:
    return {name: f.verdict.value for name, f in functions(made).items()}
