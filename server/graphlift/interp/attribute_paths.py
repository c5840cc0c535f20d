"""What attributes of objects hold on the current path, and what makes that untrue again.

After `self.done = False`, `self.done` is known to be that, which the flow-insensitive cell of the attribute is not. Any
other object's name may be another name of the same object, and any call may lead to whoever sets the attribute. So
what is known of an attribute is forgotten where one of that name is set, by whatever name and however deep in callees.
"""

from __future__ import annotations

from collections.abc import Iterable

from graphlift.interp.frame import Frame
from graphlift.syntax import nodes
from graphlift.values import Value

ANY = "?"
"""In place of an attribute's name: any attribute may be set."""

OWN = "self:"
"""Before the name of an attribute that a constructor sets on the object that it makes."""


def forget_paths(frame: Frame, root: str) -> None:
    """Drop what is known of attribute paths that start at a name which now holds something else."""
    frame.paths = {
        path: value for path, value in frame.paths.items() if path.lstrip("?").partition(".")[0] != root
    }


def note_set(frame: Frame, name: str, fresh: bool) -> None:
    """The attribute `name` of some object is set here; `fresh` says that the call itself has made the object."""
    _forget(frame, (name,))
    if not fresh:
        frame.sets.add(f"{OWN}{name}" if _is_constructor(frame) and name != ANY else name)


def take_sets(frame: Frame, callee: str, sets: Iterable[str], generator: bool, node: nodes.NodeNG) -> None:
    """A callee sets attributes: what is known of those with such names may be over."""
    from graphlift.interp.objects import CONSTRUCTORS

    making = callee in CONSTRUCTORS and not _is_explicit(node, callee)
    taken = {name.removeprefix(OWN) for name in sets if not (making and name.startswith(OWN))}
    if not taken:
        return
    _forget(frame, taken)
    if generator:
        frame.set_later |= taken
    constructing = callee in CONSTRUCTORS and _is_constructor(frame)
    for name in sets:
        if name.removeprefix(OWN) in taken:
            frame.sets.add(name if constructing else name.removeprefix(OWN))


def remember_path(frame: Frame, path: str, value: Value) -> None:
    """The attribute at a path holds this, until somebody sets one of that name."""
    if not frame.set_later.isdisjoint((path.rpartition(".")[2], ANY)):
        return
    frame.paths[path] = value


def _forget(frame: Frame, names: Iterable[str]) -> None:
    if not frame.paths:
        return
    gone = set(names)
    frame.paths = {
        path: value
        for path, value in frame.paths.items()
        if ANY not in gone and gone.isdisjoint(path.split(".")[1:])
    }


def _is_constructor(frame: Frame) -> bool:
    from graphlift.interp.objects import CONSTRUCTORS

    return frame.info is not None and frame.info.name in CONSTRUCTORS


def _is_explicit(node: nodes.NodeNG, name: str) -> bool:
    """Whether a constructor is called by its name, on an object that is there: `super().__init__()`."""
    called = node.func if isinstance(node, nodes.Call) else None
    return isinstance(called, nodes.Attribute) and called.attrname == name
