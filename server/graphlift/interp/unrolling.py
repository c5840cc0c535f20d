"""Which loops are short enough to be followed pass by pass, and over what each pass goes."""

from __future__ import annotations

from graphlift.interp.frame import own_nodes
from graphlift.syntax import nodes
from graphlift.values import (
    Bound,
    Const,
    Function,
    Mapping,
    Object,
    Partial,
    Sequence,
    Value,
    const,
    const_value,
)

MAX_PASSES = 8
"""Loops over more elements are interpreted to a fixpoint, as all loops are outside `interp.following`."""


def loop_items(source: Value) -> tuple[Value, ...] | None:
    """What a loop over `source` goes over, element by element; `None` where that is unknown or too much."""
    items: tuple[Value, ...] | None = None
    if isinstance(source, Sequence):
        items = source.items
    elif isinstance(source, Mapping):
        items = None if source.items is None else tuple(key for key, _ in source.items)
    elif isinstance(source, Object) and source.cls == "builtins.range":
        items = _numbers(source)
    return items if items is not None and len(items) <= MAX_PASSES else None


def made_on_the_spot(bindings: dict[str, Value], spots: dict[str, nodes.NodeNG]) -> tuple[str, ...]:
    """The parameters for which the call makes an object: a lambda, a bound method, a partial, a loss, an optimizer."""
    return tuple(
        name
        for name, value in bindings.items()
        if _makes_callable(spots.get(name), value) or _constructs(spots.get(name), value)
    )


def _constructs(spot: nodes.NodeNG | None, value: Value) -> bool:
    if (
        not isinstance(spot, nodes.Call)
        or not isinstance(value, Object)
        or not value.cls.startswith("keras.")
    ):
        return False
    called = spot.func
    name = called.attrname if isinstance(called, nodes.Attribute) else getattr(called, "name", "")
    return bool(name == value.cls.rpartition(".")[2])


def _makes_callable(spot: nodes.NodeNG | None, value: Value) -> bool:
    if isinstance(spot, nodes.Attribute):
        return isinstance(value, Bound) and isinstance(value.function, Function)
    return isinstance(spot, nodes.Lambda) or (isinstance(spot, nodes.Call) and isinstance(value, Partial))


def leaves_early(loop: nodes.For) -> bool:
    """Whether a loop may end before it has gone over everything."""
    return any(isinstance(node, nodes.Break | nodes.Return) for node in own_nodes(loop))


def _numbers(source: Object) -> tuple[Value, ...] | None:
    bounds = dict(source.config)
    given = [bounds.get(name) for name in ("start", "stop", "step")]
    numbers = [const_value(n) for n in given if isinstance(n, Const) and n.type == "int"]
    if len(numbers) < 3:
        return None
    start, stop, step = (n for n in numbers if isinstance(n, int))
    counted = range(start, stop, step) if step else range(0)
    return tuple(const(n) for n in counted) if len(counted) <= MAX_PASSES else None
