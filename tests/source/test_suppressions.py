"""Which comments are suppressions, and what they are about."""

import sys

import pytest

from graphlift.source.suppressions import suppressions, unknown_rules

RULE = "convertible"


def only(text):
    found = suppressions(text)
    assert len(found) == 1, found
    return found[0]


def lines(text):
    """The lines that the one comment of a text is about."""
    item = only(text)
    return (item.first, item.last)


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        ("# graphlift: ignore", None),
        ("#graphlift:ignore", None),
        ("# Graphlift: Ignore  since it is called once", None),
        ("# graphlift: ignore[convertible]", ("convertible",)),
        (
            "# graphlift: ignore[ convertible , tensor-as-bool,convertible ]",
            ("convertible", "tensor-as-bool"),
        ),
        ("# noqa: E501  # graphlift: ignore[convertible]", ("convertible",)),
    ],
)
def test_spellings(comment, rules):
    item = only(f"x = 1  {comment}\n")
    assert (item.rules, item.problem, item.whole_file) == (rules, "", False)


@pytest.mark.parametrize(
    "comment",
    [
        "# graphlift: a tool",
        "# graphlift is nice",
        "# see graphlift:",
        "# graphlift ignore",
        "# type: ignore",
    ],
)
def test_a_sentence_about_graphlift_is_none(comment):
    assert suppressions(f"x = 1  {comment}\n") == ()


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("# graphlift: ignroe[convertible]", "`ignroe` is not understood; write `# graphlift: ignore[…]`"),
        ("# graphlift: ignore_file[convertible]", "write `# graphlift: ignore-file[…]`"),
        ("# graphlift: noqa[convertible]", "`noqa` is not understood"),
        ("# graphlift: ignore[convertible", "the bracket is not closed"),
        ("# graphlift: ignore[]", "no rule is named in the brackets"),
        ("# graphlift: ignore[ , ]", "no rule is named in the brackets"),
        (
            "# graphlift: ignore convertible",
            "the rule stands in brackets: `# graphlift: ignore[convertible]`",
        ),
    ],
)
def test_what_is_misspelt_hides_nothing_and_says_so(comment, problem):
    item = only(f"x = 1  {comment}\n")
    assert problem in item.problem
    assert not item.hides(RULE, 1)


def test_unknown_names_are_told():
    assert unknown_rules(only("x  # graphlift: ignore[convertible, convertable]\n")) == ("convertable",)


@pytest.mark.parametrize(
    "text",
    [
        's = "# graphlift: ignore"\n',
        '"""\n# graphlift: ignore-file\n"""\n',
        's = f"{x} # graphlift: ignore"\n',
        "s = '''\n  # graphlift: ignore\n''' \n",
    ],
)
def test_a_string_holds_no_comment(text):
    assert suppressions(text) == ()


def test_behind_code_it_is_about_the_statement():
    assert lines("a = 1\nb = 2  # graphlift: ignore\nc = 3\n") == (2, 2)
    assert lines("a = f(\n    1,\n    2,  # graphlift: ignore\n)\nb = 2\n") == (1, 4)
    assert lines("a = f(\n    1,\n)  # graphlift: ignore\n") == (1, 3)
    assert lines("a = f(\n    # graphlift: ignore\n    1,\n)\n") == (1, 4)
    assert lines("for x in y:  # graphlift: ignore\n    f(x)\n") == (1, 1)


def test_behind_a_definition_or_a_decorator_it_is_about_the_whole_definition():
    body = "    a = 1\n\n    b = 2\n\n\nc = 3\n"
    assert lines(f"def f(x):  # graphlift: ignore\n{body}") == (1, 4)
    assert lines(f"async def f(x):  # graphlift: ignore\n{body}") == (1, 4)
    assert lines(f"class C:  # graphlift: ignore\n{body}") == (1, 4)
    assert lines(f"@g\n@h(1)  # graphlift: ignore\ndef f(\n    x,\n):\n{body}") == (1, 8)
    assert lines(f"@g\ndef f(\n    x,  # graphlift: ignore\n):\n{body}") == (1, 7)
    assert lines("def f(x): return x  # graphlift: ignore\nf(1)\n") == (1, 1)
    assert lines("async for x in y:  # graphlift: ignore\n    f(x)\n") == (1, 1)


def test_on_a_line_of_its_own_it_is_about_the_next_statement():
    assert lines("a = 1\n# graphlift: ignore\n\n# more\nb = f(\n    2)\nc = 3\n") == (5, 6)
    assert lines("# graphlift: ignore\n@g\ndef f():\n    a = 1\n\nb = 2\n") == (2, 4)
    assert lines("@g\n# graphlift: ignore\ndef f():\n    a = 1\n\nb = 2\n") == (1, 4)
    assert lines("# graphlift: ignore\nfor x in y:\n    f(x)\n\n    g(x)\nb = 2\n") == (2, 5)


def test_it_does_not_leave_its_block():
    assert lines("def f():\n    a = 1\n    # graphlift: ignore\n\n\ndef g():\n    pass\n") == (0, -1)
    assert lines("a = 1\n# graphlift: ignore\n") == (0, -1)
    assert lines("def f():\n    a = 1\n# graphlift: ignore\ndef g():\n    pass\n") == (4, 5)


def test_the_last_nested_block_ends_where_the_outer_one_does():
    text = "class C:\n    def f(self):  # graphlift: ignore\n        if a:\n            b()\n"
    assert lines(text) == (2, 4)
    assert lines(f"{text}\n    x = 1\n") == (2, 4)


def test_whole_file():
    item = only("import a\n\n# graphlift: ignore-file[convertible]  generated\n")
    assert item.whole_file
    assert item.hides("convertible", 1)
    assert item.hides("convertible", 99)
    assert not item.hides("tensor-as-bool", 1)


def test_a_reason_ends_where_another_comment_begins():
    text = "x = 1  # graphlift: ignore[convertible]  because of #12  # noqa"
    span = only(text + "\n").span
    assert text[span.column : span.end_column] == "# graphlift: ignore[convertible]  because of #12"


def test_a_blanket_comment_does_not_hide_the_report_on_unused_ones():
    item = only("x = 1  # graphlift: ignore\n")
    assert item.hides("convertible", 1)
    assert not item.hides("unused-suppression", 1)
    assert only("x = 1  # graphlift: ignore[unused-suppression]\n").hides("unused-suppression", 1)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_other_newlines_and_a_byte_order_mark(newline):
    text = "\ufeff# graphlift: ignore[convertible]\ndef f():\n    pass\n".replace("\n", newline)
    item = only(text)
    assert (item.first, item.last) == (2, 3)
    assert (item.span.line, item.span.column, item.span.end_column) == (1, 1, 33)


def test_a_text_that_breaks_off_keeps_the_comments_before():
    found = suppressions("a = 1  # graphlift: ignore\nb = (  # graphlift: ignore\n")
    assert (found[0].first, found[0].last) == (1, 1)
    assert suppressions("  x\n y  # graphlift: ignore\n") is not None


@pytest.mark.skipif(sys.version_info < (3, 12), reason="comments inside f-strings are Python 3.12")
def test_a_comment_inside_a_replacement_field():
    assert lines('x = f"""{\n    y  # graphlift: ignore\n}"""\n') == (1, 3)
