"""NumPy's less regular functions."""

from __future__ import annotations

from graphlift.models import convert, shapes
from graphlift.models.call import Call
from graphlift.models.convert import as_bool, as_dims, as_int, as_str, is_none, operand
from graphlift.models.indexing import sizes_tuple
from graphlift.models.promotion import numpy_dtype, numpy_operand, promote
from graphlift.models.rules import result_rule
from graphlift.models.transfer.dtypes import real
from graphlift.models.transfer.einsum import einsum_shape
from graphlift.models.transfer.extents import target
from graphlift.models.transfer.making import python_number
from graphlift.models.transfer.numpy_extents import np_picked, np_rows, np_shuffled
from graphlift.models.transfer.shaping import linspace_shape
from graphlift.values import (
    Array,
    KerasTensor,
    Py,
    Sequence,
    Shape,
    ShapeValue,
    Tensor,
    Unknown,
    Value,
    Variable,
    tuple_of,
)


@result_rule
def array_keep(value: Value | None, dtype: str | None, shape: Shape) -> Value:
    """An array that is a scalar exactly where the argument is one."""
    return Array(dtype, shape, isinstance(value, Array) and value.scalar)


@result_rule
def np_number() -> Value:
    """A NumPy scalar whose dtype is that of something else."""
    return Array(None, (), True)


@result_rule
def np_random(call: Call, size: Value | None) -> Value:
    """Draws from a continuous distribution: float64, one Python number without a size."""
    return _drawn(call, size, "float64", "float")


@result_rule
def np_integers(call: Call, size: Value | None) -> Value:
    """Draws from a discrete distribution: int64, one Python number without a size."""
    return _drawn(call, size, "int64", "int")


def _drawn(call: Call, size: Value | None, dtype: str, number: str) -> Value:
    if not is_none(size):
        return Array(dtype, target(size))
    # Parameters that are arrays give an array of draws.
    shapes_given = [operand(call.params[name]).shape for name in call.given if name != "size"]
    if call.vague or None in shapes_given:
        return Unknown("a draw is a number, or an array where its parameters are")
    return Py(number) if all(shape == () for shape in shapes_given) else Array(dtype, None)


@result_rule
def np_randn(call: Call) -> Value:
    """`np.random.randn(d0, d1, …)`."""
    sizes = [as_int(value) for value in [*_given(call), *call.rest]]
    if call.vague:
        return Unknown("the number of dimensions is not known")
    return Array("float64", tuple(sizes)) if sizes else Py("float")


def _given(call: Call) -> list[Value]:
    return [value for name, value in call.params.items() if name in call.given and name != "self"]


@result_rule
def np_randint(call: Call, size: Value | None, dtype: Value | None) -> Value:
    """Integer draws."""
    name = "int64" if is_none(dtype) else convert.as_dtype(dtype, numpy=True)
    if is_none(size):
        bounds = [operand(call.params.get(key)).shape for key in ("low", "high") if key in call.given]
        if call.vague or None in bounds:
            return Unknown("a draw is a number, or an array where its bounds are")
        plain = is_none(dtype) and all(bound == () for bound in bounds)
        if plain and call.name.startswith("numpy.random.Generator"):
            return Array("int64", (), True)
        return Py("int") if plain else Array(name, None)
    return Array(name, target(size))


@result_rule
def np_arange(call: Call) -> Value:
    """`np.arange`."""
    given = [value for name, value in call.params.items() if name in call.given and name != "dtype"]
    bounds = [*given, *call.rest]
    dtype = call.value("dtype")
    name = promote([numpy_operand(value) for value in bounds[:3]])
    # Narrow types are widened in ways that depend on the values.
    name = name if name in ("int64", "float64") else None
    name = name if is_none(dtype) else convert.as_dtype(dtype, numpy=True)
    numbers = [as_int(value) for value in bounds[:3]]
    known = [number for number in numbers if number is not None]
    if call.vague or not bounds or len(known) != len(numbers) or (len(known) == 3 and known[2] == 0):
        return Array(name, (None,))
    return Array(name, (len(range(*known)),))


@result_rule
def np_linspace(
    start: Value | None,
    stop: Value | None,
    num: Value | None,
    retstep: Value | None,
    dtype: Value | None,
    axis: Value | None,
) -> Value:
    """`np.linspace`."""
    shape = linspace_shape(start, stop, num, axis)
    name = promote([numpy_operand(start), numpy_operand(stop)])
    if name is not None and not name.startswith(("float", "complex")):
        name = "float64"
    grid = Array(name if is_none(dtype) else convert.as_dtype(dtype, numpy=True), shape)
    flag = False if retstep is None else as_bool(retstep)
    if flag is None:
        return Unknown("np.linspace may give the step too")
    return tuple_of(grid, Unknown("the step of a grid")) if flag else grid


@result_rule
def np_where(call: Call, condition: Value | None, x: Value | None, y: Value | None) -> Value:
    """`np.where`."""
    if call.given.isdisjoint({"x", "y"}):
        return np_nonzero(condition)
    both = shapes.broadcast(operand(condition).shape, operand(x).shape, operand(y).shape)
    return Array(promote([numpy_operand(x), numpy_operand(y)]), both)


@result_rule
def np_nonzero(value: Value | None) -> Value:
    """`np.nonzero`: the indices of each dimension."""
    shape = operand(value).shape
    one = Array("int64", (None,))
    return Sequence("tuple", None, one) if shape is None else tuple_of(*(one for _ in shape))


