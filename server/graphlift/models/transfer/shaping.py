"""Shape rules for TensorFlow's less regular functions, and readers that stand inside expressions."""

from __future__ import annotations

from typing import Any

from graphlift.models import convert, shapes
from graphlift.models.convert import as_bool, as_dims, as_int, as_ints, is_none, operand
from graphlift.models.rules import shape_rule
from graphlift.models.transfer.extents import members, shape_of, target
from graphlift.values import FALSE, TRUE, Dim, Sequence, Shape, Unknown, Value, const


@shape_rule
def either_axis(axis: Value | None, otherwise: int) -> Value:
    """An axis argument with the default that the function itself gives it."""
    return const(otherwise) if is_none(axis) or axis is None else axis


@shape_rule
def either_flag(*flags: Value | None) -> Value:
    """Whether any of several flags is set."""
    known = [False if flag is None else as_bool(flag) for flag in flags]
    if True in known:
        return TRUE
    return FALSE if None not in known else Unknown("a flag is not known")


@shape_rule
def merged_members(values: Value | None) -> Shape:
    """The shape that the members of a list share."""
    result: Shape = None
    for one in members(values) or []:
        result = shapes.merge(result, one)
    if result is None and isinstance(values, Sequence):
        return operand(values.element).shape
    return result


@shape_rule
def matvec(a: Any, b: Any, transpose: Value | None = None) -> Shape:
    """The shape of a matrix times a vector, batched."""
    left, right = shape_of(a), shape_of(b)
    flag = as_bool(transpose)
    if left is None or right is None or len(left) < 2 or not right or flag is None:
        return None
    batch = shapes.broadcast(left[:-2], right[:-1])
    return None if batch is None else (*batch, left[-1] if flag else left[-2])


@shape_rule
def tensordot(a: Any, b: Any, axes: Value | None) -> Shape:
    """The shape of a tensor contraction."""
    left, right = shape_of(a), shape_of(b)
    count = as_int(axes)
    if left is None or right is None:
        return None
    if count is not None:
        return (*left[: len(left) - count], *right[count:]) if count <= min(len(left), len(right)) else None
    if not isinstance(axes, Sequence) or axes.items is None or len(axes.items) != 2:
        return None
    sides = [as_ints(side) for side in axes.items]
    if sides[0] is None or sides[1] is None:
        return None
    one = shapes.reduce(left, sides[0], False)
    other = shapes.reduce(right, sides[1], False)
    return None if one is None or other is None else one + other


@shape_rule
def norm_shape(value: Any, axis: Value | None) -> Shape:
    """The shape of a norm that keeps its dimensions."""
    known = shape_of(value)
    if is_none(axis):
        return shapes.reduce(known, None, True)
    axes = as_ints(axis)
    if axes is None:
        return None if known is None else (None,) * len(known)
    return shapes.reduce(known, axes, True)


@shape_rule
def repeat(value: Any, repeats: Value | None, axis: Value | None = None) -> Shape:
    """The shape after repeating elements along an axis (`None`: flattened first)."""
    known = shape_of(value)
    count = as_int(repeats)
    if is_none(axis):
        size = None if known is None or count is None else shapes.product((shapes.product(known), count))
        return (size,)
    place = as_int(axis)
    # A scalar is repeated as a vector of one element.
    known = (1,) if known == () else known
    if known is None or place is None:
        # An axis that is not known may be `None`, which flattens.
        return (None,) if known is not None and len(known) == 1 else None
    where = shapes.normal_axis(place, len(known))
    if where is None:
        return None
    return shapes.replace(known, where, None if count is None else shapes.product((known[where], count)))


@shape_rule
def slice_shape(value: Any, begin: Value | None, size: Value | None) -> Shape:
    """The shape of `tf.slice`."""
    known, starts, sizes = shape_of(value), as_dims(begin), as_dims(size)
    if sizes is None:
        return None if known is None else (None,) * len(known)
    result: list[Dim] = []
    for place, wanted in enumerate(sizes):
        whole = known[place] if known is not None and place < len(known) else None
        start = starts[place] if starts is not None and place < len(starts) else None
        if wanted == -1:
            fixed = isinstance(whole, int) and isinstance(start, int)
            result.append(
                whole - start if fixed and isinstance(whole, int) and isinstance(start, int) else None
            )
        else:
            result.append(wanted)
    return tuple(result)


@shape_rule
def boolean_mask(value: Any, mask: Any, axis: Value | None = None) -> Shape:
    """The shape of `tf.boolean_mask`: the masked dimensions become one of unknown size."""
    known, masked = shape_of(value), shape_of(mask)
    place = 0 if is_none(axis) else as_int(axis)
    if known is None or masked is None or place is None or not 0 <= place <= len(known) - len(masked):
        return None
    return (*known[:place], None, *known[place + len(masked) :])


