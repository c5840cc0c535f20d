"""Keras layers, made and called for real under both major versions, against what the models say."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from graphlift import models
from graphlift.values import KerasTensor, Tensor, display
from modelgen import judge, trials
from tests.models.support import FakeHost, arguments, construct

CASES: list[tuple[str, dict[str, Any], tuple[int, ...], str]] = [
    ("Dense", {"units": 7}, (2, 5), "float32"),
    ("Dense", {"units": 7, "activation": "relu"}, (2, 3, 5), "float64"),
    ("Dense", {"units": 3, "dtype": "float64"}, (2, 5), "float32"),
    ("Embedding", {"input_dim": 10, "output_dim": 4}, (2, 6), "int32"),
    ("Flatten", {}, (2, 3, 4), "float32"),
    ("Reshape", {"target_shape": (6, -1)}, (2, 3, 4), "float32"),
    ("Permute", {"dims": (2, 1)}, (2, 3, 4), "float32"),
    ("RepeatVector", {"n": 3}, (2, 4), "float32"),
    ("Dropout", {"rate": 0.5}, (2, 3), "float32"),
    ("BatchNormalization", {}, (2, 3), "float32"),
    ("LayerNormalization", {}, (2, 3, 4), "float32"),
    ("UnitNormalization", {}, (2, 3), "float32"),
    ("Activation", {"activation": "tanh"}, (2, 3), "float32"),
    ("ReLU", {}, (2, 3), "float32"),
    ("Softmax", {}, (2, 3), "float32"),
    ("PReLU", {}, (2, 3), "float32"),
    ("Conv1D", {"filters": 4, "kernel_size": 3}, (2, 8, 3), "float32"),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal"}, (2, 8, 3), "float32"),
    ("Conv2D", {"filters": 4, "kernel_size": 3}, (2, 8, 9, 3), "float32"),
    (
        "Conv2D",
        {"filters": 4, "kernel_size": (3, 2), "strides": 2, "padding": "same"},
        (2, 8, 9, 3),
        "float32",
    ),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2}, (2, 8, 9, 3), "float32"),
    ("Conv3D", {"filters": 4, "kernel_size": 2}, (2, 5, 6, 7, 3), "float32"),
    ("Conv1DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2}, (2, 8, 3), "float32"),
    (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"},
        (2, 8, 9, 3),
        "float32",
    ),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 2, "strides": 3}, (2, 8, 9, 3), "float32"),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 5}, (2, 8, 9, 3), "float32"),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 3}, (2, 8, 9, 3), "float32"),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, (2, 8, 9, 3), "float32"),
    ("MaxPooling1D", {}, (2, 8, 3), "float32"),
    ("MaxPooling2D", {}, (2, 8, 9, 3), "float32"),
    ("MaxPooling2D", {"pool_size": 3, "strides": 1, "padding": "same"}, (2, 8, 9, 3), "float32"),
    ("AveragePooling2D", {"pool_size": (2, 3)}, (2, 8, 9, 3), "float32"),
    ("AveragePooling3D", {"pool_size": 2}, (2, 8, 9, 6, 3), "float32"),
    ("GlobalAveragePooling1D", {}, (2, 8, 3), "float32"),
    ("GlobalAveragePooling2D", {"keepdims": True}, (2, 8, 9, 3), "float32"),
    ("GlobalMaxPooling2D", {}, (2, 8, 9, 3), "float32"),
    ("UpSampling1D", {"size": 3}, (2, 8, 3), "float32"),
    ("UpSampling2D", {"size": (2, 3)}, (2, 8, 9, 3), "float32"),
    ("ZeroPadding1D", {"padding": (1, 2)}, (2, 8, 3), "float32"),
    ("ZeroPadding2D", {"padding": ((1, 2), (3, 4))}, (2, 8, 9, 3), "float32"),
    ("ZeroPadding2D", {"padding": 2}, (2, 8, 9, 3), "float32"),
    ("Cropping2D", {"cropping": (1, 2)}, (2, 8, 9, 3), "float32"),
    ("LSTM", {"units": 4}, (2, 5, 3), "float32"),
    ("LSTM", {"units": 4, "return_sequences": True}, (2, 5, 3), "float32"),
    ("LSTM", {"units": 4, "return_state": True}, (2, 5, 3), "float32"),
    ("GRU", {"units": 4, "return_sequences": True, "return_state": True}, (2, 5, 3), "float32"),
    ("SimpleRNN", {"units": 4}, (2, 5, 3), "float32"),
    ("Rescaling", {"scale": 0.5}, (2, 3), "float32"),
    ("Rescaling", {"scale": 0.5}, (2, 3), "uint8"),
    ("Resizing", {"height": 4, "width": 5}, (2, 8, 9, 3), "float32"),
    ("GaussianNoise", {"stddev": 0.1}, (2, 3), "float32"),
    ("SpatialDropout1D", {"rate": 0.5}, (2, 3, 4), "float32"),
    ("LeakyReLU", {}, (2, 3), "float32"),
    ("ELU", {}, (2, 3), "float32"),
    ("Masking", {}, (2, 3, 4), "float32"),
    ("ActivityRegularization", {}, (2, 3), "float32"),
]
LIBRARIES = {2: tf_keras, 3: keras}


def real(library: Any, name: str, settings: dict[str, Any], inputs: Any) -> Any:
    return getattr(library.layers, name)(**settings)(inputs)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{'-'.join(case[1]) or 'plain'}")
def test_result_of_a_layer(case: tuple[str, dict[str, Any], tuple[int, ...], str], version: int) -> None:
    name, settings, shape, dtype = case
    host = FakeHost(version)
    layer = construct(f"keras.layers.{name}", host, **settings)
    library = LIBRARIES[version]

    observed = trials.abstract(real(library, name, settings, tf.zeros(shape, dtype)))
    exact = models.method(layer, "__call__", arguments(Tensor(dtype, shape)), host).value
    assert judge.within(observed, exact), f"{display(observed)} is not in {display(exact)}"
    assert isinstance(exact, Tensor) is isinstance(observed, Tensor)

    vague = models.method(layer, "__call__", arguments(Tensor(None, (None,) * len(shape))), host).value
    assert judge.within(observed, vague), f"{display(observed)} is not in {display(vague)}"
    nothing = models.method(layer, "__call__", arguments(Tensor()), host).value
    assert judge.within(observed, nothing), f"{display(observed)} is not in {display(nothing)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{'-'.join(case[1]) or 'plain'}")
def test_symbolic_result_of_a_layer(case: tuple[str, dict[str, Any], tuple[int, ...], str]) -> None:
    name, settings, shape, dtype = case
    host = FakeHost(3)
    layer = construct(f"keras.layers.{name}", host, **settings)
    observed = trials.abstract(real(keras, name, settings, keras.Input(shape[1:], dtype=dtype)))
    inferred = models.method(layer, "__call__", arguments(KerasTensor(dtype, (None, *shape[1:]))), host).value
    assert judge.within(observed, inferred), f"{display(observed)} is not in {display(inferred)}"


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    "name", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]
)
def test_merging_layers(name: str, version: int) -> None:
    host = FakeHost(version)
    layer = construct(f"keras.layers.{name}", host)
    inputs = [tf.zeros((2, 3)), tf.zeros((2, 3))]
    observed = trials.abstract(getattr(LIBRARIES[version].layers, name)()(inputs))
    inferred = models.method(
        layer, "__call__", arguments([Tensor("float32", (2, 3)), Tensor("float32", (2, 3))]), host
    ).value
    assert inferred == observed


@pytest.mark.parametrize("version", [2, 3])
def test_attention(version: int) -> None:
    host = FakeHost(version)
    query, value = np.zeros((2, 5, 8), "float32"), np.zeros((2, 6, 8), "float32")
    layer = construct("keras.layers.MultiHeadAttention", host, num_heads=2, key_dim=3)
    made = LIBRARIES[version].layers.MultiHeadAttention(num_heads=2, key_dim=3)
    given = arguments(Tensor("float32", (2, 5, 8)), Tensor("float32", (2, 6, 8)))
    assert models.method(layer, "__call__", given, host).value == trials.abstract(made(query, value))
    both = arguments(*given.positional, return_attention_scores=True)
    observed = trials.abstract(made(query, value, return_attention_scores=True))
    assert judge.within(observed, models.method(layer, "__call__", both, host).value)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", ["GRUCell", "LSTMCell", "SimpleRNNCell"])
@pytest.mark.parametrize("nested", [False, True])
def test_recurrent_cells(version: int, name: str, nested: bool) -> None:
    host = FakeHost(version)
    cell = construct(f"keras.layers.{name}", host, 4)
    count = 2 if name == "LSTMCell" else 1
    state = [tf.zeros((2, 4))] * count if nested or count == 2 else tf.zeros((2, 4))
    observed = getattr(LIBRARIES[version].layers, name)(4)(tf.zeros((2, 3)), state)
    given = arguments(Tensor("float32", (2, 3)), trials.abstract(state))
    assert judge.within(trials.abstract(observed), models.method(cell, "__call__", given, host).value)


@pytest.mark.parametrize("version", [2, 3])
def test_wrapped_layers(version: int) -> None:
    host = FakeHost(version)
    library = LIBRARIES[version]
    inputs = tf.zeros((2, 5, 3))
    lstm = construct("keras.layers.LSTM", host, 4, return_sequences=True)
    both = construct("keras.layers.Bidirectional", host, lstm)
    observed = library.layers.Bidirectional(library.layers.LSTM(4, return_sequences=True))(inputs)
    given = arguments(Tensor("float32", (2, 5, 3)))
    assert models.method(both, "__call__", given, host).value == trials.abstract(observed)
    spread = construct("keras.layers.TimeDistributed", host, construct("keras.layers.Dense", host, 6))
    observed = library.layers.TimeDistributed(library.layers.Dense(6))(inputs)
    assert models.method(spread, "__call__", given, host).value == trials.abstract(observed)


@pytest.mark.parametrize("version", [2, 3])
def test_sequential_and_functional_models(version: int) -> None:
    host = FakeHost(version)
    library = LIBRARIES[version]
    layers = [
        construct("keras.layers.Conv2D", host, 4, 3, activation="relu"),
        construct("keras.layers.MaxPooling2D", host),
        construct("keras.layers.Flatten", host),
        construct("keras.layers.Dense", host, 10),
    ]
    model = construct("keras.Sequential", host, layers)
    made = library.Sequential(
        [
            library.layers.Conv2D(4, 3, activation="relu"),
            library.layers.MaxPooling2D(),
            library.layers.Flatten(),
            library.layers.Dense(10),
        ]
    )
    given = arguments(Tensor("float32", (2, 8, 8, 1)))
    assert models.method(model, "__call__", given, host).value == trials.abstract(
        made(tf.zeros((2, 8, 8, 1)))
    )

    source = models.call("keras.Input", arguments((8, 8, 1)), host).value
    target = models.method(model, "__call__", arguments(source), host).value
    assert isinstance(target, KerasTensor)
    functional = construct("keras.Model", host, source, target)
    result = models.method(functional, "__call__", given, host).value
    symbolic = library.Input((8, 8, 1))
    observed = trials.abstract(library.Model(symbolic, made(symbolic))(tf.zeros((2, 8, 8, 1))))
    assert judge.within(observed, result)
    assert isinstance(result, Tensor) and result.shape == (None, 10)


def test_a_model_that_layers_were_added_to_promises_nothing() -> None:
    host = FakeHost(3)
    model = construct("keras.Sequential", host)
    assert models.method(model, "__call__", arguments(Tensor("float32", (2, 8))), host).value == Tensor()


def test_a_model_after_its_layers_were_added() -> None:
    host = FakeHost(3)
    model = construct("keras.Sequential", host)
    for units in (4, 3):
        given = arguments(construct("keras.layers.Dense", host, units))
        after = models.mutated(model, "add", given)
        assert after is not None
        model = after
    inputs = arguments(Tensor("float32", (2, 8)))
    assert models.method(model, "__call__", inputs, host).value == Tensor("float32", (2, 3))
    shorter = models.mutated(model, "pop", arguments())
    assert shorter is not None
    assert models.method(shorter, "__call__", inputs, host).value == Tensor("float32", (2, 4))
    assert models.mutated(model, "summary", arguments()) is None


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("reduction", [None, "none", "sum", "sum_over_batch_size"])
def test_losses(version: int, reduction: str | None) -> None:
    host = FakeHost(version)
    names = [
        "MeanSquaredError",
        "MeanAbsoluteError",
        "Huber",
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
    ]
    for name in [*names, "KLDivergence", "Poisson", "Hinge", "LogCosh"]:
        settings = {} if reduction is None else {"reduction": reduction}
        loss = construct(f"keras.losses.{name}", host, **settings)
        made = getattr(LIBRARIES[version].losses, name)(**settings)
        for dtype in ("float32", "float64"):
            observed = trials.abstract(made(tf.ones((4, 3), dtype), tf.ones((4, 3), dtype)))
            given = arguments(Tensor(dtype, (4, 3)), Tensor(dtype, (4, 3)))
            inferred = models.method(loss, "__call__", given, host).value
            assert judge.within(observed, inferred), f"{name}: {display(observed)} not in {display(inferred)}"


@pytest.mark.parametrize("version", [2, 3])
def test_metrics(version: int) -> None:
    host = FakeHost(version)
    names = ["Mean", "Sum", "Accuracy", "MeanSquaredError", "BinaryAccuracy", "AUC", "Precision", "Recall"]
    for name in [*names, "CategoricalAccuracy", "SparseCategoricalAccuracy", "F1Score", "R2Score"]:
        metric = construct(f"keras.metrics.{name}", host)
        made = getattr(LIBRARIES[version].metrics, name)()
        if name in ("Mean", "Sum"):
            made.update_state([1.0, 2.0])
        elif name == "SparseCategoricalAccuracy":
            made.update_state([[1], [0]], [[0.1, 0.9], [0.8, 0.2]])
        else:
            made.update_state([[1.0, 0.0], [0.0, 1.0]], [[0.9, 0.1], [0.2, 0.8]])
        observed = trials.abstract(made.result())
        inferred = models.method(metric, "result", arguments(), host).value
        assert judge.within(observed, inferred), f"{name}: {display(observed)} is not in {display(inferred)}"


@pytest.mark.parametrize("version", [2, 3])
def test_optimizers(version: int) -> None:
    host = FakeHost(version)
    optimizer = construct("keras.optimizers.Adam", host, 0.01)
    assert [h.kind for h in models.call("keras.optimizers.Adam", arguments(0.01), host).hazards] == [
        "creates-state"
    ]
    rate = models.attribute(optimizer, "learning_rate", host)
    made = LIBRARIES[version].optimizers.Adam(0.01).learning_rate
    assert rate is not None
    assert getattr(rate, "shape", None) == tuple(made.shape)
    assert getattr(rate, "dtype", None) == (made.dtype if version == 3 else made.dtype.name)


@pytest.mark.parametrize("version", [2, 3])
def test_which_layers_own_variables(version: int) -> None:
    """A layer whose constructor is not flagged owns no variables once it was called."""
    host = FakeHost(version)
    for name, settings, shape, dtype in CASES:
        flagged = any(
            hazard.kind == "creates-state"
            for hazard in models.call(f"keras.layers.{name}", arguments(**settings), host).hazards
        )
        layer = getattr(LIBRARIES[version].layers, name)(**settings)
        layer(tf.zeros(shape, dtype))
        assert flagged or not layer.variables, name
