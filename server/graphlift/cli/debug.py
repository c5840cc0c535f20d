"""`graphlift debug`: what each phase of the analysis holds, for people who work on Graphlift."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphlift.cli import session

if TYPE_CHECKING:
    from graphlift.ide.workspace import Workspace


@click.group("debug")
def command() -> None:
    """Show what the phases of the analysis hold, for people who work on Graphlift."""


def _text(_: Workspace, path: str) -> str:
    from graphlift.source.files import read

    source = read(path)
    mark = "with" if source.bom else "without"
    head = f"{source.encoding} {mark} byte order mark, newline {source.newline!r}\n"
    return head + "".join(f"line {problem.line}: {problem.message}\n" for problem in source.problems)


def _tree(_: Workspace, path: str) -> str:
    from graphlift.source.files import read
    from graphlift.syntax.parse import parse

    parsed = parse(read(path).text, Path(path).stem, path)
    problems = "".join(f"line {problem.line}: {problem.message}\n" for problem in parsed.problems)
    return problems if parsed.tree is None else problems + parsed.tree.repr_tree() + "\n"


def _calls(workspace: Workspace, path: str) -> str:
    from graphlift.ide.inspect import calls

    return _by_line(calls(workspace, path))


def _facts(workspace: Workspace, path: str) -> str:
    from graphlift.ide.inspect import facts

    return _by_line(facts(workspace, path))


def _revealed(workspace: Workspace, path: str) -> str:
    from graphlift.ide.inspect import revealed

    return _by_line(revealed(workspace, path))


def _report(workspace: Workspace, path: str) -> str:
    from graphlift.cli import contract

    report = workspace.report(path)
    return contract.encode(contract.document([report], workspace.environment, 0.0)) + "\n"


def _by_line(items: list[tuple[int, str]]) -> str:
    return "".join(f"{line}: {text}\n" for line, text in items)


PHASES: dict[str, Callable[[Workspace, str], str]] = {
    "text": _text,
    "tree": _tree,
    "calls": _calls,
    "facts": _facts,
    "revealed": _revealed,
    "report": _report,
}
"""The phases in the order of the analysis, each with what prints it for one file of a workspace."""


@command.command("print")
@click.argument("phase", type=click.Choice(list(PHASES)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@session.analysis_options
def print_phase(phase: str, file: str, **options: Any) -> None:
    """Print what PHASE holds for FILE.

    text: how the file is read; tree: its syntax; calls: the callees at each call; facts: the effects of each
    function; revealed: the types of reveal_type(...) calls; report: all that is said, as JSON.
    """
    from graphlift.cli.explain import package_of

    workspace = session.analysed([package_of(file), file], session.options_of(**options))
    click.echo(PHASES[phase](workspace, str(Path(file).absolute())), nl=False)
