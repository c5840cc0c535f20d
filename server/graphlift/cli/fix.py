"""`graphlift fix`: make the edits that the verdicts ask for."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from graphlift.cli import session
from graphlift.fixes import Combined, Refusal, combine
from graphlift.source.files import ReadProblem, SourceText, WriteProblem, read, write
from graphlift.source.notebooks import is_notebook, load
from graphlift.verdict import FileReport, Fix, FunctionReport, Verdict

SLUGS = ("convert", "remove", "reconfigure", "unsuppress")
ASKED_FOR = ("mend",)
"""Edits of lines inside functions: made where `--only` names them."""

_VERDICT_OF = {
    "convert": Verdict.CONVERT,
    "remove": Verdict.REMOVE,
    "reconfigure": Verdict.RECONFIGURE,
}


class Selection(msgspec.Struct, frozen=True):
    """The fixes of one file to make now, and those left for `--assumed`."""

    chosen: tuple[Fix, ...]
    assumed: tuple[Fix, ...]


class Change(msgspec.Struct, frozen=True):
    """One file before and after."""

    path: str
    source: SourceText
    combined: Combined
    text: str
    """What the file is to hold."""


@click.command("fix")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
@click.option("--diff", is_flag=True, help="Print the edits as a patch and change nothing.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice((*SLUGS, *ASKED_FOR)),
    help="Make edits of this kind alone (may be repeated).",
)
@click.option("--assumed", is_flag=True, help="Make edits too that rest on assumptions. Look at them first.")
@session.analysis_options
def command(paths: Sequence[str], diff: bool, only: Sequence[str], assumed: bool, **options: Any) -> int:
    """Add and remove tf.function in the files and directories PATH... as the verdicts say.

    Makes the edits that are proven: conversions that the plan recommends and removals. With --assumed also
    those that rest on assumptions; `graphlift explain` lists these for a function. Suppression comments that
    hide nothing are mended too (unsuppress); what such a comment or a setting hides is not edited.

    With --only mend it edits the lines that keep functions from running as graphs (`x.shape[0]`, `np.sqrt(x)`, `a, b =
    x`), where that makes the function convertible, and converts it. Only edits are made that keep what eager execution
    does; with --assumed also those that change it, such as `print` to `tf.print`.

    Exits with 0 when all is done, with 1 when a file could not be analysed or written, and with --diff also
    when there is something to change.
    """
    chosen = session.options_of(**options)
    workspace = session.analysed(paths, chosen)
    changes: list[Change] = []
    waiting = 0
    failures: list[WriteProblem] = []
    for path in workspace.files():
        report = workspace.report(path)
        failures += [WriteProblem(path, f"line {each.line}: {each.message}") for each in report.problems]
        selection = select(report, workspace.all_fixes(path, only or SLUGS), assumed)
        waiting += len(selection.assumed)
        if selection.chosen:
            change = _planned(path, selection.chosen)
            changes += [change] if isinstance(change, Change) else []
            failures += [change] if isinstance(change, WriteProblem) else []
    if diff:
        for change in changes:
            click.echo(patch(change), nl=False)
    else:
        failures += _written(changes)
    _tell(changes, waiting, failures, diff, chosen.quiet)
    return int(bool(failures) or (diff and bool(changes)))


def select(report: FileReport, fixes: Sequence[Fix], assumed: bool) -> Selection:
    """Which of the fixes on offer the verdicts ask for.

    A fix is made when its function has the verdict that goes with it and, for a conversion, the plan
    recommends it. Without `assumed` the verdict must be proven and the edit safe where it stands.
    """
    ready: list[Fix] = []
    waiting: list[Fix] = []
    for fix in fixes:
        if fix.slug == "unsuppress":
            ready.append(fix)
            continue
        if fix.slug == "mend":
            (ready if fix.safe or assumed else waiting).append(fix)
            continue
        function = _function_of(report, fix)
        if function is None or function.verdict is not _VERDICT_OF.get(fix.slug):
            continue
        if fix.slug == "convert" and not function.recommended:
            continue
        proven = function.confidence == "proven" and fix.safe
        (ready if proven or assumed else waiting).append(fix)
    return Selection(tuple(ready), tuple(waiting))


def _function_of(report: FileReport, fix: Fix) -> FunctionReport | None:
    """The function that a fix is about: the one of that name nearest to the edit."""
    named = [function for function in report.functions if function.qualname == fix.function]
    lines = [edit.span.line for edit in fix.edits]
    return min(
        named,
        key=lambda function: min((abs(function.line - line) for line in lines), default=0),
        default=None,
    )


def _planned(path: str, fixes: Sequence[Fix]) -> Change | WriteProblem:
    notebook = load(path) if is_notebook(path) else None
    if isinstance(notebook, ReadProblem):
        return WriteProblem(path, notebook.message)
    source = read(path) if notebook is None else SourceText(notebook.json)
    combined = combine(source.text if notebook is None else notebook.module, fixes)
    if isinstance(combined, Refusal):
        return WriteProblem(path, f"was left alone: {combined.reason}")
    if notebook is None:
        return Change(path, source, combined, combined.text)
    return Change(
        path, source, combined, notebook.edited([(edit.span, edit.text) for edit in combined.edits])
    )


def _written(changes: list[Change]) -> list[WriteProblem]:
    """Write the files; the changes that failed are taken out of `changes`."""
    failed: list[WriteProblem] = []
    for change in list(changes):
        problem = write(change.path, change.source, change.text)
        if problem is not None:
            failed.append(problem)
            changes.remove(change)
    return failed


def patch(change: Change) -> str:
    """The change as a unified diff that `patch -p1` and `git apply` take."""
    name = session.shown_path(change.path)
    lines = difflib.unified_diff(
        _patch_lines(change.source.text),
        _patch_lines(change.text),
        f"a/{name}",
        f"b/{name}",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _patch_lines(text: str) -> list[str]:
    """Lines as `patch` sees them: ended by LF alone."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _tell(
    changes: Sequence[Change], waiting: int, failures: Sequence[WriteProblem], diff: bool, quiet: bool
) -> None:
    for failure in failures:
        click.echo(f"graphlift: {session.shown_path(failure.path)} {failure.message}", err=True)
    if quiet:
        return
    counts = Counter(fix.slug for change in changes for fix in change.combined.made)
    left_out = sum(len(change.combined.left_out) for change in changes)
    if counts:
        verb = "Would change" if diff else "Changed"
        kinds = ", ".join(
            f"{counts[slug]} {_past(slug, counts[slug])}" for slug in (*SLUGS, *ASKED_FOR) if counts[slug]
        )
        files = f"{len(changes)} file" + ("" if len(changes) == 1 else "s")
        click.echo(f"{verb} {files}: {kinds}.", err=True)
    else:
        click.echo("Nothing to change.", err=True)
    if waiting:
        rest = "1 edit rests" if waiting == 1 else f"{waiting} edits rest"
        click.echo(f"{rest} on assumptions: see them with `--assumed --diff`.", err=True)
    if left_out:
        click.echo(
            f"{left_out} left out, because they touch the same lines: run the command again.", err=True
        )


def _past(slug: str, count: int) -> str:
    """What was done to as many functions or comments."""
    if slug == "unsuppress":
        return "comment mended" if count == 1 else "comments mended"
    return {"convert": "converted", "remove": "removed", "reconfigure": "reconfigured", "mend": "mended"}[
        slug
    ]
