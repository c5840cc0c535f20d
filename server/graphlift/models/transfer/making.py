"""Result rules for making, converting and taking tensors apart."""

from __future__ import annotations

from graphlift.models import convert, shapes
from graphlift.models.call import Call
from graphlift.models.convert import PYTHON, as_int, as_ints, is_none, operand
from graphlift.models.rules import dtype_rule, result_rule
from graphlift.models.transfer.dtypes import quotient
from graphlift.models.transfer.extents import members, shape_of, target
from graphlift.values import (
    Array,
    Const,
    Dim,
    KerasTensor,
    Mapping,
    Py,
    Sequence,
    SetOf,
    Shape,
    ShapeValue,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    const,
    join_all,
    options,
    tuple_of,
)


@dtype_rule
def one_hot_dtype(dtype: Value | None, on: Value | None, off: Value | None) -> str | None:
    """The dtype of `tf.one_hot`: asked for, or that of the given values, or float32."""
    if not is_none(dtype):
        return convert.as_dtype(dtype)
    for value in (on, off):
        if not is_none(value):
            return operand(value).dtype
    return "float32"


@dtype_rule
def linspace_dtype(start: Value | None, stop: Value | None) -> str | None:
    """The dtype of `tf.linspace`: that of its ends, integers becoming floats as in a division."""
    return quotient(convert.common_dtype([operand(start), operand(stop)]))


@dtype_rule
def resize_dtype(images: Value | None, method: Value | None) -> str | None:
    """The dtype of `tf.image.resize`: float32, unless the nearest pixel is taken as it is."""
    name = convert.as_str(method)
    if name is None:
        return None
    dtype = operand(images).dtype
    return dtype if name == "nearest" else "float32"


@result_rule
def cast(value: Value | None, dtype: Value | None) -> Value:
    """`tf.cast` keeps what kind of tensor it is given."""
    name = convert.as_dtype(dtype)
    seen = operand(value)
    return Tensor(name, seen.shape, seen.form)


@result_rule
def constant(value: Value | None, dtype: Value | None = None, shape: Value | None = None) -> Value:
    """`tf.constant`."""
    seen = operand(value)
    name = seen.dtype if is_none(dtype) else convert.as_dtype(dtype)
    extent = seen.shape if is_none(shape) else target(shape)
    return Tensor(name, extent)


@result_rule
def convert_(value: Value | None, dtype: Value | None = None, hint: Value | None = None) -> Value:
    """`tf.convert_to_tensor`."""
    if isinstance(value, KerasTensor):
        return value
    seen = operand(value)
    name = seen.dtype if is_none(dtype) else convert.as_dtype(dtype)
    if is_none(dtype) and not is_none(hint) and seen.strength in (0, PYTHON):
        wanted = convert.as_dtype(hint)
        name = seen.dtype if wanted == seen.dtype else None
    if isinstance(value, Tensor) and value.form == "dense":
        return Tensor(name, seen.shape, "dense", value.eager)
    return Tensor(name, seen.shape)


@result_rule
def where(condition: Value | None, x: Value | None, y: Value | None) -> Value:
    """`tf.where`: a choice element by element, or the positions of what is true."""
    chosen = operand(condition)
    if is_none(x) and is_none(y):
        return Tensor("int64", (None, None if chosen.shape is None else len(chosen.shape)))
    one, other = operand(x), operand(y)
    shape = shapes.broadcast(chosen.shape, one.shape, other.shape)
    return Tensor(convert.common_dtype([one, other]), shape)


@result_rule
def where_rows(condition: Value | None, x: Value | None, y: Value | None) -> Value:
    """`tf.compat.v1.where`: a choice by element or, with a vector, by row; or the positions of what is true."""
    if is_none(x) and is_none(y):
        return where(condition, x, y)
    one, other = operand(x), operand(y)
    return Tensor(convert.common_dtype([one, other]), one.shape if one.shape is not None else other.shape)


