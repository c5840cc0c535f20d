"""Functions whose arguments hang together too closely for random trials, each run once and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from graphlift import models
from graphlift.values import Array, Sequence, Tensor, Unknown, Value
from tests.models.support import FakeHost, arguments

keras = pytest.importorskip("keras")
tnp = tf.experimental.numpy
X = tf.ones([2, 3])
IMAGE = tf.ones([4, 8, 8, 3])
HOT = tf.eye(3)


def abstract(value: Any) -> Value:
    if isinstance(value, tf.Tensor):
        return Tensor(value.dtype.name, tuple(value.shape))
    if isinstance(value, np.ndarray):
        return Array(str(value.dtype), value.shape)
    if isinstance(value, list):
        return models_list([abstract(item) for item in value])
    return value


def models_list(items: list[Value]) -> Value:
    from graphlift.values import list_of
    from tests.models.support import plain

    return list_of(tuple(plain(item) for item in items))


def holds(said: Value, real: Any) -> bool:
    """Whether what the library gave is what the model says."""
    match said:
        case Unknown():
            return True
        case Tensor() if isinstance(real, tf.Tensor):
            dtype = said.dtype in (None, real.dtype.name)
            return dtype and (said.shape is None or real.shape.is_compatible_with(said.shape))
        case Array() if isinstance(real, np.ndarray):
            dtype = said.dtype in (None, str(real.dtype))
            return dtype and (said.shape is None or tf.TensorShape(real.shape).is_compatible_with(said.shape))
        case Sequence() if said.items is not None and isinstance(real, tuple):
            return len(said.items) == len(real) and all(map(holds, said.items, real))
    return False


CASES: list[tuple[str, Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
    ("tensorflow.experimental.numpy.rad2deg", tnp.rad2deg, (X,), {}),
    ("tensorflow.experimental.numpy.repeat", tnp.repeat, (X, 2), {}),
    ("tensorflow.experimental.numpy.repeat", tnp.repeat, (X, 2), {"axis": 1}),
    ("tensorflow.experimental.numpy.rot90", tnp.rot90, (X,), {}),
    ("tensorflow.image.psnr", tf.image.psnr, (IMAGE, IMAGE, 1.0), {}),
    ("tensorflow.image.psnr", tf.image.psnr, (IMAGE[0], IMAGE[0], 1.0), {}),
    ("tensorflow.nn.weighted_moments", tf.nn.weighted_moments, (X, [0], 1.0), {}),
    ("tensorflow.nn.weighted_moments", tf.nn.weighted_moments, (X, [0], X), {"keepdims": True}),
    ("tensorflow.nn.isotonic_regression", tf.nn.isotonic_regression, (X,), {}),
    ("tensorflow.nn.isotonic_regression", tf.nn.isotonic_regression, (tf.constant([[1, 2]]),), {}),
    (
        "keras.losses.categorical_focal_crossentropy",
        keras.losses.categorical_focal_crossentropy,
        (HOT, HOT),
        {},
    ),
    ("keras.losses.dice", keras.losses.dice, (HOT, HOT), {}),
    ("keras.losses.dice", keras.losses.dice, (IMAGE, IMAGE), {"axis": [1, 2, 3]}),
    ("keras.ops.svd", keras.ops.svd, (X,), {}),
    ("keras.ops.svd", keras.ops.svd, (X,), {"compute_uv": False}),
    ("keras.utils.normalize", keras.utils.normalize, (np.ones((2, 3)),), {}),
    ("keras.utils.normalize", keras.utils.normalize, (X,), {}),
    ("keras.utils.pad_sequences", keras.utils.pad_sequences, ([[1, 2], [3]],), {"maxlen": 4}),
    (
        "keras.utils.pad_sequences",
        keras.utils.pad_sequences,
        ([[[1.0, 2.0]], [[3.0, 4.0]]],),
        {"dtype": "float32"},
    ),
    ("keras.quantizers.pack_int4", keras.quantizers.pack_int4, (tf.ones([4, 3], tf.int8),), {}),
    ("keras.quantizers.unpack_int4", keras.quantizers.unpack_int4, (tf.ones([2, 3], tf.int8), 4), {}),
]


@pytest.mark.parametrize(("name", "function", "given", "named"), CASES)
def test_what_the_library_gives_is_what_is_said(
    name: str, function: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    real = function(*given, **named)
    said = models.call(
        name,
        arguments(*map(abstract, given), **{key: abstract(value) for key, value in named.items()}),
        FakeHost(),
    ).value
    assert not isinstance(said, Unknown)
    if name.endswith("pack_int4") and isinstance(real, tuple):
        real, said = real[0], said.items[0]
    assert holds(said, real), said
