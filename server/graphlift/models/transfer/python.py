"""The standard library's functions that pass values on, and packages that work on tensors."""

from __future__ import annotations

from graphlift.models import convert
from graphlift.models.api import Arguments
from graphlift.models.call import Call
from graphlift.models.convert import as_int, is_none, operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.results import member_of
from graphlift.values import (
    Array,
    Dim,
    Iterator,
    KerasTensor,
    Never,
    Py,
    Sequence,
    Shape,
    Tensor,
    Unknown,
    Value,
    Variable,
    join_all,
    tuple_of,
    widen,
)


@result_rule
def chained(call: Call) -> Value:
    """`itertools.chain`: members of all its arguments."""
    return Iterator(join_all(member_of(value) for value in call.rest) if call.rest else Never())


@result_rule
def crossed(call: Call, repeat: Value | None) -> Value:
    """`itertools.product`: tuples with a member of each argument."""
    count = as_int(repeat)
    if count is None or call.vague:
        return Iterator(Sequence("tuple", None, join_all(member_of(value) for value in call.rest)))
    return Iterator(tuple_of(*(member_of(value) for value in call.rest * min(count, 8))))


@result_rule
def product_of(iterable: Value | None) -> Value:
    """`math.prod`: it multiplies whatever it is given, tensors too."""
    element = member_of(iterable)
    numbers = widen(element)
    if isinstance(numbers, Py) and numbers.type in ("int", "bool"):
        return Py("int")
    if isinstance(numbers, Py) and numbers.type == "float":
        return Py("float")
    return Unknown("the product of values of unknown kind")


@result_rule
def folded_python(call: Call, function: Value | None, iterable: Value | None, initial: Value | None) -> Value:
    """`functools.reduce`: the state after a few rounds, when it settles."""
    if function is None:
        return Unknown("no function was given")
    element = member_of(iterable)
    state = element if is_none(initial) or initial is None else initial
    for _ in range(4):
        after = call.host.invoke(function, Arguments((state, element)), repeated=True)
        joined = join_all([state, after])
        if joined == state:
            return state
        state = widen(joined)
    return Unknown("what the reduction gives does not settle")


def _axes(text: str) -> list[str] | None:
    """The axes of one side of an einops pattern, a group as one; `None` for a pattern with an ellipsis."""
    if "..." in text:
        return None
    axes: list[str] = []
    group: list[str] | None = None
    for token in text.replace("(", " ( ").replace(")", " ) ").split():
        if token == "(":
            group = []
        elif token == ")":
            axes.append(" ".join(group or []))
            group = None
        elif group is not None:
            group.append(token)
        else:
            axes.append(token)
    return axes


def einops_shape(pattern: str, shape: Shape, sizes: dict[str, int | None]) -> Shape:
    """The shape that an einops pattern gives."""
    left, arrow, right = pattern.partition("->")
    source, target = _axes(left), _axes(right)
    if not arrow or source is None or target is None:
        return None
    known: dict[str, Dim] = dict(sizes)
    if shape is not None and len(shape) == len(source):
        for axis, size in zip(source, shape, strict=True):
            parts = axis.split()
            missing = [part for part in parts if known.get(part) is None and not part.isdigit()]
            if len(parts) == 1 and known.get(axis) is None:
                known[axis] = size
            elif len(missing) == 1 and isinstance(size, int):
                rest = 1
                for part in parts:
                    number = int(part) if part.isdigit() else known.get(part)
                    rest *= number if isinstance(number, int) and part != missing[0] else 1
                known[missing[0]] = size // rest if rest else None
    return tuple(_group_size(axis.split(), known) for axis in target)


def _group_size(parts: list[str], known: dict[str, Dim]) -> Dim:
    if len(parts) == 1 and not parts[0].isdigit():
        return known.get(parts[0])
    total = 1
    for part in parts:
        number = int(part) if part.isdigit() else known.get(part)
        if not isinstance(number, int):
            return None
        total *= number
    return total


@result_rule
def rearranged(call: Call, tensor: Value | None, pattern: Value | None) -> Value:
    """`einops.rearrange`, `repeat` and `reduce`: the pattern says the shape."""
    seen = operand(tensor)
    text = convert.as_str(pattern)
    sizes = {name: as_int(value) for name, value in call.extra.items()}
    shape = None if text is None or call.vague else einops_shape(text, seen.shape, sizes)
    match tensor:
        case Array():
            return Array(seen.dtype, shape)
        case KerasTensor():
            return KerasTensor(seen.dtype, shape)
        case Tensor() | Variable() | Sequence():
            return Tensor(seen.dtype, shape)
        case _:
            return Unknown("einops gives what kind of array it is given")


@result_rule
def rearranged_several(call: Call) -> Value:
    """`einops.einsum(tensors…, pattern)`."""
    tensors = call.rest[:-1]
    dtype = convert.common_dtype([operand(value) for value in tensors])
    if any(isinstance(value, Tensor | Variable) for value in tensors):
        return Tensor(dtype, None)
    return Unknown("einops gives what kind of array it is given")
