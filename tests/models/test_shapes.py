"""The arithmetic on shapes against NumPy, with sizes forgotten."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlift.models import shapes
from graphlift.values import Shape

sizes = st.lists(st.integers(1, 4), max_size=4).map(tuple)


def forget(shape: tuple[int, ...], chance: random.Random) -> Shape:
    if chance.random() < 0.15:
        return None
    return tuple(size if chance.random() < 0.7 else None for size in shape)


def agrees(inferred: Shape, actual: Sequence[int]) -> bool:
    if inferred is None:
        return True
    return len(inferred) == len(actual) and all(
        not isinstance(i, int) or i == a for i, a in zip(inferred, actual, strict=True)
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(sizes, min_size=1, max_size=3), st.integers(0, 10_000))
def test_broadcast(operands: list[tuple[int, ...]], seed: int) -> None:
    try:
        actual = np.broadcast_shapes(*operands)
    except ValueError:
        return
    chance = random.Random(seed)
    assert shapes.broadcast(*operands) == actual
    assert agrees(shapes.broadcast(*(forget(shape, chance) for shape in operands)), actual)


@settings(max_examples=300, deadline=None)
@given(sizes, st.randoms(use_true_random=False))
def test_reshape(shape: tuple[int, ...], chance: random.Random) -> None:
    target = list(shape)
    chance.shuffle(target)
    wanted: list[int | None] = list(target)
    if wanted and chance.random() < 0.5:
        wanted[chance.randrange(len(wanted))] = -1
    actual = np.zeros(shape).reshape([-1 if size is None else size for size in wanted]).shape
    assert shapes.reshape(shape, tuple(wanted)) == actual
    vague = tuple(None if chance.random() < 0.3 else size for size in wanted)
    assert agrees(shapes.reshape(forget(shape, chance), vague), actual)
    assert agrees(shapes.reshape(shape, vague), actual)


def test_reshape_keeps_a_named_size() -> None:
    assert shapes.reshape(("batch", 4, 6), (-1, 24)) == ("batch", 24)
    assert shapes.reshape(("batch", 4, 6), ("batch", -1)) == ("batch", 24)
    assert shapes.reshape((None, 4, 6), (-1, 8)) == (None, 8)


@settings(max_examples=200, deadline=None)
@given(st.lists(sizes, min_size=1, max_size=3), st.integers(-4, 3), st.integers(0, 10_000))
def test_concat_and_stack(operands: list[tuple[int, ...]], axis: int, seed: int) -> None:
    chance = random.Random(seed)
    arrays = [np.zeros(shape) for shape in operands]
    for function, rule in ((np.concatenate, shapes.concat), (np.stack, shapes.stack)):
        try:
            actual = function(arrays, axis=axis).shape
        except (ValueError, np.exceptions.AxisError):
            continue
        assert rule(operands, axis) == actual
        assert agrees(rule([forget(shape, chance) for shape in operands], axis), actual)


@settings(max_examples=200, deadline=None)
@given(sizes, sizes, st.integers(0, 10_000))
def test_matmul(a: tuple[int, ...], b: tuple[int, ...], seed: int) -> None:
    chance = random.Random(seed)
    try:
        actual = np.matmul(np.zeros(a), np.zeros(b)).shape
    except ValueError:
        return
    assert shapes.numpy_matmul(a, b) == actual
    assert agrees(shapes.numpy_matmul(forget(a, chance), forget(b, chance)), actual)


@settings(max_examples=200, deadline=None)
@given(sizes, st.none() | st.lists(st.integers(-4, 3), max_size=3, unique=True).map(tuple), st.booleans())
def test_reduce(shape: tuple[int, ...], axes: tuple[int, ...] | None, keep: bool) -> None:
    try:
        actual = np.sum(np.zeros(shape), axis=axes, keepdims=keep).shape
    except (ValueError, np.exceptions.AxisError):
        return
    assert shapes.reduce(shape, axes, keep) == actual
