"""Result rules that build a value from dtypes, shapes and parts."""

from __future__ import annotations

from typing import Any

from graphlift.models import convert
from graphlift.models.call import Call
from graphlift.models.rules import result_rule
from graphlift.values import (
    NONE,
    Array,
    Dataset,
    DType,
    External,
    Iterator,
    KerasTensor,
    Mapping,
    Object,
    Py,
    Sequence,
    SetOf,
    Shape,
    ShapeValue,
    Spec,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    const,
    join_all,
    options,
    tuple_of,
    without_leaves,
)


@result_rule
def tensor(dtype: str | None = None, shape: Shape = None) -> Value:
    """A dense tensor."""
    return Tensor(dtype, shape)


@result_rule
def ragged(dtype: str | None = None, shape: Shape = None) -> Value:
    """A ragged tensor."""
    return Tensor(dtype, shape, "ragged")


@result_rule
def sparse(dtype: str | None = None, shape: Shape = None) -> Value:
    """A sparse tensor."""
    return Tensor(dtype, shape, "sparse")


@result_rule
def slices(dtype: str | None = None, shape: Shape = None) -> Value:
    """A `tf.IndexedSlices`."""
    return Tensor(dtype, shape, "slices")


@result_rule
def array(dtype: str | None = None, shape: Shape = None) -> Value:
    """A NumPy array, or a NumPy scalar where the shape is `()`: that is what NumPy's functions give."""
    return Array(dtype, shape, shape == ())


@result_rule
def host(dtype: str | None = None, shape: Shape = None) -> Value:
    """What a tensor's `numpy()` gives: an array, a NumPy scalar, or `bytes` where it holds one string."""
    if dtype != "string":
        return array(dtype, shape)
    if shape is None:
        return join_all((Array(dtype, shape), Py("bytes")))
    return Array(dtype, shape) if shape else Py("bytes")


@result_rule
def ndarray(dtype: str | None = None, shape: Shape = None) -> Value:
    """A NumPy array, of rank zero too (what `np.array` and `np.zeros` give)."""
    return Array(dtype, shape)


@result_rule
def variable(dtype: str | None = None, shape: Shape = None) -> Value:
    """A `tf.Variable`."""
    return Variable(dtype, shape)


@result_rule
def keras_tensor(dtype: str | None = None, shape: Shape = None) -> Value:
    """A symbolic Keras tensor."""
    return KerasTensor(dtype, shape)


@result_rule
def tensor_array(dtype: str | None = None, shape: Shape = None) -> Value:
    """A `tf.TensorArray`."""
    return TensorArray(dtype, shape)


@result_rule
def spec(dtype: str | None = None, shape: Shape = None, form: str = "dense") -> Value:
    """A type specification."""
    return Spec(dtype, shape, form)


@result_rule
def dtype_value(name: str | None = None) -> Value:
    """A dtype object."""
    return DType(name)


@result_rule
def shape_value(shape: Shape = None) -> Value:
    """A `tf.TensorShape`."""
    return ShapeValue(shape)


@result_rule
def py(type_: str) -> Value:
    """Some value of a plain Python type."""
    return Py(type_)


@result_rule
def literal(value: Any) -> Value:
    """A known constant."""
    return const(value)


@result_rule
def none() -> Value:
    """Python's `None`."""
    return NONE


@result_rule
def unknown(reason: str) -> Value:
    """Something that the model cannot say."""
    return Unknown(reason)


@result_rule
def setting(reason: str = "a setting") -> Value:
    """A plain Python value, or a structure of them, that the model cannot say; there is no tensor in it."""
    return Unknown(reason)


@result_rule
def argument(value: Value | None) -> Value | None:
    """An argument, handed back."""
    return value


@result_rule
def either(*values: Value) -> Value:
    """One of several."""
    return join_all(values)


@result_rule
def optional(value: Value) -> Value:
    """A value, or `None`."""
    return join_all([value, NONE])


@result_rule
def tuple_(*items: Value) -> Value:
    """A tuple of these."""
    return tuple_of(*items)


@result_rule
def named(cls: str, **fields: Value) -> Value:
    """A named tuple."""
    return Sequence(cls, tuple(fields.values()), join_all(fields.values()), "", tuple(fields))


@result_rule
def list_(*items: Value) -> Value:
    """A new list of these."""
    return Sequence("list", items, join_all(items))


@result_rule
def list_of(element: Value, count: Any = None) -> Value:
    """A new list of `count` (an argument or a number) equal members; of unknown length where that is not known."""
    number = count if isinstance(count, int) else convert.as_int(count)
    if number is not None and 0 <= number <= 64:
        return Sequence("list", (element,) * number, element)
    return Sequence("list", None, element)


@result_rule
def tuple_of_many(element: Value) -> Value:
    """A tuple of unknown length."""
    return Sequence("tuple", None, element)


@result_rule
def dict_of(key: Value, value: Value) -> Value:
    """A dict."""
    return Mapping("dict", None, key, value)


@result_rule
def set_of(element: Value) -> Value:
    """A set."""
    return SetOf("set", element)


@result_rule
def iterator_of(element: Value, source: str = "fresh") -> Value:
    """An iterator."""
    return Iterator(element, source)


@result_rule
def dataset_of(element: Value) -> Value:
    """A dataset with these elements."""
    return Dataset(element)


