"""Whose state does a write touch? The root of an access path decides."""

from __future__ import annotations

from graphlift.interp.frame import Frame
from graphlift.syntax import nodes
from graphlift.values import NEVER, Class, Instance, Mapping, Module, Sequence, SetOf, Unknown, Value, options


def target_of(frame: Frame, node: nodes.NodeNG, value: Value | None = None) -> str:
    """Who else can see a change of the object that an expression gives.

    `fresh`: nobody, this run made it. `param:NAME`: the caller, through that parameter. `closure:NAME`,
    `global:MODULE.NAME`: others through that name. `made:SITE`: the caller that made it there (`made_by_caller`).
    `heap`: somebody, it is not known through what.
    """
    if value is not None and all(frame.is_fresh(option) for option in options(value)) and options(value):
        return "fresh"
    while isinstance(node, nodes.Attribute | nodes.AssignAttr | nodes.DelAttr | nodes.Subscript):
        node = node.value if isinstance(node, nodes.Subscript) else node.expr
    if isinstance(node, nodes.Name | nodes.AssignName | nodes.DelName):
        return _name_target(frame, node.name)
    return "heap"


def is_seen(value: Value | None, target: str) -> bool:
    """Whether it is certain that others can see a change of a value with this target.

    Something unknown that came from a call or out of another unknown thing may be new each time.
    """
    return target != "heap" or not any(isinstance(option, Unknown) for option in options(value or NEVER))


def _name_target(frame: Frame, name: str) -> str:
    if name in frame.global_names:
        return f"global:{frame.module}.{name}"
    if name in frame.nonlocal_names:
        return f"closure:{name}"
    if name in frame.env:
        held = frame.env[name]
        if options(held) and all(frame.is_fresh(option) for option in options(held)):
            return "fresh"
        if frame.info is not None and any(
            p.name == name and p.kind == "kwarg" for p in frame.info.parameters
        ):
            return "fresh"  # Python makes the dictionary of `**` at each call.
        for parameter, _ in frame.context.bindings:
            if parameter == name:
                return f"param:{name}"
        if frame.info is not None and any(p.name == name for p in frame.info.parameters):
            return f"param:{name}"
        if frame.is_module:
            return f"global:{frame.module}.{name}"
        return _origin(frame, name)
    if name in frame.closure or name in frame.scope_names:
        return f"closure:{name}"
    return f"global:{frame.module}.{name}"


def _origin(frame: Frame, name: str) -> str:
    """A local name that holds somebody else's object: the parameter it came from, when it can be told."""
    held = frame.env[name]
    for parameter, value in frame.env.items():
        is_parameter = frame.info is not None and any(p.name == parameter for p in frame.info.parameters)
        if (
            is_parameter
            and value == held
            and isinstance(value, Instance | Sequence | Mapping | SetOf | Class)
        ):
            return f"param:{parameter}"
    if isinstance(held, Module | Class):
        return f"global:{name}"
    from graphlift.interp.made_by_caller import made_elsewhere

    return made_elsewhere(frame, held) or "heap"
