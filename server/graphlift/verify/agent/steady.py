"""Makes randomness steady, so that two runs of a program differ only where their functions do.

- Python's and NumPy's random generators start from fixed seeds, unseeded ones included.
- The clock that the program reads is a counter (see `clock`).
- TensorFlow's stateful random kernels draw from one counter-based stream, kept in a variable: the n-th draw
  of a run is the same number whether it happens eagerly or in a graph. Without this, eager code and graphs
  see different streams for the same seed (tensorflow/tensorflow issue 33297), and every sampler would differ.

Functions of `Dataset` transformations and of `vectorized_map` keep TensorFlow's own kernels: they are graphs
in both runs.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.data.ops import structured_function
from tensorflow.python.eager import context
from tensorflow.python.framework import random_seed
from tensorflow.python.ops import gen_random_ops
from tensorflow.python.ops.parallel_for import control_flow_ops
from tensorflow.python.ops.resource_variable_ops import ResourceVariable

from .marks import hidden

SEED = 20240229


def hold_seeds() -> None:
    """Give every source of random numbers a fixed start."""
    random.seed(SEED)
    np.random.seed(SEED)
    tf.random.set_seed(SEED)
    bits = random.Random(SEED)
    os.urandom = lambda size: bytes(bits.getrandbits(8) for _ in range(size))
    uuid.uuid4 = uuid.uuid1 = lambda *_: uuid.UUID(int=bits.getrandbits(128), version=4)
    original = np.random.default_rng

    @functools.wraps(original)
    def default_rng(seed: Any = None) -> Any:
        return original(bits.getrandbits(64) if seed is None else seed)

    np.random.default_rng = hidden(default_rng)


def hold_kernels() -> None:
    """Replace the stateful random kernels by draws from one counter-based stream."""
    stream = _Stream()
    for name, draw in _DRAWS.items():
        setattr(gen_random_ops, name, stream.kernel(getattr(gen_random_ops, name), draw))
    # Eager code numbers its unseeded draws; as draws in a graph aren't counted there, whatever else takes a
    # number (the seed of a shuffled dataset) would be moved by them.
    context.internal_operation_seed = lambda: SEED
    random_seed.context.internal_operation_seed = context.internal_operation_seed
    stream.follow_seeds()
    stream.leave_alone(structured_function.StructuredFunctionWrapper, "__init__")
    stream.leave_alone(control_flow_ops, "_pfor_impl")


class _Stream:
    """The state of the stream: (seed, number of draws so far), in a variable once there was a draw."""

    def __init__(self) -> None:
        self._variable: Any = None
        self._seed = SEED
        self._natural = 0

    def next(self) -> Any:
        """The seed of the next stateless draw: an int64 tensor of shape (2,)."""
        with tf.init_scope():
            if self._variable is None:
                # A plain resource variable, out of reach of `tf.function`'s and a strategy's creators.
                self._variable = ResourceVariable([self._seed, 0], dtype=tf.int64, trainable=False)
        variable = self._variable
        with tf.control_dependencies([variable.assign_add(tf.constant([0, 1], tf.int64), read_value=False)]):
            return variable.read_value()

    def kernel(self, original: Callable[..., Any], draw: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def replaced(*args: Any, **kwargs: Any) -> Any:
            if self._natural or not (tf.executing_eagerly() or _in_function()):
                return original(*args, **kwargs)
            for ignored in ("seed", "seed2", "name"):
                kwargs.pop(ignored, None)
            return draw(self.next(), *args, **kwargs)

        return hidden(replaced)

    def follow_seeds(self) -> None:
        """Start the stream anew whenever the program sets TensorFlow's seed."""
        original = context.set_global_seed

        def set_global_seed(seed: int) -> None:
            original(seed)
            self._seed = int(seed) & 0x7FFFFFFF
            if self._variable is not None:
                with tf.init_scope():
                    self._variable.assign([self._seed, 0])

        context.set_global_seed = set_global_seed
        random_seed.context.set_global_seed = set_global_seed

    def leave_alone(self, owner: Any, name: str) -> None:
        """Let TensorFlow's own kernels draw in what this function traces."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self._naturally():
                return original(*args, **kwargs)

        setattr(owner, name, wrapper)

    @contextlib.contextmanager
    def _naturally(self) -> Iterator[None]:
        self._natural += 1
        try:
            yield
        finally:
            self._natural -= 1


def _in_function() -> bool:
    graph = tf.compat.v1.get_default_graph()
    return hasattr(graph, "outer_graph")


def _normal(seed: Any, shape: Any, dtype: Any) -> Any:
    return tf.random.stateless_normal(shape, seed, dtype=dtype)


def _uniform(seed: Any, shape: Any, dtype: Any) -> Any:
    return tf.random.stateless_uniform(shape, seed, dtype=dtype)


def _uniform_int(seed: Any, shape: Any, minval: Any, maxval: Any) -> Any:
    minval = tf.convert_to_tensor(minval)
    return tf.random.stateless_uniform(shape, seed, minval, maxval, dtype=minval.dtype)


def _truncated_normal(seed: Any, shape: Any, dtype: Any) -> Any:
    return tf.random.stateless_truncated_normal(shape, seed, dtype=dtype)


def _parameterized(seed: Any, shape: Any, means: Any, stdevs: Any, minvals: Any, maxvals: Any) -> Any:
    return tf.random.stateless_parameterized_truncated_normal(shape, seed, means, stdevs, minvals, maxvals)


def _gamma(seed: Any, shape: Any, alpha: Any) -> Any:
    full = tf.concat([tf.cast(shape, tf.int32), tf.shape(alpha)], 0)
    return tf.random.stateless_gamma(full, seed, alpha, dtype=tf.convert_to_tensor(alpha).dtype)


def _poisson(seed: Any, shape: Any, rate: Any, dtype: Any = tf.int64) -> Any:
    full = tf.concat([tf.cast(shape, tf.int32), tf.shape(rate)], 0)
    return tf.random.stateless_poisson(full, seed, rate, dtype=dtype)


def _multinomial(seed: Any, logits: Any, num_samples: Any, output_dtype: Any = tf.int64) -> Any:
    return tf.random.stateless_categorical(logits, num_samples, seed, dtype=output_dtype)


def _shuffle(seed: Any, value: Any) -> Any:
    value = tf.convert_to_tensor(value)
    order = tf.argsort(tf.random.stateless_uniform(tf.shape(value)[:1], seed), stable=True)
    shuffled = tf.gather(value, order)
    shuffled.set_shape(value.shape)
    return shuffled


_DRAWS: dict[str, Callable[..., Any]] = {
    "random_standard_normal": _normal,
    "random_uniform": _uniform,
    "random_uniform_int": _uniform_int,
    "truncated_normal": _truncated_normal,
    "parameterized_truncated_normal": _parameterized,
    "random_gamma": _gamma,
    "random_poisson_v2": _poisson,
    "multinomial": _multinomial,
    "random_shuffle": _shuffle,
}
