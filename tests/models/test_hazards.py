"""What the models call a hazard, judged by tracing."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphlift import models
from graphlift.models import table
from graphlift.values import Array, KerasTensor, Tensor, Unknown, Value, Variable
from tests.models.support import FakeHost, arguments

HOST = FakeHost()
SYMBOLIC = Tensor("float32", (2, 3))


def kinds(name: str, *positional: Any, **keywords: Any) -> list[tuple[str, bool]]:
    found = models.call(name, arguments(*positional, **keywords), HOST).hazards
    return [(hazard.kind, hazard.certain) for hazard in found]


def raises_while_tracing(function: Any, *shapes: tuple[int, ...]) -> bool:
    def body(*tensors: Any) -> None:
        function(*tensors)

    specs = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    try:
        tf.function(body, input_signature=specs, autograph=False).get_concrete_function()
    except (NotImplementedError, TypeError, ValueError, AttributeError):
        return True
    return False


UNARY = [
    "sum",
    "mean",
    "exp",
    "abs",
    "max",
    "argmax",
    "reshape",
    "shape",
    "ndim",
    "array",
    "asarray",
    "sqrt",
    "isnan",
]


@pytest.mark.parametrize(
    "name", [*UNARY, "round", "squeeze", "linalg.norm", "zeros_like", "ones_like", "flip"]
)
def test_numpy_on_symbolic_tensors(name: str) -> None:
    function: Any = np
    for part in name.split("."):
        function = getattr(function, part)
    call = (lambda x: function(x, (6,))) if name == "reshape" else function
    given = (SYMBOLIC, (6,)) if name == "reshape" else (SYMBOLIC,)
    expected = raises_while_tracing(call, (2, 3))
    assert (("numpy-on-tensor", True) in kinds(f"numpy.{name}", *given)) is expected


def test_numpy_on_other_things() -> None:
    assert kinds("numpy.sum", Array("float32", (2,))) == []
    assert kinds("numpy.sum", Tensor("float32", (2,), eager=True)) == []
    assert kinds("numpy.sum", Unknown("x")) == [("numpy-on-tensor", False)]
    assert kinds("numpy.sum", Variable("float32", (2,))) == [("numpy-on-tensor", True)]
    assert kinds("numpy.stack", [SYMBOLIC, SYMBOLIC]) == [("numpy-on-tensor", True)]
    assert kinds("numpy.zeros", (2, 3)) == []


def test_math_on_tensors() -> None:
    assert raises_while_tracing(math.sqrt, ())
    assert kinds("math.sqrt", Tensor("float32", ())) == [("python-on-tensor", True)]
    assert kinds("math.sqrt", 2.0) == []
    assert kinds("math.sqrt", Unknown("x")) == [("python-on-tensor", False)]


@pytest.mark.parametrize(
    "name, kind",
    [
        ("random.random", "python-random"),
        ("random.randint", "python-random"),
        ("numpy.random.normal", "python-random"),
        ("time.time", "clock"),
        ("time.perf_counter", "clock"),
        ("datetime.datetime.now", "clock"),
        ("logging.info", "logs"),
        ("warnings.warn", "logs"),
        ("os.system", "io"),
        ("numpy.save", "io"),
        ("matplotlib.pyplot.plot", "io"),
        ("tensorflow.io.gfile.exists", "io"),
        ("tensorflow.saved_model.save", "io"),
        ("tensorflow.random.set_seed", "seed"),
        ("tensorflow.executing_eagerly", "mode-dependent"),
        ("tensorflow.Variable", "creates-variable"),
        ("keras.layers.Dense", "creates-state"),
        ("keras.optimizers.Adam", "creates-state"),
        ("keras.metrics.Mean", "creates-state"),
        ("tensorflow.random.Generator.from_seed", "creates-state"),
        ("tensorflow.config.run_functions_eagerly", "global-state"),
        ("tensorflow.function", "makes-graph-function"),
        ("tensorflow.py_function", "py-function"),
        ("some_library.function", "not-modelled"),
        ("sys.setrecursionlimit", "global-state"),
    ],
)
def test_hazards_of_calls(name: str, kind: str) -> None:
    assert kind in [found for found, _ in kinds(name)]


@pytest.mark.parametrize(
    "name",
    [
        "tensorflow.print",
        "tensorflow.reduce_sum",
        "tensorflow.io.read_file",
        "tensorflow.summary.scalar",
        "tensorflow.random.normal",
        "tensorflow.debugging.check_numerics",
        "tensorflow.GradientTape",
        "keras.losses.MeanSquaredError",
        "keras.layers.Flatten",
        "keras.layers.ReLU",
        "json.dumps",
        "os.path.join",
        "functools.reduce",
        "collections.OrderedDict",
        "math.floor",
    ],
)
def test_calls_without_hazards(name: str) -> None:
    assert [found for found, _ in kinds(name) if found != "changes-variable"] == []


@pytest.mark.parametrize(
    ("name", "lasts"),
    [("tensorflow.print", True), ("tensorflow.summary.scalar", True), ("tensorflow.reduce_sum", False)],
)
def test_what_lasts_is_no_hazard_by_itself(name: str, lasts: bool) -> None:
    assert [found for found, _ in kinds(name)] == ["changes-variable"] * lasts


def method_hazards(receiver: Value, name: str) -> list[str]:
    return [hazard.kind for hazard in models.method(receiver, name, arguments(), HOST).hazards]


def test_eager_only_methods() -> None:
    assert raises_while_tracing(lambda x: x.numpy(), ())
    assert method_hazards(SYMBOLIC, "numpy") == ["eager-only"]
    assert method_hazards(Tensor("float32", (2,), eager=True), "numpy") == []
    variable = tf.Variable(1.0)
    assert raises_while_tracing(variable.numpy)
    assert method_hazards(Variable("float32", ()), "numpy") == ["eager-only"]
    for name in ("fit", "predict", "evaluate", "train_on_batch"):
        assert "eager-only" in method_hazards(models.call("keras.Model", arguments(), HOST).value, name)


def test_tensorflow_refuses_keras_tensors() -> None:
    with pytest.raises(ValueError, match="KerasTensor"):
        tf.exp(keras.Input((3,)))
    result = models.call("tensorflow.exp", arguments(KerasTensor("float32", (None, 3))), HOST)
    assert [hazard.kind for hazard in result.hazards] == ["keras-tensor"]
    old = models.call("tensorflow.exp", arguments(KerasTensor("float32", (None, 3))), FakeHost(2))
    assert old.value == KerasTensor("float32", (None, 3)) and not old.hazards
    kept = models.call("keras.ops.exp", arguments(KerasTensor("float32", (None, 3))), HOST)
    assert kept.value == KerasTensor("float32", (None, 3)) and not kept.hazards


def test_every_module_of_the_standard_library_that_is_listed_says_what_it_does() -> None:
    for entry in table.load("libraries").entries.values():
        if entry.kind == "module":
            assert entry.flags, entry.name
