"""Which fixes become which entries of the lightbulb's menu."""

from __future__ import annotations

import pytest

from graphlift.ide.actions import QUICKFIX, REWRITE, Action, Mended, actions, wanted
from graphlift.source.span import Span
from graphlift.verdict import Fix

CONVERT = Fix("Convert", "/a.py", (), True, True, "convert", "step")
REMOVE = Fix("Remove", "/a.py", (), True, False, "remove", "step")
HINT = Mended(3, "step", ("convert",))


def test_a_conversion_is_a_quick_fix_of_its_hint_and_a_rewrite_elsewhere():
    assert actions([CONVERT], [HINT], None) == [Action(CONVERT, QUICKFIX, (3,))]
    assert actions([CONVERT], [], None) == [Action(CONVERT, REWRITE)]
    assert actions([CONVERT], [HINT], [REWRITE]) == [Action(CONVERT, REWRITE, (3,))]
    assert actions([CONVERT], [], [QUICKFIX]) == []


def test_another_function_or_fix_is_not_mended():
    others = [Mended(0, "other", ("convert",)), Mended(1, "step", ("remove",))]
    assert actions([CONVERT], others, None) == [Action(CONVERT, REWRITE)]


def test_several_diagnostics_have_one_action():
    shown = [HINT, Mended(5, "step", ("convert", "remove"))]
    assert actions([CONVERT, CONVERT], shown, None) == [Action(CONVERT, QUICKFIX, (3, 5))]


def test_what_mends_comes_first():
    found = actions([REMOVE, CONVERT], [HINT], None)
    assert [action.fix.slug for action in found] == ["convert", "remove"]


@pytest.mark.parametrize(
    ("only", "expected"),
    [(None, True), ([], True), (["refactor"], True), (["refactor.rewrite"], True), ([""], True)],
)
def test_kinds_are_a_hierarchy(only: list[str] | None, expected: bool):
    assert wanted(REWRITE, only) is expected


@pytest.mark.parametrize("only", [["refactor.rewrite.function"], ["refact"], ["quickfix"]])
def test_narrower_and_other_kinds_are_not_meant(only: list[str]):
    assert not wanted(REWRITE, only)


def suppressing(line: int) -> Fix:
    return Fix("Ignore", "/a.py", (), True, slug="suppress", rule="tensor-as-bool", at=Span(line, 0, line, 4))


SHOWN = Mended(7, "step", ("remove",), "tensor-as-bool", Span(9, 0, 9, 4))


def test_a_suppression_comes_last_and_only_for_what_is_shown():
    found = actions([suppressing(9), REMOVE, CONVERT], [SHOWN], None)
    assert [(action.fix.slug, action.mends) for action in found] == [
        ("remove", (7,)),
        ("convert", ()),
        ("suppress", (7,)),
    ]
    assert actions([suppressing(8)], [SHOWN], None) == []
    assert actions([suppressing(9)], [], None) == []
    assert actions([suppressing(9)], [SHOWN], [REWRITE]) == []
