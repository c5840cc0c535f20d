"""`graphlift explain`: all that is known of one function."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphlift.cli import session
from graphlift.verdict import FunctionReport

if TYPE_CHECKING:
    from graphlift.ide.workspace import Workspace


@click.command("explain")
@click.argument("place", metavar="PATH:LINE | PATH::QUALNAME")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False),
    help="Directory whose calls of the function count; the file's package (or directory) unless given.",
)
@session.analysis_options
def command(place: str, output_format: str, project: str | None, **options: Any) -> None:
    """Say all that is known of one function, and why.

    That is the verdict, each reason with the calls that lead to its cause, the parameters with their
    evidence, and the assumptions.

    Name the function as PATH:LINE (any line of it) or PATH::QUALNAME (such as train.py::Trainer.step).
    The package that the file belongs to is analysed too, for the calls that it makes.
    """
    path, line, qualname = parse_place(place)
    workspace = session.analysed([project or package_of(path), path], session.options_of(**options))
    file = str(Path(path).absolute())
    function = _find(workspace, file, line, qualname)
    if output_format == "json":
        from graphlift.cli import contract

        shown = contract.function_object(function)
        shown["environment"] = contract.environment_object(workspace.environment)
        click.echo(contract.encode(shown))
        return
    from graphlift.cli import render

    render.console().print(render.explanation(function), end="")
    environment = workspace.environment
    tensorflow = f"TensorFlow {environment.tensorflow}" if environment.tensorflow else "no TensorFlow found"
    click.echo(
        f"\nFor Python {environment.python}, {tensorflow}, Keras {environment.keras} ({environment.source})."
    )


def parse_place(place: str) -> tuple[str, int | None, str]:
    """The path, and the line or the qualified name, of `PATH:LINE` or `PATH::QUALNAME`."""
    path, separator, qualname = place.partition("::")
    line: int | None = None
    if not separator:
        head, _, tail = place.rpartition(":")
        if not head or not tail.isdecimal():
            raise click.BadParameter(f"{place} is neither PATH:LINE nor PATH::QUALNAME", param_hint="PLACE")
        path, line, qualname = head, int(tail), ""
    if not Path(path).is_file():
        raise click.BadParameter(f"there is no file {path}", param_hint="PLACE")
    return path, line, qualname


def package_of(path: str) -> str:
    """The top directory of the package that a file belongs to; the file's own directory for a script."""
    directory = Path(path).absolute().parent
    while (directory / "__init__.py").exists() and (directory.parent / "__init__.py").exists():
        directory = directory.parent
    return str(directory)


def _find(workspace: Workspace, path: str, line: int | None, qualname: str) -> FunctionReport:
    report = workspace.report(path)
    for problem in report.problems:
        click.echo(f"graphlift: {session.shown_path(path)}:{problem.line}: {problem.message}", err=True)
    if line is not None:
        function = workspace.function_at(path, line)
        if function is not None:
            return function
        raise click.ClickException(f"no function stands on line {line} of {session.shown_path(path)}")
    named = [function for function in report.functions if function.qualname == qualname]
    if len(named) == 1:
        return named[0]
    if named:
        lines = " and ".join(str(function.line) for function in named)
        raise click.ClickException(
            f"{qualname} is defined more than once, on lines {lines}; name it as PATH:LINE"
        )
    names = [function.qualname for function in report.functions]
    near = [name for name in names if name.endswith(f".{qualname}")]
    near += difflib.get_close_matches(qualname, names, n=3)
    hint = f"; did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
    raise click.ClickException(f"{session.shown_path(path)} has no function {qualname}{hint}")
