"""`receiver.name = value`: what it makes of the attribute, and who else sees the change."""

from __future__ import annotations

import msgspec

from graphlift.interp.attribute_paths import note_set
from graphlift.interp.frame import Frame
from graphlift.interp.objects import CONSTRUCTORS, find_member
from graphlift.interp.places import MARK, mark_of
from graphlift.interp.protocol import runs_hooks, store_by_hook
from graphlift.syntax import nodes
from graphlift.values import (
    Array,
    Class,
    Const,
    Function,
    Instance,
    Iterator,
    Mapping,
    Module,
    Object,
    Sequence,
    SetOf,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    const,
    join_all,
    options,
)


def store_attribute(frame: Frame, receiver: Value, name: str, value: Value, node: nodes.NodeNG) -> bool:
    """`receiver.name = value`: what it makes of the attribute and whether the outside sees the change.

    Says whether the attribute is sure to hold that value now, since no code of the program has a say in it.
    """
    from graphlift.interp.targets import is_seen, target_of

    plain = [
        option
        for option in options(receiver)
        if not (isinstance(option, Instance) and store_by_hook(frame, option, name, value, node))
    ]
    note_set(frame, name, all(frame.is_fresh(option) for option in options(receiver)))
    if not plain:
        return False
    kept = len(plain) == len(options(receiver)) and not any(runs_hooks(frame, option) for option in plain)
    receiver = join_all(plain)
    for option in plain:
        if isinstance(option, Instance | Function):
            frame.write_cell(("attr", option.definition, name), stored(value))
        elif isinstance(option, Class):
            frame.write_cell(("classvar", option.definition, name), stored(value))
        elif isinstance(option, Module):
            frame.write_cell(("global", option.name, name), stored(value))
            frame.write_cell(("changed-global", option.name, name), const(frame.definition))
        elif isinstance(option, Unknown):
            frame.write_cell(("attr", "?", name), stored(value))  # It may be an object of any class.
    expression = getattr(node, "expr", node)
    _note_library_change(frame, receiver, name, expression, node)
    target = target_of(frame, expression, receiver)
    _note_later(frame, receiver, name, value)
    if target == "fresh":
        _note_own(frame, receiver, name, node)
        return kept
    subject = f"{_owner_text(receiver)}.{name}"
    if frame.once:
        if any(isinstance(o, Tensor) and not o.eager for o in options(value)):
            frame.effect("leaks-tensor", node, subject, target=target, certain=is_seen(receiver, target))
        return kept
    for option in options(receiver):
        owner = option.definition if isinstance(option, Instance | Class | Function) else "?"
        if isinstance(option, Object):
            continue
        if method_name(frame) not in CONSTRUCTORS:
            frame.write_cell(("changed", owner, name), const(frame.definition))
    frame.effect("writes-state", node, subject, target=target, certain=is_seen(receiver, target))
    return kept


def _note_library_change(
    frame: Frame, receiver: Value, name: str, expression: nodes.NodeNG, node: nodes.NodeNG
) -> None:
    """An attribute that library code reads is changed: whoever uses the object in a graph keeps the old one."""
    from graphlift.interp.library_changes import is_frozen_attribute, touch_path
    from graphlift.interp.trainable import NAME, change_trained, is_layer

    if method_name(frame) in CONSTRUCTORS:
        return
    if name == NAME and any(is_layer(o) or _inherits(frame, o, name) for o in options(receiver)):
        change_trained(frame, receiver, expression, node)
    for option in options(receiver):
        frozen = isinstance(option, Object) and is_frozen_attribute(option, name)
        if frozen or _inherits(frame, option, name):
            touch_path(frame, expression, node)


def _note_later(frame: Frame, receiver: Value, name: str, value: Value) -> None:
    """Remember what an attribute is set to after its object was made."""
    if method_name(frame) in CONSTRUCTORS:
        return
    for option in options(receiver):
        owner = option.definition if isinstance(option, Instance | Class | Function) else "?"
        frame.write_cell(("later", owner, name), value if isinstance(value, Const) else _ANYTHING)


def note_deleted(frame: Frame, receiver: Value, name: str) -> None:
    """Remember that an attribute is deleted, which leaves none of what it is set to."""
    _note_later(frame, receiver, name, _ANYTHING)


def note_made_again(frame: Frame, name: str, bindings: dict[str, Value], node: nodes.NodeNG) -> None:
    """`obj.__init__(…)` on an object that was there before changes what the constructor sets."""
    called = node.func if isinstance(node, nodes.Call) else None
    explicit = isinstance(called, nodes.Attribute) and called.attrname == name == "__init__"
    if not explicit or not bindings or method_name(frame) in CONSTRUCTORS:
        return
    for option in options(next(iter(bindings.values()))):
        if not isinstance(option, Instance):
            continue
        fresh = frame.is_fresh(option)
        who = mark_of(frame, node, option.site) if fresh else frame.definition
        for entry in frame.analysis.query("mro", option.definition):
            found = None if entry is None else frame.analysis.query("class_info", entry.target)
            for attribute, _ in () if found is None else found.self_attributes:
                frame.write_cell(
                    ("changed-own" if fresh else "changed", option.definition, attribute), const(who)
                )
                frame.write_cell(("later", option.definition, attribute), _ANYTHING)


_ANYTHING = Unknown("what it is set to later is no constant")


def _inherits(frame: Frame, value: Value, name: str) -> bool:
    """Whether an attribute of a program's object is one of the library class that it inherits from."""
    found = find_member(frame, value.definition, name) if isinstance(value, Instance) else None
    return found is not None and found[0] == "external"


def _note_own(frame: Frame, receiver: Value, name: str, node: nodes.NodeNG) -> None:
    """Remember where a run changes an object of its own: it may have had it read in a graph before."""
    if method_name(frame) in CONSTRUCTORS:
        return
    for option in options(receiver):
        if isinstance(option, Instance):
            mark = mark_of(frame, node, option.site)
            frame.write_cell(("changed-own", option.definition, name), const(mark))


def method_name(frame: Frame) -> str:
    """The name of the function that is run; empty for a module or class."""
    return frame.info.name if frame.info is not None else ""


def _owner_text(receiver: Value) -> str:
    for option in options(receiver):
        if isinstance(option, Instance | Class | Function):
            return option.definition
    return "?"


def stored(value: Value) -> Value:
    """A value as a flow-insensitive place keeps it: an object stored there is not new to its readers.

    One that another place holds stays known as that place's.
    """
    return join_all(_without_site(option) for option in options(value))


def _without_site(value: Value) -> Value:
    if isinstance(value, Instance | Sequence | Mapping | SetOf | Array) and value.site:
        kept = "|".join(part for part in value.site.split("|") if part.startswith(MARK))
        return msgspec.structs.replace(value, site=kept)
    if isinstance(value, Iterator) and value.source == "fresh":
        return Iterator(value.element)
    if isinstance(value, TensorArray):
        return TensorArray(value.dtype, value.shape)
    if isinstance(value, Tensor) and value.dynamic:
        # What outlives a call was made outside a graph, or cannot be used at all.
        return msgspec.structs.replace(value, dynamic=False)
    return value
