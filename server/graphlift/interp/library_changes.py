"""Library objects whose attributes or layers the program changes: `layer.trainable = False`, `model.add(layer)`.

A library object has no identity here. What is known is through which expression it is changed: the globals,
attributes and captured variables on the way to it are places whose objects are other than they were.
"""

from __future__ import annotations

from graphlift import models
from graphlift.interp.frame import Frame, memoised, own_nodes
from graphlift.interp.places import captured_names, global_at, mark_of
from graphlift.syntax import nodes
from graphlift.values import Instance, Object, Value, const, options

IN_VARIABLES = frozenset({"learning_rate", "lr", "iterations"})
"""Attributes of optimizers that are kept in variables, which a graph reads at each call."""

MAX_STEPS = 6
"""How far an expression is followed back through local names."""


def is_frozen_attribute(receiver: Object, name: str) -> bool:
    """Whether an attribute of a library object is a Python value to the graph that reads it."""
    return not (name in IN_VARIABLES and models.is_subclass(receiver.cls, "keras.optimizers.Optimizer"))


def touch_path(frame: Frame, node: nodes.NodeNG | None, where: nodes.NodeNG, steps: int = MAX_STEPS) -> None:
    """Remember that what an expression gives is changed at `where`, for whoever reads the places on the way to it."""
    from graphlift.interp.objects import CONSTRUCTORS

    if frame.info is not None and frame.info.name in CONSTRUCTORS:
        return
    while node is not None and steps:
        steps -= 1
        match node:
            case nodes.Attribute() | nodes.AssignAttr():
                _touch_attribute(frame, node, where)
                node = node.expr
            case nodes.Subscript():
                node = node.value
            case nodes.Call() if isinstance(node.func, nodes.Attribute):
                node = node.func.expr
            case nodes.Call() if (
                isinstance(node.func, nodes.Name) and node.func.name in _PASSING and node.args
            ):
                node = node.args[0]
            case nodes.Name() | nodes.AssignName():
                node = _touch_name(frame, node.name, where)
            case _:
                return


_PASSING = ("enumerate", "reversed", "list", "tuple", "iter", "sorted")
"""Built-ins that hand on what is in their first argument."""


def _touch_attribute(frame: Frame, node: nodes.Attribute | nodes.AssignAttr, where: nodes.NodeNG) -> None:
    from graphlift.interp.expressions import evaluate
    from graphlift.interp.objects import find_member

    with frame.quietly():
        owner = evaluate(frame, node.expr)
    for option in options(owner):
        if isinstance(option, Instance):
            found = find_member(frame, option.definition, node.attrname)
            place = found[2] if found is not None and found[0] in ("self", "value") else option.definition
            _touch(frame, f"{place}.{node.attrname}", where)


def _touch_name(frame: Frame, name: str, where: nodes.NodeNG) -> nodes.NodeNG | None:
    """Touch the place of a name, or give the expression that a local name got its value from."""
    parameters = () if frame.info is None else frame.info.parameters
    if any(parameter.name == name for parameter in parameters):
        frame.effect("writes-state", where, name, target=f"param:{name}")
        return None
    if not frame.is_module and name in frame.env:
        if frame.node is not None and name in captured_names(frame.node):
            _touch(frame, f"captured {frame.definition}.{name}", where)
        return origins(frame.node).get(name) if frame.node is not None else None
    found = global_at(frame, frame.module, name)
    if found is not None and found[1]:
        _touch(frame, found[1], where)
    return origins(frame.node).get(name) if frame.is_module and frame.node is not None else None


def _touch(frame: Frame, place: str, where: nodes.NodeNG) -> None:
    frame.write_cell(("touched", place), const(mark_of(frame, where)))


@memoised
def origins(scope: nodes.Scope) -> dict[str, nodes.NodeNG]:
    """The expressions that the names of a scope's loops and plain assignments get their values from."""
    found: dict[str, nodes.NodeNG] = {}
    for node in own_nodes(scope):
        if isinstance(node, nodes.For):
            found |= {n.name: node.iter for n in node.target.nodes_of_class(nodes.AssignName)}
        elif isinstance(node, nodes.Assign) and isinstance(
            node.value, nodes.Attribute | nodes.Subscript | nodes.Name
        ):
            found |= {t.name: node.value for t in node.targets if isinstance(t, nodes.AssignName)}
    return found


def changes_object(value: Value) -> bool:
    """Whether a value is, or may be, a library object."""
    return any(isinstance(option, Object) for option in options(value))