@result_rule
def np_unique(call: Call, value: Value | None, *extras: Value | None) -> Value:
    """`np.unique`: the values, and what else was asked for."""
    axis = call.params.get("axis")
    flags = [False if extra is None else as_bool(extra) for extra in extras]
    first = Array(numpy_dtype(numpy_operand(value)), np_rows(value, axis))
    if None in flags:
        return Unknown("what np.unique was asked for is not known")
    more = [Array("int64", None if position == 1 else (None,)) for position, flag in enumerate(flags) if flag]
    return tuple_of(first, *more) if more else first


@result_rule
def np_shape(value: Value | None) -> Value:
    """`np.shape`: a tensor gives its own `shape`, so this works on symbolic ones."""
    if isinstance(value, Tensor | Variable):
        return ShapeValue(value.shape)
    if isinstance(value, KerasTensor):
        return sizes_tuple(value.shape)
    return sizes_tuple(operand(value).shape, none=False)


@result_rule
def np_reshape(call: Call, value: Value | None) -> Value:
    """`array.reshape(sizes)`, given one by one or as a tuple."""
    seen = operand(value)
    if call.vague or not call.rest:
        return Array(seen.dtype, None)
    if len(call.rest) == 1:
        wanted = as_dims(call.rest[0])
    else:
        wanted = tuple(as_int(size) for size in call.rest)
    return Array(seen.dtype, shapes.reshape(seen.shape, wanted))


@result_rule
def np_transpose(call: Call, value: Value | None) -> Value:
    """`array.transpose(axes)`."""
    seen = operand(value)
    if call.vague:
        return Array(seen.dtype, None if seen.shape is None else (None,) * len(seen.shape))
    if not call.rest or (len(call.rest) == 1 and is_none(call.rest[0])):
        return Array(seen.dtype, shapes.permute(seen.shape, None))
    axes = convert.as_ints(call.rest[0]) if len(call.rest) == 1 else None
    if len(call.rest) > 1:
        found = [as_int(axis) for axis in call.rest]
        axes = None if None in found else tuple(axis for axis in found if axis is not None)
    if axes is None:
        return Array(seen.dtype, None if seen.shape is None else (None,) * len(seen.shape))
    return Array(seen.dtype, shapes.permute(seen.shape, axes))


@result_rule
def np_einsum(call: Call) -> Value:
    """`np.einsum` with its equation as text."""
    equation = as_str(call.rest[0]) if call.rest else None
    operands = call.rest[1:]
    if call.vague or equation is None or not operands or {"dtype", "out"} & set(call.extra):
        return Array()
    dtype = promote([numpy_operand(value) for value in operands])
    # A contraction to one number is a NumPy scalar or an array without dimensions, which depends on the path.
    shape = einsum_shape(equation, [operand(value).shape for value in operands])
    return Array(dtype, shape) if shape else Array(dtype)


@result_rule
def np_choice(a: Value | None, size: Value | None, axis: Value | None = None) -> Value:
    """`choice`: from the numbers below one, or from the members of an array."""
    whole = numpy_operand(a)
    if is_none(size) and (whole.shape is None or len(whole.shape) < 2):
        return Unknown("one draw of `choice` is a number of Python or of NumPy")
    return Array(_member_dtype(whole), np_picked(a, size, axis))


@result_rule
def np_permutation(a: Value | None) -> Value:
    """`permutation`: of the numbers below one, or of the rows of an array."""
    return Array(_member_dtype(numpy_operand(a)), np_shuffled(a))


def _member_dtype(whole: convert.Operand) -> str | None:
    """The dtype of draws from an array's members, or from the numbers below one."""
    if whole.shape is None:
        return None
    return numpy_dtype(whole) if whole.shape else "int64"


@result_rule
def np_tolist(value: Value | None) -> Value:
    """`array.tolist()`: lists in lists, as deep as there are dimensions, of Python's numbers."""
    seen = operand(value)
    if seen.shape is None:
        return Unknown("the nesting of the list depends on the shape")
    found = python_number(seen.dtype)
    for _ in seen.shape:
        found = Sequence("list", None, found)
    return found


@result_rule
def np_grids(call: Call) -> Value:
    """`np.meshgrid`: one grid per argument."""
    if call.vague or "copy" in call.given:
        return Unknown("the grids are a tuple or a list")
    return tuple_of(*(Array() for _ in call.rest))


@result_rule
def np_padded(sequences: Value | None, maxlen: Value | None, dtype: Value | None) -> Value:
    """`keras.utils.pad_sequences`: one row per sequence; what the sequences hold adds its dimensions."""
    inner = None
    if isinstance(sequences, Sequence) and isinstance(sequences.element, Sequence):
        inner = operand(sequences.element.element).shape
    name = "int32" if dtype is None else convert.as_dtype(dtype, numpy=True)
    return Array(name, None if inner is None else (None, as_int(maxlen), *inner))


@result_rule
def svd_keras(value: Value | None, compute_uv: Value | None) -> Value:
    """`keras.ops.svd`: the factors, or the singular values alone."""
    seen = operand(value)
    flag = True if compute_uv is None else as_bool(compute_uv)
    if flag is None or seen.shape is None or len(seen.shape) < 2:
        return Unknown("singular values, and vectors where they are asked for")
    symbolic = isinstance(value, KerasTensor)

    def made(dtype: str | None, rank: int) -> Value:
        shape = (None,) * rank
        return KerasTensor(dtype, shape) if symbolic else Tensor(dtype, shape)

    rank = len(seen.shape)
    singular = made(real(seen.dtype), rank - 1)
    return tuple_of(made(seen.dtype, rank), singular, made(seen.dtype, rank)) if flag else singular
