"""The static shape of `x[index]`."""

from __future__ import annotations

from graphlift.models import convert, shapes
from graphlift.values import (
    NONE,
    Array,
    Const,
    Dim,
    Object,
    Py,
    Sequence,
    Shape,
    ShapeValue,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
    join_all,
    tuple_of,
)

_ELLIPSIS = ("ellipsis",)


def index_shape(shape: Shape, index: Value, *, numpy: bool = False) -> Shape:
    """The shape of `x[index]` for a tensor (or array, with `numpy`) of this shape."""
    parts = _parts(index)
    if parts is None:
        return None
    if any(_is_mask_or_list(part, numpy) for part in parts):
        return _advanced(shape, parts) if numpy else _masked(shape, parts)
    consumed = sum(1 for part in parts if not _is_new_axis(part) and not _is_ellipsis(part))
    if any(isinstance(part, Unknown) for part in parts):
        return None
    if shape is None or consumed > len(shape):
        return None
    result: list[Dim] = []
    rest = list(shape)
    spread = False
    for part in parts:
        if _is_new_axis(part):
            result.append(1)
        elif _is_ellipsis(part) and not spread:
            spread = True
            count = len(shape) - consumed
            result += rest[:count]
            rest = rest[count:]
        elif isinstance(part, Object):
            result.append(_slice_size(rest.pop(0), part))
        else:
            rest.pop(0)
    return (*result, *rest)


def _parts(index: Value) -> tuple[Value, ...] | None:
    if isinstance(index, Sequence) and index.type == "tuple":
        return index.items
    return (index,)


def _is_new_axis(part: Value) -> bool:
    return part == NONE


def _is_ellipsis(part: Value) -> bool:
    return isinstance(part, Py) and part.type in _ELLIPSIS


def _is_mask_or_list(part: Value, numpy: bool) -> bool:
    if isinstance(part, Sequence):
        return True
    if isinstance(part, Tensor | Array | Variable):
        scalar = isinstance(part, Array) and part.scalar
        return (
            not scalar and part.shape != () and (numpy or part.dtype in (None, "bool") or part.shape is None)
        )
    return isinstance(part, Const | Py) and part.type == "bool"


def _masked(shape: Shape, parts: tuple[Value, ...]) -> Shape:
    """A boolean mask picks rows; TensorFlow takes it only as the whole index."""
    if len(parts) != 1 or shape is None:
        return None
    mask = convert.operand(parts[0])
    if mask.dtype != "bool" or mask.shape is None or len(mask.shape) > len(shape):
        return None
    return (None, *shape[len(mask.shape) :])


def _advanced(shape: Shape, parts: tuple[Value, ...]) -> Shape:
    """One integer array or list, or one mask, as the first and only index of an array."""
    if len(parts) != 1 or shape is None:
        return None
    picked = convert.operand(parts[0])
    if picked.shape is None or picked.dtype is None:
        return None
    if picked.dtype == "bool":
        return (None, *shape[len(picked.shape) :]) if len(picked.shape) <= len(shape) else None
    return (*picked.shape, *shape[1:]) if shape else None


def _slice_size(size: Dim, part: Object) -> Dim:
    if part.cls != "builtins.slice":
        return None
    bounds = dict(part.config)
    start, stop, step = (bounds.get(name, NONE) for name in ("start", "stop", "step"))
    if start == NONE and stop == NONE and (step == NONE or convert.as_int(step) in (1, -1)):
        return size
    numbers = [None if bound == NONE else convert.as_int(bound) for bound in (start, stop, step)]
    vague = any(b != NONE and n is None for b, n in zip((start, stop, step), numbers, strict=True))
    if vague:
        return None
    if isinstance(size, int) and numbers[2] != 0:
        return len(range(*slice(*numbers).indices(size)))
    if (
        not isinstance(size, int)
        and numbers[0] in (None, 0)
        and numbers[1] is None
        and numbers[2] in (None, 1)
    ):
        return size
    return None


def shape_item(receiver: ShapeValue, index: Value) -> Value:
    """An item or a slice of a `tf.TensorShape`. A size that TensorFlow may not know while tracing may be `None`."""
    if isinstance(index, Object) and index.cls == "builtins.slice":
        return ShapeValue(_slice_of(receiver.shape, index))
    place = convert.as_int(index)
    if receiver.shape is None or place is None:
        return size_value(None)
    where = shapes.normal_axis(place, len(receiver.shape))
    if where is None:
        return Unknown("the shape has no such dimension")
    return size_value(receiver.shape[where])


def _slice_of(shape: Shape, index: Object) -> Shape:
    bounds = dict(index.config)
    values = [bounds.get(name, NONE) for name in ("start", "stop", "step")]
    numbers = [None if bound == NONE else convert.as_int(bound) for bound in values]
    if shape is None or any(b != NONE and n is None for b, n in zip(values, numbers, strict=True)):
        return None
    return shape[slice(*numbers)] if numbers[2] != 0 else None


def size_value(size: Dim) -> Value:
    """One static size as a Python value."""
    return const(size) if isinstance(size, int) else join_all([Py("int"), NONE])


def sizes_tuple(shape: Shape, *, none: bool = True) -> Value:
    """A shape as a Python tuple or list of sizes; `none` says whether an unknown size may be `None`."""
    unknown: Value = size_value(None) if none else Py("int")
    if shape is None:
        return Sequence("tuple", None, unknown)
    return tuple_of(*(const(size) if isinstance(size, int) else unknown for size in shape))
