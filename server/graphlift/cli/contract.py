"""The JSON that `graphlift check --output-format json` prints: one shape, the same bytes on every run.

Lines and columns are 1-based here, `end_column` is the column after the last character, and paths are
relative to the current directory with POSIX separators.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from graphlift import __version__
from graphlift.cli.cells import split
from graphlift.cli.session import shown_path
from graphlift.verdict import (
    Diagnostic,
    Environment,
    FileReport,
    FunctionReport,
    Location,
    Problem,
    Reason,
    Verdict,
)

VERSION = 1
"""Of the shape; it grows when a reader of the old shape would misread the new one."""


def encode(document: dict[str, Any]) -> str:
    """The document as text."""
    return json_text(document)


def json_text(value: object) -> str:
    """Plain data as JSON, two spaces to a level."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def document(reports: Sequence[FileReport], environment: Environment, seconds: float) -> dict[str, Any]:
    """Everything that a run says."""
    functions = [function for report in reports for function in report.functions]
    diagnostics = [diagnostic for report in reports for diagnostic in report.diagnostics]
    problems = [problem for report in reports for problem in report.problems]
    counts = Counter(function.verdict for function in functions)
    return {
        "version": VERSION,
        "tool": {"name": "graphlift", "version": __version__},
        "environment": environment_object(environment),
        "functions": sorted((function_object(each) for each in functions), key=_place),
        "diagnostics": sorted((_diagnostic(each) for each in diagnostics), key=_place),
        "problems": sorted((_problem(each) for each in problems), key=_place),
        "summary": {
            "files": len(reports),
            "lines": sum(report.lines for report in reports),
            "functions": len(functions),
            "verdicts": {verdict.value: counts[verdict] for verdict in Verdict if counts[verdict]},
            "seconds": round(seconds, 3),
        },
    }


def environment_object(environment: Environment) -> dict[str, Any]:
    """What the verdicts hold for."""
    return {
        "python": environment.python,
        "tensorflow": environment.tensorflow,
        "keras": environment.keras,
        "source": environment.source,
    }


def function_object(function: FunctionReport) -> dict[str, Any]:
    """One function."""
    return {
        **_file(function.path),
        "qualname": function.qualname,
        "line": function.line,
        "end_line": function.end_line,
        "execution": function.execution,
        "verdict": function.verdict.value,
        "confidence": function.confidence,
        "assumptions": list(function.assumptions),
        "reasons": [_reason(reason) for reason in function.reasons],
        "parameters": [
            {"name": each.name, "kind": each.kind, "type": each.type, "evidence": each.evidence}
            for each in function.parameters
        ],
        "effects": [*function.effects, *([f"gain: {function.gain}"] if function.gain else [])],
        "input_signature": function.input_signature,
        "recommended": function.recommended,
        "covered_by": shown_function(function.covered_by),
    }


def shown_function(reference: str | None) -> str | None:
    """A reference to a function, `path::qualname`, with the path as people see it."""
    if reference is None or "::" not in reference:
        return reference
    path, _, qualname = reference.rpartition("::")
    return f"{shown_path(path)}::{qualname}"


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "message": reason.message,
        **_at(reason.location),
        "trace": [
            {
                **_file(step.location.path),
                "line": step.location.span.line,
                "message": step.message,
            }
            for step in reason.trace
        ],
    }


def _at(location: Location) -> dict[str, Any]:
    span = location.span
    return {**_file(location.path), "line": span.line, "column": span.column + 1}


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.location.span
    return {
        **_at(diagnostic.location),
        "end_line": span.end_line,
        "end_column": span.end_column + 1,
        "rule": diagnostic.rule,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "fixable": bool(diagnostic.fixes),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {**_file(problem.path), "line": problem.line, "message": problem.message}


def _file(path: str) -> dict[str, Any]:
    """The path; of what is in a notebook, the cell too, in which lines count."""
    file, cell = split(path)
    return {"path": shown_path(file), **({} if cell is None else {"cell": cell})}


def _place(item: dict[str, Any]) -> tuple[str, int, int, int, str]:
    name = item.get("qualname") or item.get("rule") or ""
    return (
        item["path"],
        item.get("cell", 0),
        item["line"],
        item.get("column", 0),
        f"{name} {item.get('message', '')}",
    )
