"""What the analysis says of a program, in the places that the recorder notes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from graphlift.ide.workspace import Settings, Workspace
from graphlift.interp.watch import watch
from graphlift.resolve import unit
from graphlift.source.span import Span
from graphlift.values import NEVER, Value, join

_Result = TypeVar("_Result")

STACK = 512 << 20
RECURSION = 30_000


@dataclass
class Places:
    """Values by place: what expressions give, names where they are bound, and results by the line of the `def`."""

    expressions: dict[Span, Value] = field(default_factory=dict)
    bindings: dict[Span, Value] = field(default_factory=dict)
    returns: dict[int, Value] = field(default_factory=dict)


@dataclass
class Inferred:
    """One file, as if its functions were traced, and as plain Python."""

    key: str
    traced: Places = field(default_factory=Places)
    plain: Places = field(default_factory=Places)

    def values(self, kind: str, span: Span) -> list[Value]:
        """What is inferred for a place of this kind; nothing where it is never reached."""
        if kind == "return":
            return [
                each.returns[span.line] for each in (self.traced, self.plain) if span.line in each.returns
            ]
        tables = [
            each.expressions if kind == "expression" else each.bindings for each in (self.traced, self.plain)
        ]
        return [table[span] for table in tables if span in table]

    def everything(self) -> Iterator[Value]:
        """Every inferred value."""
        for places in (self.traced, self.plain):
            yield from places.expressions.values()
            yield from places.bindings.values()
            yield from places.returns.values()


@dataclass
class Analysis:
    """A program as the analysis sees it, by absolute path; `keys` are the files' module keys."""

    files: dict[str, Inferred]
    keras: int

    def definition(self, path: str, qualname: str) -> str:
        """The `DefId` of a class or function of the program; empty for anything else."""
        inferred = self.files.get(path)
        return f"{inferred.key}:{qualname}" if inferred is not None else ""


def analyse(root: Path, settings: Settings | None = None) -> Analysis:
    """Settle a program and look at every definition of it."""
    return with_stack(lambda: _analyse(root, settings))


def with_stack(work: Callable[[], _Result]) -> _Result:
    """Do work that recurses deeply."""
    results: list[_Result] = []
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            errors.append(error)

    before = threading.stack_size(STACK), sys.getrecursionlimit()
    sys.setrecursionlimit(RECURSION)
    try:
        thread = threading.Thread(target=guarded)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before[0])
        sys.setrecursionlimit(before[1])
    if errors:
        raise errors[0]
    return results[0]


def _analyse(root: Path, settings: Settings | None) -> Analysis:
    workspace = Workspace([str(root)], settings)
    workspace.settle()
    files: dict[str, Inferred] = {}
    for path in workspace.files():
        key = workspace.key_of(path)
        files[path] = inferred = Inferred(key)
        found = unit(workspace.db, key)
        for definition, layout in found.layouts.items():
            for plain, into in ((False, inferred.traced), (True, inferred.plain)):
                seen = watch(workspace.solver, definition, plain)
                if definition in found.functions and not found.functions[definition].is_lambda:
                    into.returns[layout.def_line] = seen.returns
                for table, more in ((into.expressions, seen.expressions), (into.bindings, seen.bindings)):
                    for span, value in more.items():
                        table[span] = join(table.get(span, NEVER), value)
    return Analysis(files, workspace.environment.keras or 3)
