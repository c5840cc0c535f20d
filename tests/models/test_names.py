"""Names: every spelling to one, members, kinds, classes."""

from __future__ import annotations

import pytest

from graphlift import models
from graphlift.values import DType, Py, const


@pytest.mark.parametrize(
    "spelling, name",
    [
        ("tensorflow.compat.v2.nn.relu", "tensorflow.nn.relu"),
        ("tensorflow.math.reduce_sum", "tensorflow.reduce_sum"),
        ("tensorflow.reduce_sum", "tensorflow.reduce_sum"),
        ("tensorflow.add", "tensorflow.add"),
        ("tensorflow.math.add", "tensorflow.add"),
        ("tensorflow.python.ops.math_ops.reduce_sum", "tensorflow.reduce_sum"),
        ("tensorflow.autodiff.GradientTape", "tensorflow.GradientTape"),
        ("tensorflow.autodiff.GradientTape.gradient", "tensorflow.GradientTape.gradient"),
        ("tensorflow.keras.layers.Dense", "keras.layers.Dense"),
        ("keras.api.layers.Dense", "keras.layers.Dense"),
        ("tf_keras.layers.Dense", "keras.layers.Dense"),
        ("tensorflow.keras.Model", "keras.Model"),
        ("tensorflow.keras.models.Model", "keras.Model"),
        ("keras.models.Sequential", "keras.Sequential"),
        ("keras.Layer", "keras.layers.Layer"),
        ("keras.src.layers.core.dense.Dense", "keras.layers.Dense"),
        ("tensorflow.python.keras.layers.Dense", "keras.layers.Dense"),
        ("tensorflow.optimizers.Adam", "keras.optimizers.Adam"),
        ("tensorflow.keras", "keras"),
        ("tf_keras", "keras"),
        ("numpy.linalg.norm", "numpy.linalg.norm"),
        ("some.library.thing", "some.library.thing"),
    ],
)
def test_canonical(spelling: str, name: str) -> None:
    assert models.canonical(spelling, 3) == name
    assert models.canonical(name, 3) == name


@pytest.mark.parametrize(
    "name", ["keras.layers.Dense", "keras.optimizers.Adam", "keras.losses.mean_squared_error"]
)
def test_both_keras_versions_share_names(name: str) -> None:
    assert models.canonical(name, 2) == models.canonical(name, 3) == name


@pytest.mark.parametrize(
    "owner, attribute, name",
    [
        ("tensorflow", "keras", "keras"),
        ("tensorflow", "math", "tensorflow.math"),
        ("tensorflow.math", "reduce_sum", "tensorflow.reduce_sum"),
        ("tensorflow.Variable", "assign", "tensorflow.Variable.assign"),
        ("keras.layers.Dense", "add_weight", "keras.layers.Layer.add_weight"),
        ("numpy.random", "normal", "numpy.random.normal"),
        ("tensorflow", "no_such_name", None),
    ],
)
def test_member(owner: str, attribute: str, name: str | None) -> None:
    assert models.member(owner, attribute) == name


@pytest.mark.parametrize(
    "name, kind",
    [
        ("tensorflow.nn", "module"),
        ("tensorflow.nn.relu", "function"),
        ("tensorflow.Variable", "class"),
        ("tensorflow.float32", "constant"),
        ("keras.layers.Dense", "class"),
        ("numpy.sum", "function"),
        ("numpy.pi", "constant"),
        ("builtins.print", "function"),
        ("os", "module"),
        ("pandas.no_such_function", None),
    ],
)
def test_kind(name: str, kind: str | None) -> None:
    assert models.kind(name) == kind


def test_constants() -> None:
    assert models.constant("tensorflow.float32") == DType("float32")
    assert models.constant("tensorflow.newaxis") == const(None)
    assert models.constant("math.pi") == const(3.141592653589793)
    assert models.constant("numpy.inf") == Py("float")
    assert models.constant("tensorflow.nn.relu") is None


def test_is_subclass() -> None:
    assert models.is_subclass("keras.Sequential", "keras.Model")
    assert models.is_subclass("keras.Sequential", "keras.layers.Layer")
    assert models.is_subclass("keras.layers.Dense", "keras.layers.Dense")
    assert not models.is_subclass("keras.layers.Layer", "keras.Model")


def test_protocols() -> None:
    step = models.subclass_protocol("keras.Model", "train_step", 3)
    assert step is not None and step.called and step.traced == "fit" and not step.autograph
    old = models.subclass_protocol("keras.Sequential", "call", 2)
    new = models.subclass_protocol("keras.Sequential", "call", 3)
    assert old is not None and old.autograph
    assert new is not None and not new.autograph
    assert models.subclass_protocol("keras.Model", "helper", 3) is None
    assert models.subclass_protocol("tensorflow.Module", "__call__", 3) is None
