"""`graphlift check`: the verdict on every function, and what is wrong with those that are graphs already."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

import click
import msgspec

from graphlift.cli import session
from graphlift.verdict import Environment, FileReport, Severity, Verdict

_LOUDNESS = list(Severity)


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
@click.option(
    "--output-format",
    type=click.Choice(["text", "concise", "json"]),
    default="text",
    show_default=True,
    help="text: findings with their lines; concise: a line each; json: everything.",
)
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    type=click.Choice(["all", *(verdict.value for verdict in Verdict)]),
    help="List the functions with this verdict, and report on those alone (may be repeated).",
)
@click.option("--statistics", is_flag=True, help="Print how often each rule was found instead of where.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there is something to report.")
@session.analysis_options
def command(
    paths: Sequence[str],
    output_format: str,
    verdicts: Sequence[str],
    statistics: bool,
    exit_zero: bool,
    **options: Any,
) -> int:
    """Say of every function in the files and directories PATH... whether it should run as a graph.

    Reports functions worth converting as hints, and what is wrong with a tf.function as warnings and errors.
    Functions that should stay eager are silent; see them with --verdict blocked, or all with --verdict all.

    Exits with 1 when there is anything to report, hints included, or a file could not be analysed.
    """
    chosen = session.options_of(**options)
    started = time.perf_counter()
    workspace = session.analysed(paths, chosen)
    wanted = {
        verdict for verdict in Verdict if not verdicts or "all" in verdicts or verdict.value in verdicts
    }
    reports = [restricted(workspace.report(path), wanted) for path in workspace.files()]
    seconds = time.perf_counter() - started
    if output_format == "json":
        _print_json(reports, workspace.environment, seconds)
    else:
        listed = bool(verdicts) and not statistics
        _print_text(reports, seconds, output_format, listed, statistics, chosen.quiet)
    found = any(report.diagnostics or report.problems for report in reports)
    return int(found and not exit_zero)


def restricted(report: FileReport, verdicts: Collection[Verdict]) -> FileReport:
    """The part of a report that is about functions with these verdicts."""
    if len(verdicts) == len(Verdict):
        return report
    functions = tuple(function for function in report.functions if function.verdict in verdicts)
    names = {function.qualname for function in functions}
    diagnostics = tuple(item for item in report.diagnostics if item.function in names)
    return msgspec.structs.replace(report, functions=functions, diagnostics=diagnostics)


def _print_json(reports: Sequence[FileReport], environment: Environment, seconds: float) -> None:
    from graphlift.cli import contract

    click.echo(contract.encode(contract.document(reports, environment, seconds)))


def _print_text(
    reports: Sequence[FileReport],
    seconds: float,
    output_format: str,
    listed: bool,
    statistics: bool,
    quiet: bool,
) -> None:
    from graphlift.cli import render

    out = render.console()
    if listed:
        out.print(render.function_list(reports), end="")
    for report in reports:
        for problem in report.problems:
            if output_format == "concise":
                click.echo(render.concise_problem(problem))
            else:
                out.print(render.problem(problem))
        for item in () if statistics else report.diagnostics:
            if output_format == "concise":
                click.echo(render.concise(item))
            else:
                out.print(render.diagnostic(item))
    if statistics:
        click.echo(render.statistics(reports), nl=False)
    if quiet or output_format == "concise":
        return
    out.print(render.summary(reports, seconds), end="")
    fixable = {
        (report.path, item.function) for report in reports for item in report.diagnostics if item.fixes
    }
    if fixable:
        click.echo(f"{len(fixable)} can be edited for you: see `graphlift fix --diff`.")
    elif not reports:
        click.echo("No Python files were found there.")
