"""SARIF 2.1.0, which code scanning services and many editors read.

The chain of evidence is given twice, since readers differ: as related locations and as a code flow. Columns count
Unicode code points, and paths are relative to the current directory (`%SRCROOT%`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from graphlift import __version__
from graphlift.cli.contract import environment_object, json_text
from graphlift.cli.fingerprints import fingerprint, numbered
from graphlift.cli.output import Run
from graphlift.cli.session import shown_path
from graphlift.rules.base import RuleModule, all_rules
from graphlift.rules.notices import Notice, all_notices
from graphlift.source.span import Span
from graphlift.verdict import Diagnostic, Fix, Location, Problem, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "note",
}


def document(run: Run) -> str:
    """The log with its one run."""
    found = list(run.diagnostics)
    names = sorted({item.rule for item in found})
    seen: Counter[str] = Counter()
    fixes = {report.path: run.fixes(report.path) for report in run.reports if report.diagnostics}
    results = [
        _result(
            item,
            names.index(item.rule),
            numbered(fingerprint(shown_path(item.location.path), item), seen),
            fixes,
        )
        for item in found
    ]
    return json_text(
        {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": _driver(names)},
                    "columnKind": "unicodeCodePoints",
                    "originalUriBaseIds": {_ROOT: {"uri": f"{Path.cwd().as_uri()}/"}},
                    "invocations": [
                        {
                            "executionSuccessful": True,
                            "toolExecutionNotifications": [_notification(each) for each in run.problems],
                        }
                    ],
                    "results": results,
                    "properties": {"environment": environment_object(run.environment)},
                }
            ],
        }
    )


def _driver(names: Sequence[str]) -> dict[str, Any]:
    documented: dict[str, RuleModule | Notice] = {rule.name: rule for rule in all_rules()}
    documented |= {notice.name: notice for notice in all_notices()}
    return {
        "name": "graphlift",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(documented[name]) for name in names],
    }


def _rule(rule: RuleModule | Notice) -> dict[str, Any]:
    severity = rule.severity if isinstance(rule, Notice) else rule.rule.severity
    text = rule.text.strip()
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": text, "markdown": f"# {rule.name}\n\n{text}\n"},
        "defaultConfiguration": {"level": _LEVELS[severity]},
    }


def _result(item: Diagnostic, index: int, known_by: str, fixes: dict[str, Sequence[Fix]]) -> dict[str, Any]:
    location = _location(item.location)
    if item.function:
        location["logicalLocations"] = [{"fullyQualifiedName": item.function, "kind": "function"}]
    result: dict[str, Any] = {
        "ruleId": item.rule,
        "ruleIndex": index,
        "level": _LEVELS[item.severity],
        "message": {"text": item.message},
        "locations": [location],
        "partialFingerprints": {"graphlift/v1": known_by},
    }
    if item.related:
        steps = [_location(step.location, step.message) for step in item.related]
        result["relatedLocations"] = [{**step, "id": number} for number, step in enumerate(steps, 1)]
        flow = [{"location": _location(item.location, item.message)}, *({"location": step} for step in steps)]
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    offered = [_fix(fix) for fix in fixes.get(item.location.path, ()) if _mends(fix, item)]
    if offered:
        result["fixes"] = offered
    return result


def _mends(fix: Fix, item: Diagnostic) -> bool:
    """Whether an edit takes the finding away and keeps behaviour: readers may make it unasked."""
    about = fix.function == item.function if fix.at is None else fix.at == item.location.span
    return fix.safe and fix.slug in item.fixes and about


def _fix(fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits
    ]
    return {
        "description": {"text": fix.title},
        "artifactChanges": [{"artifactLocation": _artifact(fix.path), "replacements": replacements}],
    }


def _notification(problem: Problem) -> dict[str, Any]:
    physical = {"artifactLocation": _artifact(problem.path), "region": {"startLine": max(problem.line, 1)}}
    return {
        "level": "error",
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": physical}],
    }


def _location(location: Location, message: str = "") -> dict[str, Any]:
    physical = {"artifactLocation": _artifact(location.path), "region": _region(location.span)}
    return {"physicalLocation": physical, **({"message": {"text": message}} if message else {})}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column + 1,
        "endLine": span.end_line,
        "endColumn": span.end_column + 1,
    }


def _artifact(path: str) -> dict[str, str]:
    """A file: relative to the current directory where it is inside, else by its full URI."""
    shown = shown_path(path)
    if shown.startswith("../") or Path(shown).is_absolute():
        return {"uri": Path(path).absolute().as_uri()}
    return {"uri": quote(shown), "uriBaseId": _ROOT}
