"""Arithmetic on static shapes: what is known of a result's shape from what is known of its operands'.

A dimension is a size, a name that stands for one size, or `None` (see `values.domain.Dim`); a shape of `None` has
an unknown rank. Every function is sound for what it is given: a size in an answer is the size that TensorFlow
computes, whatever the unknown sizes turn out to be. Operands that TensorFlow refuses give an unknown shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphlift.values import Dim, Shape


def broadcast_dims(a: Dim, b: Dim) -> Dim:
    """The size that two sizes broadcast to."""
    if a == b:
        return a
    if a == 1:
        return b
    if b == 1:
        return a
    if isinstance(a, int):
        return a
    return b if isinstance(b, int) else None


def broadcast(*shapes: Shape) -> Shape:
    """The shape that these shapes broadcast to, by NumPy's rules."""
    result: Shape = ()
    for shape in shapes:
        if result is None or shape is None:
            return None
        longer, shorter = (result, shape) if len(result) >= len(shape) else (shape, result)
        padded = (1,) * (len(longer) - len(shorter)) + shorter
        result = tuple(broadcast_dims(x, y) for x, y in zip(longer, padded, strict=True))
    return result


def fit(a: Dim, b: Dim) -> bool | None:
    """Whether two sizes broadcast; `None` where that depends on sizes that are not known."""
    if a == b and a is not None:
        return True
    if a == 1 or b == 1:
        return True
    return False if isinstance(a, int) and isinstance(b, int) else None


def equality(a: Shape, b: Shape) -> Shape:
    """The shape of `a == b` for tensors: one value for all where the shapes do not broadcast.

    Nothing raises there, so that sizes which only may fit leave the rank open, as in TensorFlow's own inference.
    """
    if a is None or b is None:
        return None
    found = [fit(x, y) for x, y in zip(reversed(a), reversed(b), strict=False)]
    if False in found:
        return ()
    return None if None in found else broadcast(a, b)


def merge_dims(a: Dim, b: Dim) -> Dim:
    """The better known of two descriptions of the same size."""
    if isinstance(a, int):
        return a
    if isinstance(b, int):
        return b
    return a if a is not None else b


def merge(a: Shape, b: Shape) -> Shape:
    """The better known of two descriptions of the same shape."""
    if a is None or b is None or len(a) != len(b):
        return b if a is None else a
    return tuple(merge_dims(x, y) for x, y in zip(a, b, strict=True))


def product(dims: Iterable[Dim]) -> Dim:
    """The number of elements, where it is known."""
    total = 1
    unknown = False
    names: list[str] = []
    for dim in dims:
        if dim == 0:
            return 0
        if isinstance(dim, int):
            total *= dim
        elif dim is None:
            unknown = True
        else:
            names.append(dim)
    if unknown or len(names) > 1 or (names and total != 1):
        return None
    return names[0] if names else total


