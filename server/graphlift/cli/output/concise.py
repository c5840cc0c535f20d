"""A line per finding, as compilers print them: editors and terminals make links of the places."""

from __future__ import annotations

from graphlift.cli.output import Run
from graphlift.cli.session import shown_path
from graphlift.verdict import Diagnostic, Location, Problem


def document(run: Run) -> str:
    """The findings and problems, file by file."""
    lines: list[str] = []
    for report in run.reports:
        lines += [problem(each) for each in report.problems]
        lines += [finding(each) for each in report.diagnostics]
    return "\n".join(lines)


def finding(item: Diagnostic) -> str:
    """A finding on one line."""
    fixable = " [*]" if item.fixes else ""
    return f"{place(item.location)}: {item.severity.value}[{item.rule}]{fixable} {item.message}"


def problem(item: Problem) -> str:
    """A problem on one line."""
    return f"{shown_path(item.path)}:{item.line}:1: problem: {item.message}"


def place(location: Location) -> str:
    """A place as `path:line:column`."""
    return f"{shown_path(location.path)}:{location.span.line}:{location.span.column + 1}"
