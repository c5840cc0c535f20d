"""Attributes whose name is computed: `getattr(config, key)`, `setattr(target, key, value)`.

Which attribute is read cannot be said, so what is read is unknown; but it is known *within* which objects it lies.
A later change through it may change any object that those reach, and nothing else that is known.
"""

from __future__ import annotations

from graphlift.interp.attribute_paths import ANY, note_set
from graphlift.interp.frame import Frame
from graphlift.interp.places import mark_of
from graphlift.syntax import nodes
from graphlift.values import Instance, Unknown, Value, const, options, parts

MAX_REACHED = 64


def read_any(receiver: Value) -> Value:
    """`getattr(receiver, …)`: unknown, within what the receiver may be."""
    return Unknown("`getattr` with a computed name is not followed", _within(receiver))


def write_any(frame: Frame, receiver: Value, node: nodes.NodeNG) -> None:
    """`setattr(receiver, …, …)`: every attribute of what the receiver may be is unknown from now on.

    An unknown object that is not within any known one says no more than a call of unseen code does.
    """
    note_set(frame, ANY, fresh=False)
    reached: dict[str, None] = {}
    for option in options(receiver):
        if isinstance(option, Instance):
            reached[option.definition] = None
        elif isinstance(option, Unknown):
            reached |= dict.fromkeys(_reachable(frame, option.within))
    for definition in reached:
        reason = Unknown("`setattr` with a computed name may have set it")
        frame.write_cell(("attr", definition, "?"), reason)
        frame.write_cell(("touched", f"attributes {definition}"), const(mark_of(frame, node)))


def _within(value: Value) -> tuple[str, ...]:
    found: set[str] = set()
    for option in options(value):
        if isinstance(option, Instance):
            found.add(option.definition)
        elif isinstance(option, Unknown):
            found |= set(option.within)
    return tuple(sorted(found))


def _reachable(frame: Frame, classes: tuple[str, ...]) -> tuple[str, ...]:
    """The classes and those of all objects in their instances' attributes; `"?"` for more than can be listed."""
    found = dict.fromkeys(classes)
    pending = list(classes)
    while pending:
        for definition in _held_by(frame, pending.pop()):
            if definition not in found:
                found[definition] = None
                pending.append(definition)
        if len(found) > MAX_REACHED:
            return ("?",)
    return tuple(found)


def _held_by(frame: Frame, definition: str) -> tuple[str, ...]:
    """The classes of the objects in the attributes of a class's instances."""
    found: dict[str, None] = {}
    if definition == "?":
        return ()
    for entry in frame.analysis.query("mro", definition):
        info = None if entry is None else frame.analysis.query("class_info", entry.target)
        if info is None:
            continue
        names = [name for name, _ in info.self_attributes] + [name for name, to in info.members if not to]
        for name in names:
            for owner in dict.fromkeys((definition, info.id)):
                for kind in ("attr", "classvar"):
                    _collect(frame.analysis.cell((kind, owner, name)), found)
    return tuple(found)


def _collect(value: Value, found: dict[str, None]) -> None:
    if isinstance(value, Instance):
        found[value.definition] = None
    elif isinstance(value, Unknown):
        found |= dict.fromkeys(value.within)
    else:
        for part in parts(value):
            _collect(part, found)
