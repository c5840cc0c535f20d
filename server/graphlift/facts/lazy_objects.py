"""Optimizers and layers that make their variables when they are first used, and objects that are gone by then."""

from __future__ import annotations

from collections.abc import Iterator

from graphlift import models
from graphlift.facts.changes import Moments
from graphlift.facts.keras_layers import is_built
from graphlift.facts.model import Several
from graphlift.index import DefId
from graphlift.interp.entry import EntryContext
from graphlift.interp.layer_calls import LAZY
from graphlift.interp.places import marks
from graphlift.interp.solver import Solver
from graphlift.resolve import unit
from graphlift.syntax import nodes
from graphlift.values import Never, Object, Value, options


def several_objects(solver: Solver, moments: Moments, entry: EntryContext) -> tuple[Several, ...]:
    """The parameters that visible calls give different optimizers or unbuilt layers."""
    built = ("builds-optimizers",) in solver.state.cells
    found: list[Several] = []
    for parameter in entry.parameters:
        if parameter.source != "calls":
            continue
        for base, kind in zip(LAZY, ("optimizer", "layer"), strict=True):
            lazy = list(_lazy(parameter.value, base))
            several = len(lazy) > 1 or any(_made_often(moments, each.made) for each in lazy)
            if several:
                found.append(Several(parameter.name, kind, kind == "optimizer" and not built))
    return tuple(found)


def _lazy(value: Value, base: str) -> Iterator[Object]:
    for option in options(value):
        lazy = isinstance(option, Object) and bool(option.made) and models.is_subclass(option.cls, base)
        if isinstance(option, Object) and lazy and (base == LAZY[0] or not is_built(option)):
            yield option


def _made_often(moments: Moments, made: str) -> bool:
    return made == "*" or not moments.runs_once(made.rpartition("#")[0])


def taken_from_temporaries(solver: Solver, definition: DefId) -> tuple[tuple[DefId, int], ...]:
    """Where a method that reads its object is taken from one that nothing keeps."""
    node = unit(solver.db, definition.partition(":")[0]).nodes.get(definition)
    if not isinstance(node, nodes.FunctionDef) or not node.args.args:
        return ()
    receiver = node.args.args[0].name
    if not any(name.name == receiver for name in node.nodes_of_class(nodes.Name)):
        return ()
    cell = solver.state.cells.get(("temporary", definition), Never())
    return tuple(sorted((who, line or 0) for who, line in marks(cell)))