@result_rule
def range_of(start: Value | None, limit: Value | None, delta: Value | None, dtype: Value | None) -> Value:
    """`tf.range`."""
    if is_none(limit):
        start, limit = const(0), start
    numbers = [operand(value) for value in (start, limit, delta)]
    name = convert.as_dtype(dtype) if not is_none(dtype) else _widest(numbers)
    bounds = [as_int(value) for value in (start, limit, delta)]
    size: int | None = None
    if bounds[0] is not None and bounds[1] is not None and bounds[2]:
        size = len(range(bounds[0], bounds[1], bounds[2]))
    return Tensor(name, (size,))


def _widest(numbers: list[convert.Operand]) -> str | None:
    """`tf.range` takes the widest dtype of its arguments, in this order."""
    order = ["int32", "int64", "float32", "float64"]
    ranks: list[int] = []
    for number in numbers:
        if number.dtype not in order:
            return None
        ranks.append(order.index(number.dtype))
    return order[max(ranks)]


@result_rule
def unstack(value: Value | None, num: Value | None, axis: Value | None) -> Value:
    """`tf.unstack`: a list of the slices along an axis."""
    seen = operand(value)
    place = as_int(axis)
    if place is None or seen.shape is None:
        element: Value = Tensor(seen.dtype, None)
        return _many(element, as_int(num))
    where = shapes.normal_axis(place, len(seen.shape))
    if where is None:
        return Unknown("there is no such axis")
    count = seen.shape[where] if isinstance(seen.shape[where], int) else as_int(num)
    rest = (*seen.shape[:where], *seen.shape[where + 1 :])
    return _many(Tensor(seen.dtype, rest), count if isinstance(count, int) else None)


def _many(element: Value, count: int | None) -> Value:
    if count is not None and 0 <= count <= 64:
        return Sequence("list", (element,) * count, element)
    return Sequence("list", None, element)


@result_rule
def split(value: Value | None, parts: Value | None, axis: Value | None) -> Value:
    """`tf.split`: equal parts by their number, or parts of given sizes."""
    seen = operand(value)
    place = as_int(axis)
    where = None if place is None or seen.shape is None else shapes.normal_axis(place, len(seen.shape))
    number = as_int(parts)
    if seen.shape is None or where is None:
        rank = None if seen.shape is None else (None,) * len(seen.shape)
        sizes = as_ints(parts)
        return _many(
            Tensor(seen.dtype, rank), number if number is not None else None if sizes is None else len(sizes)
        )
    if number is not None:
        whole = seen.shape[where]
        size = whole // number if isinstance(whole, int) and number > 0 else None
        return _many(Tensor(seen.dtype, shapes.replace(seen.shape, where, size)), number)
    if isinstance(parts, Sequence) and parts.items is not None:
        known = [as_int(item) for item in parts.items]
        items = tuple(
            Tensor(seen.dtype, shapes.replace(seen.shape, where, None if size == -1 else size))
            for size in known
        )
        return Sequence("list", items, join_all(items))
    return _many(Tensor(seen.dtype, shapes.replace(seen.shape, where, None)), None)


@result_rule
def meshgrid(call: Call) -> Value:
    """`tf.meshgrid` and `np.meshgrid`: one grid per argument."""
    found = [operand(value) for value in call.rest]
    indexing = convert.as_str(call.value("indexing")) if call.value("indexing") is not None else "xy"
    sizes = [None if one.shape is None or len(one.shape) != 1 else one.shape[0] for one in found]
    if indexing != "ij" and len(sizes) > 1:
        sizes = [sizes[1], sizes[0], *sizes[2:]] if indexing == "xy" else [None] * len(sizes)
    if call.vague:
        return Sequence("list", None, Tensor(None, None))
    items = tuple(Tensor(convert.common_dtype(found), tuple(sizes)) for _ in found)
    return Sequence("list", items, join_all(items))


