"""What is said of one value: plain data, and its Markdown. No analysis is imported here."""

from __future__ import annotations

import msgspec

from graphlift.ide.folding import folded
from graphlift.ide.hover import Link, place_text
from graphlift.source.span import Span
from graphlift.verdict import Location

MOST_CALLS = 6
"""More call sites than a hover can show without scrolling; the rest is counted."""


class Passed(msgspec.Struct, frozen=True):
    """One call that passes something for a parameter, and the type of what it passes."""

    location: Location
    type: str


class ValueReport(msgspec.Struct, frozen=True):
    """What an expression may hold, and why.

    `text` is the expression's source on one line. `role` is `parameter`, `name` or `expression`. `type` is as in
    reports; `spelled` tells more where it can: known keys and fields. `reason` says why the value is unknown.
    """

    span: Span
    text: str
    role: str
    type: str
    spelled: str
    reason: str = ""
    evidence: str = ""
    """What shows the value of a parameter, in a sentence fragment."""
    evidence_place: Location | None = None
    passed: tuple[Passed, ...] = ()
    more_calls: int = 0
    assumption: str = ""
    graph: str = ""
    """Whether it is symbolic or concrete while its function is traced, where that matters."""


def value_markdown(value: ValueReport, path: str, link: Link = lambda _: None) -> str:
    """The hover for a value in the file `path`: the type first, then the evidence."""
    parts = [f"```py\n{_declaration(value)}\n```"]
    if value.reason:
        parts.append(f"Unknown: {value.reason}.")
    parts += [part for part in (_evidence(value, path, link), _assumption(value)) if part]
    if value.graph:
        parts.append(value.graph)
    return "\n\n".join(parts)


def _declaration(value: ValueReport) -> str:
    if value.role == "expression":
        return folded(f"{value.text} -> {value.spelled}", f"{value.text} -> ", value.spelled)
    prefix = "(parameter) " if value.role == "parameter" else ""
    return folded(f"{prefix}{value.text}: {value.spelled}", f"{prefix}{value.text}: ", value.spelled)


def _evidence(value: ValueReport, path: str, link: Link) -> str:
    if not value.evidence:
        return ""
    text = f"From {value.evidence}"
    if value.evidence_place is not None:
        text += f": {place_text(value.evidence_place, path, link)}"
    if not value.passed:
        return f"{text}."
    same = len({each.type for each in value.passed}) == 1 and value.passed[0].type == value.type
    places = [place_text(each.location, path, link) for each in value.passed]
    more = [f"{value.more_calls} more"] if value.more_calls else []
    if same:
        return f"{text}: {', '.join([*places, *more])}."
    lines = [f"- {where}: `{each.type}`" for where, each in zip(places, value.passed, strict=True)]
    return "\n".join([f"{text}:", *lines, *(f"- … and {each}" for each in more)])


def _assumption(value: ValueReport) -> str:
    return f"Assumed: {value.assumption}." if value.assumption else ""
