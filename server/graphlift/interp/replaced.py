"""What a name of a class may be instead of the method that stands last in its body under that name."""

from __future__ import annotations

from collections.abc import Iterator

from graphlift.index import DefId
from graphlift.interp.frame import Frame
from graphlift.interp.protocol import described
from graphlift.syntax import nodes
from graphlift.values import Instance, Never, Value


def instead(frame: Frame, owner: DefId, name: str) -> tuple[DefId, ...]:
    """The functions that the class has if a branch of its body goes the other way."""
    info = frame.analysis.query("class_info", owner)
    return () if info is None else tuple(target for each, target in info.instead if each == name)


def replacements(
    frame: Frame, receiver: Instance, owner: DefId, name: str, node: nodes.NodeNG
) -> Iterator[tuple[str, Value]]:
    """What is set in the method's place, on the object or on the class (by its decorator, say), and the place."""
    on_object = frame.analysis.cell(("attr", receiver.definition, name))
    if not isinstance(on_object, Never):
        yield f"{receiver.definition}.{name}", on_object
    on_class = frame.analysis.cell(("classvar", owner, name))
    if not isinstance(on_class, Never):
        yield f"{owner}.{name}", described(frame, receiver, on_class, node)
