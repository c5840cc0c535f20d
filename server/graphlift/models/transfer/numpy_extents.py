"""Shapes that NumPy's functions give and TensorFlow's do not."""

from __future__ import annotations

from typing import Any

from graphlift.models import shapes
from graphlift.models.convert import as_dims, as_int, as_ints, is_none
from graphlift.models.rules import shape_rule
from graphlift.models.transfer.extents import at_least_1d, flat, gather, members, reduce, shape_of
from graphlift.models.transfer.shaping import tensordot
from graphlift.values import Dim, Sequence, Shape, Value


@shape_rule
def np_diag(value: Any, offset: Value | None) -> Shape:
    """`np.diag`: the square matrix of a vector, or the diagonal of a matrix."""
    known, by = shape_of(value), as_int(offset)
    if known is None or len(known) not in (1, 2):
        return None
    if len(known) == 1:
        size = None if by is None else shapes.add_dims(known[0], abs(by))
        return (size, size)
    rows, columns = known
    if by == 0 and rows == columns:
        return (rows,)
    if by is None or not isinstance(rows, int) or not isinstance(columns, int):
        return (None,)
    return (max(0, min(rows + min(by, 0), columns - max(by, 0))),)


@shape_rule
def np_diagonal(value: Any, offset: Value | None, axis1: Value | None, axis2: Value | None) -> Shape:
    """`np.diagonal`: two axes become one, at the end."""
    known, by = shape_of(value), as_int(offset)
    first, second = as_int(axis1), as_int(axis2)
    if known is None or len(known) < 2:
        return None
    if first is None or second is None:
        return (None,) * (len(known) - 1)
    axes = shapes.normal_axes((first, second), len(known))
    if axes is None or len(axes) != 2:
        return None
    rest = tuple(size for place, size in enumerate(known) if place not in axes)
    one, other = (known[place] for place in sorted(axes))
    square = by == 0 and one == other
    return (*rest, one if square else None)


@shape_rule
def np_along(value: Any, axis: Value | None) -> Shape:
    """Of `cumsum` and its like: the argument's, all in one dimension where no axis is given."""
    if is_none(axis):
        return flat(value)
    # An axis that is not known may be `None`, which flattens.
    known = at_least_1d(value)
    if as_int(axis) is None:
        return (None,) if known is not None and len(known) == 1 else None
    return known


@shape_rule
def np_append(value: Any, more: Any, axis: Value | None) -> Shape:
    """`np.append`."""
    one, other = shape_of(value), shape_of(more)
    place = as_int(axis)
    if is_none(axis):
        if one is None or other is None:
            return (None,)
        return (shapes.add_dims(shapes.product(one), shapes.product(other)),)
    return None if place is None or one is None or other is None else shapes.concat([one, other], place)


@shape_rule
def np_quantile(value: Any, q: Any, axis: Value | None, keepdims: Value | None) -> Shape:
    """`np.percentile` and `np.quantile`: the shape of what is asked for comes first."""
    asked, rest = shape_of(q), reduce(value, axis, keepdims)
    return None if asked is None or rest is None else (*asked, *rest)


@shape_rule
def np_swap(value: Any, axis1: Value | None, axis2: Value | None) -> Shape:
    """`np.swapaxes`."""
    known, first, second = shape_of(value), as_int(axis1), as_int(axis2)
    if known is None:
        return None
    if first is None or second is None:
        return (None,) * len(known)
    one, other = shapes.normal_axis(first, len(known)), shapes.normal_axis(second, len(known))
    if one is None or other is None:
        return None
    order = list(range(len(known)))
    order[one], order[other] = order[other], order[one]
    return shapes.permute(known, order)


@shape_rule
def np_take(value: Any, indices: Any, axis: Value | None) -> Shape:
    """`np.take`: of all elements where no axis is given."""
    if is_none(axis):
        return shape_of(indices)
    return None if as_int(axis) is None else gather(value, indices, axis)


@shape_rule
def np_at_least(value: Any, rank: int) -> Shape:
    """`np.atleast_2d` and `np.atleast_3d`."""
    known = shape_of(value)
    if known is None or len(known) >= rank:
        return known
    if rank == 2:
        return (*(1,) * (2 - len(known)), *known)
    return {0: (1, 1, 1), 1: (1, *known, 1), 2: (*known, 1)}[len(known)]


@shape_rule
def np_joined(values: Value | None, how: str) -> Shape:
    """`np.vstack`, `np.hstack`, `np.dstack`, `np.column_stack`: each member is given enough dimensions first."""
    parts = members(values)
    if not parts:
        return None
    axis, lifted = 0, list(parts)
    if how == "v":
        lifted = [np_at_least(part, 2) if part is not None else None for part in parts]
    elif how == "d":
        lifted, axis = [np_at_least(part, 3) if part is not None else None for part in parts], 2
    elif how == "column":
        lifted, axis = [(*part, 1) if part is not None and len(part) == 1 else part for part in parts], 1
        if any(part == () for part in parts):
            return None
    else:
        lifted = [at_least_1d(part) if part is not None else None for part in parts]
        axis = 0 if lifted[0] is not None and len(lifted[0]) == 1 else 1
    return None if any(part is None for part in lifted) else shapes.concat(lifted, axis)


