"""`target += value`: what is changed in place is changed for all who hold it; else the name holds another object."""

from __future__ import annotations

from graphlift.interp.assign import assign, forget_structures, mutate
from graphlift.interp.expressions import evaluate, iteration
from graphlift.interp.frame import Frame, own_nodes
from graphlift.interp.operators import SPECIAL, binary
from graphlift.syntax import nodes
from graphlift.values import (
    Array,
    Instance,
    Mapping,
    Sequence,
    SetOf,
    Tensor,
    Unknown,
    Value,
    Variable,
    join,
    join_all,
    options,
)

REFUSED = ("+=", "-=", "*=", "/=", "**=")
"""The augmented assignments that a `tf.Variable` raises on (tried; the others make a tensor)."""


def augment(frame: Frame, node: nodes.AugAssign) -> None:
    """Execute an augmented assignment."""
    target = node.target
    before = _current(frame, target)
    operand = evaluate(frame, node.value)
    refused = [isinstance(o, Variable) and not o.keras and node.op in REFUSED for o in options(before)]
    result, replaced = _result(frame, node, before, operand)
    if any(refused):
        frame.effect("variable-augassign", node, f"{target.as_string()} {node.op}", certain=all(refused))
        if all(refused):
            return
    if replaced or not isinstance(target, nodes.AssignName):
        assign(frame, target, result)


def _result(frame: Frame, node: nodes.AugAssign, before: Value, operand: Value) -> tuple[Value, bool]:
    """What the target holds afterwards, and whether that may be another object than before."""
    found: list[Value] = []
    rest: list[Value] = []
    for option in options(before):
        changed = _changed(frame, node, option, operand)
        if changed is None:
            rest.append(option)
        else:
            found.append(changed)
    if rest or not found:
        found.append(binary(frame, node.op[:-1], join_all(rest) if rest else before, operand, node))
    return join_all(found), bool(rest) or any(isinstance(option, Instance) for option in options(before))


def _changed(frame: Frame, node: nodes.AugAssign, value: Value, operand: Value) -> Value | None:
    """The object after it was changed in place; `None` where the operator makes another one."""
    target = node.target
    if isinstance(value, Instance):
        return _by_method(frame, node, value, operand)
    if isinstance(value, Unknown):
        forget_structures(frame)
    if isinstance(value, Tensor) and _is_callers_array(frame, target):
        frame.effect("writes-state", node, target.as_string(), target=f"param:{target.name}")
        return None
    after = _grown(frame, node, value, operand)
    if after is not None:
        if not (isinstance(value, Array) and frame.is_fresh(value)):
            mutate(frame, target, value, after, node, operand)
        frame.note(target, after)
    return after


def _by_method(frame: Frame, node: nodes.AugAssign, value: Instance, operand: Value) -> Value | None:
    from graphlift.interp.instances import call_special

    name = f"__i{SPECIAL.get(node.op[:-1])}__"
    result = call_special(frame, value, name, (operand,), node.target)
    if result is None:
        return None
    # By convention the object gives itself back: it is still known whose it is.
    same = [isinstance(o, Instance) and o.definition == value.definition for o in options(result)]
    return value if same and all(same) else result


def _grown(frame: Frame, node: nodes.AugAssign, value: Value, operand: Value) -> Value | None:
    match value:
        case Sequence(type="list" | "deque"):
            return Sequence(
                value.type, None, join(value.element, iteration(frame, operand, node)), value.site
            )
        case SetOf(type="set"):
            return SetOf("set", join(value.element, iteration(frame, operand, node)), value.site)
        case Mapping() if isinstance(operand, Mapping):
            key, held = join(value.key, operand.key), join(value.value, operand.value)
            return Mapping(value.type, None, key, held, value.site)
        case Array(scalar=False) if not any(isinstance(o, Tensor | Variable) for o in options(operand)):
            binary(frame, node.op[:-1], value, operand, node)
            return value
    # NumPy leaves an operation with a tensor to TensorFlow, which makes a tensor of it.
    return None


def _is_callers_array(frame: Frame, target: nodes.NodeNG) -> bool:
    """Whether a name is still the array that a visible caller passed, which a graph gets as a tensor."""
    if not isinstance(target, nodes.AssignName) or frame.node is None or frame.info is None:
        return False
    if not any(parameter.name == target.name for parameter in frame.info.parameters):
        return False
    passed = frame.analysis.cell(("passed", frame.definition, target.name))
    if not any(isinstance(option, Array) and not option.scalar for option in options(passed)):
        return False
    bound = (n for n in own_nodes(frame.node) if isinstance(n, nodes.AssignName) and n.name == target.name)
    return not any(
        name.lineno < target.lineno and not isinstance(name.parent, nodes.Arguments | nodes.AugAssign)
        for name in bound
    )


def _current(frame: Frame, target: nodes.NodeNG) -> Value:
    from graphlift.interp.expressions import path_text
    from graphlift.interp.objects import attribute
    from graphlift.interp.operators import subscript

    if isinstance(target, nodes.AssignName):
        return frame.lookup(target.name, target)
    if isinstance(target, nodes.AssignAttr):
        path = path_text(target)
        if path in frame.paths:
            return frame.paths[path]
        return attribute(frame, evaluate(frame, target.expr), target.attrname, target)
    if isinstance(target, nodes.Subscript):
        return subscript(frame, evaluate(frame, target.value), evaluate(frame, target.slice), target)
    return Unknown("the target of an augmented assignment is not followed")
