"""Shape rules: the shape of a result from arguments."""

from __future__ import annotations

from typing import Any

from graphlift.models import convert, shapes
from graphlift.models.convert import as_bool, as_dims, as_int, as_ints, is_none, operand
from graphlift.models.rules import shape_rule
from graphlift.values import NONE, Dim, Sequence, Shape, Unknown, Value, join_shape, options


def shape_of(value: Any) -> Shape:
    """The shape of an argument once it is a tensor; a shape passes through."""
    if value is None or isinstance(value, tuple):
        return value
    return operand(value).shape


@shape_rule
def shape(value: Value | None) -> Shape:
    """The shape of an argument once it is a tensor."""
    return operand(value).shape


@shape_rule
def scalar() -> Shape:
    """The shape `()`."""
    return ()


@shape_rule
def vector(size: Any = None) -> Shape:
    """A shape of rank one; `size` is a number or an argument that holds it."""
    return (size if isinstance(size, int) else as_int(size),)


@shape_rule
def dims(*sizes: Any) -> Shape:
    """A shape of known rank; each size is a number, an argument that holds it, a dimension, or nothing."""
    return tuple(size if isinstance(size, int | str) else as_int(size) for size in sizes)


@shape_rule
def ranked(rank: int) -> Shape:
    """A shape of which the rank alone is known."""
    return (None,) * rank


@shape_rule
def like_rank(value: Any, more: int = 0) -> Shape:
    """A shape of the same rank as the argument's (`more` dimensions more); the sizes are not known."""
    known = shape_of(value)
    return None if known is None or len(known) + more < 0 else (None,) * (len(known) + more)


@shape_rule
def broadcast(*values: Any) -> Shape:
    """The shape that arguments broadcast to; arguments that are certainly `None` take no part."""
    return shapes.broadcast(*(shape_of(value) for value in values if value != NONE))


@shape_rule
def merged(*values: Any) -> Shape:
    """The shape that arguments share."""
    result: Shape = None
    for value in values:
        result = shapes.merge(result, shape_of(value))
    return result


@shape_rule
def reduce(value: Any, axis: Value | None = None, keepdims: Value | None = None) -> Shape:
    """The shape after reducing over `axis` (`None`: all of it)."""
    known = shape_of(value)
    keep = False if keepdims is None else as_bool(keepdims)
    if is_none(axis):
        if keep is None:
            return None
        return shapes.reduce(known, None, keep)
    axes = as_ints(axis)
    if axes is not None and keep is not None:
        return shapes.reduce(known, axes, keep)
    if known is None:
        return None
    single = axes is not None or operand(axis).shape == ()
    if keep:
        return (None,) * len(known)
    return (None,) * (len(known) - 1) if single and keep is False and known and axes is None else None


@shape_rule
def matmul(a: Any, b: Any, ta: Value | None = None, tb: Value | None = None) -> Shape:
    """The shape of a batched matrix product with optional transpositions."""
    flags = [False if flag is None else as_bool(flag) for flag in (ta, tb)]
    left, right = shape_of(a), shape_of(b)
    if None in flags:
        if left is None or right is None:
            return None
        return (None,) * max(len(left), len(right))
    return shapes.matmul(left, right, bool(flags[0]), bool(flags[1]))


@shape_rule
def np_matmul(a: Any, b: Any) -> Shape:
    """The shape of NumPy's matrix product."""
    return shapes.numpy_matmul(shape_of(a), shape_of(b))


@shape_rule
def np_dot(a: Any, b: Any) -> Shape:
    """The shape of NumPy's `dot`: the last axis of `a` with the last but one of `b`."""
    left, right = shape_of(a), shape_of(b)
    if left is None or right is None:
        return None
    if not left or not right:
        return left + right
    rest = right[:-1] if len(right) == 1 else (*right[:-2], right[-1])
    return (*left[:-1], *rest)


def members(value: Value | None) -> list[Shape] | None:
    """The shapes of the members of a list of tensors; `None` where its length is not known."""
    if isinstance(value, Sequence) and value.items is not None:
        return [operand(item).shape for item in value.items]
    whole = operand(value)
    if not isinstance(value, Sequence) and whole.shape and isinstance(whole.shape[0], int):
        return [whole.shape[1:]] * whole.shape[0] if whole.shape[0] <= 256 else None
    return None


@shape_rule
def concat(values: Value | None, axis: Value | None = None) -> Shape:
    """The shape of the members of `values` joined along `axis`."""
    found = members(values)
    if axis == NONE:
        return (None,)
    place = 0 if axis is None else as_int(axis)
    if found is not None and place is not None:
        return shapes.concat(found, place)
    element = operand(values.element).shape if isinstance(values, Sequence) else None
    if found:
        element = next((one for one in found if one is not None), None)
    if element is None:
        whole = operand(values).shape
        element = whole[1:] if whole else None
    if element is None:
        return None
    if place is None:
        return (None,) * len(element)
    return shapes.replace(element, place, None)


