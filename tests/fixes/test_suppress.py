"""Suppression comments that are written and mended."""

import pytest

from graphlift.fixes.suppress import repair, suppress
from graphlift.source.span import Span
from graphlift.source.suppressions import suppressions

from .support import after, refused

RULE = "tensor-as-bool"


def written(text, line, column=4, rule=RULE):
    """The text with the comment that hides what the rule reports on a line."""
    at = Span(line, column, line, column + 1)
    made = suppress("m.py", text, rule, at)
    edited = after(text, made)
    assert any(comment.hides(rule, line) for comment in suppressions(edited))
    return edited


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("if x:\n    y = 1\n", 1, "if x:  # graphlift: ignore[tensor-as-bool]\n    y = 1\n"),
        ("a = 1\nb = 2", 2, "a = 1\nb = 2  # graphlift: ignore[tensor-as-bool]"),
        ("a = 1   \n", 1, "a = 1  # graphlift: ignore[tensor-as-bool]\n"),
        ("a = 1  # note\n", 1, "a = 1  # note  # graphlift: ignore[tensor-as-bool]\n"),
        (
            "a = f(\n    1,  # one\n    2,\n)\n",
            2,
            "a = f(\n    1,  # one\n    2,\n)  # graphlift: ignore[tensor-as-bool]\n",
        ),
        ("a = 1 + \\\n    2\n", 1, "a = 1 + \\\n    2  # graphlift: ignore[tensor-as-bool]\n"),
        ('a = """\nb\n"""\n', 1, 'a = """\nb\n"""  # graphlift: ignore[tensor-as-bool]\n'),
        ("@g\ndef f(x):\n    pass\n", 2, "@g\ndef f(x):  # graphlift: ignore[tensor-as-bool]\n    pass\n"),
        ("@g\ndef f(x):\n    pass\n", 1, "@g  # graphlift: ignore[tensor-as-bool]\ndef f(x):\n    pass\n"),
        (
            "def f(\n    x,\n):\n    pass\n",
            1,
            "def f(\n    x,\n):  # graphlift: ignore[tensor-as-bool]\n    pass\n",
        ),
        ("def f(x): return x\n", 1, "def f(x): return x  # graphlift: ignore[tensor-as-bool]\n"),
        ("a = 1\r\nb = 2\r\n", 1, "a = 1  # graphlift: ignore[tensor-as-bool]\r\nb = 2\r\n"),
        ("\ufeffa = 1\n", 1, "\ufeffa = 1  # graphlift: ignore[tensor-as-bool]\n"),
    ],
)
def test_it_stands_behind_the_statement(text, line, expected):
    assert written(text, line) == expected


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (
            "a = 1  # graphlift: ignore[convertible]  slow\n",
            1,
            "a = 1  # graphlift: ignore[convertible, tensor-as-bool]  slow\n",
        ),
        (
            "# graphlift: ignore[convertible]\na = 1\n",
            2,
            "# graphlift: ignore[convertible, tensor-as-bool]\na = 1\n",
        ),
        (
            "a = f(\n    1,  # graphlift: ignore[convertible]\n)\n",
            1,
            "a = f(\n    1,  # graphlift: ignore[convertible, tensor-as-bool]\n)\n",
        ),
        (
            "@g  # graphlift: ignore[convertible]\ndef f():\n    pass\n",
            2,
            "@g  # graphlift: ignore[convertible, tensor-as-bool]\ndef f():\n    pass\n",
        ),
    ],
)
def test_it_joins_a_comment_about_the_same_lines(text, line, expected):
    assert written(text, line) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def f():  # graphlift: ignore[convertible]\n    a = 1\n", 2),
        ("# graphlift: ignore[convertible]\nfor x in y:\n    a = 1\n", 3),
        ("# graphlift: ignore-file[convertible]\na = 1\n", 2),
        ("a = 1  # graphlift: ignroe[convertible]\n", 1),
    ],
)
def test_it_does_not_join_one_about_more_or_one_that_is_wrong(text, line):
    edited = written(text, line).splitlines()[line - 1]
    assert edited.endswith("  # graphlift: ignore[tensor-as-bool]")


def test_titles_say_where():
    at = Span(1, 4, 1, 5)
    assert suppress("m.py", "def f():\n    pass\n", RULE, at).title == "Ignore `tensor-as-bool` in `f`"
    assert suppress("m.py", "if x:\n    pass\n", RULE, at).title == "Ignore `tensor-as-bool` here"


def test_a_text_that_does_not_parse_is_left_alone():
    assert "does not parse" in refused(suppress("m.py", "def f(:\n", RULE, Span(1, 0, 1, 1)))


def repaired(text, *keep):
    [comment] = suppressions(text)
    return after(text, repair("m.py", text, comment, keep))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1  # graphlift: ignore[convertible]  reason\nb = 2\n", "a = 1\nb = 2\n"),
        ("a = 1\n    # graphlift: ignore\nb = 2\n", "a = 1\nb = 2\n"),
        ("a = 1\r\n# graphlift: ignore\r\nb = 2\r\n", "a = 1\r\nb = 2\r\n"),
        ("a = 1\n# graphlift: ignore", "a = 1\n"),
        ("a = 1  # note  # graphlift: ignore\n", "a = 1  # note\n"),
        ("a = 1  # graphlift: ignore  # noqa\n", "a = 1  # noqa\n"),
        ("# graphlift: ignore  # noqa\na = 1\n", "# noqa\na = 1\n"),
        ("\ufeff# graphlift: ignore\na = 1\n", "\ufeffa = 1\n"),
        ("a = f(\n    # graphlift: ignore\n    1,\n)\n", "a = f(\n    1,\n)\n"),
    ],
)
def test_a_comment_is_taken_away(text, expected):
    assert repaired(text) == expected


def test_names_are_taken_out_and_the_rest_stays():
    text = "a = 1  # note  # graphlift: ignore[convertible,  tensor-as-bool]  reason  # noqa\n"
    assert (
        repaired(text, "convertible") == "a = 1  # note  # graphlift: ignore[convertible]  reason  # noqa\n"
    )
