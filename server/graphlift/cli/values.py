"""Values as the command line tells them: lines of text, and JSON."""

from __future__ import annotations

from typing import Any

from graphlift.cli.session import shown_path
from graphlift.ide.hover import plain_text
from graphlift.ide.value_report import ValueReport, value_markdown
from graphlift.verdict import Location


def value_text(value: ValueReport, path: str) -> str:
    """What is known of one value, with its place first."""
    span = value.span
    shown = plain_text(value_markdown(value, path)).strip()
    return f"{shown_path(path)}:{span.line}:{span.column + 1}\n{shown}\n"


def value_object(value: ValueReport, path: str) -> dict[str, Any]:
    """The same as plain data; lines and columns count from 1."""
    span = value.span
    return {
        "path": shown_path(path),
        "line": span.line,
        "column": span.column + 1,
        "end_line": span.end_line,
        "end_column": span.end_column + 1,
        "expression": value.text,
        "type": value.type,
        "evidence": value.evidence,
        **evidence_object(value),
    }


def evidence_object(value: ValueReport) -> dict[str, Any]:
    """What stands behind a value: visible calls with what they pass, or why nothing is known."""
    return {
        "reason": value.reason,
        "assumption": value.assumption,
        "calls": [{**_at(each.location), "type": each.type} for each in value.passed],
        "more_calls": value.more_calls,
    }


def evidence_lines(value: ValueReport) -> list[str]:
    """What stands behind a parameter's value, for the terminal: the calls and what they pass, or the reason."""
    lines = [f"{_place(each.location)} passes {each.type}" for each in value.passed]
    if {each.type for each in value.passed} == {value.type}:
        lines = [f"at {', '.join(_place(each.location) for each in value.passed)}"]
    if value.more_calls:
        lines.append(f"… and {value.more_calls} more calls")
    if value.reason:
        lines.append(f"unknown: {value.reason}")
    return lines


def _place(location: Location) -> str:
    return f"{shown_path(location.path)}:{location.span.line}"


def _at(location: Location) -> dict[str, Any]:
    return {"path": shown_path(location.path), "line": location.span.line}
