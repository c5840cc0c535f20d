"""Any text gives a tree or a problem, never an exception."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlift.source.span import Span
from graphlift.syntax import nodes, parse


@pytest.mark.parametrize(
    "text",
    [
        "def f(:\n",
        "x = 1\0",
        "(" * 300,
        "\ud800 = 1",
        "if x:\npass",
        "'''",
        "def f():\n\treturn 1\n        x",
        "\x0c)",
    ],
)
def test_what_python_refuses_is_a_problem_with_a_line(text: str) -> None:
    parsed = parse(text, "m", "m.py")
    assert parsed.tree is None
    assert parsed.problems
    assert all(problem.line >= 1 and problem.message for problem in parsed.problems)


def test_a_sum_of_900_terms_is_parsed_or_explained() -> None:
    before = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(20_000)
        assert parse("x = " + " + ".join(["a"] * 900), "m", "m.py").tree is not None
    finally:
        sys.setrecursionlimit(before)
    parsed = parse("x = " + "-" * 90_000 + "1", "m", "m.py")
    assert parsed.tree is not None or "nested too deeply" in parsed.problems[0].message


def test_ten_thousand_lines() -> None:
    text = "".join(f"def f{n}(x):\n    return x + {n}\n" for n in range(5_000))
    parsed = parse(text, "m", "m.py")
    assert parsed.tree is not None
    assert parsed.line_count == 10_001


@given(st.text(alphabet=st.sampled_from("ab(){}[]:=\n\t '\"#@\\\0é😀,.*"), max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_text_raises(text: str) -> None:
    parsed = parse(text, "m", "m.py")
    assert (parsed.tree is None) == bool(parsed.problems)


def test_columns_are_code_points() -> None:
    parsed = parse('é = "😀"; call(x)\n', "m", "m.py")
    assert parsed.tree is not None
    statement = parsed.tree.body[1]
    assert isinstance(statement, nodes.Expr)
    assert parsed.span(statement.value) == Span(1, 9, 1, 16)
