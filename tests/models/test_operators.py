"""Operators answered by the models against TensorFlow."""

from __future__ import annotations

import operator
import random
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlift import models
from graphlift.models.indexing import index_shape
from graphlift.values import NONE, Array, Const, Object, Py, Tensor, Value, Variable, const, display, tuple_of
from modelgen import judge, trials
from tests.models.support import FakeHost, plain

HOST = FakeHost()
BINARY = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
shapes = st.lists(st.integers(1, 3), max_size=3).map(tuple)
dtypes = st.sampled_from(["float32", "float32", "int32", "int64", "float64", "bool", "uint8", "complex64"])
numbers = st.sampled_from([2, 0.5, True, 3])


@st.composite
def operands(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from(["tensor", "tensor", "variable", "array", "scalar", "number", "list"]))
    if kind == "number":
        return draw(numbers)
    if kind == "list":
        return [draw(numbers)] * draw(st.integers(1, 3))
    value = np.ones(draw(shapes), draw(dtypes))
    if kind == "array":
        return value
    if kind == "scalar":
        return value.dtype.type(1)
    return tf.Variable(value) if kind == "variable" else tf.constant(value)


def describe(value: Any) -> Value:
    return plain(value) if type(value) in (list, bool, int, float) else trials.abstract(value)


@settings(max_examples=400, deadline=None)
@given(op=st.sampled_from(sorted(BINARY)), left=operands(), right=operands(), seed=st.integers(0, 10_000))
def test_binary_operators(op: str, left: Any, right: Any, seed: int) -> None:
    if not isinstance(left, tf.Tensor | tf.Variable | np.ndarray | np.generic) and not isinstance(
        right, tf.Tensor | tf.Variable | np.ndarray | np.generic
    ):
        return
    try:
        observed = describe(BINARY[op](left, right))
    except Exception:  # noqa: BLE001 - TensorFlow and NumPy refuse many combinations, each in its own way.
        return
    chance = random.Random(seed)
    for a, b in ((describe(left), describe(right)), (weak(left, chance), weak(right, chance))):
        result = models.operator(op, a, b, HOST)
        if result is None:
            assert not any(isinstance(v, Tensor | Variable | Array) for v in (a, b))
            continue
        said = f"{display(a)} {op} {display(b)}: {display(observed)} is not in {display(result.value)}"
        assert judge.within(observed, result.value), said


def weak(value: Any, chance: random.Random) -> Value:
    described = describe(value)
    if isinstance(described, Variable):
        return Variable(described.dtype, None if chance.random() < 0.5 else described.shape)
    return judge.weakened(described, chance)


@pytest.mark.parametrize("op", ["neg", "abs", "invert", "pos"])
@pytest.mark.parametrize("dtype", ["float32", "int32", "complex64", "bool"])
def test_unary_operators(op: str, dtype: str) -> None:
    functions = {"neg": operator.neg, "abs": abs, "invert": operator.invert, "pos": operator.pos}
    for value in (tf.ones((2, 3), dtype), np.ones((2, 3), dtype), tf.Variable(tf.ones((2, 3), dtype))):
        try:
            observed = describe(functions[op](value))
        except Exception:  # noqa: BLE001
            continue
        result = models.operator(op, describe(value), NONE, HOST)
        assert result is not None
        assert judge.within(observed, result.value), f"{op} {display(describe(value))}"


indices = st.one_of(
    st.integers(0, 1),
    st.just(-1),
    st.just(None),
    st.just(Ellipsis),
    st.builds(
        slice,
        st.none() | st.integers(-2, 2),
        st.none() | st.integers(-2, 3),
        st.none() | st.sampled_from([1, 2, -1]),
    ),
)


def described_index(index: Any) -> Value:
    if isinstance(index, tuple):
        return tuple_of(*(described_index(part) for part in index))
    if isinstance(index, slice):
        bounds = {"start": index.start, "stop": index.stop, "step": index.step}
        return Object("builtins.slice", tuple((k, const(v)) for k, v in bounds.items()))
    return Py("ellipsis") if index is Ellipsis else const(index)


def forgotten(index: Value, chance: random.Random) -> Value:
    match index:
        case Object():
            return Object(index.cls, tuple((k, forgotten(v, chance)) for k, v in index.config))
        case Const() if index.type == "int" and chance.random() < 0.4:
            return Py("int")
        case _:
            return index


@settings(max_examples=300, deadline=None)
@given(
    shape=st.lists(st.integers(2, 4), min_size=1, max_size=4).map(tuple),
    index=indices | st.lists(indices, max_size=4).map(tuple),
    seed=st.integers(0, 10_000),
)
def test_indexing(shape: tuple[int, ...], index: Any, seed: int) -> None:
    array = np.zeros(shape, "float32")
    try:
        expected = array[index].shape
    except IndexError:
        return
    described = described_index(index)
    chance = random.Random(seed)
    vague = tuple(size if chance.random() < 0.6 else None for size in shape)
    for known in (shape, vague, None):
        parts = described
        for _ in range(2):
            got = index_shape(known, parts)
            assert got is None or len(got) == len(expected)
            assert got is None or all(
                not isinstance(g, int) or g == e for g, e in zip(got, expected, strict=True)
            )
            is_tuple = isinstance(index, tuple)
            parts = (
                tuple_of(*(forgotten(described_index(part), chance) for part in index))
                if is_tuple
                else forgotten(described, chance)
            )
    assert index_shape(shape, described) == expected


@pytest.mark.parametrize(
    "index",
    [
        np.array([0, 2]),
        np.array([[0], [1]]),
        [0, 1, 1],
        np.array([True, False, True]),
        np.ones((3, 4), bool),
    ],
    ids=repr,
)
def test_array_indexing_by_arrays(index: Any) -> None:
    array = np.zeros((3, 4, 5), "float32")
    result = models.operator("[]", trials.abstract(array), describe(index), HOST)
    assert result is not None and not result.hazards
    assert judge.within(trials.abstract(array[index]), result.value)


def test_a_symbolic_index_of_an_array_is_a_hazard() -> None:
    result = models.operator("[]", Array("float32", (3,)), Tensor("int32", ()), HOST)
    assert result is not None
    assert [hazard.kind for hazard in result.hazards] == ["numpy-on-tensor"]
    eager = models.operator("[]", Array("float32", (3,)), Tensor("int32", (), eager=True), HOST)
    assert eager is not None and not eager.hazards


def test_boolean_masks_of_tensors() -> None:
    value = tf.zeros((3, 4, 5))
    mask = tf.constant([True, False, True])
    result = models.operator("[]", trials.abstract(value), trials.abstract(mask), HOST)
    assert result is not None
    assert judge.within(trials.abstract(value[mask]), result.value)
    assert result.value == Tensor("float32", (None, 4, 5))
