"""`tf.data`: datasets, their elements, the functions mapped over them."""

from __future__ import annotations

from graphlift.models import convert
from graphlift.models.api import Arguments
from graphlift.models.call import Call
from graphlift.models.convert import as_bool, as_int, is_none, operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.control import MAX_PASSES, from_signature, stacked
from graphlift.models.transfer.results import map_leaves
from graphlift.values import (
    Array,
    Const,
    Dataset,
    Dim,
    Iterator,
    Mapping,
    Sequence,
    Spec,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    join,
    join_all,
    tuple_of,
    widen_loop,
)


def as_element(value: Value) -> Value:
    """What a dataset makes of a structure: tuples and dicts stay, lists become tensors."""
    match value:
        case Sequence() if value.type == "tuple" or value.fields:
            if value.items is None:
                return Sequence(value.type, None, as_element(value.element), "", value.fields)
            items = tuple(as_element(item) for item in value.items)
            return Sequence(value.type, items, join_all(items), "", value.fields)
        case Mapping():
            if value.items is None:
                return Mapping(value.type, None, value.key, as_element(value.value))
            entries = tuple((key, as_element(item)) for key, item in value.items)
            return Mapping(value.type, entries, value.key, join_all(v for _, v in entries))
        case Dataset() | TensorArray():
            return value
        case Unknown() | Const(type="None"):
            return value
        case _:
            seen = operand(value)
            if seen.strength == 0 and not isinstance(value, Tensor):
                return Unknown("what the dataset is made from is not known")
            return Tensor(seen.dtype, seen.shape, seen.form)


def _row(leaf: Value) -> Value:
    if not isinstance(leaf, Tensor):
        return leaf if isinstance(leaf, Unknown) else Unknown("a row of something unknown")
    if leaf.form == "dense":
        return Tensor(leaf.dtype, leaf.shape[1:] if leaf.shape else None)
    if leaf.form == "sparse":
        return Tensor(leaf.dtype, leaf.shape[1:] if leaf.shape else None, "sparse")
    rank = None if leaf.shape is None else len(leaf.shape)
    if rank == 2 and leaf.shape is not None:
        return Tensor(leaf.dtype, leaf.shape[1:])
    return Unknown("a row of a ragged tensor")


@result_rule
def from_tensor_slices(tensors: Value | None) -> Value:
    """A dataset of the rows of a structure of tensors."""
    if tensors is None:
        return Unknown("no tensors were given")
    return Dataset(map_leaves(as_element(tensors), _row))


@result_rule
def from_tensors(tensors: Value | None) -> Value:
    """A dataset with the structure as its one element."""
    return Unknown("no tensors were given") if tensors is None else Dataset(as_element(tensors))


@result_rule
def from_generator(types: Value | None, extents: Value | None, signature: Value | None) -> Value:
    """A dataset of what a Python generator yields, as its signature declares."""
    if not is_none(signature) and signature is not None:
        return Dataset(from_signature(signature))
    if is_none(types) or types is None:
        return Dataset(Unknown("the dataset's element types are not declared"))
    element = map_leaves(types, lambda leaf: Tensor(convert.as_dtype(leaf), None))
    if isinstance(element, Tensor) and extents is not None and not is_none(extents):
        return Dataset(Tensor(element.dtype, convert.as_dims(extents)))
    return Dataset(element)


def element_of(value: Value | None) -> Value:
    """One element of a dataset."""
    if isinstance(value, Dataset | Iterator):
        return value.element
    return Unknown("the elements of the dataset are not known")


@result_rule
def dataset_same(dataset: Value | None) -> Value:
    """A dataset with the same elements."""
    return dataset if isinstance(dataset, Dataset) else Dataset(element_of(dataset))


@result_rule
def dataset_element(dataset: Value | None) -> Value:
    """One element of a dataset or iterator."""
    return element_of(dataset)


def _call_with(call: Call, function: Value | None, element: Value) -> Value:
    """Call a mapped function: it gets a tuple's members as separate arguments."""
    if function is None or is_none(function):
        return Unknown("no function was given")
    arguments: tuple[Value, ...] = (element,)
    star = False
    if isinstance(element, Sequence) and element.type == "tuple":
        arguments = element.items if element.items is not None else ()
        star = element.items is None
    return call.host.invoke(function, Arguments(arguments, star=star), traced=True, repeated=True)


@result_rule
def dataset_map(call: Call, dataset: Value | None, function: Value | None) -> Value:
    """`Dataset.map`."""
    return Dataset(as_element(_call_with(call, function, element_of(dataset))))


@result_rule
def dataset_filter(call: Call, dataset: Value | None, predicate: Value | None) -> Value:
    """`Dataset.filter` and `Dataset.take_while`."""
    _call_with(call, predicate, element_of(dataset))
    return Dataset(element_of(dataset))


@result_rule
def dataset_flat_map(call: Call, dataset: Value | None, function: Value | None) -> Value:
    """`Dataset.flat_map` and `Dataset.interleave`: the elements of the datasets that the function gives."""
    return Dataset(element_of(_call_with(call, function, element_of(dataset))))


@result_rule
def dataset_apply(call: Call, dataset: Value | None, function: Value | None) -> Value:
    """`Dataset.apply`: a function from dataset to dataset, called at once."""
    if function is None or dataset is None:
        return Unknown("no function was given")
    result = call.host.invoke(function, Arguments((dataset,)))
    return (
        result
        if isinstance(result, Dataset)
        else Dataset(Unknown("what the transformation gives is not known"))
    )


