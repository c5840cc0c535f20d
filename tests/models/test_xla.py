"""What `models/xla.py` says of XLA, put before XLA on a CPU: each name works in a graph, and is refused by XLA."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from graphlift.models import xla
from graphlift.models.table import read

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.tensorflow

TEXT = tf.constant(["ab c", "de"])
SQUARE = tf.constant([[2.0, 1.0], [1.0, 3.0]])
ROWS = tf.constant([0, 0, 1])
PICTURE = tf.cast(tf.ones([4, 4, 3]), tf.uint8)
BOXES = tf.constant([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 0.5]])
SPARSE = tf.sparse.from_dense([[1.0, 0.0], [0.0, 2.0]])

TABLE = tf.lookup.StaticHashTable(
    tf.lookup.KeyValueTensorInitializer(tf.constant([1, 2], tf.int64), tf.constant([1.0, 2.0])), 0.0
)

Call = Callable[[Any], Any]


def of(value: Any, call: Call) -> tuple[Any, Call]:
    return tf.convert_to_tensor(value), call


REFUSED: dict[str, tuple[Any, Call]] = {
    "audio.encode_wav": of(tf.zeros([8, 1]), lambda x: tf.audio.encode_wav(x, 8000)),
    "eig": of(SQUARE, tf.linalg.eig),
    "eigvals": of(SQUARE, tf.linalg.eigvals),
    "experimental.numpy.random.poisson": of(1.5, lambda x: tf.experimental.numpy.random.poisson(x, [2])),
    "fingerprint": of(SQUARE, tf.fingerprint),
    "guarantee_const": of(SQUARE, tf.guarantee_const),
    "image.non_max_suppression_with_scores": of(
        BOXES, lambda x: tf.image.non_max_suppression_with_scores(x, [0.9, 0.8], 2)
    ),
    "linalg.banded_triangular_solve": of(
        tf.ones([1, 2]), lambda x: tf.linalg.banded_triangular_solve(x, tf.ones([2, 1]))
    ),
    "linalg.det": of(SQUARE, tf.linalg.det),
    "linalg.lstsq": of(SQUARE, lambda x: tf.linalg.lstsq(x, tf.ones([2, 1]), fast=False)),
    "linalg.slogdet": of(SQUARE, tf.linalg.slogdet),
    "math.bessel_i0": of([1.0], tf.math.bessel_i0),
    "math.bessel_i1": of([1.0], tf.math.bessel_i1),
    "math.reduce_euclidean_norm": of(SQUARE, tf.math.reduce_euclidean_norm),
    **{
        f"math.segment_{name}": of(
            tf.ones([3]), partial(getattr(tf.math, f"segment_{name}"), segment_ids=ROWS)
        )
        for name in ("max", "mean", "min", "prod", "sum")
    },
    **{
        f"math.special.{name}": of([1.0], getattr(tf.math.special, name))
        for name in (
            *(f"bessel_{kind}" for kind in ("j0", "j1", "k0", "k0e", "k1", "k1e", "y0", "y1")),
            *("dawsn", "expint", "fresnel_cos", "fresnel_sin", "spence"),
        )
    },
    "matrix_square_root": of(SQUARE, tf.linalg.sqrtm),
    "nn.isotonic_regression": of([1.0, 3.0, 2.0], tf.nn.isotonic_regression),
    "nn.max_pool_with_argmax": of(
        tf.ones([1, 4, 4, 1]), lambda x: tf.nn.max_pool_with_argmax(x, 2, 2, "VALID")
    ),
    "ragged.range": of([1, 2], lambda x: tf.ragged.range(x).flat_values),
    "random.experimental.stateless_shuffle": of(
        SQUARE, lambda x: tf.random.experimental.stateless_shuffle(x, [1, 2])
    ),
    "random.gamma": of(1.0, lambda x: tf.random.gamma([2], x)),
    "random.poisson": of(1.0, lambda x: tf.random.poisson([2], x)),
    "random.stateless_binomial": of(
        0.5, lambda x: tf.random.stateless_binomial([2], [1, 2], counts=3.0, probs=x)
    ),
    "random.stateless_gamma": of(1.0, lambda x: tf.random.stateless_gamma([2], [1, 2], x)),
    "random.stateless_poisson": of(1.0, lambda x: tf.random.stateless_poisson([2], [1, 2], x)),
    "sparse.bincount": of([1, 2], lambda x: tf.sparse.bincount(x).values),
    "sparse.segment_sqrt_n": of(tf.ones([3, 2]), lambda x: tf.sparse.segment_sqrt_n(x, ROWS, ROWS)),
    "sparse.segment_sum": of(tf.ones([3, 2]), lambda x: tf.sparse.segment_sum(x, ROWS, ROWS)),
    "sparse.sparse_dense_matmul": of(SQUARE, lambda x: tf.sparse.sparse_dense_matmul(SPARSE, x)),
    "unique_with_counts": of([1, 2, 1], tf.unique_with_counts),
    "unravel_index": of([1, 2], lambda x: tf.unravel_index(x, [2, 2])),
    "print": of(SQUARE, lambda x: (tf.print(x), x)[1]),
    "py_function": of(SQUARE, lambda x: tf.py_function(lambda v: v, [x], tf.float32)),
    "numpy_function": of(SQUARE, lambda x: tf.numpy_function(lambda v: v, [x], tf.float32)),
    "as_string": of(SQUARE, lambda x: tf.size(tf.as_string(x))),
    "timestamp": of(1.0, lambda x: x + tf.cast(tf.timestamp(), tf.float32)),
    "strings.length": of(TEXT, tf.strings.length),
    "strings.format": of(SQUARE, lambda x: tf.size(tf.strings.format("{}", x))),
    "strings.to_number": of(["1", "2"], tf.strings.to_number),
    "strings.substr": of(TEXT, lambda x: tf.size(tf.strings.substr(x, 0, 1))),
    "io.encode_jpeg": of(PICTURE, lambda x: tf.size(tf.io.encode_jpeg(x))),
    "io.decode_raw": of(["abcd"], lambda x: tf.io.decode_raw(x, tf.uint8)),
    "lookup.StaticHashTable": of(tf.constant([1, 2], tf.int64), TABLE.lookup),
    "io.serialize_tensor": of(SQUARE, lambda x: tf.size(tf.io.serialize_tensor(x))),
}
"""Calls by the name of what they call, with the tensor that they are given."""

COMPILED: dict[str, tuple[Any, Call]] = {
    "unique": of([1, 2, 1], lambda x: tf.unique(x)[0]),
    "where": of([True, False], tf.where),
    "boolean_mask": of([1.0, 2.0], lambda x: tf.boolean_mask(x, [True, False])),
    "linalg.svd": of(SQUARE, tf.linalg.svd),
    "linalg.inv": of(SQUARE, tf.linalg.inv),
    "linalg.cholesky": of(SQUARE, tf.linalg.cholesky),
    "linalg.solve": of(SQUARE, lambda x: tf.linalg.solve(x, tf.ones([2, 1]))),
    "linalg.eigh": of(SQUARE, tf.linalg.eigh),
    "math.unsorted_segment_sum": of(tf.ones([3]), lambda x: tf.math.unsorted_segment_sum(x, ROWS, 2)),
    "random.normal": of(1.0, lambda x: x + tf.random.normal([2])),
    "random.uniform": of(1.0, lambda x: x + tf.random.uniform([2])),
    "random.shuffle": of(SQUARE, tf.random.shuffle),
    "math.bincount": of([1, 2], tf.math.bincount),
    "image.resize": of(tf.ones([4, 4, 3]), lambda x: tf.image.resize(x, [2, 2])),
    "math.lbeta": of([1.0, 2.0], tf.math.lbeta),
    "io.gfile.exists": of(1.0, lambda x: x + float(tf.io.gfile.exists("."))),
    "io.FixedLenFeature": of(1.0, lambda x: x + float(len(tf.io.FixedLenFeature([], tf.float32)))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses(name: str) -> None:
    given, call = REFUSED[name]
    tf.function(call)(given)
    with pytest.raises((tf.errors.OpError, ValueError)):
        tf.function(call, jit_compile=True)(given)
    assert xla.under_xla(f"tensorflow.{name}") == "refused"


@pytest.mark.parametrize("name", COMPILED)
def test_it_compiles(name: str) -> None:
    given, call = COMPILED[name]
    tf.function(call, jit_compile=True)(given)
    assert xla.under_xla(f"tensorflow.{name}") == ""


def test_every_name_is_tried_and_there() -> None:
    names = {name.removeprefix("tensorflow.") for name in xla._REFUSED_ALONE}
    assert names <= REFUSED.keys()
    there = set(read("tensorflow")[1])
    assert {f"tensorflow.{name}" for name in names} <= there


@pytest.mark.parametrize("name", ["assert_less", "debugging.assert_positive", "debugging.check_numerics"])
def test_checks_are_left_out(name: str) -> None:
    def call(x: Any) -> Any:
        function = tf
        for part in name.split("."):
            function = getattr(function, part)
        arguments = {"assert_less": (0.0,), "debugging.check_numerics": ("not finite",)}.get(name, ())
        function(tf.math.log(x) if "numerics" in name else x, *arguments)
        return x * 2.0

    bad = tf.constant(-1.0) if name != "assert_less" else tf.constant(1.0)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.function(call)(bad)
    tf.function(call, jit_compile=True)(bad)
    assert xla.under_xla(f"tensorflow.{name}") == "dropped"