@shape_rule
def np_cross(a: Any, b: Any) -> Shape:
    """`np.cross` of vectors along the last axis."""
    left, right = shape_of(a), shape_of(b)
    if not left or not right or left[-1] != 3 or right[-1] != 3:
        return None
    return shapes.broadcast(left, right)


@shape_rule
def np_inner(a: Any, b: Any) -> Shape:
    """`np.inner`: the last axes are summed over."""
    left, right = shape_of(a), shape_of(b)
    if left is None or right is None:
        return None
    if not left or not right:
        return left or right
    return (*left[:-1], *right[:-1])


@shape_rule
def np_kron(a: Any, b: Any) -> Shape:
    """`np.kron`: sizes are multiplied."""
    left, right = shape_of(a), shape_of(b)
    if left is None or right is None:
        return None
    return shapes.multiplied(left, right)


@shape_rule
def np_difference(value: Any, order: Value | None, axis: Value | None) -> Shape:
    """`np.diff`: each time one element less along the axis."""
    known, times, along = shape_of(value), as_int(order), as_int(axis)
    if known is None:
        return None
    place = None if along is None else shapes.normal_axis(along, len(known))
    size: Dim = None
    if place is None:
        return (None,) * len(known)
    if times is not None and isinstance(known[place], int):
        size = max(0, int(known[place] or 0) - times)
    return shapes.replace(known, place, size)


@shape_rule
def np_rows(value: Any, axis: Value | None) -> Shape:
    """`np.unique`, `np.compress` and `np.delete`: as many as there are, along an axis or of all elements."""
    if is_none(axis):
        return (None,)
    known, along = shape_of(value), as_int(axis)
    place = None if known is None or along is None else shapes.normal_axis(along, len(known))
    return None if known is None or place is None else shapes.replace(known, place, None)


@shape_rule
def np_drawn(value: Any, size: Value | None) -> Shape:
    """Draws of vectors: `size` first, then the vector; one vector without a size."""
    vector = shape_of(value)
    many = () if is_none(size) else _sizes(size)
    return None if many is None else (*many, None if not vector else vector[-1])


def _sizes(size: Value | None) -> Shape:
    """What a `size` argument asks for: a number is one dimension."""
    number = as_int(size)
    if number is not None:
        return (number,)
    return as_dims(size) if isinstance(size, Sequence) else None


@shape_rule
def np_picked(value: Any, size: Value | None, axis: Value | None = None) -> Shape:
    """`choice`: draws from the numbers below one, or from the rows of an array."""
    known = shape_of(value)
    many = () if is_none(size) else _sizes(size)
    place = 0 if is_none(axis) else as_int(axis)
    if known is None or many is None or place is None:
        return None
    if not known:
        return many
    where = shapes.normal_axis(place, len(known))
    return None if where is None else (*known[:where], *many, *known[where + 1 :])


@shape_rule
def np_shuffled(value: Any) -> Shape:
    """`permutation`: of the numbers below one, or of the rows of an array."""
    known = shape_of(value)
    return (as_int(value),) if known == () else known


@shape_rule
def np_contracted(a: Any, b: Any, axes: Value | None) -> Shape:
    """`np.tensordot`; without axes, over two."""
    left, right = shape_of(a), shape_of(b)
    if isinstance(axes, Sequence) and axes.items is not None and len(axes.items) == 2:
        left_axes, right_axes = as_ints(axes.items[0]), as_ints(axes.items[1])
        one, other = as_int(axes.items[0]), as_int(axes.items[1])
        left_axes = left_axes if one is None else (one,)
        right_axes = right_axes if other is None else (other,)
        if left is None or right is None or left_axes is None or right_axes is None:
            return None
        front, back = shapes.reduce(left, left_axes, False), shapes.reduce(right, right_axes, False)
        return None if front is None or back is None else front + back
    return tensordot(a, b, axes)


@shape_rule
def np_traced(value: Any) -> Shape:
    """`np.trace`: two dimensions less."""
    known = shape_of(value)
    if known is None or len(known) < 2:
        return None
    return () if len(known) == 2 else (None,) * (len(known) - 2)


@shape_rule
def np_tiled(value: Any, counts: Value | None) -> Shape:
    """`np.tile`: the shorter of shape and counts is filled up with ones in front."""
    known, many = shape_of(value), _sizes(counts)
    if known is None or many is None:
        return None
    return shapes.multiplied(known, many)
