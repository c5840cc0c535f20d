"""Result rules for static shapes and specifications: `tf.TensorShape`, `tf.TensorSpec`."""

from __future__ import annotations

from graphlift.models import convert
from graphlift.models.indexing import size_value
from graphlift.models.rules import result_rule
from graphlift.values import (
    NONE,
    DType,
    Py,
    Sequence,
    ShapeValue,
    Spec,
    Unknown,
    Value,
    const,
    join_all,
    list_of,
)


@result_rule
def shape_rank(value: Value | None) -> Value:
    """The rank of a `tf.TensorShape`; `None` at run time where it is unknown."""
    dims = convert.as_dims(value)
    return join_all([Py("int"), NONE]) if dims is None else const(len(dims))


@result_rule
def shape_list(value: Value | None) -> Value:
    """The sizes of a `tf.TensorShape` as a list."""
    dims = convert.as_dims(value)
    if dims is None:
        return Sequence("list", None, size_value(None))
    return list_of(tuple(size_value(dim) for dim in dims))


@result_rule
def shape_dims() -> Value:
    """The `Dimension`s of a `tf.TensorShape`."""
    return Unknown("the dims of a shape may be None")


@result_rule
def shape_elements(value: Value | None) -> Value:
    """The number of elements that a `tf.TensorShape` describes."""
    from graphlift.models import shapes

    dims = convert.as_dims(value)
    return size_value(None if dims is None else shapes.product(dims))


@result_rule
def spec_shape(value: Value | None) -> Value:
    """The shape of a specification."""
    return ShapeValue(value.shape if isinstance(value, Spec) else None)


@result_rule
def spec_dtype(value: Value | None) -> Value:
    """The dtype of a specification."""
    return DType(value.dtype if isinstance(value, Spec) else None)


@result_rule
def shape_tuple(value: Value | None) -> Value:
    """A static shape as a plain tuple (what Keras and NumPy give)."""
    from graphlift.models.indexing import sizes_tuple
    from graphlift.values import Array

    shape = convert.operand(value).shape
    return sizes_tuple(shape, none=not isinstance(value, Array))
