"""An error in Graphlift itself leaves one function unknown and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphlift.interp import statements
from graphlift.syntax import nodes
from tests.analysis.support import functions, workspace

PROGRAM = """
    import tensorflow as tf


    def broken(x):
        assert x is not None
        return tf.sin(x)


    def outer(x):
        return broken(x) + 1.0


    def fine(x):
        return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


    for _ in range(3):
        outer(tf.ones([3]))
        fine(tf.ones([3]))
"""


def _defect(*_: object) -> None:
    raise ZeroDivisionError("a defect")


def test_an_error_in_one_function_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAPHLIFT_RAISE", raising=False)
    monkeypatch.setitem(statements._EXECUTORS, nodes.Assert, _defect)
    made = workspace(tmp_path, {"main.py": PROGRAM})
    found = functions(made)
    assert {name: f.verdict.value for name, f in found.items()} == {
        "broken": "unknown",
        "outer": "unknown",
        "fine": "convert",
    }
    problems = made.report(str(tmp_path / "main.py")).problems
    assert [(problem.line, problem.internal) for problem in problems] == [(5, True)]
    assert "`broken` was not analysed: ZeroDivisionError: a defect" in problems[0].message


def test_the_tests_let_errors_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(statements._EXECUTORS, nodes.Assert, _defect)
    with pytest.raises(ZeroDivisionError):
        workspace(tmp_path, {"main.py": PROGRAM})
