"""einops as it is installed, in a graph and on arrays, against what the models say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import einops
import numpy as np
import pytest
import tensorflow as tf

from graphlift import models
from graphlift.values import Array, Py, Sequence, Tensor, Value, display
from modelgen import judge, trials
from tests.models.support import FakeHost, arguments

CASES: list[tuple[str, str, tuple[int, ...], dict[str, Any]]] = [
    ("rearrange", "b h w c -> b (h w) c", (2, 3, 4, 5), {}),
    ("rearrange", "b (h p) (w q) c -> b h w (p q c)", (2, 6, 8, 3), {"p": 2, "q": 4}),
    ("rearrange", "... c -> (...) c", (2, 3, 4), {}),
    ("rearrange", "b ... -> ... b", (2, 3, 4), {}),
    ("rearrange", "a b -> b a 1", (2, 3), {}),
    ("rearrange", "a 1 b -> a b", (2, 1, 3), {}),
    ("rearrange", "a () b -> a b", (2, 1, 3), {}),
    ("rearrange", "a b -> (a b)", (2, 3), {}),
    ("repeat", "h w -> h w c", (2, 3), {"c": 4}),
    ("repeat", "h w -> (h 2) (w 3)", (2, 3), {}),
    ("repeat", "... -> b ...", (2, 3), {"b": 5}),
    ("reduce", "b h w c -> b c", (2, 3, 4, 5), {"reduction": "mean"}),
    ("reduce", "b (h 2) (w 2) c -> b h w c", (2, 4, 6, 5), {"reduction": "max"}),
    ("reduce", "b ... -> b", (2, 3, 4), {"reduction": "sum"}),
    ("reduce", "a b ->", (2, 3), {"reduction": "prod"}),
    ("reduce", "a b -> 1 b", (2, 3), {"reduction": "min"}),
]


def traced(function: Callable[..., Any], *tensors: tuple[str, tuple[int | None, ...]]) -> Value:
    """What a function gives for symbolic tensors."""
    found: list[Value] = []

    def run(*given: Any) -> None:
        found.append(trials.abstract(function(*given)))

    specs = [tf.TensorSpec(shape, dtype) for dtype, shape in tensors]
    tf.function(run, autograph=False).get_concrete_function(*specs)
    return found[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[1]}")
def test_patterns(case: tuple[str, str, tuple[int, ...], dict[str, Any]]) -> None:
    name, pattern, shape, settings = case
    function = getattr(einops, name)
    host = FakeHost()
    observed = traced(lambda x: function(x, pattern, **settings), ("float32", shape))
    exact = models.call(
        f"einops.{name}", arguments(Tensor("float32", shape), pattern, **settings), host
    ).value
    assert exact == observed
    for vague in (Tensor("float32", (None, *shape[1:])), Tensor(None, (None,) * len(shape)), Tensor()):
        inferred = models.call(f"einops.{name}", arguments(vague, pattern, **settings), host).value
        assert judge.within(observed, inferred), f"{display(observed)} is not in {display(inferred)}"
    for dtype in ("float32", "int32", "int8"):
        if settings.get("reduction") == "mean" and dtype != "float32":
            continue
        array = trials.abstract(function(np.ones(shape, dtype), pattern, **settings))
        given = arguments(Array(dtype, shape), pattern, **settings)
        inferred = models.call(f"einops.{name}", given, host).value
        assert judge.within(array, inferred), f"{display(array)} is not in {display(inferred)}"


def test_a_list_of_tensors_is_stacked() -> None:
    observed = traced(
        lambda x, y: einops.rearrange([x, y], "n a -> a n"), ("float32", (3,)), ("float32", (3,))
    )
    given = arguments([Tensor("float32", (3,)), Tensor("float32", (3,))], "n a -> a n")
    assert models.call("einops.rearrange", given, FakeHost()).value == observed


@pytest.mark.parametrize("first", [2, None])
def test_packing_and_unpacking(first: int | None) -> None:
    host = FakeHost()
    specs = ("float32", (first, 3, 4)), ("float32", (first, 4))
    observed = traced(lambda x, y: einops.pack([x, y], "b * c"), *specs)
    given = arguments([Tensor(*spec) for spec in specs], "b * c")
    packed = models.call("einops.pack", given, host).value
    assert packed == observed if first else judge.within(observed, packed)
    assert isinstance(packed, Sequence) and packed.items is not None
    observed = traced(lambda x, y: einops.unpack(*einops.pack([x, y], "b * c"), "b * c"), *specs)
    inferred = models.call("einops.unpack", arguments(*packed.items, "b * c"), host).value
    assert inferred == observed


def test_sizes_that_are_packed_and_not_known() -> None:
    """einops hands out a scalar tensor for them: the model must not promise a number."""
    given = arguments([Tensor("float32", (2, None, 4))], "b * c")
    packed = models.call("einops.pack", given, FakeHost()).value
    observed = traced(lambda x: einops.pack([x], "b * c"), ("float32", (2, None, 4)))
    assert judge.within(observed, packed), f"{display(observed)} is not in {display(packed)}"
    assert isinstance(packed, Sequence) and packed.items is not None
    assert packed.items[1] != Sequence("list", (Py("int"),), Py("int"))


def test_products() -> None:
    observed = traced(
        lambda x, y: einops.einsum(x, y, "b i, i o -> b o"), ("float32", (2, 3)), ("float32", (3, 5))
    )
    given = arguments(Tensor("float32", (2, 3)), Tensor("float32", (3, 5)), "b i, i o -> b o")
    assert models.call("einops.einsum", given, FakeHost()).value == observed
