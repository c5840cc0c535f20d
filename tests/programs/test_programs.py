"""The programs are complete, deterministic and described by what lies beside them."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent
ENTRIES = json.loads((PROGRAMS / "programs.json").read_text("utf-8"))
TRUTH = PROGRAMS / "truth.json"
ALLOWED = {"einops", "keras", "numpy", "tensorflow"}

RUN_TWICE = """
import os, runpy, sys
import keras, tensorflow
for name in sys.argv[2:]:
    outputs = []
    for attempt in range(2):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(writer, 1)
            folder = os.path.join(os.getcwd(), f"{name}-{attempt}")
            os.mkdir(folder)
            os.chdir(folder)
            main = os.path.join(sys.argv[1], name, "main.py")
            sys.path.insert(0, os.path.dirname(main))
            status = 1
            try:
                runpy.run_path(main, run_name="__main__")
                status = 0
            finally:
                sys.stdout.flush()
                os._exit(status)
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            outputs.append(stream.read())
        _, status = os.waitpid(child, 0)
        if status:
            print(f"{name}: exit status {status}")
    if outputs[0] != outputs[1]:
        print(f"{name}: two runs print different text")
    if not outputs[0]:
        print(f"{name}: prints nothing")
"""


def sources(name: str) -> list[Path]:
    return sorted((PROGRAMS / name).rglob("*.py"))


def definitions(path: Path) -> set[tuple[str, int]]:
    found = set()

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.add((prefix + child.name, child.lineno))
                visit(child, f"{prefix}{child.name}.<locals>.")
            elif isinstance(child, ast.ClassDef):
                visit(child, f"{prefix}{child.name}.")
            else:
                visit(child, prefix)

    visit(ast.parse(path.read_text("utf-8")), "")
    return found


def test_every_folder_is_listed_once():
    folders = sorted(path.parent.name for path in PROGRAMS.glob("*/main.py"))
    assert [entry["name"] for entry in ENTRIES] == folders


def test_a_quarter_to_a_half_is_held_out_and_a_quarter_is_decorated():
    assert len(ENTRIES) >= 60
    held_out = sum(entry["holdout"] for entry in ENTRIES)
    assert 0.25 <= held_out / len(ENTRIES) <= 0.5
    assert sum(entry["decorated"] for entry in ENTRIES) >= len(ENTRIES) / 4


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_description_fits_the_source(entry):
    texts = [path.read_text("utf-8") for path in sources(entry["name"])]
    spelled = any("tf.function" in text or "import function" in text for text in texts)
    assert spelled == entry["decorated"]
    assert entry["field"] and entry["tags"] == sorted(entry["tags"])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_program_imports_nothing_unusual_and_has_a_driver(entry):
    files = sources(entry["name"])
    own = {path.relative_to(PROGRAMS / entry["name"]).parts[0].removesuffix(".py") for path in files}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names.append(node.module or "")
            roots = {name.split(".")[0] for name in names}
            assert roots <= ALLOWED | own | set(sys.stdlib_module_names), path
    assert "main" in {name for name, _ in definitions(PROGRAMS / entry["name"] / "main.py")}


@pytest.mark.skipif(not TRUTH.exists(), reason="the programs are not judged yet")
def test_truth_fits_the_judged_programs():
    judged = {(row["path"], row["qualname"], row["line"]) for row in json.loads(TRUTH.read_text("utf-8"))}
    names = {path.partition("/")[0] for path, _, _ in judged}
    present = {
        (path.relative_to(PROGRAMS).as_posix(), *definition)
        for name in names
        for path in sources(name)
        for definition in definitions(path)
    }
    assert judged == present


@pytest.mark.tensorflow
@pytest.mark.timeout(900)
def test_programs_run_and_print_the_same_twice(tmp_path):
    names = [entry["name"] for entry in ENTRIES]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", RUN_TWICE, str(PROGRAMS), *names],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "" and done.returncode == 0, done.stdout + done.stderr[-4000:]
