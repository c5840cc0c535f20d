"""A function's verdict as Markdown: one sentence first, then the reasons with links, then the assumptions."""

from __future__ import annotations

import re
from collections.abc import Callable

from graphlift.verdict import Environment, FunctionReport, Location, Parameter, Reason, Verdict

Link = Callable[[Location], "str | None"]
"""The URI of a place, or `None` when there is none that a client could open."""

_HEADLINES = {
    Verdict.CONVERT: "Worth running as a graph.",
    Verdict.BLOCKED: "Must stay eager.",
    Verdict.UNPROFITABLE: "Not worth a graph.",
    Verdict.REMOVE: "Should not be a `tf.function`.",
    Verdict.RECONFIGURE: "The `tf.function` needs other arguments.",
    Verdict.KEEP: "Right as a `tf.function`.",
    Verdict.UNKNOWN: "Can't tell whether this should be a graph.",
}
"""What stands first when the report has no sentence of its own."""

_MOST_REASONS = 8
"""More than a hover can show without scrolling; the rest is counted."""


DECLINED = "The edit is not offered: a comment or a setting declines it."
"""Said of functions whose fix the user does not want."""


def function_markdown(
    function: FunctionReport, environment: Environment | None = None, link: Link = lambda _: None
) -> str:
    """The hover for a function.

    `link` gives the places their URIs; without it they are plain text. `environment` adds the line that says
    which TensorFlow and Keras the verdict holds for.
    """
    parts = [
        _headline(function),
        _reasons(function, link),
        _covered(function),
        _gain(function),
        DECLINED if function.declined else "",
        _parameters(function.parameters),
        _signature(function),
        _assumptions(function),
        _environment(environment),
    ]
    return "\n\n".join(part for part in parts if part)


def plain_text(markdown: str) -> str:
    """The same for clients that can't show Markdown: links become their text, emphasis goes."""
    text = re.sub(r"(?m)^```\w*\n", "", markdown)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\*\*(.+?)\*\*", r"\1", text)
    text = re.sub(r"(?m)^_(.+)_$", r"\1", text)
    return text.replace("`", "").replace("\\", "")


def _headline(function: FunctionReport) -> str:
    head = f"**{function.summary or _HEADLINES[function.verdict]}**"
    if function.verdict in (Verdict.CONVERT, Verdict.REMOVE, Verdict.RECONFIGURE):
        head += " Proven." if function.confidence == "proven" else " On the assumptions below."
    return head


def _reasons(function: FunctionReport, link: Link) -> str:
    if not function.reasons:
        return ""
    groups: dict[tuple[str, str, bool], list[Reason]] = {}
    for reason in function.reasons:
        groups.setdefault((reason.rule, reason.message, reason.certain), []).append(reason)
    lines = [_same_reasons(function, group, link) for group in list(groups.values())[:_MOST_REASONS]]
    if len(lines) < len(groups):
        lines.append(f"- … and {len(groups) - len(lines)} more")
    return "\n".join(lines)


def _same_reasons(function: FunctionReport, reasons: list[Reason], link: Link) -> str:
    """Reasons that differ in their places alone, as one entry."""
    first = reasons[0]
    doubt = "" if first.certain else " (possibly)"
    culprits = dict.fromkeys(
        reason.trace[-1].location if reason.trace else reason.location for reason in reasons
    )
    places = ", ".join(place_text(culprit, function.path, link) for culprit in culprits)
    text = f"- {first.message}{doubt}: {places} · `{first.rule}`"
    for reason in reasons:
        if reason.trace and reason.trace[-1].location != reason.location:
            text += f"\n  - {_chain(function, reason, link)}"
    return text


def _chain(function: FunctionReport, reason: Reason, link: Link) -> str:
    """The calls that lead to the culprit; what it does was said before."""
    *calls, last = reason.trace
    said = "" if last.message == reason.message else last.message
    steps = [place_text(step.location, function.path, link, step.message) for step in calls]
    return " → ".join([*steps, place_text(last.location, function.path, link, said)])


def place_text(location: Location, home: str, link: Link, text: str = "") -> str:
    """A place as a link: `line 12`, or `helpers.py:12` in another file, after the text."""
    name = f"line {location.span.line}"
    if location.path != home:
        name = f"{_file_name(location.path)}:{location.span.line}"
    target = link(location)
    shown = f"[{name}]({target})" if target else name
    return f"{text} ({shown})" if text else shown


def _file_name(path: str) -> str:
    return re.split(r"[\\/]", path)[-1]


def _covered(function: FunctionReport) -> str:
    if function.covered_by is None:
        return ""
    name = function.covered_by.rpartition("::")[2]
    if function.verdict is Verdict.CONVERT and not function.recommended:
        return f"Converting `{name}` is enough: it calls this function and traces it along."
    return f"Runs inside the graph of `{name}`."


def _gain(function: FunctionReport) -> str:
    """The estimate, where a verdict rests on it: it promises nothing."""
    if function.verdict not in (Verdict.CONVERT, Verdict.UNPROFITABLE) or not function.gain:
        return ""
    return f"Gain, roughly: {function.gain}."


def _parameters(parameters: tuple[Parameter, ...]) -> str:
    shown = [parameter for parameter in parameters if parameter.kind != "self"]
    if not shown:
        return ""
    return "Parameters:\n" + "\n".join(
        f"- `{parameter.name}`: `{parameter.type}`"
        + (f" ({parameter.evidence})" if parameter.evidence else "")
        for parameter in shown
    )


def _signature(function: FunctionReport) -> str:
    return f"Possible `input_signature`: `{function.input_signature}`" if function.input_signature else ""


def _assumptions(function: FunctionReport) -> str:
    if not function.assumptions:
        return ""
    return "Assumed:\n" + "\n".join(f"- {assumption}" for assumption in function.assumptions)


def _environment(environment: Environment | None) -> str:
    if environment is None:
        return ""
    tensorflow = f"TensorFlow {environment.tensorflow}" if environment.tensorflow else "no TensorFlow found"
    return f"_Python {environment.python}, {tensorflow}, Keras {environment.keras} ({environment.source})_"