@shape_rule
def rank_vector(value: Any) -> Shape:
    """A vector with one element per dimension of the argument."""
    known = shape_of(value)
    return (None if known is None else len(known),)


@shape_rule
def rank_of(value: Any) -> Dim:
    """The rank of an argument, as a size."""
    known = shape_of(value)
    return None if known is None else len(known)


@shape_rule
def diag_part(value: Any) -> Shape:
    """The shape of the diagonals of matrices."""
    known = shape_of(value)
    if known is None or len(known) < 2:
        return None
    a, b = known[-2:]
    size = min(a, b) if isinstance(a, int) and isinstance(b, int) else a if a == b else None
    return (*known[:-2], size)


@shape_rule
def batch_of(a: Any, b: Any) -> Shape:
    """What the leading dimensions of two stacks of matrices broadcast to."""
    left, right = shape_of(a), shape_of(b)
    if left is None or right is None or len(left) < 2 or len(right) < 2:
        return None
    return shapes.broadcast(left[:-2], right[:-2])


@shape_rule
def back_two(value: Any) -> Shape:
    """The last two dimensions."""
    known = shape_of(value)
    return None if known is None or len(known) < 2 else known[-2:]


@shape_rule
def eye_shape(rows: Value | None, columns: Value | None, batch: Value | None) -> Shape:
    """The shape of an identity matrix."""
    high = as_int(rows)
    wide = high if is_none(columns) else as_int(columns)
    if is_none(batch):
        return (high, wide)
    lead = target(batch)
    return None if lead is None else (*lead, high, wide)


@shape_rule
def linspace_shape(start: Any, stop: Any, num: Value | None, axis: Value | None) -> Shape:
    """The shape of `tf.linspace`."""
    both = shapes.broadcast(shape_of(start), shape_of(stop))
    place = 0 if axis is None else as_int(axis)
    if both is None or place is None:
        return None
    return shapes.insert(both, place, as_int(num))


@shape_rule
def without_axis(value: Any, axis: Value | None) -> Shape:
    """The shape without the dimension at `axis`."""
    known = shape_of(value)
    place = as_int(axis)
    if known is None or not known:
        return None
    return (None,) * (len(known) - 1) if place is None else shapes.reduce(known, (place,), False)


@shape_rule
def gamma_shape(shape: Value | None, alpha: Any, beta: Any = None) -> Shape:
    """The shape of random draws with parameters: the wanted shape in front of the parameters'."""
    lead = target(shape)
    second = () if is_none(beta) else shape_of(beta)
    tail = shapes.broadcast(shape_of(alpha), second)
    return None if lead is None or tail is None else lead + tail


@shape_rule
def sparse_shape(value: Value | None) -> Shape:
    """The shape that a sparse tensor's `dense_shape` names."""
    return target(value)


@shape_rule
def shape_concat(one: Value | None, other: Value | None) -> Shape:
    """Two shapes, one behind the other."""
    a, b = as_dims(one), as_dims(other)
    return None if a is None or b is None else a + b


@shape_rule
def merged_dims(one: Value | None, other: Value | None) -> Shape:
    """The better known of two shapes."""
    return shapes.merge(as_dims(one), as_dims(other))


@shape_rule
def channels_of(channels: Value | None) -> Dim:
    """The channels of a decoded image: those asked for; 0 leaves it to the file."""
    number = as_int(channels)
    return number or None


def _spatial(known: tuple[Dim, ...], layout: str, count: int) -> tuple[tuple[Dim, ...], int]:
    """The spatial sizes and the position of the channels of an image-like shape."""
    if layout.startswith("NC") or layout == "channels_first":
        return known[-count:], len(known) - count - 1
    return known[-count - 1 : -1], len(known) - 1


def _per_dimension(value: Value | None, count: int, layout: str) -> tuple[int, ...] | None:
    """A stride-like argument as one number per spatial dimension; `None` where it is not known."""
    if is_none(value):
        return (1,) * count
    found = as_ints(value)
    if found is None:
        return None
    if len(found) == 1:
        return found * count
    if len(found) == count:
        return found
    if len(found) == count + 2:
        return found[2:] if layout.startswith("NC") else found[1:-1]
    return None


def _rebuilt(
    known: tuple[Dim, ...], layout: str, count: int, spatial: tuple[Dim, ...], channels: Dim
) -> Shape:
    lead = known[: len(known) - count - 1]
    if layout.startswith("NC") or layout == "channels_first":
        return (*lead, channels, *spatial)
    return (*lead, *spatial, channels)


