"""The plugin in real Neovims, headless, with the real server: each scenario is a Lua file beside this one.

`scripts/setup_editors.sh` gets the editors, or `python scripts/fetch_neovim.py` these alone; where one is not there,
its tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PLUGIN = ROOT / "clients" / "neovim"
PATIENCE = 500
"""Seconds until a Neovim that doesn't end is killed; the scenarios themselves give up earlier."""

sys.path.insert(0, str(ROOT / "scripts"))
import fetch_neovim  # noqa: E402 - a script, not a package

pytestmark = pytest.mark.timeout(600)

PINNED = ("0.10", "0.11")
VERSIONS = (*PINNED, "0.12")
SCENARIOS = ("main_path", "encodings", "commands", "health", "help")

UNUSUAL = '''\
"""Names and texts beyond ASCII: two, three and four bytes each in UTF-8, one or two units in UTF-16."""

import tensorflow as tf

PROTOKOLL = []


def länge_maß(größe, gewichte):
    "→ 😀"; länge = tf.tanh(tf.matmul(größe, gewichte))
    for _ in range(4):
        länge = tf.tanh(tf.matmul(länge, gewichte) + tf.reduce_mean(länge, axis=0))
    return tf.reduce_sum(länge * länge, axis=1)


@tf.function
def vermerkt(größe):
    "→ 😀"; PROTOKOLL.append("😀 größe")
    return tf.reduce_sum(größe * größe + tf.sin(größe) * tf.cos(größe))


def main():
    größe = tf.ones([3, 4])
    for _ in range(3):
        länge_maß(größe, tf.eye(4))
        vermerkt(größe)
    print(len(PROTOKOLL))


if __name__ == "__main__":
    main()
'''


def installed(name: str) -> Path:
    """The program, or a skip that says how to get it."""
    program = fetch_neovim.program(name)
    if not program.exists():
        pytest.skip(
            f"{program} is not there: run `python scripts/fetch_neovim.py {name}`, or let "
            f"{fetch_neovim.VARIABLE} name the folder it is in"
        )
    return program


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user who has nothing but Neovim and `graphlift` on the path, and a copy of the example project."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "training_loop", project)
    (project / "graphlift.toml").touch()
    plugin = tmp_path / "plugin"
    shutil.copytree(PLUGIN, plugin)
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    folders = {name: tmp_path / name for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    for folder in folders.values():
        folder.mkdir()
    return {
        **kept,
        **{f"XDG_{name}_HOME": str(folder) for name, folder in folders.items()},
        "NVIM_LOG_FILE": str(tmp_path / "nvim.log"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")]),
        "GRAPHLIFT_HARNESS": str(HERE / "harness.lua"),
        "GRAPHLIFT_PLUGIN": str(plugin),
        "GRAPHLIFT_PROJECT": str(project),
    }


def neovim(version: str, script: str, environment: dict[str, str], folder: Path) -> str:
    """Run a Lua file in a Neovim; what it wrote to standard output.

    Fails with what it wrote to standard error, and when Neovim's log has errors of the server or of talking to it.
    """
    command = [installed(version), "--headless", "--clean", "-i", "NONE", "-n", "-l", HERE / script]
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, err
    log = Path(environment["XDG_STATE_HOME"]) / "nvim" / "lsp.log"
    complaints = log.read_text(encoding="utf-8") if log.exists() else ""
    assert "[ERROR]" not in complaints, complaints
    return out


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("version", VERSIONS)
def test_scenario(version: str, scenario: str, environment: dict[str, str], tmp_path: Path) -> None:
    if scenario == "encodings":
        project = Path(environment["GRAPHLIFT_PROJECT"])
        (project / "größen.py").write_text(UNUSUAL, encoding="utf-8")
    neovim(version, f"{scenario}.lua", environment, tmp_path)


@pytest.mark.parametrize("version", PINNED)
def test_kept_capabilities_are_those_that_neovim_announces(
    version: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """`capabilities/` is what the server's own tests can be given as a client's capabilities."""
    announced = json.loads(neovim(version, "capabilities.lua", environment, tmp_path))
    kept = HERE / "capabilities" / f"neovim-{version}.json"
    assert json.loads(kept.read_text(encoding="utf-8")) == announced


def lua_files() -> list[Path]:
    return sorted([*PLUGIN.rglob("*.lua"), *HERE.rglob("*.lua")])


@pytest.mark.parametrize("tool", ["stylua", "luacheck"])
def test_lua_is_clean(tool: str) -> None:
    options = {
        "stylua": ["--config-path", PLUGIN / "stylua.toml", "--check"],
        "luacheck": ["--quiet", "--no-color", "--config", PLUGIN / ".luacheckrc"],
    }
    run = subprocess.run(
        [installed(tool), *options[tool], *lua_files()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
