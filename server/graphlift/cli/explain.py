"""`graphlift explain`: all that is known of one function, or of one value."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphlift.cli import session
from graphlift.cli.cells import in_cell, line_of_cell, moved_function, split
from graphlift.verdict import FunctionReport

if TYPE_CHECKING:
    from graphlift.ide.workspace import Workspace


@click.command("explain")
@click.argument("place", metavar="PATH:LINE[:COLUMN] | PATH::QUALNAME")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False),
    help="Directory whose calls of the function count; the file's package (or directory) unless given.",
)
@session.analysis_options
def command(place: str, output_format: str, project: str | None, **options: Any) -> None:
    """Say all that is known of one function, or of one value, and why.

    That is the verdict, each reason with the calls that lead to its cause, the parameters with their
    evidence, and the assumptions.

    Name the function as PATH:LINE (any line of it) or PATH::QUALNAME (such as train.py::Trainer.step). With
    PATH:LINE:COLUMN (both from 1) it is about the value of the expression there.

    The package that the file belongs to is analysed too, for the calls that it makes.
    """
    path, line, column, qualname = parse_place(place)
    workspace = session.analysed([project or package_of(path), path], session.options_of(**options))
    file = str(Path(path).absolute())
    if line is not None and column is not None:
        _explain_value(workspace, file, line, column, output_format)
    else:
        _explain_function(workspace, find(workspace, file, line, qualname), output_format)


def _explain_value(workspace: Workspace, file: str, line: int, column: int, output_format: str) -> None:
    from graphlift.cli import contract, values

    value = workspace.value_at(file, line, column - 1)
    if value is None:
        where = f"{session.shown_path(file)}:{line}:{column}"
        raise click.ClickException(
            f"no value is known at {where}: no expression stands there, or it is never reached"
        )
    if output_format == "json":
        click.echo(contract.encode(values.value_object(value, file)))
        return
    click.echo(values.value_text(value, file), nl=False)


def _explain_function(workspace: Workspace, function: FunctionReport, output_format: str) -> None:
    from graphlift.cli import contract, values

    parameters = workspace.parameters_of(function)
    function = moved_function(function, in_cell)
    if output_format == "json":
        shown = contract.function_object(function)
        shown["environment"] = contract.environment_object(workspace.environment)
        for shown_parameter, value in zip(shown["parameters"], parameters, strict=True):
            shown_parameter.update(values.evidence_object(value))
        click.echo(contract.encode(shown))
        return
    from graphlift.cli import render

    details = {value.text: values.evidence_lines(value) for value in parameters}
    render.console().print(render.explanation(function, details), end="")
    environment = workspace.environment
    tensorflow = f"TensorFlow {environment.tensorflow}" if environment.tensorflow else "no TensorFlow found"
    click.echo(
        f"\nFor Python {environment.python}, {tensorflow}, Keras {environment.keras} ({environment.source})."
    )


def parse_place(place: str) -> tuple[str, int | None, int | None, str]:
    """The path, and the line, the column or the qualified name, of `PATH:LINE[:COLUMN]` or `PATH::QUALNAME`.

    PATH may be a cell of a notebook, as in `train.ipynb:cell 3:2`; the line is then that of the notebook's module.
    """
    path, separator, qualname = place.partition("::")
    line: int | None = None
    column: int | None = None
    if not separator:
        match = re.fullmatch(r"(.+?):(\d+)(?::(\d+))?", place)
        if match is None:
            raise click.BadParameter(f"{place} is neither PATH:LINE nor PATH::QUALNAME", param_hint="PLACE")
        path, line, qualname = match[1], int(match[2]), ""
        column = None if match[3] is None else int(match[3])
    path, cell = split(path)
    if cell is not None and line is not None:
        line = line_of_cell(path, cell, line)
    if not Path(path).is_file():
        raise click.BadParameter(f"there is no file {path}", param_hint="PLACE")
    return path, line, column, qualname


def package_of(path: str) -> str:
    """The top directory of the package that a file belongs to; the file's own directory for a script."""
    directory = Path(path).absolute().parent
    while (directory / "__init__.py").exists() and (directory.parent / "__init__.py").exists():
        directory = directory.parent
    return str(directory)


def find(workspace: Workspace, path: str, line: int | None, qualname: str) -> FunctionReport:
    """The one function of a file at the line or of the name; raises `click.ClickException`."""
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
