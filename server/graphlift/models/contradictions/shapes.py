"""Shapes that TensorFlow refuses to bring together."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from graphlift.models import convert, shapes
from graphlift.models.contradictions.base import (
    SHAPE,
    Contradiction,
    beside,
    dense_shape,
    differ,
    shape_side,
    shown_shape,
)
from graphlift.models.convert import as_bool, as_dims, as_int, as_ints, is_none
from graphlift.values import FALSE, NONE, TRUE, Const, Dim, KerasTensor, Object, Py, Sequence, Shape, Value


@beside("broadcast")
def broadcast(*values: Any) -> Contradiction | None:
    """Two sizes that differ, neither of them one."""
    found = [(n, shape) for n, v in enumerate(values) if v != NONE and (shape := dense_shape(v)) is not None]
    for place, (m, one) in enumerate(found):
        for n, other in found[place + 1 :]:
            clash = _unbroadcastable(one, other)
            if clash is not None:
                text = f"{shown_shape(one)} and {shown_shape(other)} do not broadcast: {clash}"
                return Contradiction(SHAPE, text, (shape_side(m, one), shape_side(n, other)))
    return None


def _unbroadcastable(one: tuple[Dim, ...], other: tuple[Dim, ...]) -> str | None:
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if shapes.fit(a, b) is False:
            return f"{a} and {b} differ"
    return None


_FLAGS: dict[Value, bool] = {TRUE: True, FALSE: False}


@beside("matmul")
def matmul(a: Any, b: Any, ta: Value | None = None, tb: Value | None = None) -> Contradiction | None:
    """Inner sizes that differ, stacks that do not broadcast, a vector where a matrix is needed."""
    one, other = dense_shape(a), dense_shape(b)
    flags = [False if flag is None else _FLAGS.get(flag) for flag in (ta, tb)]
    if None in flags:
        return None
    for position, shape in enumerate((one, other)):
        if shape is not None and len(shape) < 2:
            text = f"{shown_shape(shape)} is no matrix"
            return Contradiction(SHAPE, text, (shape_side(position, shape),))
    if one is None or other is None:
        return None
    inner = one[-2] if flags[0] else one[-1], other[-1] if flags[1] else other[-2]
    if differ(*inner):
        text = (
            f"{shown_shape(one)} times {shown_shape(other)}: the inner sizes {inner[0]} and {inner[1]} differ"
        )
        return Contradiction(SHAPE, text, (shape_side(0, one), shape_side(1, other)))
    return broadcast(one[:-2], other[:-2]) and _stacks(one, other)


def _stacks(one: Shape, other: Shape) -> Contradiction:
    text = f"the stacks of matrices {shown_shape(one)} and {shown_shape(other)} do not broadcast"
    return Contradiction(SHAPE, text, (shape_side(0, one), shape_side(1, other)))


@beside("matvec")
def matvec(a: Any, b: Any, transpose: Value | None = None) -> Contradiction | None:
    """A vector whose length is not the matrix's number of columns."""
    one, other = dense_shape(a), dense_shape(b)
    flag = as_bool(transpose)
    if one is None or other is None or len(one) < 2 or not other or flag is None:
        return None
    columns = one[-2] if flag else one[-1]
    if not differ(columns, other[-1]):
        return None
    text = f"{shown_shape(one)} times {shown_shape(other)}: {columns} columns meet {other[-1]} elements"
    return Contradiction(SHAPE, text, (shape_side(0, one), shape_side(1, other)))


@beside("np_matmul")
def np_matmul(a: Any, b: Any) -> Contradiction | None:
    """The product of NumPy and Keras: vectors are allowed, scalars are not."""
    one, other = dense_shape(a), dense_shape(b)
    if not one or not other:
        return None
    inner = one[-1], other[-1] if len(other) == 1 else other[-2]
    if not differ(*inner):
        return None
    text = f"{shown_shape(one)} times {shown_shape(other)}: the inner sizes {inner[0]} and {inner[1]} differ"
    return Contradiction(SHAPE, text, (shape_side(0, one), shape_side(1, other)))


def _members(values: Value | None) -> list[Shape] | None:
    if not isinstance(values, Sequence) or values.items is None:
        return None
    return [dense_shape(item) for item in values.items]


