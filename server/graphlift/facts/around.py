"""What a verdict rests on that is assumed elsewhere: of what a constructor keeps and the function around has."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from graphlift.index import DefId, FunctionInfo
from graphlift.interp.entry import ParameterEvidence
from graphlift.interp.scope_names import free_names
from graphlift.interp.solver import Solver
from graphlift.interp.state import Root
from graphlift.resolve import class_info, function_info, holders, own_line, unit
from graphlift.syntax import nodes


class Around(msgspec.Struct, frozen=True):
    """An assumption about a parameter of another function, whose value this one reads."""

    info: FunctionInfo
    parameter: ParameterEvidence


def assumed_around(solver: Solver, root: Root) -> tuple[Around, ...]:
    """The assumptions about other functions' parameters that the values in a judged function rest on."""
    found = [*_around(solver, root.entry.definition), *_kept(solver, root)]
    return tuple(dict.fromkeys(found))


def _around(solver: Solver, definition: DefId) -> Iterator[Around]:
    """The parameters of the functions around that the definition reads."""
    node = unit(solver.db, definition.partition(":")[0]).nodes.get(definition)
    if not isinstance(node, nodes.FunctionDef):
        return
    names = free_names(node)
    outer = definition
    while "<locals>" in outer:
        outer = outer.rpartition(".<locals>.")[0]
        yield from _assumed(solver, outer, names)


def _kept(solver: Solver, root: Root) -> Iterator[Around]:
    """The parameters of constructors that are kept in attributes that it reads, itself or through what it calls."""
    info = function_info(solver.db, root.entry.definition)
    own = own_line(solver.db, info.parent) if info is not None and info.in_class else []
    for effect in root.summary.effects:
        owner, _, attribute = effect.subject.rpartition(".")
        if effect.kind != "reads-state" or class_info(solver.db, owner) is None:
            continue
        for each in own if owner in own else own_line(solver.db, owner):
            names = frozenset(name for kept, name in holders(solver.db, each) if kept == attribute)
            yield from _assumed(solver, f"{each}.__init__", names) if names else ()


def _assumed(solver: Solver, definition: DefId, names: frozenset[str]) -> Iterator[Around]:
    root = solver.state.roots.get(definition)
    info = function_info(solver.db, definition)
    if root is None or info is None:
        return
    for parameter in root.entry.parameters:
        if parameter.name in names and parameter.assumed and parameter.source not in ("self", "nothing"):
            yield Around(info, parameter)
