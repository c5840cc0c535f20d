"""Which functions Keras 3 runs in a scope without real variables, where a trace freezes what it reads.

Keras 3 calls `call` symbolically in two cases (`keras/src/layers/layer.py`, reproduced on Keras 3.8.0 and 3.15.1):
before the first call of a layer that has no `build` of its own while one of its sublayers is unbuilt; and whenever
it is given a `KerasTensor`. A `tf.function` that is first traced there keeps initial weights and random seeds for
constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from graphlift import models
from graphlift.callgraph import CallGraph
from graphlift.facts.stateless import is_stateless
from graphlift.index import DefId, FunctionInfo
from graphlift.interp.frame import own_nodes
from graphlift.interp.solver import Solver
from graphlift.models.convert import leaves
from graphlift.resolve import class_info, function_info, mro, own_line, unit
from graphlift.syntax import nodes
from graphlift.values import Instance, KerasTensor, Mapping, Object, Sequence, Unknown, Value, options

_STATEFUL = ("keras.layers.Layer", "keras.random.SeedGenerator", "keras.metrics.Metric")


class Frozen(msgspec.Struct, frozen=True):
    """What freezes weights: a Keras class in whose symbolic call a function runs, or a graph that does; empty for none.

    It is certain where the layers are seen, and not only something unknown that may be one.
    """

    by: DefId = ""
    certain: bool = True


NOT_FROZEN = Frozen()


class KerasLayers:
    """What the program's Keras classes hold, and when their `call` is run symbolically."""

    def __init__(self, solver: Solver, graph: CallGraph, keras_method: Callable[[FunctionInfo], str]) -> None:
        self._solver = solver
        self._graph = graph
        self._keras_method = keras_method
        self._held: dict[DefId, dict[str, list[Value]]] = {}
        self._frozen: dict[DefId, Frozen] = {}
        for key, value in solver.state.cells.items():
            if key[0] == "attr":
                self._held.setdefault(key[1], {}).setdefault(key[2], []).append(value)

    def frozen(self, info: FunctionInfo) -> Frozen:
        """The Keras class during whose symbolic call the function runs, where that freezes something."""
        if self._solver.keras < 3:
            return NOT_FROZEN
        known = self._frozen.get(info.id)
        if known is None:
            found = [(owner, self._runs_symbolically(owner)) for owner in self._callers(info)]
            kept = [Frozen(owner, runs is True) for owner, runs in found if runs is not False]
            known = max(kept, key=lambda each: each.certain, default=NOT_FROZEN)
            if known.by and is_stateless(self._solver, self._graph, info):
                known = NOT_FROZEN
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

    def _runs_symbolically(self, owner: DefId) -> bool | None:
        """Whether Keras calls the `call` of a class symbolically while it has weights to freeze; `None` for perhaps."""
        lines = own_line(self._solver.db, owner)
        held = dict(self._attributes(lines))
        stateful = _any(self._is_stateful(option) for value in held.values() for option in _members(value))
        if stateful is False or ("symbolic-call", owner) in self._solver.state.cells:
            return stateful
        if any(
            "build" in dict(info.members) for line in lines if (info := class_info(self._solver.db, line))
        ):
            return False
        built = {name for line in lines for name in self._built_by_constructor(line)}
        late = [option for name, value in held.items() if name not in built for option in _members(value)]
        unbuilt = _any(self._is_unbuilt(option) for option in late)
        return unbuilt and stateful if unbuilt is not None else None

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

    def _is_stateful(self, value: Value) -> bool | None:
        if isinstance(value, Object):
            return any(models.is_subclass(value.cls, base) for base in _STATEFUL)
        return self._is_layer(value)

    def _is_unbuilt(self, value: Value) -> bool | None:
        if isinstance(value, Object):
            return models.is_subclass(value.cls, "keras.layers.Layer", 3) and not is_built(value)
        return self._is_layer(value)

    def _is_layer(self, value: Value) -> bool | None:
        """Whether a value is a layer of the program; `None` where that cannot be seen."""
        if isinstance(value, Unknown):
            return None
        if not isinstance(value, Instance):
            return False
        line = mro(self._solver.db, value.definition)
        return _any(
            None
            if entry is None
            else entry.kind == "external"
            and models.is_subclass(models.canonical(entry.target, 3), "keras.layers.Layer", 3)
            for entry in line
        )


def _any(answers: Iterable[bool | None]) -> bool | None:
    """Whether one of the answers is yes; `None` where one may be."""
    found = set(answers)
    return True if True in found else None if None in found else False


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
