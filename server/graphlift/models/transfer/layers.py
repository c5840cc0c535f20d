"""Keras layers, models, losses, metrics and optimizers: what calling them gives."""

from __future__ import annotations

from typing import Any

from graphlift.models import convert, shapes
from graphlift.models.api import Arguments
from graphlift.models.call import Call
from graphlift.models.convert import as_bool, as_int, as_ints, is_none, operand
from graphlift.models.rules import dtype_rule, result_rule, shape_rule
from graphlift.models.transfer.extents import shape_of
from graphlift.models.transfer.results import map_leaves
from graphlift.models.transfer.shaping import windows
from graphlift.values import (
    NONE,
    Dim,
    KerasTensor,
    Object,
    Sequence,
    Shape,
    Tensor,
    Unknown,
    Value,
    const,
    join_all,
    tuple_of,
)

_POLICIES = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


@shape_rule
def config(self: Value | None, name: str) -> Value:
    """A constructor argument of a Keras object."""
    if isinstance(self, Object):
        found = dict(self.config).get(name)
        if found is not None:
            return found
    return Unknown(f"the constructor's `{name}` is not known")


def setting(self: Value | None, name: str, missing: Value | None = None) -> Value:
    """A constructor argument; `missing` where the object was certainly made without it."""
    if isinstance(self, Object) and self.config:
        found = dict(self.config).get(name)
        if found is not None:
            return found
        if missing is not None:
            return missing
    return Unknown(f"the constructor's `{name}` is not known")


@dtype_rule
def compute_dtype(self: Value | None) -> str | None:
    """The dtype that a layer computes in: its own policy's, float32 unless it was given another."""
    if not isinstance(self, Object):
        return None
    given = dict(self.config).get("dtype")
    if given is None or is_none(given):
        return "float32"
    text = convert.as_str(given)
    if text in _POLICIES:
        return _POLICIES[text]
    return convert.as_dtype(given)


@dtype_rule
def cast_input(self: Value | None, inputs: Value | None) -> str | None:
    """The dtype of a layer's input once Keras has cast it: floats follow the layer, others stay."""
    dtype = operand(_first(inputs)).dtype
    if dtype is None:
        return None
    return compute_dtype(self) if dtype.startswith(("float", "bfloat")) else dtype


def _first(inputs: Value | None) -> Value | None:
    if isinstance(inputs, Sequence):
        parts = convert.leaves(inputs)
        return parts[0] if parts else None
    return inputs


def is_symbolic(value: Value | None) -> bool:
    """Whether a structure holds a Keras symbolic tensor."""
    return value is not None and any(isinstance(leaf, KerasTensor) for leaf in convert.leaves(value))


@result_rule
def layer(dtype: str | None, shape: Shape, inputs: Value | None = None) -> Value:
    """A layer's output: symbolic for symbolic inputs, else a tensor."""
    if is_symbolic(inputs):
        return KerasTensor(dtype, shape)
    seen = operand(_first(inputs))
    if seen.form != "dense":
        return Unknown(f"a layer applied to a {seen.form} tensor")
    return Tensor(dtype, shape)


def _spatial_sizes(known: tuple[Dim, ...], layout: str) -> tuple[Dim, ...]:
    return known[2:] if layout == "channels_first" else known[1:-1]


def _assemble(known: tuple[Dim, ...], layout: str, spatial: tuple[Dim, ...], channels: Dim) -> Shape:
    if layout == "channels_first":
        return (known[0], channels, *spatial)
    return (known[0], *spatial, channels)


def _layout(self: Value | None) -> str | None:
    given = setting(self, "data_format", NONE)
    return "channels_last" if is_none(given) else convert.as_str(given)


def _per_axis(
    self: Value | None, name: str, count: int, missing: Value | None = None
) -> tuple[int, ...] | None:
    found = as_ints(setting(self, name, missing))
    if found is None:
        return None
    return found * count if len(found) == 1 else found if len(found) == count else None


@shape_rule
def conv_layer(self: Value | None, inputs: Any, count: int, channels: Any = "filters") -> Shape:
    """The output shape of a convolution layer in `count` spatial dimensions."""
    known, layout = shape_of(inputs), _layout(self)
    if known is None:
        return (None,) * (count + 2)
    if layout is None or len(known) != count + 2:
        return (None,) * len(known)
    spatial = windows(
        _spatial_sizes(known, layout),
        _per_axis(self, "kernel_size", count),
        _per_axis(self, "strides", count, const(1)),
        _per_axis(self, "dilation_rate", count, const(1)),
        (convert.as_str(setting(self, "padding", const("valid"))) or "").lower(),
    )
    depth: Dim = as_int(config(self, channels)) if isinstance(channels, str) else channels
    if channels == "depth_multiplier":
        source = known[1] if layout == "channels_first" else known[-1]
        depth = None if depth is None else shapes.product((source, depth))
    return _assemble(known, layout, spatial, depth)


