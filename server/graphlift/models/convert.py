"""What abstract values are as arguments of library calls: tensors, axes, flags, shapes, dtypes.

Each reader answers `None` (or its documented marker) where the value does not decide, and never raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from graphlift.models import shapes
from graphlift.values import (
    Array,
    Const,
    DType,
    External,
    KerasTensor,
    Mapping,
    Never,
    OneOf,
    Py,
    Sequence,
    Shape,
    ShapeValue,
    Tensor,
    Unknown,
    Value,
    Variable,
    const_value,
    join_shape,
    options,
)

NONE_GIVEN: Final = "none"
"""The marker for an argument that is certainly Python's `None`."""

PYTHON, ARRAY, TENSOR = 1, 2, 3
_PYTHON_DTYPES = {
    "bool": "bool",
    "int": "int32",
    "float": "float32",
    "complex": "complex128",
    "str": "string",
    "bytes": "string",
}
_NUMPY_NAMES = {
    "str_": "string",
    "bytes_": "string",
    "bool_": "bool",
    "double": "float64",
    "single": "float32",
}
_NUMPY_NAMES |= {"half": "float16", "intc": "int32", "int_": "int64", "float": "float64", "int": "int64"}
_NUMPY_NAMES |= {"uint": "uint64", "csingle": "complex64", "cdouble": "complex128", "longlong": "int64"}
_NUMPY_NAMES |= {"byte": "int8", "ubyte": "uint8", "short": "int16", "ushort": "uint16", "uintc": "uint32"}
_NUMPY_NAMES |= {
    "object_": "",
    "object": "",
    "longdouble": "",
    "clongdouble": "",
    "void": "",
    "intp": "int64",
}
DTYPES = frozenset(
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "complex64",
        "complex128",
        "string",
        "variant",
        "resource",
        "qint8",
        "quint8",
        "qint16",
        "quint16",
        "qint32",
        "int4",
        "uint4",
        "int2",
        "uint2",
        "float8_e5m2",
        "float8_e4m3fn",
        "float8_e4m3fnuz",
        "float8_e4m3b11fnuz",
        "float8_e5m2fnuz",
    ]
)


class Operand(msgspec.Struct, frozen=True):
    """A value seen as a tensor.

    `strength` says how firmly it holds its dtype: `TENSOR` values keep theirs, an `ARRAY` gives way to a tensor,
    a `PYTHON` number or list gives way to both, 0 is not known to be any of them.
    """

    dtype: str | None = None
    shape: Shape = None
    strength: int = 0
    form: str = "dense"


UNKNOWN_OPERAND = Operand()


def operand(value: Value | None) -> Operand:
    """The tensor that `tf.convert_to_tensor` makes of a value."""
    match value:
        case Tensor():
            return Operand(value.dtype, value.shape, TENSOR, value.form)
        case Variable() | KerasTensor():
            return Operand(value.dtype, value.shape, TENSOR)
        case Array():
            return Operand(value.dtype, () if value.scalar else value.shape, ARRAY)
        case Const() | Py() if value.type in _PYTHON_DTYPES:
            return Operand(_scalar_dtype(value), (), PYTHON)
        case ShapeValue():
            return Operand("int32", (None if value.shape is None else len(value.shape),), PYTHON)
        case Sequence() if not value.fields or value.items is not None:
            return _sequence(value)
        case OneOf():
            return _alternatives(value)
        case _:
            return UNKNOWN_OPERAND


def _scalar_dtype(value: Const | Py) -> str | None:
    if value.type == "int" and isinstance(value, Const):
        number = const_value(value)
        # TensorFlow refuses larger ones unless it is told the dtype; NumPy then chooses int64.
        return "int32" if isinstance(number, int) and -(2**31) <= number < 2**31 else None
    return _PYTHON_DTYPES[value.type]


def _alternatives(value: OneOf) -> Operand:
    # `None` is no tensor: where it is an alternative, the call does not get this far with it.
    found = [operand(option) for option in value.options if option != Const("None", "None")]
    return join_operands(found)


def join_operands(found: Iterable[Operand]) -> Operand:
    """An operand that describes all of these."""
    result: Operand | None = None
    for one in found:
        if result is None:
            result = one
            continue
        result = Operand(
            result.dtype if result.dtype == one.dtype else None,
            join_shape(result.shape, one.shape),
            min(result.strength, one.strength),
            result.form if result.form == one.form else "dense",
        )
    return result or UNKNOWN_OPERAND


def _sequence(value: Sequence) -> Operand:
    if value.items is None:
        inner = operand(value.element)
        return Operand(inner.dtype, None if inner.shape is None else (None, *inner.shape), inner.strength)
    if not value.items:
        return Operand("float32", (0,), PYTHON)
    found = [operand(item) for item in value.items]
    shape: Shape = None
    for one in found:
        shape = shapes.merge(shape, one.shape)
    whole = None if shape is None else (len(found), *shape)
    return Operand(common_dtype(found, in_list=True), whole, _list_strength(found))


def _list_strength(found: list[Operand]) -> int:
    if any(one.strength == TENSOR for one in found):
        return TENSOR
    return min(one.strength for one in found)


