"""How hand-placed `tf.function`s are taken out of the text of a module."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from textwrap import dedent

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from undecorate import CALL, DECORATOR, WRAPPER, undecorated


def stripped(text):
    """The text without graphs, and (qualified name, line, spelling) of what was taken away."""
    text = dedent(text)
    after, taken = undecorated(text)
    ast.parse(after)
    assert after.count("\n") == text.count("\n")
    return after, [(each.qualname, each.line, each.spelling) for each in taken]


@pytest.mark.parametrize(
    ("imports", "decorator"),
    [
        ("import tensorflow as tf", "tf.function"),
        ("import tensorflow", "tensorflow.function"),
        ("from tensorflow import function", "function"),
        ("import tensorflow.compat.v2 as tf", "tf.function"),
        ("from tensorflow.python.eager import def_function", "def_function.function"),
        ("import tensorflow as tf", "tf.function(jit_compile=True)"),
        ("import tensorflow as tf, functools", "functools.partial(tf.function, autograph=False)"),
    ],
)
def test_spellings(imports, decorator):
    after, taken = stripped(f"{imports}\n\n@{decorator}\ndef f(x):\n    return x\n")
    assert taken == [("f", 4, DECORATOR)]
    assert "@" not in after


def test_decorators_around_it_and_over_several_lines_stay_in_place():
    after, taken = stripped(
        """\
        import tensorflow as tf

        class Model:
            @property
            @tf.function(
                input_signature=[
                    tf.TensorSpec([None])
                ]
            )
            def f(self):
                @tf.function
                def g():
                    pass
        """
    )
    assert taken == [("Model.f", 10, DECORATOR), ("Model.f.<locals>.g", 12, DECORATOR)]
    assert "@property" in after
    assert "function" not in after


def test_calls_leave_the_function():
    after, taken = stripped(
        """\
        import functools
        import tensorflow as tf

        class Trainer:
            def __init__(self, model):
                self.step = tf.function(
                    self._step, input_signature=[tf.TensorSpec([None])]
                )
                self.forward = tf.function(model.call, jit_compile=True)

            def _step(self, x):
                return x

        def train(step):
            def one(x):
                return x
            if step:
                one = tf.function(jit_compile=True)(one)
            return tf.function(functools.partial(one, 1))
        """
    )
    assert taken == [
        (None, 9, CALL),
        ("Trainer._step", 11, CALL),
        ("train.<locals>.one", 15, CALL),
        ("train.<locals>.one", 15, CALL),
    ]
    assert "tf.function" not in after
    lines = after.splitlines()
    assert lines[17].replace(" ", "") == "one=(one)"
    assert lines[18].replace(" ", "") == "return(functools.partial(one,1))"


def test_wrappers_of_libraries_are_a_class_of_their_own():
    _, taken = stripped(
        """\
        from tf_agents.utils import common

        @common.function(autograph=True)
        def f(x):
            return x

        @common.function_in_tf1()
        def g(x):
            return x

        h = common.function(g)
        """
    )
    assert taken == [("f", 4, WRAPPER), ("g", 8, f"{WRAPPER}, {CALL}")]


def test_what_is_no_hand_placed_function_stays():
    text = """\
        import tensorflow as tf
        from mine import function

        def wrapper(*args, **kwargs):
            return tf.function(*args, **kwargs)

        kind = type(tf.function(lambda: None))

        @function
        def f(x):
            return x
        """
    after, taken = stripped(text)
    assert taken == []
    assert after == dedent(text)


def test_text_beside_ascii_keeps_its_columns():
    after, taken = stripped(
        "import tensorflow as tf\ndef f(x): return x\ng = 'größe', tf.function(f), 'größe'\n"
    )
    assert taken == [("f", 2, CALL)]
    assert after.splitlines()[2].replace(" ", "") == "g='größe',(f),'größe'"
