"""The command line as a user runs it: in a directory of its own, output and exit code looked at."""

import gc
import io
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from graphlift.cli.main import run

EXAMPLE = Path(__file__).parents[2] / "examples" / "training_loop"


class Result(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def example(place):
    """A copy of the example as the current directory."""
    for file in EXAMPLE.glob("*.py"):
        shutil.copy(file, place)
    return place


@pytest.fixture
def graphlift(place):
    """Run the command in this process."""

    def call(*arguments: str) -> Result:
        out, err = io.StringIO(), io.StringIO()
        limit = sys.getrecursionlimit()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(list(arguments))
        gc.unfreeze()  # Another command follows in this process.
        sys.setrecursionlimit(limit)
        return Result(code, out.getvalue(), err.getvalue())

    return call
