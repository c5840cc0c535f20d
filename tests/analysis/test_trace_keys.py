"""By what TensorFlow tells arguments apart that are no tensors: asked of TensorFlow, held against the rules.

Each expression is evaluated for every call, and what it gives is let go afterwards, as in `step(x, x.shape)`.
"""

import pytest

from graphlift.ide.workspace import Workspace

pytestmark = pytest.mark.xdist_group("trace-keys")

SETUP = """\
import argparse
import collections
import datetime
import fractions
import pathlib
import types

import numpy as np
import tensorflow as tf

shape = tf.ones([2]).shape
table = {"a": tf.constant(1.0)}
"""

REFUSED = [
    "argparse.Namespace(a=1)",
    "types.SimpleNamespace(a=1)",
    "collections.deque([1])",
    "bytearray(b'a')",
    "slice(0, 1)",
    "table.keys()",
    "table.items()",
    "{1}",
    "[{1}]",
]
AGAIN = [
    "x.shape",
    "tf.TensorShape([2])",
    "frozenset([n])",
    "zip([1], [2])",
    "enumerate([1])",
    "reversed([1])",
    "{'a': 1.0}.values()",
    "tf.keras.losses.MeanSquaredError()",
    "tf.keras.optimizers.SGD(0.1)",
    "(0.5, float(n))",
    "{'a': float(n)}",
    "range(n)",
    "complex(n, 1)",
    "datetime.date(2020, 1, n + 1)",
    "pathlib.Path(str(n))",
]
ONCE = [
    "(2,)",
    "x.dtype",
    "range(3)",
    "(0.5, 1.5)",
    "{'a': 1.0}",
    "[x, x]",
    "list(table)",
    "list(table.values())",
    "tuple(zip([1], [2]))",
    "np.float32(n)",
    "np.ones([2], np.float32) * n",
    "collections.OrderedDict(a=1)",
    "None",
]
CALLS = 5


def traces(expression: str) -> int:
    """How often a function is traced over calls with this argument; -1 when TensorFlow refuses it."""
    import tensorflow as tf

    space: dict[str, object] = {}
    exec(SETUP, space)
    graph = tf.function(lambda argument, x: x + 1.0, autograph=False)
    for n in range(CALLS):
        space |= {"n": n, "x": tf.ones([2]) * float(n)}
        try:
            graph(eval(expression, space), space["x"])
        except TypeError:
            return -1
    return int(graph.experimental_get_tracing_count())


def rules(expression: str, tmp_path) -> set[str]:
    """The rules about arguments that are reported for a function with such calls."""
    program = f"""{SETUP}

def step(argument, x):
    for _ in range(6):
        x = tf.sin(x) + tf.cos(x) * tf.tanh(x)
    return x


for n in range({CALLS}):
    x = tf.ones([2]) * float(n)
    step({expression}, x)
"""
    path = tmp_path / "program.py"
    path.write_text(program, encoding="utf-8")
    workspace = Workspace([str(tmp_path)])
    workspace.settle()
    found = next(f for f in workspace.report(str(path)).functions if f.qualname == "step")
    return {reason.rule for reason in found.reasons}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_tracing_refuses_is_reported(expression, tmp_path):
    assert traces(expression) == -1
    assert rules(expression, tmp_path) == {"unhashable-argument"}


@pytest.mark.parametrize("expression", AGAIN)
def test_what_is_traced_again_and_again_is_reported(expression, tmp_path):
    assert traces(expression) == CALLS
    assert rules(expression, tmp_path) & {
        "fresh-object-argument",
        "python-number-argument",
        "container-length-varies",
        "variable-creation",
    }


@pytest.mark.parametrize("expression", ONCE)
def test_what_is_traced_once_is_not(expression, tmp_path):
    assert traces(expression) == 1
    assert not rules(expression, tmp_path)