def windows(
    sizes: tuple[Dim, ...],
    kernel: tuple[Dim, ...] | None,
    strides: tuple[int, ...] | None,
    dilations: tuple[int, ...] | None,
    padding: str,
) -> tuple[Dim, ...]:
    """The output sizes of a window operation; unknown where its parameters are."""
    if strides is None or dilations is None or padding not in ("same", "valid", "causal"):
        return (None,) * len(sizes)
    widths = kernel if kernel is not None else (None,) * len(sizes)
    return tuple(
        shapes.window(size, width, stride, dilation, padding)
        for size, width, stride, dilation in zip(sizes, widths, strides, dilations, strict=True)
    )


def _layout(value: Value | None) -> str | None:
    if is_none(value):
        return "NHWC"
    return convert.as_str(value)


@shape_rule
def conv(
    x: Any,
    filters: Any,
    strides: Value | None,
    padding: Value | None,
    data_format: Value | None,
    dilations: Value | None,
    count: int,
) -> Shape:
    """The shape of `tf.nn.convolution` and its relatives, in `count` spatial dimensions."""
    known, kernel = shape_of(x), shape_of(filters)
    layout = _layout(data_format)
    if known is None:
        return None
    if layout is None or len(known) < count + 2:
        return (None,) * len(known)
    spatial, _ = _spatial(known, layout, count)
    sizes = windows(
        spatial,
        kernel[:count] if kernel is not None and len(kernel) == count + 2 else None,
        _per_dimension(strides, count, layout),
        _per_dimension(dilations, count, layout),
        (convert.as_str(padding) or "").lower(),
    )
    return _rebuilt(known, layout, count, sizes, kernel[-1] if kernel else None)


@shape_rule
def depthwise_conv(
    x: Any,
    filters: Any,
    strides: Value | None,
    padding: Value | None,
    data_format: Value | None,
    dilations: Value | None,
) -> Shape:
    """The shape of a depthwise convolution: each input channel gives several."""
    kernel = shape_of(filters)
    found = conv(x, filters, strides, padding, data_format, dilations, 2)
    if found is None or kernel is None or len(kernel) != 4:
        return None if found is None else (None,) * len(found)
    layout = _layout(data_format) or ""
    channels = shapes.product(kernel[2:])
    return shapes.replace(found, 1 if layout.startswith("NC") else -1, channels)


@shape_rule
def pool(
    x: Any,
    ksize: Value | None,
    strides: Value | None,
    padding: Value | None,
    data_format: Value | None,
    count: int,
) -> Shape:
    """The shape of a pooling operation in `count` spatial dimensions."""
    known = shape_of(x)
    layout = _layout(data_format)
    if known is None:
        return None
    if layout is None or len(known) != count + 2:
        return (None,) * len(known)
    spatial, channels = _spatial(known, layout, count)
    sizes = windows(
        spatial,
        _per_dimension(ksize, count, layout),
        _per_dimension(ksize if is_none(strides) else strides, count, layout),
        (1,) * count,
        (convert.as_str(padding) or "").lower(),
    )
    return _rebuilt(known, layout, count, sizes, known[channels])


@shape_rule
def image_resize(images: Any, size: Value | None, keep_ratio: Value | None) -> Shape:
    """The shape of `tf.image.resize`."""
    known = shape_of(images)
    if known is None or len(known) not in (3, 4):
        return None
    wanted = as_dims(size)
    if wanted is None or len(wanted) != 2 or as_bool(keep_ratio) is not False:
        wanted = (None, None)
    return (*known[:-3], *wanted, known[-1])


@shape_rule
def cropped(image: Any, boxes: Any, size: Value | None) -> Shape:
    """The shape of `tf.image.crop_and_resize`: one crop per box."""
    known, found = shape_of(image), shape_of(boxes)
    wanted = as_dims(size)
    if wanted is None or len(wanted) != 2:
        wanted = (None, None)
    return (found[0] if found else None, *wanted, known[-1] if known else None)


@shape_rule
def separable(
    x: Any,
    depthwise: Any,
    pointwise: Any,
    strides: Value | None,
    padding: Value | None,
    data_format: Value | None,
    dilations: Value | None,
) -> Shape:
    """The shape of a separable convolution: a depthwise one, then a mix of channels."""
    first = depthwise_conv(x, depthwise, strides, padding, data_format, dilations)
    kernel = shape_of(pointwise)
    layout = _layout(data_format) or ""
    return shapes.replace(first, 1 if layout.startswith("NC") else -1, kernel[-1] if kernel else None)
