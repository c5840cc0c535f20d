"""`keras.ops`: where it differs from TensorFlow's functions."""

from __future__ import annotations

from typing import Any

from graphlift.models import convert, shapes
from graphlift.models.api import Arguments
from graphlift.models.call import Call
from graphlift.models.convert import as_int, as_ints, as_str, is_none, operand
from graphlift.models.indexing import sizes_tuple
from graphlift.models.promotion import keras_promote
from graphlift.models.rules import result_rule, shape_rule
from graphlift.models.transfer.control import MAX_PASSES, leading, rows, stacked
from graphlift.models.transfer.einsum import einsum_shape
from graphlift.models.transfer.extents import shape_of
from graphlift.models.transfer.results import map_leaves, structure_like
from graphlift.values import (
    NONE,
    Array,
    Const,
    External,
    KerasTensor,
    Py,
    Sequence,
    Shape,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
    join_all,
    tuple_of,
    widen_loop,
)


@result_rule
def ops_shape(value: Value | None) -> Value:
    """`keras.ops.shape`: a tuple of the static sizes, with a tensor in place of each that is not known."""
    if isinstance(value, KerasTensor):
        return sizes_tuple(value.shape)
    known = operand(value).shape
    size: Value = join_all([Py("int"), Tensor("int32", ())])
    if known is None:
        return Sequence("tuple", None, size)
    concrete = isinstance(value, Variable | Array)
    other = Py("int") if concrete else size
    return tuple_of(*(const(dim) if isinstance(dim, int) else other for dim in known))


@result_rule
def keras_einsum(call: Call) -> Value:
    """`keras.ops.einsum(subscripts, *operands)`."""
    given = [*(call.params[name] for name in call.params if name != "subscripts"), *call.rest]
    equation = call.params.get("subscripts")
    found = [operand(value) for value in given]
    text = as_str(equation)
    shape = None if text is None or call.vague else einsum_shape(text, [one.shape for one in found])
    return Tensor(keras_promote(found), shape)


@result_rule
def keras_arange(start: Value | None, stop: Value | None, step: Value | None, dtype: Value | None) -> Value:
    """`keras.ops.arange`."""
    bounds = [start, stop, step]
    if is_none(stop):
        bounds = [const(0), start, step]
    bounds[2] = const(1) if is_none(step) else step
    numbers = [as_int(value) for value in bounds]
    name = convert.as_dtype(dtype)
    if is_none(dtype):
        given = [operand(value) for value in (start, stop, step) if not is_none(value)]
        name = keras_promote(given)
    size: int | None = None
    if numbers[0] is not None and numbers[1] is not None and numbers[2]:
        size = len(range(numbers[0], numbers[1], numbers[2]))
    return Tensor(name, (size,))


@result_rule
def keras_split(value: Value | None, parts: Value | None, axis: Value | None) -> Value:
    """`keras.ops.split`: equal parts by their number, or parts between given indices."""
    seen = operand(value)
    place = 0 if axis is None else as_int(axis)
    count = as_int(parts)
    if seen.shape is None or place is None:
        element = Tensor(seen.dtype, None if seen.shape is None else (None,) * len(seen.shape))
        return Sequence("list", None, element)
    where = shapes.normal_axis(place, len(seen.shape))
    if where is None:
        return Unknown("there is no such axis")
    if count is not None:
        whole = seen.shape[where]
        size = whole // count if isinstance(whole, int) and count > 0 else None
        one = Tensor(seen.dtype, shapes.replace(seen.shape, where, size))
        return Sequence("list", (one,) * count, one) if 0 < count <= 64 else Sequence("list", None, one)
    one = Tensor(seen.dtype, shapes.replace(seen.shape, where, None))
    points = as_ints(parts)
    return Sequence("list", None if points is None else (one,) * (len(points) + 1), one)


@shape_rule
def keras_take(value: Any, indices: Any, axis: Value | None) -> Shape:
    """The shape of `keras.ops.take`; without an axis the operand is flattened."""
    known, index = shape_of(value), shape_of(indices)
    if is_none(axis):
        return index
    place = as_int(axis)
    if known is None or index is None or place is None:
        return None
    where = shapes.normal_axis(place, len(known))
    return None if where is None else (*known[:where], *index, *known[where + 1 :])


