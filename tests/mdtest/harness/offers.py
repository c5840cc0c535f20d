"""Checks `# arguments:` and `# signature:`: what a `tf.function` should be given, and what TensorFlow makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graphlift import fixes
from graphlift.verdict import Argument, FileReport, Fix, FunctionReport

from .expect import Expected
from .failures import Failure
from .page import SourceFile

NOTHING = "nothing"


def check(file: SourceFile, report: FileReport, wanted: list[Expected]) -> Iterable[Failure]:
    """The assertions that do not hold of what Graphlift says."""
    by_line = {function.line: function for function in report.functions}
    for expected in wanted:
        if expected.kind not in ("arguments", "signature"):
            continue
        function = by_line.get(expected.line)
        said = "no function on this line" if function is None else _said(function, expected.kind)
        if not _holds(expected, said):
            yield Failure(
                file, expected.line, f"{expected.kind}: {expected.value}", f"{expected.kind}: {said}"
            )


def _said(function: FunctionReport, kind: str) -> str:
    if kind == "arguments":
        return ", ".join(_written(argument) for argument in function.arguments) or NOTHING
    return function.input_signature or f'{NOTHING} "{function.no_signature}"'


def _holds(expected: Expected, said: str) -> bool:
    """Whether it is said; of the reason for having nothing, a part is enough."""
    if expected.value.startswith(f"{NOTHING} "):
        return said.startswith(NOTHING) and expected.value.removeprefix(NOTHING).strip(' "') in said
    return expected.value == (NOTHING if said.startswith(NOTHING) else said)


def _written(argument: Argument) -> str:
    given = f"{argument.name}={argument.value}" if argument.name else "nothing"
    return f"{given} for {argument.instead_of}" if argument.instead_of else given


def wanted_arguments(expected: Expected) -> list[Argument]:
    """The arguments that an assertion names; none where it says that there are none."""
    if expected.value.startswith(NOTHING):
        return []
    if expected.kind == "signature":
        return [Argument("input_signature", expected.value)]
    given, _, replaced = expected.value.partition(" for ")
    name, _, value = given.partition("=")
    return [Argument(name, value, replaced)]


def given(file: SourceFile, place: Path, qualname: str, line: int, arguments: list[Argument]) -> Fix | str:
    """The fix that gives the function's `tf.function` these arguments, or puts one there; why not, where it can't."""
    target = fixes.Target(qualname, line)
    path = str(place / file.name)
    made = fixes.set_arguments(path, file.text, target, arguments)
    if isinstance(made, fixes.Refusal):
        made = fixes.convert(path, file.text, target, arguments=arguments)
    return made.reason if isinstance(made, fixes.Refusal) else made
