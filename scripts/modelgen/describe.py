"""Objects of the libraries as abstract values: what goes into a trial call and what comes out of it."""

from __future__ import annotations

import contextlib
import types
from typing import Any

import numpy as np
import tensorflow as tf

from graphlift.values import (
    Array,
    Dataset,
    DType,
    KerasTensor,
    Mapping,
    Object,
    Py,
    Sequence,
    ShapeValue,
    Spec,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
    join_all,
)

LIBRARY_CLASSES: dict[type, str] = {}
"""The public classes of the libraries that are described, with their canonical names."""


def abstract(value: Any) -> Value:
    """The most precise abstract value of an object."""
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return const(value) if not isinstance(value, np.generic) else _array(value)
        case tf.Variable():
            return Variable(value.dtype.base_dtype.name, _shape(value.shape))
        case tf.RaggedTensor():
            return Tensor(value.dtype.name, _shape(value.shape), "ragged")
        case tf.SparseTensor():
            return Tensor(value.dtype.name, _shape(value.shape), "sparse")
        case tf.IndexedSlices():
            return Tensor(value.dtype.name, _shape(value.shape), "slices")
        case tf.Tensor():
            return Tensor(value.dtype.name, _shape(value.shape))
        case tf.DType():
            return DType(value.name)
        case tf.TensorShape():
            return ShapeValue(_shape(value))
        case tf.data.Dataset():
            return Dataset(_described_element(value.element_spec))
        case tf.TensorSpec():
            return Spec(value.dtype.name, _shape(value.shape))
        case np.ndarray() | np.generic():
            return _array(value)
        case tuple() if hasattr(value, "_fields"):
            items = tuple(abstract(item) for item in value)
            return Sequence(type(value).__name__, items, join_all(items), "", tuple(value._fields))
        case list() | tuple():
            items = tuple(abstract(item) for item in value)
            return Sequence(type(value).__name__, items, join_all(items))
        case dict():
            values = join_all(abstract(item) for item in value.values())
            return Mapping("dict", None, Py("str"), values)
        case _:
            return _other(value)


def _array(value: Any) -> Value:
    name = "string" if value.dtype.kind in "SUO" else value.dtype.name
    return Array(name, tuple(value.shape), isinstance(value, np.generic))


def _other(value: Any) -> Value:
    if type(value).__name__ == "KerasTensor":
        return KerasTensor(getattr(value.dtype, "name", value.dtype), tuple(value.shape))
    if type(value).__name__ == "complex":
        return Py("complex")
    if isinstance(value, types.FunctionType | types.MethodType):
        return Object("builtins.function")
    if isinstance(value, contextlib.AbstractContextManager) and type(value).__module__ == "contextlib":
        return Object("contextlib.AbstractContextManager")
    for base in type(value).__mro__:
        if base in LIBRARY_CLASSES:
            return Object(LIBRARY_CLASSES[base])
    return Unknown(f"{type(value).__module__}.{type(value).__qualname__}")


def _described_element(spec: Any) -> Value:
    """What a dataset with this element spec yields."""
    match spec:
        case tf.TensorSpec():
            return Tensor(spec.dtype.name, _shape(spec.shape))
        case tf.RaggedTensorSpec():
            return Tensor(spec.dtype.name, _shape(spec.shape), "ragged")
        case tf.SparseTensorSpec():
            return Tensor(spec.dtype.name, _shape(spec.shape), "sparse")
        case tuple() if not hasattr(spec, "_fields"):
            items = tuple(_described_element(item) for item in spec)
            return Sequence("tuple", items, join_all(items))
        case _:
            return Unknown("an element that has no description")


def _shape(shape: Any) -> tuple[int | None, ...] | None:
    return None if shape.rank is None else tuple(shape.as_list())
