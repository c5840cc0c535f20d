"""What a class of named tuples has beside its fields: its own methods and properties."""

from __future__ import annotations

from graphlift.index import DefId
from graphlift.interp.frame import Frame
from graphlift.interp.objects import find_member, method_of
from graphlift.syntax import nodes
from graphlift.values import Class, Method, Sequence, Unknown, Value


def class_of_named_tuple(frame: Frame, value: Sequence) -> DefId | None:
    """The program's own class of named tuples that a value is of; `None` for those that a call makes."""
    words = value.type.split(".")
    definitions = (".".join(words[:n]) + ":" + ".".join(words[n:]) for n in range(len(words) - 1, 0, -1))
    return next((each for each in definitions if frame.analysis.query("class_info", each) is not None), None)


def member_of_named_tuple(frame: Frame, receiver: Sequence, name: str, node: nodes.NodeNG) -> Value:
    """A method or another attribute that the program's own class of named tuples has beside its fields."""
    own = class_of_named_tuple(frame, receiver)
    found = None if own is None else find_member(frame, own, name)
    if own is None or found is None or found[0] == "external":
        return Method(receiver, name)
    if found[0] != "function":
        return Unknown(f"the attribute `{name}` of a named tuple is not followed")
    info = frame.analysis.query("function_info", found[1])
    by_class = info is not None and "classmethod" in info.decorators
    return method_of(frame, Class(own) if by_class else receiver, found[1], node)
