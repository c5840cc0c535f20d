import pytest

from graphlift.fixes import convert
from graphlift.verdict import Fix

from .support import converted, refused, target

TF = "import tensorflow as tf\n\n\n"


def test_uses_the_alias_of_the_file():
    for statement, spelling in {
        "import tensorflow as tf": "tf.function",
        "import tensorflow": "tensorflow.function",
        "import tensorflow as T": "T.function",
        "import tensorflow.compat.v2 as tf": "tf.function",
        "from tensorflow.compat import v2 as tf2": "tf2.function",
        "import tensorflow.keras": "tensorflow.function",
        "from tensorflow import function as fn": "fn",
        "from tensorflow import function": "function",
        "import tensorflow as tf, numpy as np": "tf.function",
        "import tensorflow\ntf = tensorflow": "tf.function",
        "from tensorflow import function\nimport tensorflow as tf": "tf.function",
    }.items():
        text = f"{statement}\ndef f(x):\n    return x\n"
        assert converted(text, "f") == f"{statement}\n@{spelling}\ndef f(x):\n    return x\n"


def test_method_and_nested_function():
    text = TF + (
        "class A:\n    def m(self, x):\n        def inner(y):\n            return y\n"
        "        return inner(x)\n"
    )
    assert "class A:\n    @tf.function\n    def m" in converted(text, "A.m")
    assert "        @tf.function\n        def inner" in converted(text, "A.m.<locals>.inner")


@pytest.mark.parametrize(
    "decorators",
    [
        "@staticmethod",
        "@classmethod",
        "@property",
        "@abc.abstractmethod",
        "@functools.wraps(g)",
        "@a\n    # why\n    @b",
    ],
)
def test_goes_innermost_under_other_decorators(decorators):
    text = TF + f"class A:\n    {decorators}\n    def m(x):\n        return x\n"
    assert f"    {decorators}\n    @tf.function\n    def m(x):" in converted(text, "A.m")


@pytest.mark.parametrize(
    "inside",
    ["@tf.custom_gradient", "@tf.Module.with_name_scope", "@tf.autograph.experimental.do_not_convert"],
)
def test_goes_around_decorators_that_belong_to_the_body(inside):
    text = TF + f"@log\n{inside}  # kept\ndef f(x):\n    return x\n"
    assert converted(text, "f") == TF + f"@log\n@tf.function\n{inside}  # kept\ndef f(x):\n    return x\n"


def test_goes_around_a_decorator_spread_over_lines():
    text = TF + "@tf.custom_gradient\n@log(\n    1,\n)\ndef f(x):\n    return x\n"
    assert "@tf.function\n@tf.custom_gradient\n@log(" in converted(text, "f")


def test_comments_between_decorator_and_def_stay():
    text = TF + "@log  # outer\n# about f\n\ndef f(x):  # inner\n    return x\n"
    assert converted(text, "f") == text.replace("def f", "@tf.function\ndef f")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["  ", "\t", "    ", "\f    "])
def test_newlines_and_indentation_are_the_files_own(newline, indent):
    text = f"import tensorflow as tf\nclass A:\n{indent}x = 1\n{indent}def f(self): return 1\n".replace(
        "\n", newline
    )
    expected = text.replace("def f", f"@tf.function{newline}{indent}def f")
    assert converted(text, "A.f") == expected


def test_newline_of_the_line_wins_over_the_most_common():
    text = "import tensorflow as tf\n\ndef f(x):\r\n    return x\n"
    assert "\n@tf.function\r\ndef f" in converted(text, "f")


def test_byte_order_mark_stays_first():
    text = "\ufeffimport tensorflow as tf\ndef f(x): return x\n"
    assert converted(text, "f") == "\ufeffimport tensorflow as tf\n@tf.function\ndef f(x): return x\n"
    text = "\ufeffdef f(x): return x"
    assert converted(text, "f") == ("\ufeffimport tensorflow as tf\n\n\n@tf.function\ndef f(x): return x")