@result_rule
def dataset_batch(dataset: Value | None, size: Value | None, drop: Value | None = None) -> Value:
    """`Dataset.batch`: elements stacked; the last batch may be smaller unless it is dropped."""
    number: Dim = as_int(size) if as_bool(drop) is True else None
    return Dataset(stacked(element_of(dataset), number))


@result_rule
def dataset_padded(
    dataset: Value | None, size: Value | None, padded: Value | None, drop: Value | None
) -> Value:
    """`Dataset.padded_batch`: as `batch`; sizes that vary are padded to whatever is needed."""
    number: Dim = as_int(size) if as_bool(drop) is True else None
    element = stacked(element_of(dataset), number)
    if is_none(padded):
        return Dataset(element)
    return Dataset(map_leaves(element, _loosened))


def _loosened(leaf: Value) -> Value:
    if isinstance(leaf, Tensor) and leaf.shape is not None:
        return Tensor(leaf.dtype, (leaf.shape[0], *(None,) * (len(leaf.shape) - 1)))
    return leaf


@result_rule
def dataset_unbatch(dataset: Value | None) -> Value:
    """`Dataset.unbatch`."""
    return Dataset(map_leaves(element_of(dataset), _row))


@result_rule
def dataset_enumerate(dataset: Value | None) -> Value:
    """`Dataset.enumerate`."""
    return Dataset(tuple_of(Tensor("int64", ()), element_of(dataset)))


@result_rule
def dataset_window(dataset: Value | None) -> Value:
    """`Dataset.window`: each component of an element becomes a dataset."""
    return Dataset(map_leaves(element_of(dataset), Dataset))


@result_rule
def dataset_zip(call: Call, datasets: Value | None = None) -> Value:
    """`Dataset.zip`: datasets given one by one, or as a structure."""
    given = list(call.rest)
    if datasets is not None and not is_none(datasets):
        given.append(datasets)
    if call.vague or not given:
        return Dataset(Unknown("the datasets that are zipped are not known"))
    structure = given[0] if len(given) == 1 and not isinstance(given[0], Dataset) else tuple_of(*given)
    return Dataset(map_leaves(structure, element_of))


@result_rule
def dataset_concatenate(dataset: Value | None, other: Value | None) -> Value:
    """`Dataset.concatenate`: elements of either."""
    return Dataset(join(element_of(dataset), element_of(other)))


@result_rule
def dataset_choice(datasets: Value | None) -> Value:
    """`Dataset.sample_from_datasets` and `choose_from_datasets`: elements of any of them."""
    if isinstance(datasets, Sequence):
        parts = datasets.items if datasets.items is not None else (datasets.element,)
        return Dataset(join_all(element_of(part) for part in parts))
    return Dataset(Unknown("the datasets that are sampled are not known"))


@result_rule
def dataset_range(call: Call) -> Value:
    """`Dataset.range`."""
    wanted = call.extra.get("output_type")
    return Dataset(Tensor("int64" if wanted is None else convert.as_dtype(wanted), ()))


@result_rule
def dataset_reduce(call: Call, dataset: Value | None, initial: Value | None, function: Value | None) -> Value:
    """`Dataset.reduce`: the state at a fixpoint of the function."""
    if initial is None or function is None:
        return Unknown("no state was given")
    state = as_element(initial)
    for _ in range(MAX_PASSES):
        arguments = Arguments((state, element_of(dataset)))
        after = as_element(call.host.invoke(function, arguments, traced=True, repeated=True))
        joined = widen_loop(state, after)
        if joined == state:
            return state
        if any(isinstance(leaf, Unknown) for leaf in convert.leaves(joined)):
            break
        state = joined
    return map_leaves(state, lambda leaf: Tensor(leaf.dtype, None) if isinstance(leaf, Tensor) else leaf)


@result_rule
def dataset_scan(call: Call, dataset: Value | None, initial: Value | None, function: Value | None) -> Value:
    """`Dataset.scan`: the second member of what the function gives."""
    if initial is None or function is None:
        return Unknown("no state was given")
    arguments = Arguments((as_element(initial), element_of(dataset)))
    result = call.host.invoke(function, arguments, traced=True, repeated=True)
    if isinstance(result, Sequence) and result.items is not None and len(result.items) == 2:
        return Dataset(as_element(result.items[1]))
    return Dataset(Unknown("what the scanned function gives is not known"))


@result_rule
def dataset_iterator(dataset: Value | None) -> Value:
    """`iter(dataset)`: an iterator that works in graphs."""
    return Iterator(element_of(dataset), "dataset")


@result_rule
def dataset_numpy(dataset: Value | None) -> Value:
    """`Dataset.as_numpy_iterator`: elements as NumPy arrays."""
    return Iterator(map_leaves(element_of(dataset), to_array), "fresh")


def to_array(leaf: Value) -> Value:
    """A dense tensor's value as NumPy gives it."""
    if isinstance(leaf, Tensor) and leaf.form == "dense":
        if leaf.dtype == "string" and leaf.shape == ():
            from graphlift.values import Py

            return Py("bytes")
        return Array(leaf.dtype, leaf.shape, leaf.shape == ())
    return Unknown("the NumPy value of something unknown")


@result_rule
def element_spec(dataset: Value | None) -> Value:
    """The structure of specifications of a dataset's elements."""

    def spec_of(leaf: Value) -> Value:
        if isinstance(leaf, Tensor) and leaf.dtype is not None:
            # A static shape that the analysis knows may be wider in the dataset's own spec.
            rank: tuple[Dim, ...] | None = None if leaf.shape is None else (None,) * len(leaf.shape)
            return Spec(leaf.dtype, rank, leaf.form)
        return Unknown("the specification of an element")

    return map_leaves(element_of(dataset), spec_of)
