"""`tf.data` pipelines built for real, against what the models say of their elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from graphlift import models
from graphlift.values import (
    Array,
    Dataset,
    Function,
    Iterator,
    Object,
    Sequence,
    Tensor,
    Unknown,
    Value,
    const,
    display,
    tuple_of,
)
from modelgen import judge, trials
from tests.models.support import FakeHost, arguments, plain

CALLBACK = Function("test:callback")


def made(name: str, *positional: Any, **keywords: Any) -> Value:
    return models.call(f"tensorflow.data.{name}", arguments(*positional, **keywords), FakeHost()).value


def after(
    dataset: Value, name: str, *positional: Any, host: FakeHost | None = None, **keywords: Any
) -> Value:
    return models.method(dataset, name, arguments(*positional, **keywords), host or FakeHost()).value


def element(dataset: Any) -> Value:
    return trials.abstract(next(iter(dataset)))


PAIR = (np.zeros((10, 4), "float32"), np.zeros((10,), "int64"))
SLICES = tf.data.Dataset.from_tensor_slices(PAIR)


def slices() -> Value:
    return made("Dataset.from_tensor_slices", tuple_of(Array("float32", (10, 4)), Array("int64", (10,))))


def test_slices_of_a_pair() -> None:
    assert slices() == Dataset(element(SLICES))


@pytest.mark.parametrize(
    "name, positional, keywords",
    [
        ("batch", (3,), {}),
        ("batch", (3,), {"drop_remainder": True}),
        ("shuffle", (5,), {}),
        ("repeat", (), {}),
        ("repeat", (2,), {}),
        ("take", (2,), {}),
        ("skip", (2,), {}),
        ("prefetch", (1,), {}),
        ("cache", (), {}),
        ("enumerate", (), {}),
        ("shard", (2, 0), {}),
    ],
)
def test_one_step(name: str, positional: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    observed = element(getattr(SLICES, name)(*positional, **keywords))
    inferred = after(slices(), name, *positional, **keywords)
    assert isinstance(inferred, Dataset)
    assert judge.within(observed, inferred.element), f"{display(observed)} is not in {display(inferred)}"
    assert not isinstance(inferred.element, Unknown)


def test_batches_are_undone() -> None:
    batched = after(slices(), "batch", 3)
    assert after(batched, "unbatch") == slices()


def test_ranges_zips_and_windows() -> None:
    numbers = made("Dataset.range", 5)
    assert numbers == Dataset(element(tf.data.Dataset.range(5)))
    zipped = tf.data.Dataset.zip((tf.data.Dataset.range(5), SLICES))
    assert made("Dataset.zip", tuple_of(numbers, slices())) == Dataset(element(zipped))
    assert made("Dataset.zip", numbers, slices()) == Dataset(element(zipped))
    window = after(numbers, "window", 2)
    assert isinstance(window, Dataset)
    assert window.element == Dataset(Tensor("int64", ()))


def test_lists_become_tensors_and_structures_stay() -> None:
    observed = tf.data.Dataset.from_tensor_slices({"a": [1, 2], "b": ([1.0, 2.0], [[1], [2]])})
    from graphlift.values import Mapping, Py, join_all

    values = (plain([1, 2]), tuple_of(plain([1.0, 2.0]), plain([[1], [2]])))
    entries = ((const("a"), values[0]), (const("b"), values[1]))
    inferred = made("Dataset.from_tensor_slices", Mapping("dict", entries, Py("str"), join_all(values)))
    assert isinstance(inferred, Dataset) and isinstance(inferred.element, Mapping)
    spec = observed.element_spec
    items = dict((key.text.strip("'"), value) for key, value in inferred.element.items or ())
    assert items["a"] == Tensor(spec["a"].dtype.name, tuple(spec["a"].shape))
    assert isinstance(items["b"], Sequence) and items["b"].items is not None
    assert items["b"].items[1] == Tensor(spec["b"][1].dtype.name, tuple(spec["b"][1].shape))


def mapped(body: Callable[..., Any], abstract_body: Callable[..., Value]) -> tuple[Value, Value, FakeHost]:
    host = FakeHost(callbacks={CALLBACK: abstract_body})
    return element(SLICES.map(body)), after(slices(), "map", CALLBACK, host=host), host


def test_a_mapped_function_gets_the_members_and_is_traced() -> None:
    observed, inferred, host = mapped(
        lambda x, y: (tf.cast(y, tf.int32), [1, 2]),
        lambda x, y: tuple_of(Tensor("int32", y.shape), plain([1, 2])),
    )
    assert inferred == Dataset(observed)
    function, given, traced, repeated = host.invoked[0]
    assert function == CALLBACK and len(given.positional) == 2
    assert traced and repeated


def test_filters_call_their_predicate_and_keep_elements() -> None:
    host = FakeHost()
    assert after(slices(), "filter", CALLBACK, host=host) == slices()
    assert len(host.invoked) == 1 and host.invoked[0][2]


def test_reduce_settles() -> None:
    host = FakeHost(callbacks={CALLBACK: lambda state, _: state})
    result = after(made("Dataset.range", 5), "reduce", 0, CALLBACK, host=host)
    assert result == Tensor("int32", ())


def test_generators_are_what_their_signature_says() -> None:
    from graphlift.values import Spec

    signature = tuple_of(Spec("float32", (None, 3)), Spec("int32", ()))
    made_ = models.call(
        "tensorflow.data.Dataset.from_generator", arguments(CALLBACK, output_signature=signature), FakeHost()
    ).value
    assert made_ == Dataset(tuple_of(Tensor("float32", (None, 3)), Tensor("int32", ())))


def test_iterators() -> None:
    iterator = after(slices(), "__iter__")
    assert isinstance(iterator, Iterator) and iterator.source == "dataset"
    assert models.method(iterator, "get_next", arguments(), FakeHost()).value == iterator.element
    arrays = after(slices(), "as_numpy_iterator")
    assert isinstance(arrays, Iterator)
    observed = trials.abstract(next(SLICES.as_numpy_iterator()))
    assert judge.within(observed, arrays.element)


def test_examples_are_parsed_as_their_features_say() -> None:
    from graphlift.values import Mapping, Py, join_all

    host = FakeHost()
    fixed = models.call("tensorflow.io.FixedLenFeature", arguments([2], Object("builtins.slice")), host).value
    assert isinstance(fixed, Object)
    image = models.call(
        "tensorflow.io.FixedLenFeature", arguments([2], models.constant("tensorflow.float32")), host
    ).value
    ragged = models.call(
        "tensorflow.io.VarLenFeature", arguments(models.constant("tensorflow.int64")), host
    ).value
    entries = ((const("x"), image), (const("y"), ragged))
    features = Mapping("dict", entries, Py("str"), join_all([image, ragged]))
    parsed = models.call(
        "tensorflow.io.parse_single_example", arguments(Tensor("string", ()), features), host
    ).value
    example = tf.train.Example(
        features=tf.train.Features(
            feature={
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=[1, 2])),
                "y": tf.train.Feature(int64_list=tf.train.Int64List(value=[3])),
            }
        )
    )
    observed = tf.io.parse_single_example(
        example.SerializeToString(),
        {"x": tf.io.FixedLenFeature([2], tf.float32), "y": tf.io.VarLenFeature(tf.int64)},
    )
    assert isinstance(parsed, Mapping) and parsed.items is not None
    for key, value in parsed.items:
        assert judge.within(trials.abstract(observed[key.text.strip("'")]), value)
