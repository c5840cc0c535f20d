"""`einops`: the pattern says the shape, and the result is the kind of array that went in."""

from __future__ import annotations

from graphlift.models import convert, shapes
from graphlift.models.call import Call
from graphlift.models.convert import as_int, as_str, operand
from graphlift.models.promotion import numpy_dtype, numpy_operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.dtypes import np_sum
from graphlift.values import (
    Array,
    Dim,
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
    list_of,
    tuple_of,
)

ELLIPSIS = "..."


Axis = str | tuple[str, ...]
"""One axis of a pattern: a name, a number or an ellipsis, or a group of them."""


def axes_of(side: str) -> list[Axis] | None:
    """The axes of one side of a pattern (`a (b c)` has two); `None` where it is malformed."""
    axes: list[Axis] = []
    group: list[str] | None = None
    for token in side.replace("(", " ( ").replace(")", " ) ").replace("...", " ... ").split():
        if token == "(":
            if group is not None:
                return None
            group = []
        elif token == ")":
            if group is None:
                return None
            axes.append(tuple(group))
            group = None
        elif group is not None:
            group.append(token)
        else:
            axes.append(token)
    return axes if group is None else None


def _spelled_out(axes: list[Axis], count: int) -> list[Axis]:
    """The axes with an ellipsis that stands for `count` axes replaced by names of their own."""
    names = [f"...{index}" for index in range(count)]
    result: list[Axis] = []
    for axis in axes:
        if axis == ELLIPSIS:
            result += names
        elif isinstance(axis, str):
            result.append(axis)
        else:
            result.append(tuple(n for part in axis for n in (names if part == ELLIPSIS else [part])))
    return result


def _parts(axis: Axis) -> tuple[str, ...]:
    return (axis,) if isinstance(axis, str) else axis


def einops_shape(pattern: str, shape: Shape, sizes: dict[str, int | None]) -> Shape:
    """The shape that a pattern `source -> target` gives; `sizes` are those that the call names."""
    left, arrow, right = pattern.partition("->")
    source, target = axes_of(left), axes_of(right)
    if not arrow or source is None or target is None:
        return None
    if any(ELLIPSIS in _parts(axis) for axis in [*source, *target]):
        if shape is None or ELLIPSIS not in source or len(shape) < len(source) - 1:
            return None
        count = len(shape) - (len(source) - 1)
        source, target = _spelled_out(source, count), _spelled_out(target, count)
    known: dict[str, Dim] = dict(sizes)
    if shape is not None and len(shape) == len(source):
        for axis, size in zip(source, shape, strict=True):
            _learn(_parts(axis), size, known)
    return tuple(_size(_parts(axis), known) for axis in target)


def _learn(parts: tuple[str, ...], size: Dim, known: dict[str, Dim]) -> None:
    """Note what an axis of this size tells of its parts."""
    missing = [part for part in parts if not part.isdigit() and known.get(part) is None]
    if len(missing) != 1:
        return
    if len(parts) == 1:
        known[missing[0]] = size
        return
    rest = _size(tuple(part for part in parts if part != missing[0]), known)
    if isinstance(size, int) and isinstance(rest, int) and rest:
        known[missing[0]] = size // rest


def _size(parts: tuple[str, ...], known: dict[str, Dim]) -> Dim:
    if len(parts) == 1 and not parts[0].isdigit():
        return known.get(parts[0])
    return shapes.product(int(part) if part.isdigit() else known.get(part) for part in parts)


def _like(given: Value | None, dtype: str | None, shape: Shape) -> Value:
    """A value of the kind that went in; a list of arrays is stacked first."""
    if isinstance(given, Sequence):
        members = given.items if given.items is not None else (given.element,)
        return _like(members[0], dtype, shape) if members else Unknown("einops of an empty list")
    match given:
        case Array():
            return Array(dtype, shape)
        case KerasTensor():
            return KerasTensor(dtype, shape)
        case Tensor() | Variable():
            return Tensor(dtype, shape)
        case _:
            return Unknown("einops gives what kind of array it is given")


def _is_array(given: Value | None) -> bool:
    if isinstance(given, Sequence):
        return bool(given.items) and all(_is_array(item) for item in given.items or ())
    return isinstance(given, Array)


@result_rule
def rearranged(call: Call, tensor: Value | None, pattern: Value | None) -> Value:
    """`einops.rearrange` and `repeat`."""
    seen = operand(tensor)
    text = as_str(pattern)
    sizes = {name: as_int(value) for name, value in call.extra.items()}
    shape = None if text is None or call.vague else einops_shape(text, seen.shape, sizes)
    return _like(tensor, seen.dtype, shape)


