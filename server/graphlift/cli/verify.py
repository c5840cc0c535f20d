"""`graphlift verify`: run functions eagerly and as graphs under the user's TensorFlow, and compare."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from graphlift.cli import session
from graphlift.cli.explain import find, package_of, parse_place
from graphlift.source.config import VerifySettings
from graphlift.verdict import FunctionReport, Verdict

if TYPE_CHECKING:
    from graphlift.ide.workspace import Workspace
    from graphlift.verify import Judgement
    from graphlift.verify.request import Request


class Program(msgspec.Struct, frozen=True):
    """What the options say of the program to run, as given."""

    run: str | None
    module: str | None
    args: tuple[str, ...]
    inputs: tuple[str, ...]
    seconds: int | None
    memory: int | None

    def over(self, settings: VerifySettings) -> VerifySettings:
        """The settings with the options over them; a program that is named takes the place of theirs."""
        given: dict[str, Any] = {name: getattr(self, name) for name in ("seconds", "memory", "args")}
        given["run"] = None if self.run is None else _absolute(self.run)
        given["inputs"] = tuple(map(_absolute, self.inputs))
        given["module"] = self.module
        changes = {name: value for name, value in given.items() if value}
        if self.run or self.module:
            settings = VerifySettings(seconds=settings.seconds, memory=settings.memory)
        return msgspec.structs.replace(settings, **changes)


class Asked(msgspec.Struct, frozen=True):
    """A request and the functions that its plans are about."""

    request: Request
    functions: tuple[FunctionReport, ...]


@click.command("verify")
@click.argument("places", nargs=-1, required=True, metavar="PATH[:LINE | ::QUALNAME]...")
@click.option(
    "--run", metavar="SCRIPT", type=click.Path(exists=True, dir_okay=False), help="The program to run."
)
@click.option("--module", metavar="NAME", help="The module to run instead, as `python -m` does.")
@click.option(
    "--arg", "args", multiple=True, metavar="TEXT", help="An argument of the program (may be repeated)."
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    type=click.Path(exists=True),
    metavar="PATH",
    help="A file or directory to copy into the empty directory that the program runs in (may be repeated).",
)
@click.option("--seconds", type=click.IntRange(min=1), help="Processor time that one run may take.")
@click.option(
    "--memory", type=click.IntRange(min=1), help="Mebibytes that one run may take besides TensorFlow's own."
)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@session.analysis_options
def command(places: Sequence[str], output_format: str, **options: Any) -> int:
    """Run functions eagerly and as graphs under your TensorFlow, and compare all that can be seen.

    This runs your program: each time in a process of its own with limits on time and memory, in an empty
    directory. That is the function's own file unless --run or --module, or the settings' table `verify`, name one.

    Name functions as PATH:LINE or PATH::QUALNAME; a PATH alone means what `check` would convert there, and
    what is a graph already.

    Exits with 0 when everything behaves the same, with 1 when something differs, raises, retraces or can't
    be decided, with 2 when there is nothing to run or no TensorFlow to run it with.
    """
    program = Program(**{name: options.pop(name) for name in Program.__struct_fields__})
    if program.run and program.module:
        raise click.UsageError("--run and --module exclude each other")
    chosen = session.options_of(**options)
    asked = _asked(places, program, chosen)
    found = _judged(asked, chosen.quiet or output_format == "json")
    if output_format == "json":
        from graphlift.cli import contract

        shown = [_as_object(*each) for each in zip(asked.functions, found, strict=True)]
        environment = {"interpreter": asked.request.interpreter, "keras": asked.request.keras}
        document = {"version": contract.VERSION, "environment": environment, "functions": shown}
        click.echo(contract.json_text(document))
    return int(any(judgement.outcome.value != "same" for judgement in found))


def _asked(places: Sequence[str], program: Program, options: session.Options) -> Asked:
    """What is to be judged, and of which functions; raises `click.ClickException`."""
    from graphlift.verify.request import UnfitError, request

    parsed = [_parse(place) for place in places]
    paths = list(dict.fromkeys(path for path, _, _ in parsed))
    roots = dict.fromkeys(root for path in paths for root in (package_of(path), path))
    if program.run:
        roots[package_of(program.run)] = None
    workspace = session.analysed([*roots], options)
    found = [function for place in parsed for function in _functions(workspace, *place)]
    functions = tuple({(each.path, each.line): each for each in found}.values())
    if not functions:
        raise click.ClickException("there is nothing to verify: no function there is or would become a graph")
    settings = workspace.settings
    settings = msgspec.structs.replace(settings, verify=program.over(settings.verify))
    try:
        asked = request(functions, settings, settings.base, workspace.environment)
    except UnfitError as error:
        raise click.ClickException(str(error)) from error
    return Asked(asked, functions)


def _parse(place: str) -> tuple[str, int | None, str]:
    """The file, and the line or the qualified name, where one is given."""
    if Path(place).is_file():
        return place, None, ""
    path, line, _, qualname = parse_place(place)
    return path, line, qualname


def _functions(workspace: Workspace, path: str, line: int | None, qualname: str) -> Sequence[FunctionReport]:
    file = str(Path(path).absolute())
    if line is not None or qualname:
        return [find(workspace, file, line, qualname)]
    return [
        function
        for function in workspace.report(file).functions
        if function.execution == "graph" or (function.verdict is Verdict.CONVERT and function.recommended)
    ]


def _judged(asked: Asked, quiet: bool) -> list[Judgement]:
    """Judge one function after the other; tells each outcome unless it should be quiet."""
    from graphlift.verify import Judge, ServerError
    from graphlift.verify.words import advice, sentence

    found: list[Judgement] = []
    try:
        with Judge(asked.request.interpreter, asked.request.keras) as judge:
            for function, plan in zip(asked.functions, asked.request.plans, strict=True):
                judgement = judge.judge(plan)
                found.append(judgement)
                if not quiet:
                    place = f"{session.shown_path(function.path)}:{function.line}"
                    click.echo(f"{place}: {sentence(function.qualname, judgement)}")
                    if hint := advice(judgement):
                        click.echo(f"  {hint}")
    except ServerError as error:
        raise click.ClickException(str(error)) from error
    return found


def _as_object(function: FunctionReport, judgement: Judgement) -> dict[str, Any]:
    """One outcome in the JSON."""
    timing = judgement.timing
    shown: dict[str, Any] = {
        "path": session.shown_path(function.path),
        "qualname": function.qualname,
        "line": function.line,
        "verdict": function.verdict.value,
        **msgspec.to_builtins(judgement),
    }
    if timing is not None:
        shown["timing"]["ratio"] = timing.ratio
    return shown


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - a symbolic link in it stays.
