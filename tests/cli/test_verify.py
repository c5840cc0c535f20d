"""`graphlift verify`: what is run, what is said, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

OPS = """\
import tensorflow as tf

seen = []


def half(x):
    h = tf.tanh(x) - tf.reduce_mean(x)
    h = tf.sqrt(tf.abs(h) + 1.0) * tf.exp(-h)
    return tf.reduce_sum(tf.square(h)) / 2.0


def counted(x):
    seen.append(1)
    return x + len(seen)


@tf.function
def branch(x):
    if tf.reduce_sum(x) > 0:
        y = x
    return y


def never(x):
    return tf.exp(x)
"""

RUN = """\
import sys
import tensorflow as tf
from lib import ops

size = int(sys.argv[1])
assert open("sizes.txt").read() == "4"
for _ in range(3):
    ops.half(tf.ones([size]))
    ops.counted(tf.ones([size]))
"""


@pytest.fixture
def project(place: Path) -> Path:
    """A package in `src`, a script beside it, and what the script reads."""
    package = place / "src" / "lib"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "ops.py").write_text(OPS)
    (place / "scripts").mkdir()
    (place / "scripts" / "run.py").write_text(RUN)
    (place / "sizes.txt").write_text("4")
    return place


SETTINGS = """\
[verify]
run = "scripts/run.py"
args = ["4"]
inputs = ["sizes.txt"]
seconds = 30
"""

NAMED = ("--run", "scripts/run.py", "--arg", "4", "--input", "sizes.txt")


class TestOutcomes:
    def test_each_function_is_said_how_it_behaves(self, graphlift, project):
        (project / "graphlift.toml").write_text(SETTINGS)
        file = "src/lib/ops.py"
        done = graphlift("verify", *(f"{file}::{name}" for name in ("half", "counted", "never")))
        assert done.code == 1, done.err
        half, counted, never, advice = done.out.splitlines()
        assert half.startswith(f"{file}:6: `half` behaves the same as a graph, ")
        assert half.endswith("(3 calls, 1 trace).")
        assert counted.startswith(f"{file}:12: `counted` behaves differently as a graph: call 2: ")
        assert never == f"{file}:24: Nothing can be said of `never`: the program never calls never."
        assert "`--run SCRIPT`" in advice
        assert sorted(path.name for path in project.rglob("*.py")) == ["__init__.py", "ops.py", "run.py"]

    def test_json(self, graphlift, project):
        done = graphlift("verify", "src/lib/ops.py:7", *NAMED, "--output-format", "json")
        assert done.code == 0, done.err
        [shown] = json.loads(done.out)["functions"]
        assert (shown["path"], shown["qualname"], shown["line"]) == ("src/lib/ops.py", "half", 6)
        assert (shown["outcome"], shown["calls"], shown["traces"]) == ("same", 3, 1)
        timing = shown["timing"]
        assert timing["ratio"] == pytest.approx(timing["eager"] / timing["graph"])


class TestRefusals:
    def test_a_program_that_is_not_there(self, graphlift, project):
        (project / "graphlift.toml").write_text('[verify]\nrun = "scripts/gone.py"\n')
        done = graphlift("verify", "src/lib/ops.py::half")
        assert done.code == 2
        assert "there is no scripts/gone.py" in done.err

    def test_two_programs(self, graphlift, project):
        done = graphlift("verify", "src/lib/ops.py", "--run", "scripts/run.py", "--module", "lib.ops")
        assert (done.code, "exclude each other" in done.err) == (2, True)

    def test_nothing_to_verify(self, graphlift, place):
        (place / "a.py").write_text("def f():\n    return 1\n")
        done = graphlift("verify", "a.py")
        assert (done.code, "nothing to verify" in done.err) == (2, True)

    def test_an_interpreter_without_tensorflow(self, graphlift, project):
        python = project / "python"
        python.write_text("#!/bin/sh\nexit 1\n")
        python.chmod(0o755)
        (project / "graphlift.toml").write_text('interpreter = "python"\n')
        done = graphlift("verify", "src/lib/ops.py::half", *NAMED)
        assert done.code == 2
        assert "python -m pip install tensorflow" in done.err

    def test_a_notebook_can_not_be_run(self, graphlift, place):
        source = ["import tensorflow as tf\n", "@tf.function\n", "def f(x):\n", "    return tf.exp(x)"]
        cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        (place / "a.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
        done = graphlift("verify", "a.ipynb")
        assert (done.code, "no Python file that can be run" in done.err) == (2, True)