@shape_rule
def stack(values: Value | None, axis: Value | None = None) -> Shape:
    """The shape of the members of `values` stacked along a new `axis`."""
    found = members(values)
    place = 0 if axis is None else as_int(axis)
    if found is not None and place is not None:
        return shapes.stack(found, place)
    element = operand(values.element).shape if isinstance(values, Sequence) else None
    if found:
        element = next((one for one in found if one is not None), None)
    if element is None:
        return None
    return (None,) * (len(element) + 1) if place is None else shapes.insert(element, place, None)


@shape_rule
def target(value: Any) -> Shape:
    """The shape that an argument names."""
    found = as_dims(value)
    return None if found is None else tuple(None if dim == -1 else dim for dim in found)


@shape_rule
def reshape(value: Any, to: Value | None) -> Shape:
    """The shape after a reshape."""
    return shapes.reshape(shape_of(value), as_dims(to))


@shape_rule
def expand(value: Any, axis: Value | None) -> Shape:
    """The shape with a new dimension of size one at `axis`."""
    known = shape_of(value)
    places = as_ints(axis)
    if known is None:
        return None
    if places is None:
        return (None,) * (len(known) + 1) if operand(axis).shape == () else None
    rank = len(known) + len(places)
    chosen = shapes.normal_axes(places, rank)
    if chosen is None or len(chosen) != len(places):
        return None
    rest = iter(known)
    return tuple(1 if position in chosen else next(rest) for position in range(rank))


@shape_rule
def squeeze(value: Any, axis: Value | None = None) -> Shape:
    """The shape without dimensions of size one."""
    places = as_ints(axis)
    if is_none(axis) or places == ():
        return shapes.squeeze(shape_of(value), None)
    return None if places is None else shapes.squeeze(shape_of(value), places)


@shape_rule
def transpose(value: Any, perm: Value | None = None) -> Shape:
    """The shape with its dimensions in another order."""
    known = shape_of(value)
    if is_none(perm):
        return shapes.permute(known, None)
    order = as_ints(perm)
    if order is None:
        return None if known is None else (None,) * len(known)
    return shapes.permute(known, order)


@shape_rule
def swap_last(value: Any) -> Shape:
    """The shape with its last two dimensions exchanged."""
    known = shape_of(value)
    return None if known is None or len(known) < 2 else (*known[:-2], known[-1], known[-2])


@shape_rule
def front(value: Any, count: int = 1) -> Shape:
    """The shape without its last `count` dimensions."""
    known = shape_of(value)
    return None if known is None or len(known) < count else known[: len(known) - count]


@shape_rule
def back(value: Any, count: int = 1) -> Shape:
    """The shape without its first `count` dimensions."""
    known = shape_of(value)
    return None if known is None or len(known) < count else known[count:]


@shape_rule
def append(value: Any, *sizes: Any) -> Shape:
    """The shape with dimensions added at its end."""
    known = shape_of(value)
    return None if known is None else (*known, *(size_of(size) for size in sizes))


@shape_rule
def prepend(value: Any, *sizes: Any) -> Shape:
    """The shape with dimensions added at its front."""
    known = shape_of(value)
    return None if known is None else (*(size_of(size) for size in sizes), *known)


@shape_rule
def join(*parts: Any) -> Shape:
    """Shapes one behind the other."""
    result: tuple[Dim, ...] = ()
    for part in parts:
        known = shape_of(part)
        if known is None:
            return None
        result += known
    return result


@shape_rule
def with_dim(value: Any, axis: Any, size: Any = None) -> Shape:
    """The shape with the size at `axis` replaced (not known when `size` is left out)."""
    place = axis if isinstance(axis, int) else as_int(axis)
    known = shape_of(value)
    if place is None:
        return None if known is None else (None,) * len(known)
    return shapes.replace(known, place, size_of(size))


def size_of(size: Any) -> Dim:
    """A size given as a number, a name or an argument."""
    return size if isinstance(size, int | str) or size is None else as_int(size)


@shape_rule
def dim(value: Any, axis: int) -> Dim:
    """One size of an argument's shape: for use inside `dims`, `append` and `with_dim`."""
    known = shape_of(value)
    if known is None:
        return None
    place = shapes.normal_axis(axis, len(known))
    return None if place is None else known[place]


