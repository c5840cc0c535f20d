"""Compares what was seen under TensorFlow with what was inferred: contradictions, and how much was known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from graphlift.source.span import Span
from graphlift.values import (
    External,
    KerasTensor,
    Mapping,
    Object,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    display,
    options,
)

from .contain import World, contains
from .inference import Analysis, Inferred, analyse, with_stack
from .programs import Program
from .recorder import Record, Recorder, Sight

UNREACHED = "unreachable"


@dataclass(frozen=True)
class Contradiction:
    """A value that was seen and lies outside what is inferred for its place."""

    path: str
    span: Span
    kind: str
    text: str
    inferred: str
    seen: str
    mode: str

    def __str__(self) -> str:
        place = f"{Path(self.path).name}:{self.span.line}:{self.span.column + 1}"
        return f"{place}: {self.kind} `{self.text}`: inferred {self.inferred}, seen {self.seen} ({self.mode})"


@dataclass
class Precision:
    """How many places held tensors or variables, and how much is known of these."""

    places: int = 0
    dtype: int = 0
    rank: int = 0
    shape: int = 0

    def add(self, dtype: bool, rank: bool, shape: bool) -> None:
        """Count one place."""
        self.places += 1
        self.dtype += dtype
        self.rank += rank
        self.shape += shape

    def __add__(self, other: Precision) -> Precision:
        return Precision(
            self.places + other.places,
            self.dtype + other.dtype,
            self.rank + other.rank,
            self.shape + other.shape,
        )


@dataclass
class Report:
    """One program. `names` are parameters, bound names and results; `reasons` say why a tensor is not known."""

    name: str
    places: int = 0
    values: int = 0
    contradictions: list[Contradiction] = field(default_factory=list)
    names: Precision = field(default_factory=Precision)
    expressions: Precision = field(default_factory=Precision)
    reasons: Counter[str] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)


def judge(program: Program, recorder: Recorder, modes: Iterable[str]) -> Report:
    """Analyse a program, run it in each of the modes, and compare."""
    report = Report(program.name)
    analysis = analyse(program.root, program.settings)
    world = world_of(analysis, recorder)
    for mode in modes:
        record = recorder.run(program.root, program.entry, mode)
        if record.error:
            report.errors[mode] = record.error
        with_stack(lambda record=record, mode=mode: compare(analysis, record, mode, world, report))  # type: ignore[misc]
    return report


def world_of(analysis: Analysis, recorder: Recorder) -> World:
    """The names that inferred values mention, looked up under TensorFlow."""
    names: set[str] = set()
    for inferred in analysis.files.values():
        for value in inferred.everything():
            names |= _names(value)
    return World(recorder.resolve(sorted(names)).get, analysis.definition)


def _names(value: Value) -> set[str]:
    found: set[str] = set()
    pending: list[Any] = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, External):
            found.add(each.name)
        elif isinstance(each, Object):
            found.add(each.cls)
        elif isinstance(each, Py | Sequence | Mapping) and "." in each.type:
            found.add(each.type)
        if isinstance(each, tuple):
            pending.extend(each)
        elif isinstance(each, msgspec.Struct):
            pending.extend(getattr(each, name) for name in each.__struct_fields__)
    return found


def compare(analysis: Analysis, record: Record, mode: str, world: World, report: Report) -> None:
    """Add to a report what one run tells."""
    for path, sights in record.files.items():
        inferred = analysis.files.get(path)
        if inferred is None:
            continue
        lines = Path(path).read_text("utf-8").split("\n")
        for sight in sights:
            _sight(path, sight, inferred, lines, mode, world, report)


def _sight(
    path: str, sight: Sight, inferred: Inferred, lines: list[str], mode: str, world: World, report: Report
) -> None:
    span = Span(*sight.span)
    values = inferred.values(sight.kind, span)
    report.places += 1
    report.values += len(sight.values)
    text = _text(sight, lines)
    if not values:
        if sight.kind != "return":
            what = Contradiction(path, span, sight.kind, text, UNREACHED, str(sight.values[0][0])[:160], mode)
            report.contradictions.append(what)
        return
    for seen, in_graph in sight.values:
        if not any(contains(value, seen, world, in_graph) for value in values):
            shown = " or ".join(dict.fromkeys(display(value) for value in values))
            what = Contradiction(path, span, sight.kind, text, shown[:200], str(seen)[:200], mode)
            report.contradictions.append(what)
            break
    if mode == "eager":
        _measure(sight, values[0], text, report)


def _text(sight: Sight, lines: list[str]) -> str:
    line, column, end_line, end = sight.span
    if sight.name:
        return sight.name
    return lines[line - 1][column : end if end_line == line else None][:80]


def _measure(sight: Sight, value: Value, text: str, report: Report) -> None:
    seen = [described for described, _ in sight.values]
    if not all(each[0] in ("tensor", "variable") for each in seen):
        return
    dtypes = {each[2] if each[0] == "tensor" else each[1] for each in seen}
    shapes = [each[3] if each[0] == "tensor" else each[2] for each in seen]
    dtype, rank, exact = known(value, dtypes, shapes)
    table = report.expressions if sight.kind == "expression" else report.names
    table.add(dtype, rank, exact)
    if sight.kind == "expression" and not exact:
        report.reasons.update(reasons(value, dtype, rank, text))


def known(value: Value, dtypes: set[str], shapes: list[list[int | None] | None]) -> tuple[bool, bool, bool]:
    """Whether dtype, rank and shape are known as well as they can be, given what was seen in a place.

    What took several values in the run need not be known. Sizes are exact when they are numbers, or differed.
    """
    tensors = [o for o in options(value) if isinstance(o, Tensor | Variable | KerasTensor)]
    if not tensors:
        return False, False, False
    dtype = len(dtypes) > 1 or all(each.dtype is not None for each in tensors)
    ranks = {None if shape is None else len(shape) for shape in shapes}
    if len(ranks) > 1:
        return dtype, True, True
    if not all(each.shape is not None for each in tensors):
        return dtype, ranks == {None}, ranks == {None}
    exact = all(
        len({shape[position] for shape in shapes if shape is not None}) > 1 or _is_sized(tensors, position)
        for position in range(len(shapes[0] or ()))
    )
    return dtype, True, exact


def _is_sized(tensors: list[Any], position: int) -> bool:
    return all(position < len(each.shape) and isinstance(each.shape[position], int) for each in tensors)


def reasons(value: Value, dtype: bool, rank: bool, text: str) -> Iterator[str]:
    """Why a tensor is not known, without the names that differ from program to program."""
    for option in options(value):
        if isinstance(option, Unknown):
            last = option.reason.rpartition(": ")[2]
            yield re.sub(r"`[^`]*`", "`…`", last)
            return
    called = re.match(r"([\w.]+)\(", text)
    what = (
        "dtype and rank"
        if not dtype and not rank
        else "dtype"
        if not dtype
        else "rank"
        if not rank
        else "a size"
    )
    if called:
        yield f"{what} of a call of `{called[1].rpartition('.')[2]}`"
    elif text.endswith("]"):
        yield f"{what} of a subscript"
    elif re.fullmatch(r"[\w.]+", text):
        yield f"{what} of a name"
    else:
        yield f"{what} of an operator's result"
