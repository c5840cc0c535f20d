"""What the calls of a function mean for tracing: compared with the traces that TensorFlow makes of the same calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphlift.facts import Program, Retracing
from graphlift.interp.following import MAX_RUNS_OF_ONE

from .support import workspace

CALLS = {
    "sizes": ["tf.ones([2])", "tf.ones([3])", "tf.ones([3])", "tf.ones([4])"],
    "ranks": ["tf.ones([2])", "tf.ones([2, 2])", "tf.constant(1.0)"],
    "dtypes": ["tf.ones([2])", "tf.ones([2], tf.int32)", "tf.ones([2], tf.float64)", "tf.ones([2])"],
    "equal numbers": ["1", "1.0", "True", "2"],
    "texts": ["'a'", "'b'", "'a'", "b'a'"],
    "flags": ["None", "True", "False", "None"],
    "arrays": ["np.ones(3, np.float32)", "tf.ones([3])", "np.ones(3)", "np.ones(4)"],
    "variables": ["tf.Variable(tf.ones([2]))", "tf.Variable(tf.ones([2]))", "tf.ones([2])"],
    "lengths": ["[tf.ones([2])]", "[tf.ones([2])] * 2", "(tf.ones([2]),)", "[tf.zeros([2])]"],
    "numbers in lists": ["[1, 2]", "[1, 3]", "[1, 2]", "(1, 2)"],
    "keys": [
        "{'a': tf.ones([2])}",
        "{'b': tf.ones([2])}",
        "{'a': tf.ones([2]), 'b': 1}",
        "{'a': tf.ones([2])}",
    ],
    "nested": ["{'a': [tf.ones([2])]}", "{'a': [tf.ones([3])]}", "{'a': [tf.ones([2]), 1]}"],
    "objects": ["Thing()", "Thing()", "Thing()"],
    "one object": ["THING", "THING", "THING"],
}

HEAD = """\
import numpy as np
import tensorflow as tf


class Thing:
    pass


THING = Thing()
"""


def found(root: Path, text: str, name: str = "f") -> Retracing:
    program = Program(workspace(root, {"main.py": text}).solver)
    facts = program.facts(f"main:{name}")
    assert facts is not None
    assert facts.retracing is not None
    return facts.retracing


@pytest.mark.parametrize("name", CALLS)
def test_traces_are_those_that_tensorflow_makes(name: str, tmp_path: Path) -> None:
    import numpy as np
    import tensorflow as tf

    calls = "\n".join(f"f({argument})" for argument in CALLS[name])
    counted = found(tmp_path, f"{HEAD}\ndef f(x):\n    return tf.constant(1.0)\n\n{calls}\n")
    space: dict[str, object] = {"np": np, "tf": tf}
    exec(HEAD.partition("\n\n\n")[2], space)
    for options, traces in (({}, counted.traces), ({"reduce_retracing": True}, counted.relaxed)):
        graph = tf.function(lambda x: tf.constant(1.0), **options)
        kept = [
            eval(argument, space) for argument in CALLS[name]
        ]  # Objects that are gone can't be told apart.
        for argument in kept:
            graph(argument)
        assert graph.experimental_get_tracing_count() == traces, options


def test_loops_are_followed_pass_by_pass(tmp_path: Path) -> None:
    text = HEAD + "\ndef f(x):\n    return x\n\nfor n in range(4):\n    f(tf.ones([n, 2]))\n"
    counted = found(tmp_path, text)
    assert (counted.traces, counted.calls, counted.more) == (4, 4, False)
    assert [cause.parameter for cause in counted.causes] == ["x"]


def test_a_loop_of_unknown_length_counts_once_and_says_so(tmp_path: Path) -> None:
    text = HEAD + "\ndef f(x):\n    return x\n\nwhile input():\n    f(tf.ones([2]))\n"
    counted = found(tmp_path, text)
    assert (counted.traces, counted.calls, counted.more) == (1, 1, True)


def test_calls_multiply_through_callers(tmp_path: Path) -> None:
    text = HEAD + (
        "\ndef f(x):\n    return x\n\ndef twice(x):\n    f(x)\n    f(x)\n\n"
        "for _ in range(20):\n    for n in (1, 2):\n        twice(tf.ones([n]))\n"
    )
    counted = found(tmp_path, text)
    assert (counted.traces, counted.calls) == (2, 80)


def test_a_vague_call_does_not_hide_the_others(tmp_path: Path) -> None:
    text = (
        HEAD
        + "\ndef f(x):\n    return x\n\nf(tf.ones([int(input())]))\nfor n in (1, 2, 3):\n    f(tf.ones([n]))\n"
    )
    assert found(tmp_path, text).traces == 3


def test_defaults_count_as_arguments(tmp_path: Path) -> None:
    text = HEAD + "\ndef f(x, n=2):\n    return x\n\nf(1.0)\nf(1.0, 2)\nf(1.0, n=3)\n"
    assert found(tmp_path, text).traces == 2


def test_recursion_ends(tmp_path: Path) -> None:
    text = HEAD + "\ndef f(x, n):\n    return x if n == 0 else f(x, n - 1)\n\nf(tf.ones([2]), 9)\n"
    assert found(tmp_path, text).traces >= 1


def test_many_different_arguments_are_bounded(tmp_path: Path) -> None:
    calls = "".join(f"g({n})\n" for n in range(3 * MAX_RUNS_OF_ONE))
    text = HEAD + f"\ndef f(x):\n    return x\n\ndef g(n):\n    return f(tf.ones([n]))\n\n{calls}"
    assert 3 <= found(tmp_path, text).traces <= 3 * MAX_RUNS_OF_ONE


METHOD = """\
import tensorflow as tf


class Scale:
    def times(self, x):
        return 2.0 * x


def f(g, x):
    return g(x)


scale = Scale()
kept = scale.times
"""


@pytest.mark.parametrize(("argument", "traces"), [("scale.times", 4), ("kept", 1)])
def test_a_bound_method_is_another_object_whenever_it_is_looked_up(
    argument: str, traces: int, tmp_path: Path
) -> None:
    text = f"{METHOD}for _ in range(4):\n    f({argument}, tf.ones([2]))\n"
    assert found(tmp_path, text).traces == traces
    import tensorflow as tf

    space: dict[str, object] = {"tf": tf}
    exec(METHOD.replace("def f", "@tf.function(autograph=False)\ndef f") + text.removeprefix(METHOD), space)
    graph = space["f"]
    assert graph.experimental_get_tracing_count() == traces  # type: ignore[attr-defined]
