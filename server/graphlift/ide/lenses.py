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
    """One lens: its text, where it stands, whose it is, and what a click does.

    That is to make a fix, to verify, or else to explain.
    """

    title: str
    span: Span
    function: FunctionReport
    fix: str | None = None
    verifies: bool = False


def lenses(report: FileReport, which: str, *, verify: bool = False) -> list[Lens]:
    """The lenses of a file. `which`: `actionable` for functions with something to do, `all`, or `off`.

    With `verify` what is a graph, or would become one, can be run both ways.
    """
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
        if verify and (fix == "convert" or function.execution == "graph"):
            found.append(Lens("Verify", function.name_span, function, verifies=True))
    return found


def _fix(function: FunctionReport) -> str | None:
    """The fix worth a click: conversions only where the plan wants them, none that is declined."""
    if function.verdict is Verdict.CONVERT and not function.recommended:
        return None
    fix = _FIXES.get(function.verdict)
    return None if fix in function.declined else fix
