"""Code of the program inside values of a library: a layer that a model was made from, an activation, a schedule.

A library object runs what it holds when it is used, so that a use of the object has the effects of that code. What a
symbolic Keras tensor went through is run again by every model that is made from it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from graphlift.values.domain import (
    Bound,
    Function,
    GraphFunction,
    Instance,
    KerasTensor,
    Mapping,
    Object,
    Partial,
    Sequence,
    SetOf,
    Unknown,
    Value,
    options,
)
from graphlift.values.lattice import HELD, MAX_HELD, TOO_MANY_HELD, join_all


def held_by(values: Iterable[Value]) -> tuple[Value, ...]:
    """The functions and objects of the program that these values are or hold; something unknown for too many."""
    found: dict[Value, None] = {}
    for value in values:
        _collect(value, found)
    if len(found) > MAX_HELD or any(isinstance(one, Unknown) for one in found):
        return (TOO_MANY_HELD,)
    return tuple(found)


def _collect(value: Value, found: dict[Value, None]) -> None:
    match value:
        case Instance():
            found[Instance(value.definition, exact=value.exact)] = None
        case Function() | Bound() | Partial() | GraphFunction():
            found[value] = None
        case KerasTensor():
            found |= dict.fromkeys(value.held)
        case Object():
            for name, part in value.config:
                if name == HELD and isinstance(part, Unknown):
                    found[TOO_MANY_HELD] = None
                _collect(part, found)
        case Sequence():
            for part in value.items if value.items is not None else (value.element,):
                _collect(part, found)
        case Mapping():
            for part in (v for _, v in value.items) if value.items is not None else (value.value,):
                _collect(part, found)
        case SetOf():
            _collect(value.element, found)
        case _:
            if len(options(value)) > 1:
                for option in options(value):
                    _collect(option, found)


def through(value: Value, sources: Iterable[Value]) -> Value:
    """The value, its symbolic Keras tensors marked as having gone through what the sources hold."""
    if not _any_symbolic(value):
        return value
    held = held_by(_plain(one) for one in held_by(sources))
    return _marked(value, held) if held else value


def _plain(value: Value) -> Value:
    """Without what it closes over, which may hold symbolic tensors in turn."""
    match value:
        case Function():
            return Function(value.definition)
        case Bound():
            return Bound(_plain(value.receiver), _plain(value.function))
        case Partial() | GraphFunction():
            return _plain(value.function)
        case _:
            return value


def _any_symbolic(value: Value) -> bool:
    match value:
        case KerasTensor():
            return True
        case Sequence():
            return any(map(_any_symbolic, value.items if value.items is not None else (value.element,)))
        case Mapping():
            return any(_any_symbolic(v) for _, v in value.items or ()) or _any_symbolic(value.value)
        case _:
            return len(options(value)) > 1 and any(map(_any_symbolic, options(value)))


def _marked(value: Value, held: tuple[Value, ...]) -> Value:
    match value:
        case KerasTensor():
            both = held_by((value, *held))
            return msgspec.structs.replace(value, held=both)
        case Sequence():
            items = None if value.items is None else tuple(_marked(item, held) for item in value.items)
            return msgspec.structs.replace(value, items=items, element=_marked(value.element, held))
        case Mapping():
            entries = None if value.items is None else tuple((k, _marked(v, held)) for k, v in value.items)
            return msgspec.structs.replace(value, items=entries, value=_marked(value.value, held))
        case _:
            if len(options(value)) > 1:
                return join_all(_marked(option, held) for option in options(value))
            return value
