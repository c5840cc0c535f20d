import pytest

from graphlift.fixes import Refusal, convert, set_argument, set_arguments
from graphlift.verdict import Argument

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


@pytest.mark.parametrize(
    ("decorator", "arguments", "expected"),
    [
        (
            "@tf.function(experimental_relax_shapes=WIDE)",
            [Argument("reduce_retracing", "", "experimental_relax_shapes")],
            "@tf.function(reduce_retracing=WIDE)",
        ),
        (
            "@tf.function(jit_compile=True, experimental_follow_type_hints=True)",
            [Argument("", "", "experimental_follow_type_hints")],
            "@tf.function(jit_compile=True)",
        ),
        (
            "@tf.function(experimental_follow_type_hints=True, jit_compile=True)",
            [Argument("", "", "experimental_follow_type_hints")],
            "@tf.function(jit_compile=True)",
        ),
        (
            "@tf.function(experimental_follow_type_hints=True)",
            [Argument("", "", "experimental_follow_type_hints")],
            "@tf.function()",
        ),
        (
            "@tf.function(experimental_compile=True, experimental_follow_type_hints=True)",
            [
                Argument("jit_compile", "", "experimental_compile"),
                Argument("", "", "experimental_follow_type_hints"),
                Argument("reduce_retracing", "True"),
            ],
            "@tf.function(jit_compile=True, reduce_retracing=True)",
        ),
        (
            "@tf.function",
            [Argument("autograph", "True"), Argument("reduce_retracing", "True")],
            "@tf.function(autograph=True, reduce_retracing=True)",
        ),
        (
            "@functools.partial(tf.function, experimental_compile=True)",
            [Argument("jit_compile", "", "experimental_compile")],
            "@functools.partial(tf.function, jit_compile=True)",
        ),
        (
            "@tf.compat.v2.function(experimental_relax_shapes=True)",
            [Argument("reduce_retracing", "", "experimental_relax_shapes")],
            "@tf.compat.v2.function(reduce_retracing=True)",
        ),
    ],
)
def test_several_arguments(decorator, arguments, expected):
    text = f"import functools\nimport tensorflow as tf\n{decorator}\ndef f(x): return x\n"
    fix = set_arguments("m.py", text, target(text, "f"), arguments)
    assert after(text, fix) == text.replace(decorator, expected)


SPEC = Argument("input_signature", "[tf.TensorSpec(shape=(None,), dtype=tf.float32)]")


@pytest.mark.parametrize(
    ("imports", "decorator", "expected"),
    [
        (
            "import tensorflow as tf",
            "@tf.function",
            "@tf.function(input_signature=[tf.TensorSpec(shape=(None,), dtype=tf.float32)])",
        ),
        (
            "import tensorflow",
            "@tensorflow.function",
            "@tensorflow.function(input_signature=[tensorflow.TensorSpec(shape=(None,), dtype=tensorflow.float32)])",
        ),
    ],
)
def test_a_signature_names_tensorflow_as_the_file_does(imports, decorator, expected):
    text = f"{imports}\n{decorator}\ndef f(x): return x\n"
    fix = set_arguments("m.py", text, target(text, "f"), [SPEC])
    assert after(text, fix) == f"{imports}\n{expected}\ndef f(x): return x\n"


def test_a_signature_without_a_name_for_tensorflow():
    text = "from tensorflow import function\n@function\ndef f(x): return x\n"
    assert "import it as `tf`" in refused(set_arguments("m.py", text, target(text, "f"), [SPEC]))


def test_a_signature_with_a_name_that_comes_later():
    wanted = [Argument("input_signature", "[Point(tf.TensorSpec(shape=(), dtype=tf.float32))]")]
    later = "import tensorflow as tf\n@tf.function\ndef f(p): return p\nPoint = make()\n"
    assert "`Point` is not defined" in refused(set_arguments("m.py", later, target(later, "f"), wanted))
    text = "import tensorflow as tf\nclass Point: ...\n@tf.function\ndef f(p): return p\n"
    assert "Point(tf.TensorSpec" in after(text, set_arguments("m.py", text, target(text, "f"), wanted))


def test_a_conversion_with_arguments():
    text = "import tensorflow as tf\ndef f(x): return x\n"
    fix = convert("m.py", text, target(text, "f"), arguments=[Argument("reduce_retracing", "True")])
    assert (
        after(text, fix)
        == "import tensorflow as tf\n@tf.function(reduce_retracing=True)\ndef f(x): return x\n"
    )
    assert not isinstance(fix, Refusal)
    assert fix.title == "Run `f` as a graph: add `@tf.function` with `reduce_retracing`"
