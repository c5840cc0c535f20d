"""The packaged extension in a real VS Code.

    scripts/setup_vscode.sh && (cd clients/vscode && npm ci && npm run package)
    python -m pytest tests/editors/vscode

`GRAPHLIFT_VSCODE` names the folder that the script filled, where it isn't the default one.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
VSIX = ROOT / "clients" / "vscode" / "graphlift.vsix"

STEPS = [
    "trusted: starts",
    "trusted: shows the hint",
    "trusted: names the cause in another file",
    "trusted: shows the report",
    "trusted: converts through the lightbulb and saves",
    "trusted: removes a needless tf.function",
    "trusted: previews all conversions of the workspace",
    "trusted: makes all proven edits of the file",
    "trusted: converts in a notebook cell",
    "trusted: starts a killed server again",
    "untrusted: starts",
    "untrusted: runs nothing of the workspace",
    "untrusted: offers nothing to verify",
    "trusting: starts",
    "trusting: runs the workspace's Python",
    "trusting: offers to verify",
]


def folder() -> Path:
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("GRAPHLIFT_VSCODE") or cache_folder / "graphlift-editors" / "vscode")


def missing() -> str | None:
    if not (folder() / "bin" / "chromium").exists():
        return f"no VS Code in {folder()}: scripts/setup_vscode.sh puts one there"
    if not VSIX.exists():
        return "no clients/vscode/graphlift.vsix: `npm run package` there makes it"
    return None


pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=missing() or "it is there"),
    pytest.mark.timeout(1200),
]


@cache
def driven(home: Path) -> dict[str, dict[str, object]]:
    """What happened at each step; the editor runs once for all of them."""
    command = [
        str(folder() / "bin" / "node"),
        str(HERE / "drive.mjs"),
        str(folder()),
        str(VSIX),
        str(ROOT / "examples" / "training_loop"),
        str(home),
        str(HERE / "screens") if os.environ.get("GRAPHLIFT_SCREENS") else str(home),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    return {f"{result['session']}: {result['step']}": result for result in results}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("vscode")


@pytest.mark.parametrize("step", STEPS)
def test_step(step: str, home: Path):
    result = driven(home)[step]
    assert "error" not in result, f"{result['error']}\n(see {home}/*-failure.png)"


def test_no_step_is_left_out(home: Path):
    assert list(driven(home)) == STEPS


def test_what_was_saved_passes(home: Path):
    driven(home)
    import ast

    text = (home / "training_loop" / "train.py").read_text(encoding="utf-8")
    decorated = {
        node.name: [ast.unparse(each) for each in node.decorator_list]
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }
    assert decorated["train_step"][0].startswith("tf.function")
    assert decorated["schedule"] == []
    assert decorated["noted_error"] == []