def multiplied(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The sizes of two shapes multiplied one by one; the shorter has ones in front."""
    rank = max(len(a), len(b))
    one, other = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    return tuple(product(pair) for pair in zip(one, other, strict=True))


def add_dims(*dims: Dim) -> Dim:
    """The sum of sizes, where it is known."""
    known = [dim for dim in dims if dim != 0]
    if len(known) == 1:
        return known[0]
    total = 0
    for dim in known:
        if not isinstance(dim, int):
            return None
        total += dim
    return total


def normal_axis(axis: int, rank: int) -> int | None:
    """An axis counted from the front, or `None` where there is no such axis."""
    return axis % rank if -rank <= axis < rank else None


def normal_axes(axes: Iterable[int], rank: int) -> frozenset[int] | None:
    """The axes counted from the front, or `None` where one of them does not exist."""
    found = [normal_axis(axis, rank) for axis in axes]
    return None if None in found else frozenset(axis for axis in found if axis is not None)


def reduce(shape: Shape, axes: tuple[int, ...] | None, keepdims: bool) -> Shape:
    """The shape after reducing over `axes` (`None`: over all)."""
    if shape is None:
        return () if axes is None and not keepdims else None
    chosen = frozenset(range(len(shape))) if axes is None else normal_axes(axes, len(shape))
    if chosen is None:
        return None
    if keepdims:
        return tuple(1 if position in chosen else dim for position, dim in enumerate(shape))
    return tuple(dim for position, dim in enumerate(shape) if position not in chosen)


def matmul(a: Shape, b: Shape, transpose_a: bool = False, transpose_b: bool = False) -> Shape:
    """The shape of a batched matrix product; both operands are matrices or stacks of them."""
    if a is None or b is None or len(a) < 2 or len(b) < 2:
        return None
    rows = a[-1] if transpose_a else a[-2]
    columns = b[-2] if transpose_b else b[-1]
    batch = broadcast(a[:-2], b[:-2])
    return None if batch is None else (*batch, rows, columns)


def numpy_matmul(a: Shape, b: Shape) -> Shape:
    """The shape of NumPy's (and Keras's) product, where vectors are allowed."""
    if a is None or b is None or not a or not b:
        return None
    left = (1, *a) if len(a) == 1 else a
    right = (*b, 1) if len(b) == 1 else b
    result = matmul(left, right)
    if result is None:
        return None
    kept = result if len(a) > 1 else (*result[:-2], result[-1])
    return kept if len(b) > 1 else kept[:-1]


def concat(shapes: Sequence[Shape], axis: int) -> Shape:
    """The shape of a concatenation along `axis`."""
    if not shapes or any(shape is None for shape in shapes):
        known = [shape for shape in shapes if shape is not None]
        if not known:
            return None
        place = normal_axis(axis, len(known[0]))
        return None if place is None else _merge_except([*known], place, None)
    present = [shape for shape in shapes if shape is not None]
    place = normal_axis(axis, len(present[0]))
    if place is None or any(len(shape) != len(present[0]) for shape in present):
        return None
    return _merge_except(present, place, add_dims(*(shape[place] for shape in present)))


def _merge_except(shapes: Sequence[tuple[Dim, ...]], place: int, size: Dim) -> Shape:
    result: Shape = shapes[0]
    for shape in shapes[1:]:
        result = merge(result, shape)
    assert result is not None
    return (*result[:place], size, *result[place + 1 :])


def stack(shapes: Sequence[Shape], axis: int) -> Shape:
    """The shape of a stack of equally shaped tensors along a new `axis`."""
    shape: Shape = None
    for other in shapes:
        shape = merge(shape, other)
    return insert(shape, axis, len(shapes))


def insert(shape: Shape, axis: int, size: Dim) -> Shape:
    """The shape with a new dimension at `axis` (negative: counted from the end of the result)."""
    if shape is None:
        return None
    place = normal_axis(axis, len(shape) + 1)
    return None if place is None else (*shape[:place], size, *shape[place:])


def replace(shape: Shape, axis: int, size: Dim) -> Shape:
    """The shape with the size at `axis` replaced."""
    if shape is None:
        return None
    place = normal_axis(axis, len(shape))
    return None if place is None else (*shape[:place], size, *shape[place + 1 :])


def squeeze(shape: Shape, axes: tuple[int, ...] | None) -> Shape:
    """The shape without dimensions of size one: those at `axes`, or all of them (then every size must be known)."""
    if shape is None:
        return None
    if axes is None:
        # An unknown size may be one, and then the dimension disappears.
        return tuple(dim for dim in shape if dim != 1) if all(isinstance(d, int) for d in shape) else None
    chosen = normal_axes(axes, len(shape))
    if chosen is None:
        return None
    return tuple(dim for position, dim in enumerate(shape) if position not in chosen)


def reshape(shape: Shape, target: Shape) -> Shape:
    """The shape after a reshape to `target`, in which `-1` stands for whatever is left.

    `None` in `target` is a size that the analysis does not know (it may be -1 at run time).
    """
    if target is None:
        return None
    if -1 not in target:
        unknown = [position for position, dim in enumerate(target) if dim is None]
        if len(unknown) == 1 and shape is not None:
            place = unknown[0]
            rest = _remaining(product(shape), product((*target[:place], *target[place + 1 :])))
            return (*target[:place], rest, *target[place + 1 :])
        return target
    place = target.index(-1)
    others = (*target[:place], *target[place + 1 :])
    size: Dim = None
    if shape is not None:
        size = _remaining(product(shape), product(others))
        if size is None:
            size = _cancelled(shape, others)
    return (*target[:place], size, *target[place + 1 :])


def _remaining(total: Dim, others: Dim) -> Dim:
    if isinstance(total, int) and isinstance(others, int) and others:
        return total // others
    return total if others == 1 else None


def _cancelled(shape: tuple[Dim, ...], others: tuple[Dim, ...]) -> Dim:
    """What is left of a product when the known factors of both sides cancel."""
    left = [dim for dim in shape if not isinstance(dim, int)]
    for dim in others:
        if isinstance(dim, int):
            continue
        if dim is None or dim not in left:
            return None
        left.remove(dim)
    sizes = product(dim for dim in shape if isinstance(dim, int))
    wanted = product(dim for dim in others if isinstance(dim, int))
    if not isinstance(sizes, int) or not isinstance(wanted, int) or wanted == 0:
        return None
    if not left:
        return sizes // wanted
    return left[0] if len(left) == 1 and sizes == wanted else None


def permute(shape: Shape, order: Sequence[int] | None) -> Shape:
    """The shape with its dimensions in another order (`None`: reversed)."""
    if shape is None:
        return None if order is None else (None,) * len(order)
    if order is None:
        return tuple(reversed(shape))
    places = [normal_axis(axis, len(shape)) for axis in order]
    if len(places) != len(shape) or None in places:
        return None
    return tuple(shape[place] for place in places if place is not None)


def window(size: Dim, kernel: Dim, stride: int, dilation: int, padding: str) -> Dim:
    """The output size of one spatial dimension of a convolution or pooling (`padding`: `valid`, `same`, `causal`)."""
    if padding in ("same", "causal"):
        if stride == 1:
            return size
        return -(-size // stride) if isinstance(size, int) else None
    if padding != "valid" or not isinstance(size, int) or not isinstance(kernel, int):
        return size if kernel == 1 and stride == 1 else None
    effective = (kernel - 1) * dilation + 1
    return max(0, -(-(size - effective + 1) // stride))


def transposed_window(size: Dim, kernel: int, stride: int, dilation: int, padding: str) -> Dim:
    """The output size of one spatial dimension of Keras's transposed convolution."""
    if not isinstance(size, int):
        return size if stride == 1 and padding == "same" else None
    if padding == "same":
        return size * stride
    effective = (kernel - 1) * dilation + 1
    return size * stride + max(effective - stride, 0) if padding == "valid" else None