@shape_rule
def conv_transpose_layer(self: Value | None, inputs: Any, count: int) -> Shape:
    """The output shape of a transposed convolution layer."""
    known, layout = shape_of(inputs), _layout(self)
    depth = as_int(config(self, "filters"))
    if known is None or layout is None or len(known) != count + 2:
        return (None,) * (count + 2)
    kernel = _per_axis(self, "kernel_size", count)
    strides = _per_axis(self, "strides", count, const(1))
    dilation = _per_axis(self, "dilation_rate", count, const(1))
    padding = (convert.as_str(setting(self, "padding", const("valid"))) or "").lower()
    plain = is_none(setting(self, "output_padding", NONE))
    sizes = _spatial_sizes(known, layout)
    if kernel is None or strides is None or dilation is None or not plain:
        return _assemble(known, layout, (None,) * count, depth)
    spatial = tuple(
        shapes.transposed_window(size, k, s, d, padding)
        for size, k, s, d in zip(sizes, kernel, strides, dilation, strict=True)
    )
    return _assemble(known, layout, spatial, depth)


@shape_rule
def pool_layer(self: Value | None, inputs: Any, count: int) -> Shape:
    """The output shape of a pooling layer."""
    known, layout = shape_of(inputs), _layout(self)
    if known is None:
        return (None,) * (count + 2)
    if layout is None or len(known) != count + 2:
        return (None,) * len(known)
    size = _per_axis(self, "pool_size", count)
    strides = setting(self, "strides", NONE)
    step = size if is_none(strides) else _per_axis(self, "strides", count)
    padding = (convert.as_str(setting(self, "padding", const("valid"))) or "").lower()
    spatial = windows(_spatial_sizes(known, layout), size, step, (1,) * count, padding)
    return _assemble(known, layout, spatial, known[1] if layout == "channels_first" else known[-1])


@shape_rule
def global_pool(self: Value | None, inputs: Any, count: int) -> Shape:
    """The output shape of a pooling over all positions."""
    known, layout = shape_of(inputs), _layout(self)
    keep = as_bool(setting(self, "keepdims", const(False)))
    if known is None or layout is None or keep is None or len(known) != count + 2:
        return None
    channels = known[1] if layout == "channels_first" else known[-1]
    return _assemble(known, layout, (1,) * count, channels) if keep else (known[0], channels)


@shape_rule
def upsampled(self: Value | None, inputs: Any, count: int) -> Shape:
    """The output shape of an upsampling layer."""
    known, layout = shape_of(inputs), _layout(self)
    factors = _per_axis(self, "size", count)
    if known is None or layout is None or len(known) != count + 2:
        return (None,) * (count + 2)
    sizes = _spatial_sizes(known, layout)
    spatial = tuple(
        shapes.product((size, factor)) for size, factor in zip(sizes, factors or (None,) * count, strict=True)
    )
    return _assemble(known, layout, spatial, known[1] if layout == "channels_first" else known[-1])


@shape_rule
def flattened(inputs: Any) -> Shape:
    """The output shape of `Flatten`: everything behind the batch in one dimension."""
    known = shape_of(inputs)
    if known is None:
        return (None, None)
    return (*known[:1], shapes.product(known[1:])) if len(known) > 1 else (*known, 1)


@shape_rule
def reshaped_layer(self: Value | None, inputs: Any) -> Shape:
    """The output shape of the `Reshape` layer: all but the batch dimension."""
    known = shape_of(inputs)
    wanted = convert.as_dims(config(self, "target_shape"))
    if wanted is None:
        return None
    if known is None:
        return (None, *(None if dim == -1 else dim for dim in wanted))
    inner = shapes.reshape(known[1:], wanted)
    return None if inner is None else (known[0], *inner)


@shape_rule
def permuted_layer(self: Value | None, inputs: Any) -> Shape:
    """The output shape of the `Permute` layer."""
    known = shape_of(inputs)
    order = as_ints(config(self, "dims"))
    if known is None or order is None or len(order) + 1 != len(known):
        return None if known is None else (None,) * len(known)
    return (known[0], *(known[place] if 0 < place < len(known) else None for place in order))


@shape_rule
def recurrent(self: Value | None, inputs: Any) -> Shape:
    """The output shape of a recurrent layer: the last output, or all of them."""
    known = shape_of(inputs)
    units = as_int(config(self, "units"))
    every = as_bool(setting(self, "return_sequences", const(False)))
    if every is None:
        return None
    batch, steps = (known[0], known[1]) if known is not None and len(known) == 3 else (None, None)
    return (batch, steps, units) if every else (batch, units)