def common_dtype(found: Iterable[Operand], *, in_list: bool = False) -> str | None:
    """The dtype in which TensorFlow brings several operands together, where it is certain.

    Tensors keep their dtypes (two different ones raise), arrays and Python numbers follow them. In a list, Python
    numbers of several types meet as NumPy lets them.
    """
    found = list(found)
    strong = {one.dtype for one in found if one.strength == TENSOR}
    known = strong - {None}
    if len(known) == 1:
        return known.pop()
    if strong or any(one.strength == 0 for one in found):
        return None
    arrays = {one.dtype for one in found if one.strength == ARRAY}
    if arrays:
        # What is converted first decides in a graph; eager code may look at all of them.
        if in_list or found[0].strength != ARRAY:
            arrays = {one.dtype for one in found}
        return arrays.pop() if len(arrays) == 1 else None
    plain = {one.dtype for one in found}
    if len(plain) == 1:
        return plain.pop()
    if in_list and plain == {"int32", "float32"}:
        return "float32"
    return None


def as_bool(value: Value | None) -> bool | None:
    """A Python flag, where it is known."""
    if isinstance(value, Const) and value.type in ("bool", "int", "None"):
        return bool(const_value(value))
    return None


def as_int(value: Value | None) -> int | None:
    """A Python integer, where it is known."""
    if isinstance(value, Const) and value.type in ("int", "bool"):
        number = const_value(value)
        return int(number) if isinstance(number, int) else None
    return None


def as_str(value: Value | None) -> str | None:
    """A Python string, where it is known."""
    if isinstance(value, Const) and value.type == "str":
        text = const_value(value)
        return text if isinstance(text, str) else None
    return None


def is_none(value: Value | None) -> bool:
    """Whether a value is certainly `None` (or absent)."""
    return value is None or value == Const("None", "None")


def as_ints(value: Value | None) -> tuple[int, ...] | None:
    """A known integer or sequence of them, as a tuple."""
    single = as_int(value)
    if single is not None:
        return (single,)
    if isinstance(value, Sequence) and value.items is not None:
        found = [as_int(item) for item in value.items]
        return None if None in found else tuple(item for item in found if item is not None)
    return None


def as_dims(value: Value | None) -> Shape:
    """A shape argument (a list of sizes, a `tf.TensorShape`, an int, a tensor of sizes); `None` for unknown rank.

    A size that is not known is `None`; -1 stays -1.
    """
    match value:
        case ShapeValue():
            return value.shape
        case Sequence() if value.items is not None:
            return tuple(as_int(item) for item in value.items)
        case Const() if value.type == "int":
            return (as_int(value),)
        case Tensor() | Array() | Variable():
            if value.shape is not None and len(value.shape) == 1 and isinstance(value.shape[0], int):
                return (None,) * value.shape[0] if value.shape[0] <= 16 else None
            return None
        case Py() if value.type == "int":
            return (None,)
        case OneOf():
            found = [as_dims(option) for option in value.options]
            result = found[0]
            for other in found[1:]:
                result = join_shape(result, other)
            return result
        case _:
            return None


def dtype_name(text: str) -> str | None:
    """A dtype's TensorFlow name from one of its spellings, or `None` for something that is no dtype."""
    text = _NUMPY_NAMES.get(text, text)
    return text if text in DTYPES else None


def as_dtype(value: Value | None, *, numpy: bool = False) -> str | None:
    """The TensorFlow name of a dtype argument, where it is known (`numpy`: as NumPy reads `float` and `int`)."""
    match value:
        case DType():
            return value.name
        case Const() if value.type == "str":
            text = as_str(value) or ""
            return {"float": "float64" if numpy else "float32", "int": "int64" if numpy else "int32"}.get(
                text, dtype_name(text)
            )
        case External():
            head, _, leaf = value.name.rpartition(".")
            if head == "builtins":
                sizes = {"float": ("float32", "float64"), "int": ("int32", "int64"), "bool": ("bool", "bool")}
                sizes |= {"str": ("string", "string"), "complex": ("complex128", "complex128")}
                return sizes[leaf][numpy] if leaf in sizes else None
            return dtype_name(leaf) if head in ("numpy", "tensorflow") else None
        case _:
            return None


def leaves(value: Value) -> tuple[Value, ...]:
    """The leaves of a nested structure, in order; a container of unknown length gives its element once."""
    match value:
        case Sequence():
            parts = value.items if value.items is not None else (value.element,)
            return tuple(leaf for part in parts for leaf in leaves(part))
        case Mapping():
            inside = [v for _, v in value.items] if value.items is not None else [value.value]
            return tuple(leaf for part in inside for leaf in leaves(part))
        case OneOf():
            return tuple(leaf for option in value.options for leaf in leaves(option))
        case Never():
            return ()
        case _:
            return (value,)


def any_unknown(value: Value) -> bool:
    """Whether any part of a structure is unknown."""
    return any(isinstance(leaf, Unknown) for leaf in leaves(value))


def symbolic(value: Value) -> bool:
    """Whether a value may be a symbolic tensor when the function around it is traced."""
    return any(
        isinstance(option, Variable | KerasTensor) or (isinstance(option, Tensor) and not option.eager)
        for option in options(value)
    )
