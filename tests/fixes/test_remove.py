import pytest

from graphlift.fixes import remove
from graphlift.source.span import Span

from .support import refused, removed, target

USE = "y = tf.abs(1)\n"
"""A line that keeps `tf` in use."""


@pytest.mark.parametrize(
    "decorator",
    [
        "@tf.function",
        "@tf.function()",
        "@tf.function(jit_compile=True)",
        "@tf.function  # fast",
        "@ tf.function",
        "@(tf.function)",
        "@tf.function(\n    # shapes of one batch\n    input_signature=[\n"
        "        tf.TensorSpec([None], tf.float32),  # x\n    ],\n)",
        "@tf.compat.v2.function",
        "@tensorflow.function",
        "@graph",
        "@graph(autograph=False)",
        "@functools.partial(tf.function, jit_compile=True)",
        "@partial(graph, reduce_retracing=True)",
        "@tf.function\n@tf.function",
        "@tf.function \\\n  (jit_compile=True)",
    ],
)
def test_every_spelling(decorator):
    head = (
        "import functools\nfrom functools import partial\nimport tensorflow\nimport tensorflow as tf\n"
        "from tensorflow import function as graph\nused = functools, partial, tensorflow, tf, graph\n"
    )
    text = f"{head}# before\n{decorator}\n# after\ndef f(x):\n    return x\n"
    assert removed(text, "f") == f"{head}# before\n# after\ndef f(x):\n    return x\n"


def test_others_stay():
    text = (
        "import tensorflow as tf\nclass A:\n    @staticmethod  # s\n    @tf.function\n    @log(\n"
        "        1)\n    def m(x):\n"
        "        return tf.abs(x)\n"
    )
    assert removed(text, "A.m") == text.replace("    @tf.function\n", "")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_newlines(newline):
    text = f"import tensorflow as tf\n{USE}@tf.function(\n    jit_compile=True)\ndef f(x):\n\treturn x\n"
    expected = f"import tensorflow as tf\n{USE}def f(x):\n\treturn x\n"
    assert removed(text.replace("\n", newline), "f") == expected.replace("\n", newline)


def test_byte_order_mark():
    text = "\ufeffimport tensorflow as tf\n@tf.function\ndef f(x): return x\n"
    assert removed(text, "f") == "\ufeffdef f(x): return x\n"


class TestWrappingCalls:
    def test_assignment_to_its_own_name(self):
        text = f"import tensorflow as tf\n{USE}def f(x):\n    return x\nf = tf.function(f)\nf(1)\n"
        assert removed(text, "f") == text.replace("f = tf.function(f)\n", "")

    @pytest.mark.parametrize(
        "call",
        [
            "tf.function(f)",
            "tf.function(f, jit_compile=True)",
            "tf.function(jit_compile=True)(f)",
            "tf.function(func=f)",
        ],
    )
    def test_assignment_to_another_name(self, call):
        text = f"import tensorflow as tf\n{USE}def f(x):\n    return x\nstep = {call}  # fast\nstep(1)\n"
        assert removed(text, "f") == text.replace(call, "f")

    def test_assignment_among_others_on_its_line(self):
        text = f"import tensorflow as tf\n{USE}def f(x): return x\na = 1; f = tf.function(f); b = 2\n"
        assert removed(text, "f").endswith("a = 1; b = 2\n")
        text = f"import tensorflow as tf\n{USE}def f(x): return x\na = 1; f = tf.function(f)\n"
        assert removed(text, "f").endswith("a = 1\n")

    def test_only_statement_of_a_block(self):
        text = f"import tensorflow as tf\n{USE}def f(x): return x\nif FAST:\n    f = tf.function(f)\n"
        assert removed(text, "f").endswith("if FAST:\n    pass\n")

    def test_method_wrapped_in_the_constructor(self):
        text = (
            f"import tensorflow as tf\n{USE}class A:\n    def __init__(self):\n        self.n = 1\n"
            "        self.step = tf.function(self.step)\n    def step(self, x):\n        return x\n"
        )
        assert removed(text, "A.step") == text.replace("        self.step = tf.function(self.step)\n", "")

    def test_passed_on(self):
        text = f"import tensorflow as tf\n{USE}def f(x): return x\nrun(tf.function(f), f)\n"
        assert removed(text, "f") == text.replace("tf.function(f)", "f")

    def test_same_name_in_another_scope_is_another_function(self):
        text = (
            "import tensorflow as tf\ndef f(x): return x\ndef make():\n    def f(x): return x\n"
            "    return tf.function(f)\n"
        )
        assert "no `tf.function` was found" in refused(remove("m.py", text, target(text, "f")))
        assert "    return f\n" in removed(text, "make.<locals>.f")


