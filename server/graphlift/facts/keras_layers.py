"""Which functions Keras 3 runs in a scope without real variables, where a trace freezes what it reads.

Keras 3 calls `call` symbolically in two cases (`keras/src/layers/layer.py`, reproduced on Keras 3.8.0 and 3.15.1):
before the first call of a layer that has no `build` of its own while one of its sublayers is unbuilt; and whenever
it is given a `KerasTensor`. A `tf.function` that is first traced there keeps initial weights and random seeds for
constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphlift import models
from graphlift.callgraph import CallGraph
from graphlift.facts.stateless import is_stateless
from graphlift.index import DefId, FunctionInfo
from graphlift.interp.frame import own_nodes
from graphlift.interp.solver import Solver
from graphlift.models.convert import leaves
from graphlift.resolve import class_info, function_info, mro, unit
from graphlift.syntax import nodes
from graphlift.values import Instance, KerasTensor, Mapping, Object, Sequence, Unknown, Value, options

_STATEFUL = ("keras.layers.Layer", "keras.random.SeedGenerator", "keras.metrics.Metric")


class KerasLayers:
    """What the program's Keras classes hold, and when their `call` is run symbolically."""

    def __init__(self, solver: Solver, graph: CallGraph, keras_method: Callable[[FunctionInfo], str]) -> None:
        self._solver = solver
        self._graph = graph
        self._keras_method = keras_method
        self._held: dict[DefId, dict[str, list[Value]]] = {}
        self._frozen: dict[DefId, str] = {}
        for key, value in solver.state.cells.items():
            if key[0] == "attr":
                self._held.setdefault(key[1], {}).setdefault(key[2], []).append(value)

    def frozen(self, info: FunctionInfo) -> str:
        """The Keras class during whose symbolic call the function runs, where that freezes something; else empty."""
        if self._solver.keras < 3:
            return ""
        known = self._frozen.get(info.id)
        if known is None:
            owners = (owner for owner in self._callers(info) if self._runs_symbolically(owner))
            known = next(owners, "")
            if known and is_stateless(self._solver, self._graph, info):
                known = ""
            self._frozen[info.id] = known
        return known

    def _callers(self, info: FunctionInfo) -> list[DefId]:
        """The Keras classes whose `call` is, or calls directly or through others, this function."""
        found: list[DefId] = []
        seen: set[DefId] = set()
        pending = [info.id]
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            here: FunctionInfo | None = function_info(self._solver.db, current)
            if here is not None and self._keras_method(here) == "call":
                found.append(here.parent)
            pending.extend(call.caller for call in self._graph.callers_of(current))
        return sorted(found)

    def _runs_symbolically(self, owner: DefId) -> bool:
        lines = [e.target for e in mro(self._solver.db, owner) if e is not None and e.kind == "class"]
        held = dict(self._attributes(lines))
        if not any(self._is_stateful(value) for value in held.values()):
            return False
        if ("symbolic-call", owner) in self._solver.state.cells:
            return True
        if any(
            "build" in dict(info.members) for line in lines if (info := class_info(self._solver.db, line))
        ):
            return False
        built = {name for line in lines for name in self._built_by_constructor(line)}
        return any(self._may_be_unbuilt(value) for name, value in held.items() if name not in built)

    def _attributes(self, lines: list[DefId]) -> Iterator[tuple[str, Value]]:
        for line in lines:
            for name, values in self._held.get(line, {}).items():
                for value in values:
                    yield name, value

    def _built_by_constructor(self, owner: DefId) -> Iterator[str]:
        """The attributes whose `build` the constructor calls, or which it calls themselves."""
        info = class_info(self._solver.db, owner)
        constructor = dict(info.members).get("__init__") if info is not None else None
        node = unit(self._solver.db, owner.partition(":")[0]).nodes.get(constructor or "")
        if node is None:
            return
        for child in own_nodes(node):
            target = child.func if isinstance(child, nodes.Call) else None
            if isinstance(target, nodes.Attribute) and target.attrname == "build":
                target = target.expr
            if isinstance(target, nodes.Attribute) and isinstance(target.expr, nodes.Name):
                yield target.attrname

    def _is_stateful(self, value: Value) -> bool:
        return any(self._holds(option) for option in _members(value))

    def _holds(self, value: Value) -> bool:
        if isinstance(value, Object):
            return any(models.is_subclass(value.cls, base) for base in _STATEFUL)
        return isinstance(value, Instance | Unknown) and self._may_be_layer(value)

    def _may_be_unbuilt(self, value: Value) -> bool:
        return any(self._is_unbuilt(option) for option in _members(value))

    def _is_unbuilt(self, value: Value) -> bool:
        if isinstance(value, Object):
            return models.is_subclass(value.cls, "keras.layers.Layer", 3) and not is_built(value)
        return isinstance(value, Instance | Unknown) and self._may_be_layer(value)

    def _may_be_layer(self, value: Instance | Unknown) -> bool:
        if isinstance(value, Unknown):
            return True
        return any(
            entry is None
            or (
                entry.kind == "external"
                and models.is_subclass(models.canonical(entry.target, 3), "keras.layers.Layer", 3)
            )
            for entry in mro(self._solver.db, value.definition)
        )


def _members(value: Value) -> Iterator[Value]:
    """The alternatives of a value, and those of the elements of its containers."""
    for option in options(value):
        if isinstance(option, Sequence):
            yield from _members(option.element)
        elif isinstance(option, Mapping):
            yield from _members(option.value)
        else:
            yield option


def is_built(value: Object) -> bool:
    """Whether a library model has its weights from the start: a functional one, or one that begins with an input."""
    config = dict(value.config)
    if any(isinstance(leaf, KerasTensor) for leaf in leaves(config.get("outputs", Unknown("")))):
        return True
    layers = config.get("layers")
    first = layers.items[0] if isinstance(layers, Sequence) and layers.items else None
    if isinstance(first, KerasTensor):
        return True
    if not isinstance(first, Object):
        return False
    begins = models.is_subclass(first.cls, "keras.layers.InputLayer", 3) or is_built(first)
    return begins or "input_shape" in dict(first.config)
