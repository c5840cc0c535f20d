"""Parsing of examples, ragged tensors, distribution strategies: what surrounds the computing."""

from __future__ import annotations

from graphlift.models import convert
from graphlift.models.api import Arguments
from graphlift.models.call import Call
from graphlift.models.convert import is_none, operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.extents import target
from graphlift.models.transfer.results import map_leaves, structure_like
from graphlift.values import (
    NONE,
    Dataset,
    Dim,
    Mapping,
    Object,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    join_all,
)


@result_rule
def parse_single_example(features: Value | None) -> Value:
    """`tf.io.parse_single_example`: a dict as its features declare."""
    return _parsed(features, ())


@result_rule
def parse_example(serialized: Value | None, features: Value | None) -> Value:
    """`tf.io.parse_example`: as for one example, behind the shape of the serialized ones."""
    return _parsed(features, operand(serialized).shape)


def _parsed(features: Value | None, lead: tuple[Dim, ...] | None) -> Value:
    if not isinstance(features, Mapping):
        return Mapping("dict", None, Py("str"), _ANY_FEATURE)
    if features.items is None:
        return Mapping("dict", None, features.key, _feature(features.value, lead))
    items = tuple((key, _feature(value, lead)) for key, value in features.items)
    return Mapping("dict", items, features.key, join_all(value for _, value in items))


_ANY_FEATURE = join_all((Tensor(), Tensor(None, None, "sparse"), Tensor(None, None, "ragged")))


def _feature(value: Value, lead: tuple[Dim, ...] | None) -> Value:
    if not isinstance(value, Object):
        return _ANY_FEATURE
    settings = dict(value.config)
    dtype = convert.as_dtype(settings.get("dtype"))
    if value.cls == "tensorflow.io.FixedLenFeature":
        inner = target(settings.get("shape"))
        return Tensor(dtype, None if inner is None or lead is None else lead + inner)
    if value.cls == "tensorflow.io.VarLenFeature":
        return Tensor(dtype, None if lead is None else (*lead, None), "sparse")
    return _ANY_FEATURE


@result_rule
def ragged_from(values: Value | None) -> Value:
    """A ragged tensor of flat values, divided into rows."""
    seen = operand(values)
    if seen.form == "sparse":
        return Unknown("a ragged tensor of sparse values")
    return Tensor(seen.dtype, None if seen.shape is None else (None, None, *seen.shape[1:]), "ragged")


@result_rule
def ragged_constant(pylist: Value | None, dtype: Value | None) -> Value:
    """`tf.ragged.constant`: ragged for a nested list, dense for a plain one."""
    depth, leaf = 0, pylist
    while isinstance(leaf, Sequence):
        depth += 1
        leaf = leaf.element
    if depth < 2 or pylist is None:
        return Unknown("a ragged constant of something that is not known to be nested")
    found = [operand(part).dtype for part in convert.leaves(pylist)]
    name = found[0] if found and len(set(found)) == 1 else None
    if not is_none(dtype):
        name = convert.as_dtype(dtype)
    return Tensor(name, (None,) * depth, "ragged")


@result_rule
def strategy_run(call: Call, fn: Value | None, args: Value | None, kwargs: Value | None) -> Value:
    """`strategy.run`: the function on every replica; with one replica its plain result."""
    if fn is None:
        return Unknown("no function was given")
    positional: tuple[Value, ...] = ()
    star = False
    if isinstance(args, Sequence):
        positional, star = args.items or (), args.items is None
    elif not is_none(args):
        star = True
    keywords: tuple[tuple[str, Value], ...] = ()
    if isinstance(kwargs, Mapping) and kwargs.items is not None:
        keywords = tuple((key.text.strip("'\""), value) for key, value in kwargs.items)
    arguments = Arguments(positional, keywords, star, not (is_none(kwargs) or keywords))
    result = call.host.invoke(fn, arguments, converts=True)
    return structure_like(result) if result != NONE else NONE


@result_rule
def strategy_reduce(value: Value | None, axis: Value | None) -> Value:
    """`strategy.reduce`: the replicas' values as one, reduced along an axis too where one is given."""
    if value is None:
        return Unknown("nothing to reduce was given")

    def one(leaf: Value) -> Value:
        seen = operand(leaf)
        return Tensor(seen.dtype, seen.shape if is_none(axis) else None)

    return map_leaves(value, one)


@result_rule
def distributed(dataset: Value | None) -> Value:
    """`strategy.experimental_distribute_dataset`: a replica's share of each batch."""
    if not isinstance(dataset, Dataset):
        return Dataset(Unknown("the elements of the dataset are not known"), True)
    return Dataset(map_leaves(dataset.element, _share), True)


def _share(leaf: Value) -> Value:
    if isinstance(leaf, Tensor) and leaf.shape:
        return Tensor(leaf.dtype, (None, *leaf.shape[1:]), leaf.form)
    return leaf


@result_rule
def distributed_from(call: Call, function: Value | None) -> Value:
    """`strategy.distribute_datasets_from_function`."""
    if function is None:
        return Unknown("no function was given")
    context = Object("tensorflow.distribute.InputContext")
    result = call.host.invoke(function, Arguments((context,)))
    return Dataset(
        result.element if isinstance(result, Dataset) else Unknown("the elements are not known"), True
    )


@result_rule
def accumulated(primals: Value | None) -> Value:
    """`ForwardAccumulator.jvp`: the structure of its argument; a part that nothing flows to is `None`."""
    if primals is None:
        return Unknown("nothing was given")
    return map_leaves(structure_like(primals), lambda leaf: join_all([leaf, NONE]))


@result_rule
def invoked(call: Call, function: Value | None) -> Value:
    """What a callback without arguments gives."""
    return Unknown("no function was given") if function is None else call.host.invoke(function, Arguments())
