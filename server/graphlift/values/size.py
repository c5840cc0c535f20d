"""Bounds on the size of abstract values: what flows between functions must stay small whatever the program builds."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from graphlift.values.domain import (
    Bound,
    Dataset,
    Function,
    GraphFunction,
    Iterator,
    Mapping,
    Object,
    OneOf,
    Partial,
    Sequence,
    SetOf,
    Unknown,
    Value,
)
from graphlift.values.lattice import join_all

MAX_WEIGHT = 400
"""The number of values inside a value, itself included, beyond which it is cut. A container counts both its items and
what describes them together, so depth counts most."""

_DEEPEST = 5


@lru_cache(maxsize=1 << 16)
def weight(value: Value) -> int:
    """How many values a value consists of; counting stops at `2 * MAX_WEIGHT`."""
    total = 1
    for part in parts(value):
        total += weight(part)
        if total > 2 * MAX_WEIGHT:
            break
    return total


def elements(value: Value) -> tuple[Value, ...]:
    """What a list, tuple or dict holds: each element or value where these are known, else what describes them all."""
    if isinstance(value, Sequence):
        return (value.element,) if value.items is None else value.items
    if isinstance(value, Mapping):
        return (value.value,) if value.items is None else tuple(item for _, item in value.items)
    return ()


def parts(value: Value) -> tuple[Value, ...]:
    """What a value holds directly: the items of a container, what a function closes over."""
    match value:
        case Sequence():
            return (*(value.items or ()), value.element)
        case Mapping():
            return (*(part for _, part in value.items or ()), value.key, value.value)
        case SetOf() | Dataset() | Iterator():
            return (value.element,)
        case Function():
            return tuple(part for _, part in value.closure)
        case Bound():
            return (value.receiver, value.function)
        case GraphFunction():
            return (value.function,)
        case Partial():
            return (value.function, *value.args, *(part for _, part in value.keywords))
        case Object():
            return tuple(part for _, part in value.config)
        case OneOf():
            return value.options
        case _:
            return ()


def limited(value: Value) -> Value:
    """The value itself, or when it is too large one that describes it with its deep parts forgotten."""
    if weight(value) <= MAX_WEIGHT:
        return value
    for depth in range(_DEEPEST, 0, -1):
        shorter = _cut(value, depth)
        if weight(shorter) <= MAX_WEIGHT:
            return shorter
    return _FORGOTTEN


_FORGOTTEN = Unknown("the value is too large to be followed")


@lru_cache(maxsize=1 << 14)
def _cut(value: Value, depth: int) -> Value:
    if depth <= 0:
        return _FORGOTTEN if parts(value) else value
    match value:
        case Sequence():
            items = None if value.items is None else tuple(_cut(item, depth - 1) for item in value.items)
            element = _cut(value.element, depth - 1) if items is None else join_all(items)
            return Sequence(value.type, items, element, value.site, value.fields)
        case Mapping():
            entries = None if value.items is None else tuple((k, _cut(v, depth - 1)) for k, v in value.items)
            inner = _cut(value.value, depth - 1) if entries is None else join_all(v for _, v in entries)
            return Mapping(value.type, entries, _cut(value.key, depth - 1), inner, value.site)
        case SetOf() | Dataset() | Iterator():
            return msgspec.structs.replace(value, element=_cut(value.element, depth - 1))
        case Function():
            closure = tuple((name, _cut(part, depth - 1)) for name, part in value.closure)
            return Function(value.definition, closure)
        case Bound():
            return Bound(_cut(value.receiver, depth - 1), _cut(value.function, depth - 1))
        case GraphFunction():
            return GraphFunction(_cut(value.function, depth - 1), value.options)
        case Object():
            return Object(
                value.cls, tuple((name, _cut(part, depth - 1)) for name, part in value.config), value.made
            )
        case OneOf():
            return join_all(_cut(option, depth) for option in value.options)
        case _:
            return _FORGOTTEN if parts(value) else value
