"""What comments and settings do to a file's diagnostics."""

from __future__ import annotations

import msgspec

from graphlift.ide.lenses import lenses
from graphlift.ide.muting import hides, mute
from graphlift.source.levels import FileLevels
from graphlift.source.span import Span
from graphlift.source.suppressions import suppressions
from graphlift.verdict import Diagnostic, FileReport, FunctionReport, Location, Severity, Verdict

TEXT = "def f(x):  # graphlift: ignore[convertible]\n    a = 1\n    b = 2\n"


def item(rule: str, line: int, *fixes: str) -> Diagnostic:
    return Diagnostic(Location("/a.py", Span(line, 4, line, 5)), rule, Severity.WARNING, "m", "f", fixes)


NOTHING_SET = FileLevels()


def muted(*items: Diagnostic, text: str = TEXT, levels: FileLevels = NOTHING_SET, whole: bool = True):
    return mute("/a.py", items, suppressions(text), levels, whole=whole)


def test_a_fix_is_declined_when_nothing_shown_names_it():
    hidden, shown = item("convertible", 1, "convert"), item("tensor-as-bool", 2, "convert")
    assert muted(hidden).declined == {"f": frozenset({"convert"})}
    found = muted(hidden, shown)
    assert found.declined == {}
    assert found.shown == (shown,)


def test_what_is_switched_off_declines_its_fix_too():
    off = FileLevels(ignore=frozenset({"tensor-as-bool"}))
    found = muted(item("convertible", 1, "convert"), item("tensor-as-bool", 2, "remove"), levels=off)
    assert found.shown == ()
    assert found.declined == {"f": frozenset({"convert", "remove"})}


def test_a_level_changes_the_severity():
    loud = FileLevels(rules={"tensor-as-bool": "error"})
    shown = muted(item("tensor-as-bool", 2), item("convertible", 1), levels=loud).shown
    assert [each.severity for each in shown] == [Severity.ERROR]
    unused = FileLevels(rules={"unused-suppression": "hint"})
    assert [(each.rule, each.severity) for each in muted(levels=unused).shown] == [
        ("unused-suppression", Severity.HINT)
    ]


def test_where_findings_may_be_missing_no_comment_is_unused():
    assert [each.rule for each in muted().shown] == ["unused-suppression"]
    assert muted(whole=False).shown == ()


def test_two_comments_that_hide_the_same_are_both_used():
    text = "# graphlift: ignore-file[convertible]\n" + TEXT
    assert muted(item("convertible", 2), text=text).shown == ()


def test_the_plan_asks_before_there_are_diagnostics():
    comments = suppressions(TEXT)
    assert hides("convertible", 3, comments, FileLevels())
    assert not hides("convertible", 4, comments, FileLevels())
    assert not hides("tensor-as-bool", 1, comments, FileLevels())
    assert hides("tensor-as-bool", 9, (), FileLevels(select=frozenset({"convertible"})))


def test_repairs_keep_what_is_used_and_right_a_misspelt_name():
    text = "x  # graphlift: ignore[convertible, convertble, tensor-as-bool, unused-suppression, zzz]\n"
    [repair] = muted(item("tensor-as-bool", 1), text=text).repairs
    assert repair.keep == ("convertible", "tensor-as-bool", "unused-suppression")


def test_a_lens_does_not_offer_what_is_declined():
    function = FunctionReport("/a.py", "f", 1, 3, Span(1, 4, 1, 5), "graph", Verdict.REMOVE, "proven")
    declined = msgspec.structs.replace(function, declined=("remove",))
    assert [lens.title for lens in lenses(FileReport("/a.py", functions=(function,)), "actionable")] == [
        "Needless tf.function here",
        "Remove",
    ]
    assert lenses(FileReport("/a.py", functions=(declined,)), "actionable") == []
