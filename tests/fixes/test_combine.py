import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from graphlift.fixes import Combined, Target, combine, convert, remove
from graphlift.fixes.layout import Layout, Refusal, parse_layout
from graphlift.verdict import Fix

from .support import after, target


def test_one_import_for_many_conversions():
    text = "import os\n\ndef f(x): return x\ndef g(x): return x\nclass A:\n    def m(self): return 1\n"
    fixes = [convert("m.py", text, target(text, name)) for name in ("f", "g", "A.m")]
    combined = combine(text, fixes)
    assert isinstance(combined, Combined)
    assert combined.text == (
        "import os\n\nimport tensorflow as tf\n\n@tf.function\ndef f(x): return x\n@tf.function\n"
        "def g(x): return x\n"
        "class A:\n    @tf.function\n    def m(self): return 1\n"
    )


def test_import_goes_with_the_last_of_several_removals():
    text = "import tensorflow as tf\n@tf.function\ndef f(x): return x\n@tf.function\ndef g(x): return x\n"
    fixes = [remove("m.py", text, target(text, name)) for name in ("f", "g")]
    assert all("import tensorflow as tf" in after(text, fix) for fix in fixes)
    combined = combine(text, fixes)
    assert isinstance(combined, Combined)
    assert combined.text == "def f(x): return x\ndef g(x): return x\n"


def test_import_stays_when_a_conversion_needs_it():
    text = "import tensorflow as tf\n@tf.function\ndef f(x): return x\ndef g(x): return x\n"
    combined = combine(
        text, [remove("m.py", text, target(text, "f")), convert("m.py", text, target(text, "g"))]
    )
    assert isinstance(combined, Combined)
    assert combined.text == "import tensorflow as tf\ndef f(x): return x\n@tf.function\ndef g(x): return x\n"


def test_two_removals_from_one_import():
    text = (
        "from functools import partial, wraps\nfrom tensorflow import function\n"
        "@partial(function, jit_compile=True)\ndef f(x): return x\n@wraps(f)\n@function\ndef g(x): return x\n"
    )
    combined = combine(text, [remove("m.py", text, target(text, name)) for name in ("f", "g")])
    assert isinstance(combined, Combined)
    assert combined.text == (
        "from functools import wraps\ndef f(x): return x\n@wraps(f)\ndef g(x): return x\n"
    )


def test_contradicting_fixes_leave_the_later_out():
    text = "import tensorflow as tf\n@tf.function\ndef f(x): return tf.abs(x)\n"
    fix = remove("m.py", text, target(text, "f"))
    assert isinstance(fix, Fix)
    other = Fix("x", "m.py", (fix.edits[0].__class__(fix.edits[0].span, "@other\n"),), safe=True)
    combined = combine(text, [fix, other])
    assert isinstance(combined, Combined)
    assert combined.made == (fix,)
    assert combined.left_out == (other,)


IMPORTS = [
    "import tensorflow as tf",
    "import tensorflow",
    "from tensorflow import function",
    "from tensorflow import function as fn, abs",
    "import os, tensorflow as tf",
    "from tensorflow import (\n    abs,\n    function,  # g\n)",
    "import os",
    "",
]
HEADS = [
    "",
    '"""Doc."""',
    "# Licence\n",
    "#!/usr/bin/env python\n# -*- coding: utf-8 -*-",
    "from __future__ import annotations",
]
DECORATORS = ["", "@staticmethod\n", "@log(  # a\n    1,\n)\n", "# c\n@log\n\n# d\n"]
GRAPHS = ["", "@{}\n", "@{}()\n", "@{}(  # why\n    jit_compile=True,\n)\n"]
BODIES = [
    "def {}(x): return x\n",
    "def {}(x):\n    y = x; return y\n",
    "def {}(\n    x,\n):\n    return (x +\n        1)\n",
]
WRAPPERS = [
    "{}",
    "class A:\n    a = 1\n{}",
    "if A:\n    pass\nelse:\n{}",
    "def outer(q):\n    r = q\n{}",
    "try:\n{}finally:\n    pass\n",
]
USES = ["", "x = 1; y = 2", "__all__ = ['tf']", "z = [\n    1,\n]  # c"]