@beside("concat")
def concat(values: Value | None, axis: Value | None = None) -> Contradiction | None:
    """Members of different ranks, or that differ in another size than the one along the axis."""
    found = _members(values)
    place = 0 if axis is None else as_int(axis)
    if found is None or len(found) < 2 or axis == NONE:
        return None
    known = [(n, shape) for n, shape in enumerate(found) if shape is not None]
    for n, shape in known:
        if place is not None and shapes.normal_axis(place, len(shape)) is None:
            text = f"{shown_shape(shape)} has no axis {place} to join along"
            return Contradiction(SHAPE, text, (shape_side(0, shape, n),))
    for (m, one), (n, other) in pairwise(known):
        text = ""
        if len(one) != len(other):
            text = f"{shown_shape(one)} and {shown_shape(other)} have different ranks"
        elif place is not None:
            skip = shapes.normal_axis(place, len(one))
            pairs = [(a, b) for at, (a, b) in enumerate(zip(one, other, strict=True)) if at != skip]
            if any(differ(a, b) for a, b in pairs):
                text = f"{shown_shape(one)} and {shown_shape(other)} differ in more than axis {place}"
        if text:
            return Contradiction(SHAPE, text, (shape_side(0, one, m), shape_side(0, other, n)))
    return None


@beside("stack")
def stack(values: Value | None, axis: Value | None = None) -> Contradiction | None:
    """Members that do not have the same shape."""
    del axis
    found = _members(values)
    if found is None:
        return None
    known = [(n, shape) for n, shape in enumerate(found) if shape is not None]
    for (m, one), (n, other) in pairwise(known):
        if len(one) != len(other) or any(differ(a, b) for a, b in zip(one, other, strict=True)):
            text = f"{shown_shape(one)} and {shown_shape(other)} are not the same shape"
            return Contradiction(SHAPE, text, (shape_side(0, one, m), shape_side(0, other, n)))
    return None


@beside("reshape")
def reshape(value: Any, to: Value | None) -> Contradiction | None:
    """A wanted shape that has another number of elements."""
    shape, wanted = dense_shape(value), as_dims(to)
    if shape is None or wanted is None or not all(isinstance(dim, int) for dim in (*shape, *wanted)):
        return None
    sizes = [dim for dim in wanted if isinstance(dim, int)]
    total = shapes.product(shape)
    rest = shapes.product(dim for dim in sizes if dim != -1)
    assert isinstance(total, int) and isinstance(rest, int)
    open_ended = sizes.count(-1)
    if any(dim < -1 for dim in sizes) or open_ended > 1:
        return None
    if total == rest if not open_ended else (rest == 0 or total % rest == 0):
        return None
    text = f"the {total} elements of {shown_shape(shape)} do not fill {shown_shape(wanted)}"
    return Contradiction(SHAPE, text, (shape_side(0, shape), shape_side(1, wanted)))


def _missing_axis(shape: Shape, axis: Value | None, more: int = 0) -> Contradiction | None:
    places = None if is_none(axis) else as_ints(axis)
    if not shape or places is None:
        return None  # TensorFlow lets many axes of a scalar pass.
    for place in places:
        if shapes.normal_axis(place, len(shape) + more) is None:
            text = f"{shown_shape(shape)} has no axis {place}"
            return Contradiction(SHAPE, text, (shape_side(0, shape),))
    return None


@beside("reduce")
def reduce(value: Any, axis: Value | None = None, keepdims: Value | None = None) -> Contradiction | None:
    """An axis that the argument does not have."""
    del keepdims
    return _missing_axis(dense_shape(value), axis)


@beside("expand")
def expand(value: Any, axis: Value | None) -> Contradiction | None:
    """A place for a new axis beyond the end."""
    return _missing_axis(dense_shape(value), axis, 1) if as_int(axis) is not None else None


@beside("squeeze")
def squeeze(value: Any, axis: Value | None = None) -> Contradiction | None:
    """An axis that is not there, or whose size is not one."""
    shape = dense_shape(value)
    missing = _missing_axis(shape, axis)
    places = None if is_none(axis) else as_ints(axis)
    if missing is not None or not shape or places is None:
        return missing
    for place in places:
        size = shape[place]
        if isinstance(size, int) and size != 1:
            text = f"axis {place} of {shown_shape(shape)} has size {size}, not 1"
            return Contradiction(SHAPE, text, (shape_side(0, shape),))
    return None


@beside("transpose")
def transpose(value: Any, perm: Value | None = None) -> Contradiction | None:
    """A permutation of another number of axes."""
    shape = dense_shape(value)
    order = None if is_none(perm) else as_ints(perm)
    if shape is None or order is None or not isinstance(perm, Sequence) or len(order) == len(shape):
        return None
    text = f"{len(order)} axes are put in order, and {shown_shape(shape)} has {len(shape)}"
    return Contradiction(SHAPE, text, (shape_side(0, shape),))


