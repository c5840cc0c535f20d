"""Workflow commands, which GitHub Actions shows as annotations on the changed lines."""

from __future__ import annotations

from graphlift.cli.output import Run
from graphlift.cli.output.concise import place
from graphlift.cli.session import shown_path
from graphlift.verdict import Diagnostic, Problem, Severity

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
    Severity.HINT: "notice",
}


def document(run: Run) -> str:
    """A line per finding and problem."""
    lines = [_problem(each) for each in run.problems] + [_finding(each) for each in run.diagnostics]
    return "\n".join(lines)


def _finding(item: Diagnostic) -> str:
    span = item.location.span
    properties = {
        "title": f"Graphlift ({item.rule})",
        "file": shown_path(item.location.path),
        "line": str(span.line),
        "endLine": str(span.end_line),
    }
    if span.line == span.end_line:  # GitHub takes columns on one line alone.
        properties["col"] = str(span.column + 1)
        properties["endColumn"] = str(span.end_column + 1)
    return _command(
        _COMMANDS[item.severity], properties, f"{place(item.location)}: {item.rule}: {item.message}"
    )


def _problem(item: Problem) -> str:
    properties = {"title": "Graphlift", "file": shown_path(item.path), "line": str(item.line)}
    return _command("error", properties, f"{shown_path(item.path)}:{item.line}: {item.message}")


def _command(name: str, properties: dict[str, str], message: str) -> str:
    given = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    return f"::{name} {given}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    """The text as workflow commands take it: `%`, line ends and the separators in properties as hex."""
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
