"""`tf.nest`: flattening structures and packing them again, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterator

from graphlift.models import convert
from graphlift.models.rules import result_rule
from graphlift.models.transfer.results import map_leaves
from graphlift.values import (
    Const,
    Mapping,
    Never,
    Sequence,
    Unknown,
    Value,
    const_value,
    join_all,
    options,
    structure_of,
)

UNCOUNTED = "an unknown leaf may be a structure of its own"


@result_rule
def flatten_structure(structure: Value | None) -> Value:
    """`tf.nest.flatten`: the leaves as a list."""
    if structure is None:
        return Unknown("no structure was given")
    leaves = _leaves(structure)
    if leaves is None:
        return Sequence("list", None, join_all(leaf_of(leaf) for leaf in convert.leaves(structure)))
    return Sequence("list", tuple(leaves), join_all(leaves))


@result_rule
def packed(structure: Value | None, flat: Value | None) -> Value:
    """`tf.nest.pack_sequence_as`: the structure with the members of a flat list for its leaves."""
    if isinstance(flat, Unknown) and flat.leaves is not None:
        flat = Sequence("list", None, flat.leaves)
    if structure is None or not isinstance(flat, Sequence):
        return Unknown("what the structure is filled with is not known")
    element = flat.element
    if any(isinstance(leaf, Unknown) for leaf in convert.leaves(structure)):
        return map_leaves(
            structure,
            lambda leaf: structure_of(element, UNCOUNTED) if isinstance(leaf, Unknown) else element,
        )
    leaves = _leaves(structure)
    if flat.items is None or leaves is None or len(flat.items) != len(leaves):
        return map_leaves(structure, lambda _: element)
    return _filled(structure, iter(flat.items))


def leaf_of(value: Value) -> Value:
    """A leaf of what stands in the place of one: what is unknown may be a structure of its own."""
    return value.leaves if isinstance(value, Unknown) and value.leaves is not None else value


def _leaves(structure: Value) -> list[Value] | None:
    """The leaves in TensorFlow's order; `None` when their number or their order is not certain."""
    if isinstance(structure, Sequence):
        return _all_leaves(structure.items)
    if isinstance(structure, Mapping):
        if structure.items is None or len({key.type for key, _ in structure.items}) > 1:
            return None
        return _all_leaves(tuple(item for _, item in in_flat_order(structure.items)))
    uncertain = (Sequence, Mapping, Unknown)
    if isinstance(structure, Never) or any(isinstance(o, uncertain) for o in options(structure)):
        return None
    return [structure]


def _all_leaves(items: tuple[Value, ...] | None) -> list[Value] | None:
    found: list[Value] = []
    for item in items or ():
        leaves = _leaves(item)
        if leaves is None:
            return None
        found += leaves
    return None if items is None else found


def _filled(structure: Value, rest: Iterator[Value]) -> Value:
    if isinstance(structure, Sequence) and structure.items is not None:
        items = tuple(_filled(item, rest) for item in structure.items)
        return Sequence(structure.type, items, join_all(items), "", structure.fields)
    if isinstance(structure, Mapping) and structure.items is not None:
        done = {key: _filled(item, rest) for key, item in in_flat_order(structure.items)}
        entries = tuple((key, done[key]) for key, _ in structure.items)
        return Mapping(structure.type, entries, structure.key, join_all(done.values()))
    return next(rest)


def in_flat_order(entries: tuple[tuple[Const, Value], ...]) -> list[tuple[Const, Value]]:
    """The entries of a dictionary as `tf.nest` takes them: sorted by key (measured, TensorFlow 2.21)."""
    return sorted(entries, key=lambda entry: const_value(entry[0]))  # type: ignore[arg-type, return-value]
