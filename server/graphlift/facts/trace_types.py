"""When two arguments make two traces, by TensorFlow's own rules, as far as abstract values show it.

Tensors and arrays are told apart by dtype and shape, Python numbers and strings by value (`1`, `1.0` and `True` are
equal), lists, tuples and dicts by their structure, everything else by identity (checked under TensorFlow 2.21; the
tracing protocol is described at https://www.tensorflow.org/guide/function#rules_of_tracing).
"""

from __future__ import annotations

from graphlift.values import (
    Array,
    Const,
    Function,
    Instance,
    Mapping,
    Never,
    OneOf,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    const_value,
    join,
    options,
)

SHAPE = "shape"
DTYPE = "dtype"
NUMBER = "number"
TEXT = "text"
FLAG = "flag"
LENGTH = "length"
OBJECT = "object"
CALLABLE = "callable"
KIND = "kind"


def difference(left: Value, right: Value) -> str:
    """In what two arguments certainly differ so that they make two traces; empty where nothing is certain."""
    left, right = _argument(left), _argument(right)
    if left == right or isinstance(left, _VAGUE) or isinstance(right, _VAGUE):
        return ""
    match left, right:
        case Const(), Const():
            return _constants(left, right)
        case (Tensor(), Tensor()) if left.form == right.form:
            return _tensors(left, right)
        case Variable(), Variable():
            return _tensors(left, right)
        case Sequence(), Sequence():
            return _sequences(left, right)
        case Mapping(), Mapping():
            return _mappings(left, right)
        case Instance(), Instance():
            return _instances(left, right)
        case Function(), Function():
            return CALLABLE if left.definition != right.definition else ""
        case _:
            return KIND if isinstance(left, _PLAIN) and isinstance(right, _PLAIN) else ""


_VAGUE = (Unknown, Never, OneOf, Py)
_PLAIN = (Const, Tensor, Variable, Sequence, Mapping, Instance)


def _argument(value: Value) -> Value:
    """An argument as it is traced: arrays are taken for tensors."""
    if isinstance(value, Array):
        return Tensor(value.dtype, value.shape)
    return value


def _constants(left: Const, right: Const) -> str:
    if const_value(left) == const_value(right):
        return ""
    kinds = {left.type, right.type}
    if kinds <= {"int", "float"}:
        return NUMBER
    if kinds <= {"str"} or kinds <= {"bytes"}:
        return TEXT
    return FLAG if kinds <= {"bool", "None"} else KIND


def _tensors(left: Tensor | Variable, right: Tensor | Variable) -> str:
    if left.dtype is not None and right.dtype is not None and left.dtype != right.dtype:
        return DTYPE
    if left.shape is None or right.shape is None:
        return ""
    if len(left.shape) != len(right.shape):
        return SHAPE
    pairs = zip(left.shape, right.shape, strict=True)
    return SHAPE if any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in pairs) else ""


def _sequences(left: Sequence, right: Sequence) -> str:
    if left.type != right.type:
        return KIND
    if left.items is None or right.items is None:
        return ""
    if len(left.items) != len(right.items):
        return LENGTH
    pairs = zip(left.items, right.items, strict=True)
    return next(filter(None, (difference(a, b) for a, b in pairs)), "")


def _mappings(left: Mapping, right: Mapping) -> str:
    if left.items is None or right.items is None:
        return ""
    first, second = dict(left.items), dict(right.items)
    if set(first) != set(second):
        return LENGTH
    return next(filter(None, (difference(value, second[key]) for key, value in first.items())), "")


def _instances(left: Instance, right: Instance) -> str:
    if left.definition != right.definition:
        return KIND if left.exact and right.exact else ""
    made = "#" in left.site and "#" in right.site
    return OBJECT if made and left.site != right.site else ""


def vagueness(value: Value) -> int:
    """How much is not known of an argument that could tell it from another one."""
    value = _argument(value)
    match value:
        case Tensor() | Variable():
            sizes = (None, None) if value.shape is None else value.shape
            return sum(not isinstance(size, int) for size in sizes) + (value.dtype is None)
        case Sequence() if value.items is not None:
            return sum(vagueness(item) for item in value.items)
        case Mapping() if value.items is not None:
            return sum(vagueness(item) for _, item in value.items)
        case Sequence() | Mapping():
            return 2
        case _:
            return int(isinstance(value, _VAGUE))


def look(value: Value) -> str:
    """The kind of an argument: what is left of it when sizes, Python numbers, texts and identities don't count.

    One trace for each kind is in order; it is what `graphlift.verify` counts by too.
    """
    value = _argument(value)
    match value:
        case Const() if value.type in ("bool", "None"):
            return value.text
        case Tensor() | Variable():
            rank = None if value.shape is None else len(value.shape)
            return f"{value.dtype}[{rank}]"
        case Sequence() if value.items is not None:
            return f"{value.type}({', '.join(sorted({look(item) for item in value.items}))})"
        case Mapping() if value.items is not None:
            return f"{{{', '.join(sorted(f'{key.text}: {look(item)}' for key, item in value.items))}}}"
        case Const() | Py():
            return value.type
        case Instance():
            return value.definition
        case _:
            return type(value).__name__


def generalised(left: Value, right: Value) -> Value | None:
    """What `reduce_retracing` makes of two arguments: sizes that differ are forgotten, nothing else is."""
    if not difference(left, right):
        return join(_argument(left), _argument(right)) if _has_sizes(left) else left
    if difference(left, right) != SHAPE:
        return None
    return join(_argument(left), _argument(right))


def _has_sizes(value: Value) -> bool:
    return any(isinstance(o, Tensor | Variable | Array | Sequence | Mapping) for o in options(value))
