"""The edits on offer about suppression comments: write one for a diagnostic, mend one that hides nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from graphlift.fixes.layout import Refusal
from graphlift.fixes.suppress import repair, suppress
from graphlift.ide.muting import Repair
from graphlift.source.span import Span
from graphlift.source.suppressions import UNSUPPRESS, UNUSED
from graphlift.verdict import FileReport, Fix


def suppressing(report: FileReport, text: str, span: Span) -> list[Fix]:
    """One fix for each diagnostic that touches the span: the comment that hides it."""
    found: list[Fix] = []
    for item in report.diagnostics:
        if item.rule == UNUSED or not item.location.span.overlaps(span):
            continue
        made = suppress(report.path, text, item.rule, item.location.span)
        if not isinstance(made, Refusal):
            found.append(msgspec.structs.replace(made, function=item.function))
    return found


def mending(report: FileReport, text: str, repairs: Sequence[Repair], span: Span | None = None) -> list[Fix]:
    """The fixes of the comments that are reported as unused, of those that touch the span where one is given."""
    reported = {
        item.location.span
        for item in report.diagnostics
        if UNSUPPRESS in item.fixes and (span is None or item.location.span.overlaps(span))
    }
    made = [
        repair(report.path, text, each.comment, each.keep)
        for each in repairs
        if each.comment.span in reported
    ]
    return [fix for fix in made if not isinstance(fix, Refusal)]
