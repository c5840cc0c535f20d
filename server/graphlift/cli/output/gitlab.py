"""A Code Quality report, which GitLab shows in merge requests."""

from __future__ import annotations

from collections import Counter
from typing import Any

from graphlift.cli.contract import json_text
from graphlift.cli.fingerprints import fingerprint, numbered
from graphlift.cli.output import Run
from graphlift.cli.session import shown_path
from graphlift.verdict import Diagnostic, Problem, Severity

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.INFORMATION: "minor",
    Severity.HINT: "info",
}


def document(run: Run) -> str:
    """An array with an object per finding and problem. No two have the same fingerprint, as GitLab asks."""
    seen: Counter[str] = Counter()
    issues = [_problem(each, seen) for each in run.problems]
    return json_text(issues + [_finding(each, seen) for each in run.diagnostics])


def _finding(item: Diagnostic, seen: Counter[str]) -> dict[str, Any]:
    span, path = item.location.span, shown_path(item.location.path)
    return {
        "check_name": item.rule,
        "description": item.message,
        "severity": _SEVERITIES[item.severity],
        "fingerprint": numbered(fingerprint(path, item), seen),
        "location": {
            "path": path,
            "positions": {
                "begin": {"line": span.line, "column": span.column + 1},
                "end": {"line": span.end_line, "column": span.end_column + 1},
            },
        },
    }


def _problem(item: Problem, seen: Counter[str]) -> dict[str, Any]:
    path = shown_path(item.path)
    return {
        "check_name": "problem",
        "description": item.message,
        "severity": "blocker",
        "fingerprint": numbered(fingerprint(path, item), seen),
        "location": {"path": path, "lines": {"begin": item.line, "end": item.line}},
    }