@result_rule
def member_of(value: Value | None) -> Value:
    """A member of a container argument."""
    found: list[Value] = []
    for option in options(value) if value is not None else ():
        match option:
            case Sequence() | SetOf() | Iterator() | Dataset():
                found.append(option.element)
            case Mapping():
                found.append(option.key)
            case Tensor() if option.shape:
                found.append(Tensor(option.dtype, option.shape[1:], option.form))
            case Array() if option.shape:
                found.append(Array(option.dtype, option.shape[1:], len(option.shape) == 1))
            case _:
                found.append(Unknown("an element of something unknown"))
    return join_all(found) if found else Unknown("an element of something unknown")


@result_rule
def object_(call: Call, cls: str, *kept: str) -> Value:
    """An instance of a library class, with the arguments `kept` (all of them by default) in its `config`."""
    config = {name: value for name, value in call.params.items() if not kept or name in kept}
    config |= {name: value for name, value in call.extra.items() if not kept or name in kept}
    return Object(cls, tuple(sorted(config.items(), key=lambda item: item[0])))


@result_rule
def instance(call: Call) -> Value:
    """An instance of the class that is called."""
    return object_(call, call.name)


@result_rule
def structure_like(value: Value | None, leaf: str = "tensor") -> Value:
    """The argument's structure with every leaf turned into a tensor (or kept, with `leaf='same'`)."""
    if value is None:
        return Unknown("the structure is not known")
    return map_leaves(value, _tensor_leaf if leaf == "tensor" else lambda one: one)


def _tensor_leaf(value: Value) -> Value:
    if isinstance(value, Unknown):
        return without_leaves(value)  # It may be a structure of its own, of one form or another.
    if isinstance(value, Tensor | TensorArray) or value == NONE:
        return value
    seen = convert.operand(value)
    if seen.strength == 0:
        return Unknown("a value that is no tensor")
    return Tensor(seen.dtype, seen.shape, seen.form)


def map_leaves(value: Value, function: Any) -> Value:
    """The same nest of lists, tuples and dicts with `function` applied to what is in it."""
    match value:
        case Sequence():
            if value.items is not None:
                items = tuple(map_leaves(item, function) for item in value.items)
                return Sequence(value.type, items, join_all(items), "", value.fields)
            return Sequence(value.type, None, map_leaves(value.element, function), "", value.fields)
        case Mapping():
            if value.items is not None:
                entries = tuple((key, map_leaves(item, function)) for key, item in value.items)
                return Mapping(value.type, entries, value.key, join_all(v for _, v in entries))
            return Mapping(value.type, None, value.key, map_leaves(value.value, function))
        case _ if len(options(value)) > 1:
            return join_all(map_leaves(option, function) for option in options(value))
        case _:
            result: Value = function(value)
            return result


@result_rule
def graph_function(call: Call, function: Value | None) -> Value:
    """What `tf.function` gives: a graph function, or a decorator when it got no function."""
    from graphlift.values import GraphFunction, Partial

    settings = tuple(sorted((n, v) for n, v in call.params.items() if n != "func" and n in call.given))
    if convert.is_none(function) or function is None:
        return Partial(External(call.name), (), settings)
    return GraphFunction(function, settings)


@result_rule
def wrapped(call: Call, function: Value | None) -> Value:
    """A decorator that leaves its function's behaviour as it is: the function, or the decorator itself."""
    if function is None or convert.is_none(function):
        return External(call.name)
    return function


@result_rule
def callable_of(function: Value | None) -> Value:
    """A function that is handed back."""
    return function if function is not None else Unknown("no function was given")


@result_rule
def some(cls: str) -> Value:
    """Some instance of a library class, of which nothing else is known."""
    return Object(cls)


@result_rule
def like_kind(value: Value | None, dtype: str | None = None, shape: Shape = None) -> Value:
    """A tensor for a tensor, an array for an array."""
    match value:
        case Tensor() | Variable():
            return Tensor(dtype, shape)
        case Array():
            return Array(dtype, shape, shape == ())
        case KerasTensor():
            return KerasTensor(dtype, shape)
        case _:
            return Unknown("the result is what kind of thing the argument is")


@result_rule
def unless_set(flag: Value | None, usual: Value) -> Value:
    """`usual` where a flag is certainly not set; what comes back otherwise has another form."""
    if flag is None or convert.as_bool(flag) is False:
        return usual
    return Unknown("a flag changes the form of the result")


@result_rule
def if_set(flag: Value | None, one: Value, other: Value) -> Value:
    """`one` where a flag is certainly set, `other` where it certainly is not."""
    known = False if flag is None else convert.as_bool(flag)
    return join_all([one, other]) if known is None else one if known else other


@result_rule
def if_given(value: Value | None, one: Value, other: Value) -> Value:
    """`one` where an argument is given and not `None`, `other` where it is `None`."""
    if convert.is_none(value):
        return other
    vague = isinstance(value, Unknown) or any(convert.is_none(option) for option in options(value or NONE))
    return join_all([one, other]) if vague else one


@result_rule
def unless_given(value: Value | None, usual: Value) -> Value:
    """`usual`, or the argument where one is given."""
    return usual if value is None or convert.is_none(value) else value


@result_rule
def operation() -> Value:
    """What a function that only does something gives: an operation in a graph, nothing in eager code."""
    return join_all([NONE, Object("tensorflow.Operation")])
