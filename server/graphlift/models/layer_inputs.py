"""What `Layer.__call__` makes of arguments before the user's `call` sees them, and of its result afterwards.

A layer that is applied to a symbolic Keras tensor is traced: `call` gets tensors of a graph, and the caller gets Keras
tensors (`keras.Layer.compute_output_spec`, `backend.compute_output_spec`). Arrays become tensors, and floats take the
layer's compute dtype (`keras.DTypePolicy.convert_input`).
"""

from __future__ import annotations

from graphlift.models import convert
from graphlift.models.transfer.results import map_leaves
from graphlift.values import (
    Array,
    Dataset,
    KerasTensor,
    Sequence,
    Tensor,
    Unknown,
    Value,
    join_all,
    options,
)


def as_layer_input(value: Value) -> Value:
    """An argument of a layer as its `call` sees it."""
    if any(_converted(leaf) != leaf for leaf in convert.leaves(value)):
        return map_leaves(value, _converted)
    return value


def _converted(leaf: Value) -> Value:
    if isinstance(leaf, KerasTensor | Array):
        return Tensor(_cast(leaf.dtype), leaf.shape)
    if isinstance(leaf, Tensor) and _cast(leaf.dtype) != leaf.dtype:
        return Tensor(None, leaf.shape, leaf.form)
    return leaf


def _cast(dtype: str | None) -> str | None:
    """The dtype after Keras has cast floats to the layer's own, which the layer or the policy decides."""
    return None if dtype in ("float64", "float16", "bfloat16") else dtype


def batch_of(data: Value) -> Value:
    """What `call` gets of the data that `fit`, `evaluate` or `predict` is given: the inputs of one batch."""
    return join_all(_batch(option) for option in options(data))


def _batch(data: Value) -> Value:
    if isinstance(data, Dataset):
        element = data.element
        if isinstance(element, Sequence) and element.type == "tuple" and not element.fields:
            element = element.items[0] if element.items else element.element
        return as_layer_input(element)
    if all(isinstance(leaf, Array | Tensor) for leaf in convert.leaves(data)):
        return map_leaves(as_layer_input(data), _of_any_length)
    return Unknown("the batches that the model is fed are not followed")


def _of_any_length(leaf: Value) -> Value:
    if isinstance(leaf, Tensor) and leaf.shape:
        return Tensor(leaf.dtype, (None, *leaf.shape[1:]), leaf.form)
    return leaf


def is_symbolic_call(values: tuple[Value, ...]) -> bool:
    """Whether a layer is applied to a symbolic Keras tensor."""
    return any(isinstance(leaf, KerasTensor) for value in values for leaf in convert.leaves(value))


def as_symbolic_output(value: Value) -> Value:
    """What the caller of a layer gets when the layer was applied to symbolic Keras tensors."""
    return map_leaves(value, _symbolic)


def _symbolic(leaf: Value) -> Value:
    if isinstance(leaf, Tensor) and leaf.form == "dense":
        return KerasTensor(leaf.dtype, leaf.shape)
    return leaf
