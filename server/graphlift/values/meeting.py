"""Whether values can meet where the branches of a condition in a graph, or the passes of a loop in it, come together.

Both sides become part of one graph, so they must have one structure and one dtype, and a loop keeps its shapes.
"""

from __future__ import annotations

from graphlift.values.display import shape_text
from graphlift.values.domain import (
    NONE,
    Array,
    Const,
    Mapping,
    Never,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    options,
)
from graphlift.values.lattice import is_loose

TRACED_DTYPES = {"int": "int32", "float": "float32", "bool": "bool", "str": "string", "bytes": "string"}
"""The dtypes of the tensors that Python values become there."""


def mismatch(left: Value, right: Value) -> str:
    """Why two values cannot meet in a graph, in a few words; empty when they can or it is not certain."""
    found = ""
    for one in options(left):
        for other in options(right):
            found = _mismatch(one, other)
            if not found:
                return ""
    return found


def _mismatch(left: Value, right: Value) -> str:
    if isinstance(left, Unknown | Never) or isinstance(right, Unknown | Never) or left == right:
        return ""
    if NONE in (left, right):
        return "None on one side only"
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        return _sequences(left, right)
    if isinstance(left, Sequence | Mapping) != isinstance(right, Sequence | Mapping):
        return "a container on one side only" if _is_data(left) and _is_data(right) else ""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        if left.items is not None and right.items is not None:
            keys = {key for key, _ in left.items}, {key for key, _ in right.items}
            return "" if keys[0] == keys[1] else "dicts with different keys"
        return ""
    first, second = _dtype(left), _dtype(right)
    if first and second and first != second:
        return f"{first} on one side and {second} on the other"
    return ""


def _is_data(value: Value) -> bool:
    return isinstance(value, Sequence | Mapping | Tensor | Variable | Array | Const | Py)


def _sequences(left: Sequence, right: Sequence) -> str:
    if left.type != right.type:
        return f"a {left.type} on one side and a {right.type} on the other"
    if left.items is None or right.items is None:
        return ""
    if len(left.items) != len(right.items):
        return f"{left.type}s of different lengths"
    for one, other in zip(left.items, right.items, strict=True):
        found = mismatch(one, other)
        if found:
            return found
    return ""


def _dtype(value: Value) -> str | None:
    if isinstance(value, Tensor | Variable | Array):
        return value.dtype
    if isinstance(value, Const | Py):
        return TRACED_DTYPES.get(value.type)
    return None


def mixed_keys(value: Mapping) -> bool:
    """Whether a dict has numbers and strings for keys: TensorFlow sorts them, and raises."""
    kinds = {"str" if key.type == "str" else "number" for key, _ in value.items or () if key.type in _SORTED}
    return len(kinds) > 1


_SORTED = frozenset({"str", "int", "float", "bool"})


def changed_shape(before: Value, after: Value) -> str:
    """How the shape of a loop variable certainly changes in one pass, in a few words; empty when it may stay.

    A shape may become better known in a pass, never another.
    """
    if isinstance(before, Sequence) and isinstance(after, Sequence):
        inside = zip(before.items or (), after.items or (), strict=False)
        return next(filter(None, (changed_shape(one, other) for one, other in inside)), "")
    pairs = [(first, last) for first in options(before) for last in options(after)]
    if not pairs or not all(_refused(first, last) for first, last in pairs):
        return ""
    first, last = pairs[0]
    texts = [shape_text(o.shape) for o in (first, last) if isinstance(o, Tensor | Variable)]
    return f"the shape {texts[0]} before the loop and {texts[1]} after a pass"


def _refused(first: Value, last: Value) -> bool:
    """Whether a loop certainly refuses a variable that comes in as one value and leaves as the other."""
    if not isinstance(first, Tensor | Variable) or not isinstance(last, Tensor | Variable):
        return False
    before, after = first.shape, last.shape
    if isinstance(last, Tensor) and last.dynamic and not is_loose(before):
        return True
    if before is None or after is None:
        return False
    if len(before) != len(after):
        return True
    pairs = zip(before, after, strict=True)
    return any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in pairs)