@shape_rule
def insert(value: Any, axis: Any, size: Any = None) -> Shape:
    """The shape with a new dimension at `axis` (`None`: at the end, as `axis=-1`)."""
    place = axis if isinstance(axis, int) else as_int(axis)
    known = shape_of(value)
    if place is None:
        return None if known is None else (None,) * (len(known) + 1)
    return shapes.insert(known, place, size_of(size))


@shape_rule
def flat(value: Any) -> Shape:
    """All elements in one dimension."""
    known = shape_of(value)
    return (None if known is None else shapes.product(known),)


@shape_rule
def pad(value: Any, paddings: Value | None) -> Shape:
    """The shape after padding by a list of (before, after)."""
    known = shape_of(value)
    if not isinstance(paddings, Sequence) or paddings.items is None:
        return None if known is None else (None,) * len(known)
    pairs = [as_ints(item) for item in paddings.items]
    if known is None:
        known = (None,) * len(pairs)
    if len(pairs) != len(known):
        return None
    return tuple(
        shapes.add_dims(size, *pair) if pair is not None and len(pair) == 2 else None
        for size, pair in zip(known, pairs, strict=True)
    )


@shape_rule
def tile(value: Any, multiples: Value | None) -> Shape:
    """The shape after repeating it along each axis."""
    known = shape_of(value)
    counts = as_dims(multiples)
    if known is None:
        return None if counts is None else (None,) * len(counts)
    if counts is None or len(counts) != len(known):
        return (None,) * len(known)
    return tuple(shapes.product((size, count)) for size, count in zip(known, counts, strict=True))


@shape_rule
def gather(params: Any, indices: Any, axis: Value | None = None, batch_dims: Value | None = None) -> Shape:
    """The shape of `tf.gather`: the indices' shape in place of the axis."""
    known, index = shape_of(params), shape_of(indices)
    batch = 0 if batch_dims is None else as_int(batch_dims)
    place = batch if is_none(axis) else as_int(axis)
    if known is None or index is None or batch is None:
        return None
    if place is None:
        return (None,) * (len(known) + len(index) - 1 - batch)
    where = shapes.normal_axis(place, len(known))
    if where is None or not 0 <= batch <= where:
        return None
    return (*known[:where], *index[batch:], *known[where + 1 :])


@shape_rule
def gather_nd(params: Any, indices: Any, batch_dims: Value | None = None) -> Shape:
    """The shape of `tf.gather_nd`."""
    known, index = shape_of(params), shape_of(indices)
    batch = 0 if batch_dims is None else as_int(batch_dims)
    if known is None or not index or batch is None or not isinstance(index[-1], int):
        return None
    return (*index[:-1], *known[batch + index[-1] :])


@shape_rule
def one_hot(indices: Any, depth: Value | None, axis: Value | None = None) -> Shape:
    """The shape with a dimension of size `depth` inserted at `axis` (at the end by default)."""
    place = -1 if is_none(axis) else as_int(axis)
    known = shape_of(indices)
    if place is None:
        return None if known is None else (None,) * (len(known) + 1)
    return shapes.insert(known, place, as_int(depth))


@shape_rule
def when(condition: Value | None, one: Shape, other: Shape) -> Shape:
    """`one` where a flag is certainly true, `other` where it is certainly false."""
    known = convert.as_bool(condition)
    if known is None:
        return join_shape(one, other)
    return one if known else other


@shape_rule
def when_given(value: Value | None, one: Shape, other: Shape) -> Shape:
    """`one` where an argument is given and not `None`, else `other`."""
    if is_none(value):
        return other
    vague = isinstance(value, Unknown) or any(is_none(option) for option in options(value or NONE))
    return join_shape(one, other) if vague else one


@shape_rule
def segmented(data: Any, ids: Any, number: Any = None) -> Shape:
    """The shape of a segment reduction: the segments in place of the dimensions that the ids have."""
    known, chosen = shape_of(data), shape_of(ids)
    if known is None or chosen is None or len(chosen) > len(known):
        return None
    return (size_of(number), *known[len(chosen) :])


@shape_rule
def at_least_1d(value: Any) -> Shape:
    """The shape, a scalar's as that of one element."""
    known = shape_of(value)
    return (1,) if known == () else known


@shape_rule
def squared_up(value: Any) -> Shape:
    """The shape of NumPy's triangles: a vector is repeated as the rows of a square."""
    known = shape_of(value)
    return (*known, *known) if known is not None and len(known) == 1 else known


@shape_rule
def sorted_shape(value: Any, axis: Value | None) -> Shape:
    """The shape of NumPy's sorts: without an axis everything is flattened."""
    if axis == NONE:
        return flat(value)
    return at_least_1d(value) if axis is None or as_int(axis) is not None else None