@result_rule
def einops_reduced(call: Call, tensor: Value | None, pattern: Value | None, reduction: Value | None) -> Value:
    """`einops.reduce`: in NumPy, sums of small integers are widened and means of integers are floats."""
    result = rearranged(call, tensor, pattern)
    how = as_str(reduction)
    if not _is_array(tensor) or not isinstance(result, Array):
        boolean = how in ("any", "all") and isinstance(result, Tensor | KerasTensor)
        known = boolean or how in ("min", "max", "sum", "mean", "prod")
        return result if known else _like(tensor, None, operand(result).shape)
    dtype = numpy_dtype(numpy_operand(result))
    if how in ("sum", "prod"):
        dtype = np_sum(dtype)
    elif how not in ("min", "max"):
        dtype = dtype if how == "mean" and dtype is not None and dtype.startswith("float") else None
    return Array(dtype, result.shape, result.shape == ())


@result_rule
def einops_product(call: Call) -> Value:
    """`einops.einsum(tensors…, pattern)`."""
    tensors = call.rest[:-1]
    found = [operand(value) for value in tensors]
    text = as_str(call.rest[-1]) if call.rest else None
    shape = None if text is None or call.vague else _product_shape(text, [one.shape for one in found])
    first = tensors[0] if tensors else None
    if isinstance(first, Array) and not all(isinstance(value, Array) for value in tensors):
        return Unknown("einops gives what kind of array it is given")
    dtype = convert.common_dtype(found)
    return _like(first, dtype if len({one.dtype for one in found}) == 1 else None, shape)


def _product_shape(pattern: str, operands: list[Shape]) -> Shape:
    left, arrow, right = pattern.partition("->")
    terms = left.split(",")
    if not arrow or len(terms) != len(operands) or ELLIPSIS in pattern:
        return None
    known: dict[str, Dim] = {}
    for term, shape in zip(terms, operands, strict=True):
        names = term.split()
        if shape is not None and len(names) == len(shape):
            for name, size in zip(names, shape, strict=True):
                known[name] = shapes.merge_dims(known.get(name), size)
    return tuple(known.get(name) for name in right.split())


@result_rule
def einops_packed(tensors: Value | None, pattern: Value | None) -> Value:
    """`einops.pack`: the tensors side by side, and the shapes of what `*` stood for in each."""
    text = as_str(pattern)
    if not isinstance(tensors, Sequence) or tensors.items is None or not tensors.items or text is None:
        return Unknown("what is packed is not known")
    names = text.split()
    if "*" not in names:
        return Unknown("a pattern without `*`")
    before, after = names.index("*"), len(names) - names.index("*") - 1
    found = [operand(value) for value in tensors.items]
    packed: list[Value] = []
    sizes: list[Dim] = []
    whole: Shape = (None,) * len(names)
    for one in found:
        if one.shape is None or len(one.shape) < before + after:
            packed.append(Sequence("tuple", None, Py("int")))
            sizes.append(None)
            continue
        middle = one.shape[before : len(one.shape) - after]
        packed.append(_sizes(middle))
        sizes.append(shapes.product(middle))
        whole = shapes.merge(whole, (*one.shape[:before], None, *one.shape[len(one.shape) - after :]))
    assert whole is not None
    shape = (*whole[:before], shapes.add_dims(*sizes), *whole[before + 1 :])
    dtypes = {one.dtype for one in found}
    result = _like(tensors.items[0], dtypes.pop() if len(dtypes) == 1 else None, shape)
    return tuple_of(result, list_of(tuple(packed)))


def _sizes(shape: tuple[Dim, ...]) -> Value:
    """Sizes as einops hands them out: numbers, and in a graph scalar tensors for those that are not known."""
    other = join_all([Py("int"), Tensor("int32", ())])
    return tuple_of(*(const(dim) if isinstance(dim, int) else other for dim in shape))


@result_rule
def einops_unpacked(tensor: Value | None, packed: Value | None, pattern: Value | None) -> Value:
    """`einops.unpack`: the parts that `einops.pack` had put side by side."""
    seen = operand(tensor)
    text = as_str(pattern)
    names = (text or "").split()
    known = isinstance(packed, Sequence) and packed.items is not None and seen.shape is not None
    if not known or "*" not in names or seen.shape is None or len(seen.shape) != len(names):
        return Sequence("list", None, _like(tensor, seen.dtype, None))
    place = names.index("*")
    parts: list[Value] = []
    for item in (packed.items if isinstance(packed, Sequence) else None) or ():
        middle = convert.as_dims(item)
        shape = None
        if middle is not None and -1 not in middle:
            shape = (*seen.shape[:place], *middle, *seen.shape[place + 1 :])
        parts.append(_like(tensor, seen.dtype, shape))
    return Sequence("list", tuple(parts), join_all(parts) if parts else Unknown("nothing"))
