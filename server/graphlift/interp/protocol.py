"""Attribute access that runs code of the program: properties' setters, descriptors, `__getattr__` and its like."""

from __future__ import annotations

from graphlift.index.model import DefId
from graphlift.interp.frame import Frame
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import Class, Function, Instance, Value, const, join_all, options


def load_by_hook(frame: Frame, receiver: Instance, name: str, node: nodes.NodeNG) -> Value | None:
    """What the `__getattribute__` of the program gives; `None` where the class has none."""
    return _hook(frame, receiver, "__getattribute__", (const(name),), node)


def load_missing(frame: Frame, receiver: Instance, name: str, node: nodes.NodeNG) -> Value | None:
    """What the `__getattr__` of the program gives for an attribute that is not there; `None` without one."""
    return _hook(frame, receiver, "__getattr__", (const(name),), node)


def described(frame: Frame, receiver: Instance, value: Value, node: nodes.NodeNG) -> Value:
    """The value of a class's body as its instances show it: descriptors are asked."""
    if not any(isinstance(option, Instance) for option in options(value)):
        return value
    return join_all(_described(frame, receiver, option, node) for option in options(value))


def _described(frame: Frame, receiver: Instance, value: Value, node: nodes.NodeNG) -> Value:
    if not isinstance(value, Instance):
        return value
    found = _hook(frame, value, "__get__", (receiver, Class(receiver.definition)), node)
    return value if found is None else found


def store_by_hook(frame: Frame, receiver: Instance, name: str, value: Value, node: nodes.NodeNG) -> bool:
    """Whether `receiver.name = value` runs a setter or a descriptor instead of setting an attribute.

    A `__setattr__` is run as well; where it passes the value on to `object.__setattr__`, the attribute is set there.
    """
    if _inside(frame, "__setattr__"):
        return False
    setter = _setter(frame, receiver.definition, name)
    if setter:
        _call(frame, receiver, setter, (value,), node)
        return True
    held = _class_value(frame, receiver.definition, name)
    for option in options(held) if held is not None else ():
        if (
            isinstance(option, Instance)
            and _hook(frame, option, "__set__", (receiver, value), node) is not None
        ):
            return True
    _hook(frame, receiver, "__setattr__", (const(name), value), node)
    return False


def _hook(
    frame: Frame, receiver: Instance, special: str, arguments: tuple[Value, ...], node: nodes.NodeNG
) -> Value | None:
    from graphlift.interp.objects import find_member

    if special not in frame.analysis.query("attribute_hooks", receiver.definition):
        return None
    found = find_member(frame, receiver.definition, special)
    if found is None or found[0] != "function" or _inside(frame, special):
        return None
    return _call(frame, receiver, found[1], arguments, node)


def _inside(frame: Frame, special: str) -> bool:
    """Whether the access is in such a method itself, which reaches the attribute by another way."""
    return frame.info is not None and frame.info.in_class and frame.info.name == special


def _call(
    frame: Frame, receiver: Instance, function: DefId, arguments: tuple[Value, ...], node: nodes.NodeNG
) -> Value:
    from graphlift.interp.calls import Site, call_function

    site = Site(node, getattr(node, "expr", node))
    return call_function(frame, Function(function), Arguments(arguments), site, receiver)


def _setter(frame: Frame, definition: DefId, name: str) -> DefId:
    """The setter of the property that a class shows under this name; empty where there is none."""
    for entry in frame.analysis.query("mro", definition):
        info = None if entry is None else frame.analysis.query("class_info", entry.target)
        if info is None:
            continue
        for attribute, target in info.setters:
            if attribute == name:
                return str(target)
        if any(member == name for member, _ in info.members):
            return ""
    return ""


def _class_value(frame: Frame, definition: DefId, name: str) -> Value | None:
    """What a class's body binds to the name."""
    from graphlift.interp.objects import find_member

    found = find_member(frame, definition, name)
    if found is None or found[0] != "value":
        return None
    return frame.analysis.cell(("classvar", found[2], name))
