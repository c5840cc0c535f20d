"""What the server process must not do: analyse, or let a handler block the loop."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from graphlift.lsp.server import create

SHOWS_MODULES = """
import sys
from graphlift.lsp.server import create
create()
print("\\n".join(sorted(sys.modules)))
"""

FORBIDDEN = {"astroid", "jedi", "tensorflow", "keras", "numpy"}
ANALYSIS = {
    "callgraph",
    "engine",
    "facts",
    "fixes",
    "index",
    "interp",
    "models",
    "resolve",
    "rules",
    "syntax",
    "values",
    "verify",
}


def test_the_server_process_imports_nothing_that_analyses():
    command = [sys.executable, "-c", SHOWS_MODULES]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert not FORBIDDEN & {name.partition(".")[0] for name in output}
    ours = {name.split(".")[1] for name in output if name.startswith("graphlift.")}
    assert not ANALYSIS & ours
    assert "graphlift.ide.workspace" not in output


HANDLERS = {**create().protocol.fm.features, **create().protocol.fm.commands}


@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_every_handler_is_a_coroutine(name: str):
    assert inspect.iscoroutinefunction(HANDLERS[name])
