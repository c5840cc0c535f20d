import pytest

from graphlift.fixes import set_argument

from .support import after, refused, target


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("@tf.function", "@tf.function(reduce_retracing=True)"),
        ("@tf.function()", "@tf.function(reduce_retracing=True)"),
        ("@tf.function(jit_compile=True)", "@tf.function(jit_compile=True, reduce_retracing=True)"),
        ("@tf.function(jit_compile=True,)", "@tf.function(jit_compile=True, reduce_retracing=True,)"),
        ("@tf.function(reduce_retracing=False)", "@tf.function(reduce_retracing=True)"),
        ("@tf.function(None, None, True, None, False)", "@tf.function(None, None, True, None, True)"),
        (
            "@tf.function(\n    jit_compile=True,  # xla\n)",
            "@tf.function(\n    jit_compile=True,\n    reduce_retracing=True,  # xla\n)",
        ),
        ("@tf.function  # why", "@tf.function(reduce_retracing=True)  # why"),
    ],
)
def test_argument_is_added_or_replaced(decorator, expected):
    text = f"import tensorflow as tf\n{decorator}\ndef f(x): return x\n"
    fix = set_argument("m.py", text, target(text, "f"), "reduce_retracing", "True")
    assert after(text, fix) == f"import tensorflow as tf\n{expected}\ndef f(x): return x\n"


def test_without_a_decorator():
    text = "import tensorflow as tf\ndef f(x): return x\n"
    assert "has no `tf.function`" in refused(
        set_argument("m.py", text, target(text, "f"), "autograph", "False")
    )
