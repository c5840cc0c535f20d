"""Diagnostics about values that cannot meet: severity, where both sides come from, the calls that lead there."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from graphlift.ide.workspace import Workspace
from graphlift.source.config import Settings
from graphlift.verdict import Diagnostic, Severity

RULES = ("shape-mismatch", "dtype-mismatch")


def mismatches(place: Path, **files: str) -> list[Diagnostic]:
    for name, text in files.items():
        (place / f"{name}.py").write_text("import tensorflow as tf\n" + textwrap.dedent(text))
    workspace = Workspace([str(place)], Settings())
    workspace.settle()
    return [
        found
        for name in files
        for found in workspace.report(str(place / f"{name}.py")).diagnostics
        if found.rule in RULES
    ]


def related(found: Diagnostic) -> list[tuple[str, int, str]]:
    return [(Path(s.location.path).stem, s.location.span.line, s.message) for s in found.related]


def test_the_sides_are_traced_to_where_they_were_made_and_the_calls_are_told(tmp_path: Path):
    [found] = mismatches(
        tmp_path,
        products="""\
            def product(x, y):
                return tf.matmul(x, y)
            """,
        main="""\
            from products import product
            LEFT = tf.ones([2, 3])
            def outer(a):
                right = tf.zeros([4, 5])
                return product(a, right)
            outer(LEFT)
            """,
    )
    assert (Path(found.location.path).stem, found.location.span.line) == ("products", 3)
    assert found.severity is Severity.ERROR
    assert found.function == "product"
    assert found.fixes == ()
    assert related(found) == [
        ("main", 3, "shape (2, 3): it comes from here"),
        ("main", 5, "shape (4, 5): it comes from here"),
        ("main", 7, "calls `outer`"),
        ("main", 6, "calls `product`"),
        ("products", 3, found.message),
    ]


def test_an_attribute_comes_from_its_only_assignment(tmp_path: Path):
    [found] = mismatches(
        tmp_path,
        main="""\
            class Scale:
                def __init__(self):
                    self.by = tf.ones([3], tf.float64)
                def apply(self, x):
                    return x * self.by
            Scale().apply(tf.ones([3]))
            """,
    )
    assert related(found)[1] == ("main", 4, "tf.float64: it comes from here")


def test_a_side_that_has_several_sources_is_told_where_it_is_used(tmp_path: Path):
    [found] = mismatches(
        tmp_path,
        main="""\
            import sys
            def f(x):
                if len(sys.argv) > 3:
                    y = tf.ones([4])
                else:
                    y = tf.zeros([4])
                return x + y
            f(tf.ones([3]))
            """,
    )
    assert [step[:2] for step in related(found)[:2]] == [("main", 9), ("main", 8)]


def test_the_same_line_is_told_once_with_the_shortest_way_there(tmp_path: Path):
    [found] = mismatches(
        tmp_path,
        main="""\
            def f(x):
                return x + tf.ones([2])
            def g(x):
                return f(x)
            g(tf.ones([3]))
            f(tf.ones([3]))
            """,
    )
    assert [message for *_, message in related(found) if message.startswith("calls")] == ["calls `f`"]


EXPECTED = {
    "try": """
        try:
            wrong()
        except tf.errors.InvalidArgumentError:
            pass
        """,
    "a caller's try": """
        def middle():
            wrong()
        try:
            middle()
        except Exception:
            pass
        """,
    "contextlib.suppress": """
        import contextlib
        with contextlib.suppress(Exception):
            wrong()
        """,
    "pytest.raises": """
        import pytest
        def test_it():
            with pytest.raises(ValueError):
                wrong()
        """,
    "assertRaises": """
        import unittest
        class Test(unittest.TestCase):
            def test_it(self):
                with self.assertRaisesRegex(ValueError, "sizes"):
                    wrong()
        """,
    "a manager of its own": """
        class Quiet:
            def __enter__(self):
                return self
            def __exit__(self, *args):
                return True
        with Quiet():
            wrong()
        """,
}
UNEXPECTED = {
    "finally": """
        try:
            wrong()
        finally:
            print("done")
        """,
    "a tape": """
        with tf.GradientTape() as tape:
            wrong()
        """,
    "the handler": """
        try:
            print("first")
        except ValueError:
            pass
        wrong()
        """,
    "two callers, one of which is not prepared": """
        try:
            wrong()
        except Exception:
            pass
        def other():
            wrong()
        """,
}
WRONG = """
def wrong():
    return tf.ones([2]) + tf.ones([3])
"""


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_expected_to_raise_is_no_finding(name: str, tmp_path: Path):
    assert mismatches(tmp_path, main=WRONG + textwrap.dedent(EXPECTED[name])) == []


@pytest.mark.parametrize("name", UNEXPECTED)
def test_what_is_not_expected_to_raise_is_found(name: str, tmp_path: Path):
    [found] = mismatches(tmp_path, main=WRONG + textwrap.dedent(UNEXPECTED[name]))
    assert found.rule == "shape-mismatch"


def test_what_rests_on_an_annotation_or_a_default_is_no_finding(tmp_path: Path):
    text = """
def shifted(x: tf.Tensor, dtype=tf.float64, by=2.5):
    return tf.ones([3]) * tf.ones([3], dtype), tf.range(3) * by
"""
    assert mismatches(tmp_path, main=text) == []
    assert len(mismatches(tmp_path, main=text + "shifted(tf.ones([3]))")) == 2


def test_a_suppression_comment_hides_it(tmp_path: Path):
    text = "tf.ones([2]) + tf.ones([3])"
    assert len(mismatches(tmp_path, main=text)) == 1
    assert mismatches(tmp_path, main=text + "  # graphlift: ignore[shape-mismatch]") == []
