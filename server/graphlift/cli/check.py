"""`graphlift check`: the verdict on every function, and what is wrong with those that are graphs already."""

from __future__ import annotations

import io
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from graphlift.cli import cells, output, session
from graphlift.cli.exits import INTERNAL_ERROR
from graphlift.source.notebooks import is_notebook
from graphlift.verdict import FileReport, Fix, Verdict

if TYPE_CHECKING:
    from graphlift.ide.workspace import Workspace

_FIXES = ("convert", "remove", "reconfigure", "unsuppress")


class Wanted(msgspec.Struct, frozen=True):
    """What the options ask to print, and where to."""

    output_format: str
    file: str | None
    verdicts: tuple[str, ...]
    statistics: bool
    quiet: bool


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
@click.option(
    "--output-format",
    type=click.Choice(output.FORMATS),
    default="text",
    show_default=True,
    help="text: findings with their lines; concise: a line each; json: everything; the others for CI services.",
)
@click.option(
    "-o",
    "--output-file",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write to this file instead of standard output.",
)
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    type=click.Choice(["all", *(verdict.value for verdict in Verdict)]),
    help="List the functions with this verdict, and report on those alone (may be repeated).",
)
@click.option(
    "--statistics",
    is_flag=True,
    help="Print how often each rule was found and each verdict given, instead of where.",
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Report only what this file does not list. What no longer occurs is dropped from the file.",
)
@click.option(
    "--update-baseline", is_flag=True, help="Write all present findings to the baseline file; exit with 0."
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there is something to report.")
@session.analysis_options
def command(
    paths: Sequence[str],
    output_format: str,
    output_file: str | None,
    verdicts: Sequence[str],
    statistics: bool,
    baseline: str | None,
    update_baseline: bool,
    exit_zero: bool,
    **options: Any,
) -> int:
    """Say of every function in the files and directories PATH... whether it should run as a graph.

    Reports functions worth converting as hints, and what is wrong with a tf.function as warnings and errors.
    Functions that should stay eager are silent; see them with --verdict blocked, or all with --verdict all.

    Exits with 1 when there is anything to report, hints included, or a file could not be analysed.
    """
    _check_usage(output_format, statistics, baseline, update_baseline)
    chosen = session.options_of(**options)
    wanted = Wanted(output_format, output_file, tuple(verdicts), statistics, chosen.quiet)
    started = time.perf_counter()
    workspace = session.analysed(paths, chosen)
    reports = tuple(workspace.report(path) for path in workspace.files())
    if baseline is not None and update_baseline:
        return _write_baseline(baseline, reports, chosen.quiet)
    notes: list[str] = []
    if baseline is not None:
        reports, notes = _without_known(baseline, reports, workspace)
    reports = tuple(restricted(report, _verdicts(verdicts)) for report in reports)
    seconds = time.perf_counter() - started
    move = cells.in_json if output_format in output.SERVICE_FORMATS else cells.in_cell
    reports = tuple(cells.moved(report, move) for report in reports)

    def fixes(path: str) -> Sequence[Fix]:
        # Edits of a notebook are about the module that it makes, and not about its file.
        return () if is_notebook(path) else workspace.all_fixes(path, _FIXES)

    run = output.Run(reports, workspace.environment, seconds, fixes)
    _print(run, wanted, notes)
    if any(problem.internal for report in reports for problem in report.problems):
        return INTERNAL_ERROR
    return int(run.found and not exit_zero)


def _check_usage(output_format: str, statistics: bool, baseline: str | None, update_baseline: bool) -> None:
    if update_baseline and baseline is None:
        raise click.UsageError("--update-baseline needs --baseline FILE, the file to write.")
    if statistics and output_format not in ("text", "concise", "json"):
        raise click.UsageError(f"--statistics has no {output_format} form; use text or json.")


def _verdicts(names: Sequence[str]) -> Collection[Verdict]:
    return {verdict for verdict in Verdict if not names or "all" in names or verdict.value in names}


def restricted(report: FileReport, verdicts: Collection[Verdict]) -> FileReport:
    """The part of a report that is about functions with these verdicts."""
    if len(verdicts) == len(Verdict):
        return report
    functions = tuple(function for function in report.functions if function.verdict in verdicts)
    names = {function.qualname for function in functions}
    diagnostics = tuple(item for item in report.diagnostics if item.function in names)
    return msgspec.structs.replace(report, functions=functions, diagnostics=diagnostics)


def _write_baseline(path: str, reports: Sequence[FileReport], quiet: bool) -> int:
    from graphlift.cli import baseline as baselines

    taken = baselines.taken(path, reports)
    problem = baselines.save(taken)
    if problem is not None:
        raise click.ClickException(f"{path} {problem.message}")
    unread = [each for report in reports for each in report.problems]
    for each in unread:
        click.echo(f"graphlift: {session.shown_path(each.path)}:{each.line}: {each.message}", err=True)
    if not quiet:
        count = sum(taken.counts.values())
        click.echo(f"{path} lists {count} finding{'' if count == 1 else 's'} now.", err=True)
    return int(bool(unread))


def _without_known(
    path: str, reports: Sequence[FileReport], workspace: Workspace
) -> tuple[tuple[FileReport, ...], list[str]]:
    """The reports without what the baseline lists, which shrinks; and what to say about it."""
    from graphlift.cli import baseline as baselines

    known = baselines.load(path)
    if isinstance(known, str):
        raise click.ClickException(known)
    compared = baselines.compare(known, reports, workspace.reports_rule)
    notes = [f"{compared.hidden} known from {path} and not shown."] if compared.hidden else []
    if compared.gone:
        number = (
            "1 entry of it no longer occurs"
            if compared.gone == 1
            else f"{compared.gone} entries of it no longer occur"
        )
        problem = baselines.save(compared.remaining)
        done = "dropped" if problem is None else f"still listed, because the file {problem.message}"
        click.echo(f"graphlift: {path}: {number}; {done}.", err=True)
    return compared.reports, notes


def _print(run: output.Run, wanted: Wanted, notes: Sequence[str]) -> None:
    from graphlift.source.files import write_whole

    if wanted.file is None:
        _print_to(None, run, wanted, notes)
        return
    kept = io.StringIO()
    _print_to(kept, run, wanted, notes)
    problem = write_whole(wanted.file, kept.getvalue().encode("utf-8", "backslashreplace"))
    if problem is not None:
        raise click.ClickException(f"{wanted.file} {problem.message}")


def _print_to(file: io.StringIO | None, run: output.Run, wanted: Wanted, notes: Sequence[str]) -> None:
    from graphlift.cli import render
    from graphlift.cli.output import concise, statistics, text

    if wanted.statistics and wanted.output_format == "json":
        click.echo(statistics.document(run), file)
    elif wanted.output_format in output.MACHINE_FORMATS:
        click.echo(output.machine_document(wanted.output_format, run), file)
    elif wanted.statistics:
        click.echo(statistics.text(run), file, nl=False)
    elif wanted.output_format == "concise":
        listed = render.function_list(run.reports) if wanted.verdicts else ""
        render.console(file).print(listed, end="")
        lines = concise.document(run)
        click.echo(lines, file, nl=bool(lines))
    else:
        text.show(run, render.console(file), notes, listed=bool(wanted.verdicts), summary=not wanted.quiet)
