"""Findings with their lines, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from graphlift.cli import render
from graphlift.cli.output import Run


def show(run: Run, out: Console, notes: Sequence[str], *, listed: bool, summary: bool) -> None:
    """Print the findings.

    `listed` puts the list of functions before them, `summary` what was looked at behind them; `notes` are said
    before that.
    """
    if listed:
        out.print(render.function_list(run.reports), end="")
    for report in run.reports:
        for problem in report.problems:
            out.print(render.problem(problem))
        for item in report.diagnostics:
            out.print(render.diagnostic(item))
    if not summary:
        return
    for note in notes:
        out.print(note)
    out.print(render.summary(run.reports, run.seconds), end="")
    fixable = {
        (report.path, item.function) for report in run.reports for item in report.diagnostics if item.fixes
    }
    if fixable:
        out.print(f"{len(fixable)} can be edited for you: see `graphlift fix --diff`.")
    elif not run.reports:
        out.print("No Python files were found there.")
