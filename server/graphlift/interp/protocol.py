"""Attribute access that runs code of the program: properties' setters, descriptors, `__getattr__` and its like."""

from __future__ import annotations

from graphlift.index.model import DefId
from graphlift.interp.binding import Site
from graphlift.interp.frame import Frame
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    Bound,
    Class,
    External,
    Function,
    GraphFunction,
    Instance,
    Partial,
    Unknown,
    Value,
    const,
    join_all,
    options,
)


def load_by_hook(frame: Frame, receiver: Instance, name: str, node: nodes.NodeNG) -> Value | None:
    """What the `__getattribute__` of the program gives; `None` where the class has none."""
    return _hook(frame, receiver, "__getattribute__", (const(name),), node)


def load_missing(frame: Frame, receiver: Instance, name: str, node: nodes.NodeNG) -> Value | None:
    """What the `__getattr__` of the program gives for an attribute that is not there; `None` without one."""
    return _hook(frame, receiver, "__getattr__", (const(name),), node)


WRAPPERS = ("staticmethod", "classmethod", "property")
"""What Python makes of a function in a class's body where it is called instead of written as a decorator."""


def wrapper_of(value: Value) -> tuple[str, dict[str, Value]]:
    """Which of the wrappers a value is, empty for none, and its functions by their parameters' names."""
    if not isinstance(value, Partial) or not isinstance(value.function, External):
        return "", {}
    name = value.function.name.removeprefix("builtins.")
    if name not in WRAPPERS:
        return "", {}
    parameters = ("fget", "fset", "fdel", "doc") if name == "property" else ("function",)
    return name, {**dict(zip(parameters, value.args, strict=False)), **dict(value.keywords)}


def shown_by_class(receiver: Class, value: Value) -> Value:
    """The value of a class's body as the class itself shows it."""
    name, functions = wrapper_of(value)
    if name not in ("staticmethod", "classmethod"):
        return value
    function = functions.get("function", value)
    return function if name == "staticmethod" else Bound(receiver, function)


def described(frame: Frame, receiver: Instance, value: Value, node: nodes.NodeNG) -> Value:
    """The value of a class's body as its instances show it: functions are bound, descriptors are asked."""
    return join_all(_described(frame, receiver, option, node) for option in options(value))


def _described(frame: Frame, receiver: Instance, value: Value, node: nodes.NodeNG) -> Value:
    from graphlift.interp.calls import call_value

    if isinstance(value, Function | GraphFunction):
        return Bound(receiver, value)
    name, functions = wrapper_of(value)
    if name == "staticmethod":
        return functions.get("function", value)
    if name == "classmethod":
        return Bound(Class(receiver.definition), functions.get("function", value))
    if name == "property":
        getter = Bound(receiver, functions.get("fget", Unknown("a property without a getter")))
        return call_value(frame, getter, Arguments(), _site(node))
    if not isinstance(value, Instance):
        return value
    found = _hook(frame, value, "__get__", (receiver, Class(receiver.definition)), node)
    return value if found is None else found


def store_by_hook(frame: Frame, receiver: Instance, name: str, value: Value, node: nodes.NodeNG) -> bool:
    """Whether `receiver.name = value` runs a setter or a descriptor instead of setting an attribute.

    A `__setattr__` is run as well; where it passes the value on to `object.__setattr__`, the attribute is set there.
    """
    from graphlift.interp.calls import call_value

    if _inside(frame, "__setattr__"):
        return False
    setter = _setter(frame, receiver.definition, name)
    if setter:
        _call(frame, receiver, setter, (value,), node)
        return True
    held = _class_value(frame, receiver.definition, name)
    for option in options(held) if held is not None else ():
        given = wrapper_of(option)[1].get("fset")
        if given is not None:
            call_value(frame, Bound(receiver, given), Arguments((value,)), _site(node))
            return True
        if (
            isinstance(option, Instance)
            and _hook(frame, option, "__set__", (receiver, value), node) is not None
        ):
            return True
    _hook(frame, receiver, "__setattr__", (const(name), value), node)
    return False


def runs_hooks(frame: Frame, receiver: Value) -> bool:
    """Whether code of the program decides what any attribute of the object holds."""
    hooks = ("__getattribute__", "__setattr__")
    return isinstance(receiver, Instance) and any(
        name in frame.analysis.query("attribute_hooks", receiver.definition) for name in hooks
    )


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
    from graphlift.interp.calls import call_function

    return call_function(frame, Function(function), Arguments(arguments), _site(node), receiver)


def _site(node: nodes.NodeNG) -> Site:
    """Where an attribute access calls something: the object is the receiver's expression."""
    return Site(node, getattr(node, "expr", node))


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
    """What a class's body binds to the name, whatever its instances may have under it."""
    for entry in frame.analysis.query("mro", definition):
        info = None if entry is None else frame.analysis.query("class_info", entry.target)
        member = None if info is None else dict(info.members).get(name)
        if member is not None:
            return None if member else frame.analysis.cell(("classvar", entry.target, name))
    return None
