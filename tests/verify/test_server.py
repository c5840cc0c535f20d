"""The agent's process: what it is made of, and what is said where it can't start."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import graphlift.verify
from graphlift.verify import Judge, Limits, Outcome, Plan, Program, ServerError, Target

AGENT = Path(graphlift.verify.__file__).parent / "agent"


def plan(root: Path) -> Plan:
    return Plan(Program(str(root)), Target(str(root / "main.py"), "f"), limits=Limits(seconds=5))


def test_the_agent_imports_the_standard_library_and_tensorflow_alone() -> None:
    allowed = {*sys.stdlib_module_names, "tensorflow", "numpy"}
    for path in sorted(AGENT.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            foreign = {name.partition(".")[0] for name in names} - allowed
            assert not foreign, f"{path.name}:{node.lineno}: {foreign}"


def test_the_agent_is_written_for_python_3_9() -> None:
    for path in sorted(AGENT.glob("*.py")):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    with (
        Judge(str(tmp_path / "python")) as judge,
        pytest.raises(ServerError, match=r"cannot start .*python: No such"),
    ):
        judge.judge(plan(tmp_path))


def test_an_interpreter_without_tensorflow(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    with Judge(str(tmp_path / "bare" / "bin" / "python")) as judge, pytest.raises(ServerError) as raised:
        judge.judge(plan(tmp_path))
    assert "cannot import TensorFlow: ModuleNotFoundError" in str(raised.value)
    assert "pip install tensorflow" in str(raised.value)


@pytest.mark.tensorflow
def test_the_server_says_what_it_runs_on_and_has_one_thread() -> None:
    with Judge(sys.executable) as judge:
        environment = judge.server.start()
        assert environment["python"] == ".".join(map(str, sys.version_info[:3]))
        assert environment["keras"].startswith("3.")
        process = judge.server._process
        assert process is not None
        tasks = Path(f"/proc/{process.pid}/task")
        if tasks.exists():
            assert len(list(tasks.iterdir())) == 1
    assert process.returncode is not None


@pytest.mark.tensorflow
def test_closing_leaves_no_files_behind(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("def f(x): return x\nf(1)\n")
    judge = Judge(sys.executable)
    scratch = judge.server._scratch
    judge.judge(plan(tmp_path))
    assert scratch.exists()
    judge.server.close()
    assert not scratch.exists()
    shutil.rmtree(tmp_path)


TEMPORARY = """
import os, tempfile
import tensorflow as tf

def f(x):
    if x > 0.0:
        x = x + 1.0
    return x

def leave():
    os.makedirs(os.path.join(tempfile.mkdtemp(), "inner"))
    handle, name = tempfile.mkstemp()
    os.write(handle, b"kept")
    return open(name).read()

print(leave(), f(tf.ones([])).numpy())
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize("endless", [False, True])
def test_programs_have_a_temporary_folder_and_leave_nothing_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endless: bool
) -> None:
    outside, root = tmp_path / "outside", tmp_path / "program"
    outside.mkdir()
    root.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(outside))
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(outside))
    (root / "main.py").write_text(TEMPORARY + "while True: pass\n" * endless)
    with Judge(sys.executable) as judge:
        found = judge.judge(plan(root))
        assert found.outcome is (Outcome.UNDECIDABLE if endless else Outcome.SAME)
        [scratch] = outside.iterdir()
        assert list((scratch / "tmp").iterdir()) == []
    assert list(outside.iterdir()) == []