@result_rule
def unless_changed(argument: Value | None, usual: Value, otherwise: Value) -> Value:
    """`usual` where an argument has its default value 0, else `otherwise`."""
    return usual if as_int(argument) == 0 else otherwise


@result_rule
def strings_split(value: Value | None) -> Value:
    """`tf.strings.split`: a vector for one string, a ragged tensor for several."""
    known = shape_of(value)
    if known == ():
        return Tensor("string", (None,))
    if known is None:
        return join_all((Tensor("string", (None,)), Tensor("string", None, "ragged")))
    return Tensor("string", (*known, None), "ragged")


@result_rule
def is_tensor(value: Value | None) -> Value:
    """`tf.is_tensor`."""
    match value:
        case Tensor() | Variable():
            return const(True)
        case Const() | Py() | Array() | Sequence() | SetOf():
            return const(False)
        case _:
            return Py("bool")


@result_rule
def static_value(call: Call, value: Value | None) -> Value:
    """`tf.get_static_value`: `None` for a symbolic tensor; what is no tensor is given back (tried in both modes)."""
    if isinstance(value, Const | Py | Array | Sequence | Mapping | SetOf | ShapeValue):
        return value
    call.hazard("mode-dependent", "tf.get_static_value", certain=not isinstance(value, Unknown))
    return Unknown("a static value is None where the tensor is symbolic")


@result_rule
def new_variable(
    call: Call, initial: Value | None, dtype: Value | None = None, shape: Value | None = None
) -> Value:
    """`tf.Variable(initial_value)`; the value may be given by a function without arguments."""
    from graphlift.models.api import Arguments
    from graphlift.values import Bound, Function, Partial

    if isinstance(initial, Function | Bound | Partial):
        initial = call.host.invoke(initial, Arguments())
    seen = operand(initial)
    name = seen.dtype if is_none(dtype) else convert.as_dtype(dtype)
    return Variable(name, seen.shape if is_none(shape) else target(shape))


@result_rule
def keras_assigned(self: Value | None, value: Value | None) -> Value:
    """`keras.Variable.assign`: what was assigned, as a tensor; a `tf.Variable` of the same dtype as it is."""
    seen = operand(self)
    found: list[Value] = [Tensor(seen.dtype, seen.shape)]
    given = options(value) if value is not None else ()
    if any(isinstance(option, Unknown | Variable) for option in given):
        found.append(Variable(seen.dtype, seen.shape))
    return join_all(found)


@result_rule
def python_number(dtype: str | None) -> Value:
    """The Python number that an element of this dtype becomes."""
    if dtype is None:
        return Unknown("the dtype decides which Python type it is")
    for prefix, name in (
        ("float", "float"),
        ("bfloat", "float"),
        ("int", "int"),
        ("uint", "int"),
        ("bool", "bool"),
    ):
        if dtype.startswith(prefix):
            return Py(name)
    return (
        Py("complex") if dtype.startswith("complex") else Py("bytes") if dtype == "string" else Unknown(dtype)
    )


@result_rule
def number_of(value: Value | None) -> Value:
    """The least or greatest number of a dtype."""
    dtype = convert.as_dtype(value)
    return python_number(dtype)


@result_rule
def rank_value(value: Value | None) -> Value:
    """The rank of a tensor as a Python number."""
    known = shape_of(value)
    return Py("int") if known is None else const(len(known))


@result_rule
def embedding_lookup(params: Value | None, ids: Value | None) -> Value:
    """Rows of one table; of several it depends on how they are divided."""
    if isinstance(params, Sequence):
        if params.items is None or len(params.items) != 1:
            return Tensor(operand(params.element).dtype, None)
        params = params.items[0]
    table, rows = operand(params), operand(ids)
    shape: Shape = None
    if table.shape is not None and rows.shape is not None and table.shape:
        shape = (*rows.shape, *table.shape[1:])
    return Tensor(table.dtype, shape)


