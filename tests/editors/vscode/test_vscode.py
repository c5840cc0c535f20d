"""The packaged extension in a real VS Code.

    scripts/setup_editors.sh
    python -m pytest tests/editors/vscode

`GRAPHLIFT_EDITORS` names the folder that the script filled, where it isn't the default one.
"""

from __future__ import annotations

import ast
import fcntl
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
EXAMPLE = ROOT / "examples" / "training_loop"
VSIX = ROOT / "clients" / "vscode" / "graphlift.vsix"

STEPS = [
    "trusted: starts",
    "trusted: shows the hint",
    "trusted: names the cause in another file",
    "trusted: shows the report",
    "trusted: converts through the lightbulb and saves",
    "trusted: removes a tf.function that retraces",
    "trusted: removes a needless tf.function",
    "trusted: previews all conversions of the workspace",
    "trusted: converts what is picked in the preview",
    "trusted: makes all proven edits of the file",
    "trusted: converts in a notebook cell",
    "trusted: removes a tf.function that retraces from a notebook cell",
    "trusted: starts a killed server again",
    "untrusted: starts",
    "untrusted: runs nothing of the workspace",
    "untrusted: offers nothing to verify",
    "untrusted: refuses to verify",
    "trusting: starts",
    "trusting: runs the workspace's Python",
    "trusting: offers to verify",
    "trusting: verifies",
]


def folder() -> Path:
    named = os.environ.get("GRAPHLIFT_EDITORS")
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(named).expanduser() if named else cache_folder / "graphlift-editors") / "vscode"


def missing() -> str | None:
    if not (folder() / "bin" / "chromium").exists():
        return f"no VS Code in {folder()}: scripts/setup_editors.sh puts one there"
    if not VSIX.exists():
        return "no clients/vscode/graphlift.vsix: scripts/setup_editors.sh makes it"
    return None


pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=missing() or "it is there"),
    pytest.mark.timeout(1200),
]


@cache
def driven(home: Path) -> dict[str, dict[str, object]]:
    """What happened at each step; the editor runs once for all of them, whatever process they are in."""
    told = home / "steps.jsonl"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(drive(home), encoding="utf-8")
    results = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    return {f"{result['session']}: {result['step']}": result for result in results}


def drive(home: Path) -> str:
    """Run the editor; a line for each step."""
    command = [
        str(folder() / "bin" / "node"),
        str(HERE / "drive.mjs"),
        str(folder()),
        str(VSIX),
        str(EXAMPLE),
        str(home),
        str(HERE / "screens") if os.environ.get("GRAPHLIFT_SCREENS") else str(home),
        sys.executable,
    ]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    place = shared / "vscode"
    place.mkdir(exist_ok=True)
    return place


@pytest.mark.parametrize("step", STEPS)
def test_step(step: str, home: Path):
    result = driven(home)[step]
    assert "error" not in result, f"{result['error']}\n(see {home}/*-failure.png)"


def test_no_step_is_left_out(home: Path):
    assert list(driven(home)) == STEPS


def test_what_was_saved_passes(home: Path):
    driven(home)
    text = (home / "training_loop" / "train.py").read_text(encoding="utf-8")
    decorated = {
        node.name: [ast.unparse(each) for each in node.decorator_list]
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }
    assert decorated["train_step"][0].startswith("tf.function")
    assert decorated["make_data"][0].startswith("tf.function")
    assert decorated["schedule"] == []
    assert decorated["noted_error"] == []
    # What is left is in `certainty`, whose signature would rest on an assumption: no edit of all files makes it.
    checked = run(sys.executable, "-m", "graphlift", "check", "--output-format", "json", ".", folder=home)
    assert {each["rule"] for each in json.loads(checked)["diagnostics"]} == {"python-number-argument"}
    assert "errors noted" in run(sys.executable, "train.py", folder=home)


def run(*command: str, folder: Path) -> str:
    """What a program prints that runs in what the editor saved."""
    place = folder / "training_loop"
    done = subprocess.run(command, cwd=place, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode in (0, 1)  # There are findings, or none.
    return done.stdout