@shape_rule
def attention_shape(query: Any, value: Any) -> Shape:
    """The shape of attention: the query's, with the value's depth."""
    one, other = shape_of(query), shape_of(value)
    return None if one is None or other is None or not one or not other else (*one[:-1], other[-1])


@shape_rule
def real_part(value: Value | None) -> Value:
    """The first of a pair of real and imaginary parts."""
    if isinstance(value, Sequence) and value.items:
        return value.items[0]
    return Unknown("the real and imaginary parts")


@result_rule
def fori_loop(call: Call, body: Value | None, initial: Value | None) -> Value:
    """`keras.ops.fori_loop`: the state at a fixpoint of the body."""
    if body is None or initial is None:
        return Unknown("no loop body was given")
    state = structure_like(initial)
    for _ in range(MAX_PASSES):
        arguments = Arguments((Tensor("int32", ()), state))
        after = structure_like(call.host.invoke(body, arguments, repeated=True))
        joined = widen_loop(state, after)
        if joined == state:
            return state
        if any(isinstance(leaf, Unknown) for leaf in convert.leaves(joined)):
            break
        state = joined
    return map_leaves(state, lambda leaf: Tensor(leaf.dtype, None) if isinstance(leaf, Tensor) else leaf)


@result_rule
def keras_scan(call: Call, body: Value | None, initial: Value | None, elements: Value | None) -> Value:
    """`keras.ops.scan`: the last state, and what each step gave, stacked."""
    if body is None or initial is None:
        return Unknown("nothing to scan was given")
    row = NONE if elements is None or is_none(elements) else rows(elements)
    result = call.host.invoke(body, Arguments((structure_like(initial), row)), repeated=True)
    if not isinstance(result, Sequence) or result.items is None or len(result.items) != 2:
        return Unknown("what the scanned function gives is not known")
    last = widen_loop(structure_like(initial), structure_like(result.items[0]))
    return tuple_of(last, stacked(structure_like(result.items[1]), leading(elements)))


@result_rule
def activation(identifier: Value | None) -> Value:
    """`keras.activations.get`: the function of that name, or the function itself."""
    if isinstance(identifier, Const) and identifier.type == "str":
        return External(f"keras.activations.{as_str(identifier)}")
    if is_none(identifier):
        return External("keras.activations.linear")
    return identifier if identifier is not None else Unknown("no activation was given")


@shape_rule
def loss_shape(y_true: Any, y_pred: Any) -> Shape:
    """The shape of a loss per example; operands of different ranks are fitted to each other first."""
    one, other = shape_of(y_true), shape_of(y_pred)
    if one is None or other is None or len(one) != len(other) or not one:
        return None
    both = shapes.broadcast(one, other)
    return None if both is None else both[:-1]


@shape_rule
def np_tile(value: Any, repeats: Value | None) -> Shape:
    """The shape of NumPy's `tile`: the shorter of shape and repeats is padded with ones in front."""
    known, counts = shape_of(value), as_ints(repeats)
    if known is None or counts is None:
        return None
    return shapes.multiplied(known, counts)


@result_rule
def keras_where(condition: Value | None, x: Value | None, y: Value | None) -> Value:
    """`keras.ops.where`: a choice element by element; without choices, positions."""
    if is_none(x) or is_none(y):
        return Unknown("the positions of what is true")
    found = [operand(x), operand(y)]
    shape = shapes.broadcast(operand(condition).shape, found[0].shape, found[1].shape)
    return Tensor(keras_promote(found), shape)


@result_rule
def unpacked_data(data: Value | None) -> Value:
    """`keras.utils.unpack_x_y_sample_weight`: inputs, targets and weights of what `fit` was given."""
    if (
        isinstance(data, Sequence)
        and data.items is not None
        and data.type == "tuple"
        and len(data.items) <= 3
    ):
        return tuple_of(*data.items, *(NONE,) * (3 - len(data.items)))
    parts = Unknown("what the data that `fit` is given holds is not visible")
    return tuple_of(parts, parts, parts)