# tf.TensorArray


@result_rule
def array_write(array: Value | None, value: Value | None) -> Value:
    """A tensor array after a write: the first write tells what it holds."""
    if not isinstance(array, TensorArray):
        return Unknown("not a tf.TensorArray")
    seen = operand(value)
    return _written(array, array.dtype or seen.dtype, shapes.merge(array.shape, seen.shape))


def _written(array: TensorArray, dtype: str | None, shape: Shape) -> TensorArray:
    """What a write gives: in eager code the array itself."""
    return TensorArray(dtype, shape, array.site)


@result_rule
def array_unstack(array: Value | None, value: Value | None) -> Value:
    """A tensor array filled with the rows of a tensor."""
    if not isinstance(array, TensorArray):
        return Unknown("not a tf.TensorArray")
    if isinstance(value, Sequence):
        found = members(value)
        rows: Shape = None
        for one in found or []:
            rows = shapes.merge(rows, one)
        return _written(array, array.dtype, shapes.merge(array.shape, rows))
    seen = operand(value)
    return _written(
        array, array.dtype or seen.dtype, shapes.merge(array.shape, seen.shape[1:] if seen.shape else None)
    )


@result_rule
def array_read(array: Value | None) -> Value:
    """One element of a tensor array."""
    return (
        Tensor(array.dtype, array.shape)
        if isinstance(array, TensorArray)
        else Unknown("not a tf.TensorArray")
    )


@result_rule
def array_stack(array: Value | None) -> Value:
    """All elements of a tensor array as one tensor."""
    if not isinstance(array, TensorArray):
        return Unknown("not a tf.TensorArray")
    return Tensor(array.dtype, None if array.shape is None else (None, *array.shape))


@result_rule
def array_concat(array: Value | None) -> Value:
    """All elements of a tensor array joined along their first dimension."""
    if not isinstance(array, TensorArray):
        return Unknown("not a tf.TensorArray")
    return Tensor(array.dtype, (None, *array.shape[1:]) if array.shape else None)


@dtype_rule
def array_element_dtype(array: Value | None) -> str | None:
    """The dtype of a tensor array's elements."""
    return array.dtype if isinstance(array, TensorArray) else None


@result_rule
def array_dtype(array: Value | None) -> Value:
    """The dtype of a tensor array, as an object."""
    from graphlift.values import DType

    return DType(array.dtype if isinstance(array, TensorArray) else None)


@result_rule
def array_element_shape(array: Value | None) -> Value:
    """The shape of a tensor array's elements, as an object."""
    from graphlift.values import ShapeValue

    return ShapeValue(array.shape if isinstance(array, TensorArray) else None)


@result_rule
def svd(value: Value | None, full: Value | None, compute: Value | None) -> Value:
    """`tf.linalg.svd`: singular values, and the singular vectors where they are asked for."""
    seen = operand(value)
    batch: Shape = None
    rows: Dim = None
    columns: Dim = None
    if seen.shape is not None and len(seen.shape) >= 2:
        batch, rows, columns = seen.shape[:-2], seen.shape[-2], seen.shape[-1]
    least = rows if rows == columns else None
    if isinstance(rows, int) and isinstance(columns, int):
        least = min(rows, columns)
    values = Tensor(dtype_of_values(seen.dtype), None if batch is None else (*batch, least))
    wanted, whole = convert.as_bool(compute), convert.as_bool(full)
    if wanted is False:
        return values
    if wanted is None:
        return Unknown("the singular vectors may come too")
    u = None if batch is None else (*batch, rows, rows if whole else None if whole is None else least)
    v = None if batch is None else (*batch, columns, columns if whole else None if whole is None else least)
    return tuple_of(values, Tensor(seen.dtype, u), Tensor(seen.dtype, v))


def dtype_of_values(dtype: str | None) -> str | None:
    """Singular values are real."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype or "", dtype)