class TestImportsThatGo:
    @pytest.mark.parametrize(
        ("statement", "left"),
        [
            ("import tensorflow as tf\n", ""),
            ("import tensorflow as tf  # fast\n", ""),
            ("import os, tensorflow as tf, sys\n", "import os, sys\n"),
            ("import os, tensorflow as tf\n", "import os\n"),
            ("import tensorflow as tf, os\n", "import os\n"),
            ("import os; import tensorflow as tf; import sys\n", "import os; import sys\n"),
        ],
    )
    def test_plain(self, statement, left):
        text = f"{statement}\n@tf.function\ndef f(x):\n    return x\n"
        assert removed(text, "f") == f"{left}\ndef f(x):\n    return x\n"

    def test_from_import_over_several_lines(self):
        text = (
            "from tensorflow import (\n    Tensor,  # type\n    function,  # graph\n    abs,\n)\n"
            "@function\ndef f(x: Tensor):\n    return abs(x)\n"
        )
        assert removed(text, "f") == text.replace("    function,  # graph\n", "").replace("@function\n", "")

    def test_last_of_a_continued_import(self):
        text = "from tensorflow import abs, \\\n    function\n@function\ndef f(x):\n    return abs(x)\n"
        assert removed(text, "f") == "from tensorflow import abs\ndef f(x):\n    return abs(x)\n"

    def test_names_in_its_arguments_too(self):
        text = (
            "import functools\nimport numpy as np\nimport tensorflow as tf\n"
            "@functools.partial(tf.function, input_signature=[np.float32])\ndef f(x):\n    return x\n"
        )
        assert removed(text, "f") == "def f(x):\n    return x\n"

    def test_only_statement_of_a_block(self):
        text = (
            "def make():\n    import tensorflow as tf\n    @tf.function\n    def f(x): return x\n"
            "    return f\n"
        )
        assert removed(text, "make.<locals>.f") == "def make():\n    def f(x): return x\n    return f\n"
        text = "if A:\n    import tensorflow as tf\n@tf.function\ndef f(x): return x\n"
        assert removed(text, "f") == "if A:\n    pass\ndef f(x): return x\n"

    def test_what_was_unused_before_stays(self):
        text = "import os\nimport tensorflow as tf\n@tf.function\ndef f(x): return x\n"
        assert removed(text, "f") == "import os\ndef f(x): return x\n"


class TestImportsThatStay:
    @pytest.mark.parametrize(
        "reason",
        [
            "y = tf.abs(1)\n",
            "__all__ = ['f', 'tf']\n",
            "def g(x: 'tf.Tensor'): return x\n",
            "def g(x):\n    # type: (tf.Tensor) -> None\n    return x\n",
            "y = globals()\n",
            "@tf.function\ndef g(x): return x\n",
        ],
    )
    def test_used_elsewhere(self, reason):
        text = f"import tensorflow as tf\n@tf.function\ndef f(x): return x\n{reason}"
        assert removed(text, "f") == f"import tensorflow as tf\ndef f(x): return x\n{reason}"

    @pytest.mark.parametrize(
        "statement",
        [
            "import tensorflow as tf  # noqa: F401\n",
            "from tensorflow import function as function\n",
            "try:\n    import tensorflow as tf\nexcept ImportError:\n    raise SystemExit\n",
        ],
    )
    def test_kept_on_purpose(self, statement):
        name = "function" if "from" in statement else "tf.function"
        text = f"{statement}@{name}\ndef f(x): return x\n"
        assert removed(text, "f") == f"{statement}def f(x): return x\n"

    def test_package_that_passes_its_imports_on(self):
        text = "import tensorflow as tf\n@tf.function\ndef f(x): return x\n"
        assert removed(text, "f", path="pkg/__init__.py") == text.replace("@tf.function\n", "")


def test_a_word_in_prose_is_no_use():
    text = (
        '"""About tf."""\nimport tensorflow as tf\n@tf.function\ndef f(x):\n    """Uses tf."""\n'
        "    return x\n"
    )
    assert "import" not in removed(text, "f")


def test_decorator_that_only_the_analysis_knows():
    text = "from .graphs import fast\n@fast\ndef f(x): return x\n"
    assert "no `tf.function` was found" in refused(remove("m.py", text, target(text, "f")))
    fix = remove("m.py", text, target(text, "f"), decorator_spans=(Span(2, 1, 2, 5),))
    from .support import after

    assert after(text, fix) == "def f(x): return x\n"


def test_not_decorated():
    text = "import tensorflow as tf\n@tf.autograph.experimental.do_not_convert\ndef f(x): return x\n"
    assert "no `tf.function` was found on `f`" in refused(remove("m.py", text, target(text, "f")))
