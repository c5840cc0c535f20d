"""Array annotations in the style of jaxtyping: `Float[tf.Tensor, "batch 28 28"]`."""

from __future__ import annotations

import re

from graphlift.values import Array, Shape, Tensor, Unknown, Value, Variable, join_all, options

_DTYPES = {
    "Bool": "bool",
    "BFloat16": "bfloat16",
    "Float16": "float16",
    "Float32": "float32",
    "Float64": "float64",
    "Complex64": "complex64",
    "Complex128": "complex128",
    "UInt8": "uint8",
    "UInt16": "uint16",
    "UInt32": "uint32",
    "UInt64": "uint64",
    "Int8": "int8",
    "Int16": "int16",
    "Int32": "int32",
    "Int64": "int64",
}
"""The annotations that name one dtype; `Float`, `Int`, `Num`, `Shaped` and so on stand for several."""


def described_array(array: Value, kind: str, dimensions: str | None) -> Value:
    """The array type with the dtype that `kind` names and the shape that the string says."""
    dtype = _DTYPES.get(kind)
    shape = None if dimensions is None else _shape(dimensions)

    def typed(option: Value) -> Value:
        if isinstance(option, Tensor):
            return Tensor(dtype, shape, option.form)
        if isinstance(option, Variable):
            return Variable(dtype, shape, option.keras)
        if isinstance(option, Array):
            return Array(dtype, shape)
        return option if isinstance(option, Unknown) else array

    return join_all(typed(option) for option in options(array))


def _shape(text: str) -> Shape:
    """Sizes, names and expressions, each one dimension; `...` and `*name` stand for any number of them.

    `name=3` is a size with a name, `#name` may be broadcast from one, `_` is any size.
    """
    dims: list[int | None] = []
    for word in text.split():
        modifiers = re.match(r"[#?_*]*", word)
        if "..." in word or (modifiers is not None and "*" in modifiers[0]):
            return None
        size = re.fullmatch(r"(?:\w+=)?(\d+)", word)
        dims.append(int(size[1]) if size else None)
    return tuple(dims)
