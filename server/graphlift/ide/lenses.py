"""Code lenses: a function's verdict in three words above its first line, and what can be done about it."""

from __future__ import annotations

import msgspec

from graphlift.source.span import Span
from graphlift.verdict import FileReport, FunctionReport, Verdict

_WORDS = {
    Verdict.CONVERT: "Worth a graph",
    Verdict.BLOCKED: "Must stay eager",
    Verdict.UNPROFITABLE: "Graph gains nothing",
    Verdict.REMOVE: "Needless tf.function here",
    Verdict.RECONFIGURE: "Wants other arguments",
    Verdict.KEEP: "Right as graph",
    Verdict.UNKNOWN: "Can't tell yet",
}

_FIXES = {Verdict.CONVERT: "convert", Verdict.REMOVE: "remove", Verdict.RECONFIGURE: "reconfigure"}

_DEEDS = {"convert": "Convert", "remove": "Remove", "reconfigure": "Mend"}


class Lens(msgspec.Struct, frozen=True):
    """One lens: its text, where it stands, whose it is, and the fix that a click makes (none: it explains)."""

    title: str
    span: Span
    function: FunctionReport
    fix: str | None = None


def lenses(report: FileReport, which: str) -> list[Lens]:
    """The lenses of a file. `which`: `actionable` for functions with something to do, `all`, or `off`."""
    found: list[Lens] = []
    if which == "off":
        return found
    for function in report.functions:
        fix = _fix(function)
        if fix is None and which != "all":
            continue
        found.append(Lens(_WORDS[function.verdict], function.name_span, function))
        if fix is not None:
            found.append(Lens(_DEEDS[fix], function.name_span, function, fix))
    return found


def _fix(function: FunctionReport) -> str | None:
    """The fix worth a click: conversions only where the plan wants them, none that is declined."""
    if function.verdict is Verdict.CONVERT and not function.recommended:
        return None
    fix = _FIXES.get(function.verdict)
    return None if fix in function.declined else fix
