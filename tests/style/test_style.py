"""The whole repository is formatted, lint-free and typed; what the tools say is the failure's text."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--check", "--no-cache", "."),
        ("mypy",),
    ],
    ids=["lint", "format", "types"],
)
def test_tool_has_nothing_to_say(command, tmp_path):
    extra = ("--cache-dir", str(tmp_path)) if command[0] == "mypy" else ()
    run = subprocess.run(
        [sys.executable, "-m", *command, *extra], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