@beside("conv")
def conv(
    x: Any,
    filters: Any,
    strides: Value | None,
    padding: Value | None,
    data_format: Value | None,
    dilations: Value | None,
    count: int,
) -> Contradiction | None:
    """Filters for another number of channels; a number of channels that the filters divide makes groups."""
    del strides, padding, dilations
    one, kernel = dense_shape(x), dense_shape(filters)
    layout = "NHWC" if is_none(data_format) else convert.as_str(data_format)
    if one is None or kernel is None or layout is None or len(one) != count + 2 or len(kernel) != count + 2:
        return None
    channels, wanted = one[1] if layout.startswith("NC") else one[-1], kernel[-2]
    if not isinstance(channels, int) or not isinstance(wanted, int) or not wanted or channels % wanted == 0:
        return None
    text = f"{shown_shape(one)} has {channels} channels, and the filters {shown_shape(kernel)} take {wanted}"
    return Contradiction(SHAPE, text, (shape_side(0, one), shape_side(1, kernel)))


@beside("tensordot")
def tensordot(a: Any, b: Any, axes: Value | None) -> Contradiction | None:
    """Contracted axes of different sizes."""
    one, other = dense_shape(a), dense_shape(b)
    if one is None or other is None:
        return None
    count = as_int(axes)
    pairs: list[tuple[Dim, Dim]] = []
    if count is not None and 0 < count <= min(len(one), len(other)):
        pairs = list(zip(one[-count:], other[:count], strict=True))
    elif isinstance(axes, Sequence) and axes.items is not None and len(axes.items) == 2:
        left, right = (as_ints(side) or () for side in axes.items)
        places = [
            (shapes.normal_axis(m, len(one)), shapes.normal_axis(n, len(other)))
            for m, n in zip(left, right, strict=False)
        ]
        pairs = [(one[m], other[n]) for m, n in places if m is not None and n is not None]
    for x, y in pairs:
        if differ(x, y):
            text = f"{shown_shape(one)} and {shown_shape(other)} are contracted over sizes {x} and {y}"
            return Contradiction(SHAPE, text, (shape_side(0, one), shape_side(1, other)))
    return None


def einsum(equation: str, values: tuple[Value, ...]) -> Contradiction | None:
    """A letter that stands for two sizes."""
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    found = [dense_shape(value) for value in values]
    if "..." in equation or len(terms) != len(found):
        return None
    sizes: dict[str, tuple[int, int]] = {}
    for n, (term, shape) in enumerate(zip(terms, found, strict=True)):
        if shape is None or len(shape) != len(term):
            continue
        for label, size in zip(term, shape, strict=True):
            if not isinstance(size, int) or size == 1:
                continue
            m, before = sizes.setdefault(label, (n, size))
            if before != size:
                text = f"`{label}` is {before} in {shown_shape(found[m])} and {size} in {shown_shape(shape)}"
                return Contradiction(SHAPE, text, (shape_side(m, found[m]), shape_side(n, shape)))
    return None


def index(value: Value, index: Value) -> Contradiction | None:
    """An element that is not there, or more indices than axes, of a tensor or variable."""
    shape = dense_shape(value)
    parts = index.items if isinstance(index, Sequence) and index.type == "tuple" else (index,)
    if shape is None or parts is None or not all(map(_is_plain_index, parts)):
        return None
    used = [part for part in parts if part != NONE and part != _ELLIPSIS]
    if len(used) > len(shape):
        text = f"{shown_shape(shape)} has {len(shape)} axes, and {len(used)} are indexed"
        return Contradiction(SHAPE, text, (shape_side(0, shape),))
    for place, part in enumerate(used if _ELLIPSIS not in parts else ()):
        number, size = as_int(part), shape[place]
        if number is not None and isinstance(size, int) and not -size <= number < size:
            text = f"axis {place} of {shown_shape(shape)} has no element {number}"
            return Contradiction(SHAPE, text, (shape_side(0, shape),))
    return None


_ELLIPSIS = Py("ellipsis")


def _is_plain_index(part: Value) -> bool:
    """Whether an index is certainly a number, a slice, `None` or `...`."""
    if isinstance(part, Object):
        return part.cls == "builtins.slice"
    return part in (NONE, _ELLIPSIS) or (isinstance(part, Const | Py) and part.type == "int")


def model_input(declared: Value, given: Value) -> Contradiction | None:
    """An input of a functional Keras 3 model that has another size than the model was made for, the batch aside."""
    wanted, shape = dense_shape(declared), dense_shape(given)
    if not isinstance(declared, KerasTensor) or wanted is None or shape is None or len(wanted) != len(shape):
        return None
    if not any(differ(a, b) for a, b in zip(wanted[1:], shape[1:], strict=True)):
        return None
    text = f"the model was made for {shown_shape(wanted)}, and is given {shown_shape(shape)}"
    return Contradiction(SHAPE, text, (shape_side(0, shape),))