@result_rule
def recurrent_layer(call: Call, self: Value | None, inputs: Value | None, states: int) -> Value:
    """A recurrent layer: its output, and its states where it is asked for them."""
    dtype = compute_dtype(self)
    output = layer(dtype, recurrent(self, inputs), inputs)
    wants = as_bool(setting(self, "return_state", const(False)))
    if wants is None:
        return Unknown("the layer may give its states too")
    if not wants:
        return output
    known = shape_of(inputs)
    state = layer(dtype, (known[0] if known else None, as_int(config(self, "units"))), inputs)
    items = (output, *(state,) * states)
    # Keras 2 gives a list, Keras 3 a tuple; both unpack alike.
    return Sequence("list" if call.host.keras == 2 else "tuple", items, join_all(items))


@shape_rule
def merged_inputs(inputs: Value | None) -> Shape:
    """What the members of a list of inputs broadcast to."""
    if not isinstance(inputs, Sequence) or inputs.items is None:
        return None
    # Keras aligns inputs of different ranks by the batch, not by the last axis.
    found = [operand(item).shape for item in inputs.items]
    ranks = {len(shape) for shape in found if shape is not None}
    return shapes.broadcast(*found) if len(ranks) <= 1 and None not in found else None


@shape_rule
def embedded(self: Value | None, inputs: Any) -> Shape:
    """The output shape of `Embedding`."""
    known = shape_of(inputs)
    return None if known is None else (*known, as_int(config(self, "output_dim")))


@shape_rule
def attended(inputs: Any) -> Shape:
    """The output shape of `Attention([query, value, key])`: the query's, with the value's depth."""
    if not isinstance(inputs, Sequence) or inputs.items is None or len(inputs.items) < 2:
        return None
    query, value = operand(inputs.items[0]).shape, operand(inputs.items[1]).shape
    if query is None or value is None or not value:
        return None
    return (*query[:-1], value[-1])


@result_rule
def attention_scores(self: Value | None, query: Value | None, wants: Value | None) -> Value:
    """`MultiHeadAttention`: the output, and the scores where they are asked for."""
    shape = operand(query).shape if is_none(setting(self, "output_shape", NONE)) else None
    output = layer(compute_dtype(self), shape, query)
    flag = False if wants is None else as_bool(wants)
    if flag is None:
        return Unknown("the layer may give its scores too")
    if not flag:
        return output
    scores = layer(compute_dtype(self), None, query)
    return tuple_of(output, scores)


@shape_rule
def spaced(self: Value | None, inputs: Any, name: str, count: int, sign: int) -> Shape:
    """The output shape of zero padding (`sign` 1) and cropping (-1) layers."""
    known, layout = shape_of(inputs), _layout(self)
    if known is None or layout is None or len(known) != count + 2:
        return (None,) * (count + 2)
    sizes = _spatial_sizes(known, layout)
    amounts = _amounts(config(self, name), count)
    spatial = tuple(
        size + sign * amount if isinstance(size, int) and amount is not None else None
        for size, amount in zip(sizes, amounts, strict=True)
    )
    return _assemble(known, layout, spatial, known[1] if layout == "channels_first" else known[-1])


def _amounts(value: Value, count: int) -> list[int | None]:
    """What is added to each dimension in all: a number, one per dimension, or pairs."""
    single = as_int(value)
    if single is not None:
        return [2 * single] * count
    if not isinstance(value, Sequence) or value.items is None:
        return [None] * count
    if count == 1:
        pair = as_ints(value)
        return [sum(pair) if pair is not None and len(pair) == 2 else None]
    if len(value.items) != count:
        return [None] * count
    result: list[int | None] = []
    for item in value.items:
        number, pair = as_int(item), as_ints(item)
        result.append(2 * number if number is not None else sum(pair) if pair is not None else None)
    return result


@shape_rule
def resized_layer(self: Value | None, inputs: Any) -> Shape:
    """The output shape of `Resizing` and `CenterCrop`."""
    known, layout = shape_of(inputs), _layout(self)
    if known is None or layout != "channels_last" or len(known) not in (3, 4):
        return None
    height, width = as_int(config(self, "height")), as_int(config(self, "width"))
    return (*known[:-3], height, width, known[-1])


@result_rule
def lambda_layer(call: Call, self: Value | None, inputs: Value | None) -> Value:
    """`Lambda`: whatever its function gives."""
    if inputs is None:
        return Unknown("no input was given")
    result = call.host.invoke(config(self, "function"), Arguments((inputs,)))
    if is_symbolic(inputs):
        return map_leaves(result, lambda leaf: leaf if isinstance(leaf, KerasTensor) else KerasTensor())
    return result
