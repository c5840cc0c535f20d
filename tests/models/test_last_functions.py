"""Functions whose arguments hang together too closely for random trials, each run once and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from graphlift import models
from graphlift.values import Unknown
from modelgen import judge, trials
from tests.models.support import FakeHost, arguments

keras = pytest.importorskip("keras")
tnp = tf.experimental.numpy
X = tf.ones([2, 3])
IMAGE = tf.ones([4, 8, 8, 3])
HOT = tf.eye(3)


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
    values = {key: trials.abstract(value) for key, value in named.items()}
    said = models.call(name, arguments(*map(trials.abstract, given), **values), FakeHost()).value
    assert not isinstance(said, Unknown)
    assert judge.within(trials.abstract(real), said), said
