"""From a function's report and the settings to the plan of its verification, as plain data for a process of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from graphlift.source.config import Settings, VerifySettings
from graphlift.verdict import Environment, FunctionReport, Verdict
from graphlift.verify.plan import Limits, Plan, Program, Target
from graphlift.verify.report import Judgement


class Request(msgspec.Struct, frozen=True):
    """What to judge: functions, all with the same interpreter."""

    interpreter: str
    keras: int
    plans: tuple[Plan, ...]


class Answer(msgspec.Struct, frozen=True):
    """The judgements in the plans' order; or `failure`, why there are none."""

    judgements: tuple[Judgement, ...] = ()
    failure: str = ""


class UnfitError(Exception):
    """This function can't be run; the text says why in words for the user."""


def request(
    functions: Sequence[FunctionReport], settings: Settings, base: str | None, environment: Environment
) -> Request:
    """The request to judge these functions. `base` is the directory that the settings' paths are relative to.

    An interpreter that is set counts even where it could not be asked for its packages. Raises `UnfitError`.
    """
    interpreter = settings.interpreter or environment.interpreter
    if not interpreter:
        raise UnfitError(
            "no Python with the program's packages is known; name one with the setting `interpreter`"
        )
    plans = tuple(plan(function, settings.verify, base) for function in functions)
    return Request(interpreter, environment.keras, plans)


def plan(function: FunctionReport, settings: VerifySettings, base: str | None) -> Plan:
    """How to judge one function: as Graphlift would convert it, or as its own decorator has it.

    Raises `UnfitError`.
    """
    if not function.path.endswith(".py") or not Path(function.path).is_file():
        raise UnfitError(f"{Path(function.path).name} is no Python file that can be run")
    expressions = {}
    if function.verdict is Verdict.CONVERT:
        expressions = {each.name: each.value for each in function.arguments if each.name and each.value}
    return Plan(
        program(function.path, settings, base or os.getcwd()),  # noqa: PTH109 - a symbolic link in it stays.
        Target(function.path, function.qualname, function.line),
        expressions=expressions,
        limits=Limits(settings.seconds, settings.memory),
        timed=True,
    )


def program(target: str, settings: VerifySettings, base: str) -> Program:
    """The program that the settings name; unless they name one, the target's own file.

    Its root is the smallest folder that holds the program and the target, each with the packages around it.
    Raises `UnfitError`.
    """
    home = _outside_packages(target)
    paths = [home, *(path for path in (base, os.path.join(base, "src")) if Path(path).is_dir())]  # noqa: PTH118
    inputs = tuple(_existing(base, name) for name in settings.inputs)
    if settings.module is not None:
        return Program(home, settings.module, True, settings.args, inputs, tuple(paths))
    script = target if settings.run is None else _existing(base, settings.run)
    if settings.run is None and str(Path(target).parent) != home:
        name = (
            os.path.relpath(target, home).removesuffix(".py").replace(os.sep, ".").removesuffix(".__init__")
        )
        return Program(home, name, True, settings.args, inputs, tuple(paths))
    root = os.path.commonpath([home, _outside_packages(script)])
    return Program(root, os.path.relpath(script, root), False, settings.args, inputs, tuple(paths))


def shown_program(of: Program) -> str:
    """The command that the runs stand for."""
    return " ".join(["python", *(["-m"] if of.module else []), of.entry, *of.argv])


def _existing(base: str, name: str) -> str:
    path = os.path.normpath(Path(base, Path(name).expanduser()))
    if not Path(path).exists():
        raise UnfitError(f"there is no {name} in {base}, which the setting `verify` names")
    return path


def _outside_packages(path: str) -> str:
    folder = Path(path).parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
    return str(folder)