def test_one_line_body_semicolons_and_continuations():
    text = TF + "a = 1; b = 2\ndef f(x): y = x; return \\\n    y\nf(1); f(2)\n"
    assert converted(text, "f") == text.replace("def f", "@tf.function\ndef f")


def test_non_ascii_text_before_the_function():
    text = (
        "import tensorflow as tf\nname = 'žluťoučký 🐎'; other = 1\nif name:\n    def größe(x): return '🐎'\n"
    )
    assert "    @tf.function\n    def größe" in converted(text, "größe")


def test_last_line_without_newline():
    text = "import tensorflow as tf\ndef f(x): return x"
    assert converted(text, "f") == "import tensorflow as tf\n@tf.function\ndef f(x): return x"


def test_definition_in_a_branch_and_a_try():
    for opening in ("if a:", "try:", "with a:", "for a in b:", "while a:"):
        ending = "finally:\n    pass\n" if opening == "try:" else ""
        text = TF + f"{opening}\n    def f(x):\n        return x\n{ending}"
        assert f"{opening}\n    @tf.function\n    def f" in converted(text, "f")


class TestWhatTensorFlowIsCalledThere:
    def test_alias_inside_the_enclosing_function(self):
        text = (
            "def make():\n    import tensorflow as tf\n    def f(x):\n        return tf.abs(x)\n"
            "    return f\n"
        )
        assert "    @tf.function\n    def f" in converted(text, "make.<locals>.f")
        assert converted(text, "make.<locals>.f").count("import") == 1

    def test_alias_inside_another_function_does_not_count(self):
        text = "def make():\n    import tensorflow as T\n\ndef f(x):\n    return x\n"
        assert converted(text, "f").startswith("import tensorflow as tf\n\n\ndef make")

    def test_import_below_the_definition_does_not_count(self):
        text = "def f(x):\n    return x\nimport tensorflow as T\n"
        assert converted(text, "f").startswith("import tensorflow as tf\n\n\n@tf.function\ndef f")

    def test_type_checking_import_does_not_count(self):
        text = (
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import tensorflow as tf\n\n\n"
            "def f(x):\n    return x\n"
        )
        assert converted(text, "f").startswith(
            "from typing import TYPE_CHECKING\n\nimport tensorflow as tf\n\nif"
        )

    @pytest.mark.parametrize(
        "handler", ["tf = None", "pass", "HAVE_TF = False"], ids=["none", "pass", "flag"]
    )
    def test_optional_import_is_refused(self, handler):
        text = (
            f"try:\n    import tensorflow as tf\nexcept ImportError:\n    {handler}\n\ndef f(x):\n"
            f"    return x\n"
        )
        assert "some paths only" in refused(convert("m.py", text, target(text, "f")))

    @pytest.mark.parametrize(
        "handler",
        ["raise SystemExit('no TensorFlow')", "sys.exit(1)", "import tensorflow.compat.v2 as tf"],
    )
    def test_import_in_a_try_that_never_goes_on_without(self, handler):
        text = (
            f"try:\n    import tensorflow as tf\nexcept ImportError:\n    {handler}\n\ndef f(x):\n"
            f"    return x\n"
        )
        assert "\n@tf.function\ndef f" in converted(text, "f")

    def test_definition_inside_the_same_try(self):
        text = (
            "try:\n    import tensorflow as tf\n    def f(x):\n        return x\n"
            "except ImportError:\n    pass\n"
        )
        assert "    @tf.function\n    def f" in converted(text, "f")

    def test_definition_where_the_optional_import_succeeded(self):
        text = (
            "try:\n    import tensorflow as tf\nexcept ImportError:\n    tf = None\n"
            "if tf is not None:\n    def f(x):\n        return x\n"
        )
        assert "    @tf.function\n    def f" in converted(text, "f")

    def test_both_branches_import_it(self):
        text = (
            "if A:\n    import tensorflow.compat.v2 as tf\nelse:\n    import tensorflow as tf\n\n"
            "def f(x):\n    return x\n"
        )
        assert "\n@tf.function\ndef f" in converted(text, "f")

    def test_rebound_alias_does_not_count(self):
        text = "import tensorflow as tf\ntf = fake()\ndef f(x):\n    return x\n"
        assert "import tensorflow\n" in converted(text, "f")
        assert "@tensorflow.function\n" in converted(text, "f")

    def test_shadowed_by_a_parameter_of_the_enclosing_function(self):
        text = "import tensorflow as tf\ndef make(tf):\n    def f(x):\n        return x\n    return f\n"
        assert "@tensorflow.function" in converted(text, "make.<locals>.f")

    def test_class_level_alias_is_seen_by_decorators_of_methods_alone(self):
        text = "class A:\n    import tensorflow as T\n    def m(self):\n        def inner(x): return x\n"
        assert "    @T.function\n    def m" in converted(text, "A.m")
        assert "        @tf.function\n        def inner" in converted(text, "A.m.<locals>.inner")

    def test_module_elsewhere_that_passes_tensorflow_on(self):
        text = "from .compat import tf\n\ndef f(x):\n    return tf.abs(x)\n"
        assert "@tensorflow.function" in converted(text, "f")
        assert converted(text, "f", known={"tf": "tensorflow"}) == text.replace(
            "def f", "@tf.function\ndef f"
        )

    def test_both_usual_names_are_taken(self):
        text = "tf = 1\ntensorflow = 2\ndef f(x):\n    return x\n"
        assert "mean something else" in refused(convert("m.py", text, target(text, "f")))