def spelling(statement: str) -> str | None:
    """How a text that begins with this import writes `tf.function`."""
    names = {
        "as fn": "fn",
        "function": "function",
        "as tf": "tf.function",
        "import tensorflow": "tensorflow.function",
    }
    return next((written for mark, written in names.items() if mark in statement), None)


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A program of a few functions in many layouts, and those that are decorated."""
    statement = draw(st.sampled_from(IMPORTS))
    parts = [draw(st.sampled_from(HEADS)), statement, draw(st.sampled_from(USES))]
    decorated = []
    for index in range(draw(st.integers(1, 4))):
        name = f"f{index}"
        wrapper = draw(st.sampled_from(WRAPPERS))
        graph = draw(st.sampled_from(GRAPHS)) if spelling(statement) else ""
        code = draw(st.sampled_from(DECORATORS)) + graph.format(spelling(statement))
        code += draw(st.sampled_from(BODIES)).format(name)
        if wrapper != "{}":
            indent = draw(st.sampled_from(["    ", "\t", "  "])) if wrapper.startswith("try") else "    "
            code = "".join(indent + line if line.strip() else line for line in code.splitlines(keepends=True))
        parts.append(wrapper.format(code))
        if graph:
            decorated.append(name)
        parts.append(draw(st.sampled_from(USES)))
    text = "\n".join(part.rstrip("\n") for part in parts if part) + "\n"
    text = text.removesuffix("\n") if draw(st.booleans()) else text
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", newline), decorated


def bare(layout: Layout) -> str:
    """The program without any `tf.function` and imports, to see that nothing else has changed."""

    class Bare(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
            self.generic_visit(node)
            node.decorator_list = [
                item
                for item in node.decorator_list
                if not any(w in ast.unparse(item) for w in ("function", "fn"))
            ]
            return node

        def visit_Import(self, node: ast.Import) -> ast.AST:
            return ast.Pass()

        def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
            return ast.Pass()

    tree = ast.parse(layout.text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    statements = [ast.unparse(Bare().visit(node)) for node in tree.body]
    return "\n".join(text for text in statements if text != "pass")


@settings(max_examples=300, deadline=None)
@given(programs())
def test_all_functions_converted_or_all_removed(program):
    """Every layout converts and goes back as a whole, and nothing but decorators and imports moves."""
    text, decorated = program
    layout = parse_layout(text)
    assert isinstance(layout, Layout)
    targets = [Target(function.qualname, function.node.lineno) for function in layout.functions]
    fixes = []
    for goal in targets:
        name = goal.qualname.rsplit(".", 1)[-1]
        make = remove if name in decorated else convert
        result = make("m.py", text, goal)
        if name != "outer" or isinstance(result, Fix):
            assert isinstance(result, Fix), (goal, result)
            after(text, result)
            fixes.append(result)
    combined = combine(text, fixes)
    assert isinstance(combined, Combined)
    assert not combined.left_out
    edited = parse_layout(combined.text)
    assert isinstance(edited, Layout)
    assert bare(edited) == bare(layout)
    assert [f.qualname for f in edited.functions] == [f.qualname for f in layout.functions]
    for function in edited.functions:
        name = function.qualname.rsplit(".", 1)[-1]
        graph = any(
            "function" in ast.unparse(d) or "fn" in ast.unparse(d) for d in function.node.decorator_list
        )
        assert graph is (name not in decorated)
    if "\r\n" in text:
        assert "\n" not in combined.text.replace("\r\n", "")
    elif "\r" in text:
        assert "\n" not in combined.text
    else:
        assert "\r" not in combined.text


def test_refusal_of_a_text_that_does_not_parse():
    assert isinstance(combine("def (", []), Refusal)
