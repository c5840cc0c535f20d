"""`tensorflow_probability`: what the table says of distributions, against the library where it is installed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tensorflow.python.framework import func_graph

from graphlift import models
from graphlift.models import table
from graphlift.values import DType, Object, ShapeValue, Tensor, Value, display
from modelgen import judge, probability, trials
from tests.models.support import FakeHost, arguments

NORMAL = "tensorflow_probability.distributions.Normal"
METHODS = ("mean", "stddev", "variance", "mode", "entropy")


def test_a_normal_distribution() -> None:
    host = FakeHost()
    normal = models.call(NORMAL, arguments(Tensor("float32", (3, 1)), Tensor("float32", (4,))), host).value
    assert models.method(normal, "sample", arguments(5), host).value == Tensor("float32", (5, 3, 4))
    assert models.method(normal, "sample", arguments([2, 5]), host).value == Tensor("float32", (2, 5, 3, 4))
    assert models.method(normal, "sample", arguments(), host).value == Tensor("float32", (3, 4))
    given = arguments(Tensor("float32", (7, 1, 4)))
    assert models.method(normal, "log_prob", given, host).value == Tensor("float32", (7, 3, 4))
    assert models.method(normal, "mean", arguments(), host).value == Tensor("float32", (3, 4))
    assert models.attribute(normal, "batch_shape", host) == ShapeValue((3, 4))
    assert models.attribute(normal, "event_shape", host) == ShapeValue(())
    assert models.attribute(normal, "dtype", host) == DType("float32")


def test_the_last_dimensions_of_a_batch_may_belong_to_the_event() -> None:
    host = FakeHost()
    normal = models.call(NORMAL, arguments(Tensor("float64", (2, 3)), Tensor("float64", ())), host).value
    independent = "tensorflow_probability.distributions.Independent"
    one = models.call(independent, arguments(normal, 1), host).value
    assert models.method(one, "sample", arguments(5), host).value == Tensor("float64", (5, 2, 3))
    given = arguments(Tensor("float64", (5, 2, 3)))
    assert models.method(one, "log_prob", given, host).value == Tensor("float64", (5, 2))
    unknown = models.call(independent, arguments(normal, Tensor("int32", ())), host).value
    assert models.method(unknown, "log_prob", given, host).value == Tensor("float64", None)


def test_a_distribution_of_something_unknown_promises_nothing() -> None:
    host = FakeHost()
    normal = models.call(NORMAL, arguments(Tensor(), Tensor()), host).value
    assert models.method(normal, "sample", arguments(5), host).value == Tensor(None, None)
    some = Object("tensorflow_probability.distributions.Distribution")
    assert not isinstance(models.method(some, "sample", arguments(5), host).value, Tensor)


def described(value: Any) -> Value:
    return trials.abstract(value)


@pytest.mark.parametrize(
    "name",
    [name for name, entry in table.load("probability").entries.items() if "distribution(" in entry.returns],
)
def test_what_distributions_give(name: str) -> None:
    tfp = pytest.importorskip("tensorflow_probability")
    cls = getattr(tfp.distributions, name.rpartition(".")[2])
    host = FakeHost()
    checked = 0
    for seed in range(7000, 7008):
        with func_graph.FuncGraph("trial").as_default():
            try:
                given = probability.draw(cls, seed)
                made = cls(**given)
                sample = made.sample([6], seed=1)
                observed = {"sample": described(sample), "log_prob": described(made.log_prob(sample))}
            except (ValueError, TypeError, NotImplementedError):
                continue
            for method in METHODS:
                try:
                    observed[method] = described(getattr(made, method)())
                except (ValueError, TypeError, NotImplementedError):
                    continue
        chance = random.Random(seed)
        exact = {parameter: described(value) for parameter, value in given.items()}
        for known in (exact, {n: judge.weakened(value, chance) for n, value in exact.items()}):
            inferred = models.call(name, arguments(**known), host).value
            for method, seen in observed.items():
                call = {"sample": arguments([6]), "log_prob": arguments(observed["sample"])}
                found = models.method(inferred, method, call.get(method, arguments()), host).value
                assert judge.within(seen, found), f"{method}: {display(seen)} is not in {display(found)}"
        checked += 1
    assert checked