class TestRefusals:
    @pytest.mark.parametrize(
        ("definition", "reason"),
        [
            ("async def f(x):\n    return x", "async def"),
            ("def f(x):\n    yield x", "generator"),
            ("@tf.function\ndef f(x):\n    return x", "already is"),
            ("@tf.function(jit_compile=True)\ndef f(x):\n    return x", "already is"),
            ("@partial(tf.function, jit_compile=True)\ndef f(x):\n    return x", "already is"),
            ("@overload\ndef f(x): ...", "overload"),
            ("@tf.py_function(Tout=tf.float32)\ndef f(x):\n    return x", "plain Python"),
            ("@tf.custom_gradient\n@staticmethod\ndef f(x):\n    return x", "reorder"),
        ],
    )
    def test_reason(self, definition, reason):
        text = (
            "from functools import partial\nfrom typing import overload\nimport tensorflow as tf\n"
            + definition
        )
        assert reason in refused(convert("m.py", text, target(text, "f")))

    def test_text_that_does_not_parse(self):
        from graphlift.fixes import Target

        assert "does not parse (line 2" in refused(convert("m.py", "def f(x):\n return (\n", Target("f", 1)))

    def test_text_that_changed_meanwhile(self):
        from graphlift.fixes import Target

        text = TF + "def f(x): return x\n"
        assert "moved away from line 9" in refused(convert("m.py", text, Target("f", 9)))
        assert "no function `g`" in refused(convert("m.py", text, Target("g", 4)))

    def test_generator_inside_is_fine(self):
        text = TF + "def f(x):\n    def g():\n        yield 1\n    return x\n"
        assert "@tf.function\ndef f" in converted(text, "f")


def test_second_definition_of_a_name_is_the_one_on_its_line():
    from graphlift.fixes import Target, apply

    text = TF + "def f(x): return 1\ndef f(x): return 2\n"
    fix = convert("m.py", text, Target("f", 5))
    assert isinstance(fix, Fix)
    assert apply(text, fix.edits) == TF + "def f(x): return 1\n@tf.function\ndef f(x): return 2\n"


def test_safe_only_beside_decorators_known_to_work():
    for decorator, safe in {"staticmethod": True, "functools.wraps(g)": True, "their.own": False}.items():
        text = (
            f"import functools\nimport tensorflow as tf\nclass A:\n    @{decorator}\n    def m(x): return x\n"
        )
        fix = convert("m.py", text, target(text, "A.m"))
        assert isinstance(fix, Fix)
        assert fix.safe is safe
    text = "def f(x): return x\n"
    fix = convert("m.py", text, target(text, "f"))
    assert isinstance(fix, Fix)
    assert not fix.safe
