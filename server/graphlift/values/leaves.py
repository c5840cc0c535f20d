"""Structures of unknown form, as `tf.nest` takes them, of which the leaves are known (`Unknown.leaves`).

Only tensors, variables and `None` count as known leaves, without dtypes and shapes. The structure itself may be a list
or a dictionary, which others may change; so the leaves are forgotten (`without_leaves`) wherever a value is kept or
handed on, and when something of unknown form is changed. A graph refuses to choose between structures of two forms, so
they are forgotten there, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from graphlift.values.domain import (
    NONE,
    Mapping,
    Never,
    OneOf,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    options,
)
from graphlift.values.lattice import MAX_DEPTH, join_all


def leaves_of(value: Value, depth: int = 0) -> Value | None:
    """What describes all leaves of a structure; `None` where some leaf is not known."""
    match value:
        case Unknown():
            return value.leaves
        case Tensor():
            # A number where no graph is made: what holds it comes back as another kind of thing.
            return None if value.python else Tensor(form=value.form, eager=value.eager, dynamic=value.dynamic)
        case Variable():
            return Variable(keras=value.keras)
        case Never():
            return value
        case _ if depth > MAX_DEPTH:
            return None
        case OneOf():
            return common_leaves(options(value), depth + 1)
        case Sequence() if value.type in ("list", "tuple") or value.fields:
            return common_leaves(value.items if value.items is not None else (value.element,), depth + 1)
        case Mapping() if value.type == "dict":
            return leaves_of(value.value, depth + 1)
        case _:
            return value if value == NONE else None


def common_leaves(values: Iterable[Value], depth: int = 0) -> Value | None:
    """What describes the leaves of all of these structures; `None` where some leaf is not known."""
    found: list[Value] = []
    for value in values:
        leaves = leaves_of(value, depth)
        if leaves is None:
            return None
        found.append(leaves)
    return join_all(found)


def structure_of(leaf: Value, reason: str) -> Value:
    """A structure of unknown form, `reason` says why, each leaf of which a value describes."""
    return leaf if isinstance(leaf, Never) else Unknown(reason, leaves=leaves_of(leaf))


@lru_cache(maxsize=1 << 14)
def without_leaves(value: Value, depth: int = 0) -> Value:
    """What is known of a value that others may change: of a structure of unknown form not even its leaves."""
    if isinstance(value, Unknown):
        return Unknown(value.reason, value.within) if value.leaves is not None else value
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, OneOf):
        return join_all(without_leaves(option, depth + 1) for option in value.options)
    if isinstance(value, Sequence):
        items = None if value.items is None else tuple(without_leaves(i, depth + 1) for i in value.items)
        return msgspec.structs.replace(value, items=items, element=without_leaves(value.element, depth + 1))
    if isinstance(value, Mapping):
        entries = None
        if value.items is not None:
            entries = tuple((key, without_leaves(item, depth + 1)) for key, item in value.items)
        return msgspec.structs.replace(value, items=entries, value=without_leaves(value.value, depth + 1))
    return value
