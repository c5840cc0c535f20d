"""A `tf.TensorArray` is written, and what the write gives is not what is used afterwards.

## Why this matters in a graph
In eager code `write`, `scatter` and `unstack` change the array itself. In a graph they give a new one and leave the
old one as it was: what was written is missing, and nothing says so.

## Example
```python
import tensorflow as tf


@tf.function
def squares(x):
    parts = tf.TensorArray(tf.float32, size=3, element_shape=[])
    for i in range(3):
        parts.write(i, tf.square(tf.sin(x[i])))  # error
    return tf.cos(parts.stack())


squares(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def squares(x):
    parts = tf.TensorArray(tf.float32, size=3, element_shape=[])
    for i in range(3):
        parts = parts.write(i, tf.square(tf.sin(x[i])))
    return tf.cos(parts.stack())


squares(tf.ones([3]))
```

## What this rule cannot see
Arrays that one expression makes many of, as in `[tf.TensorArray(…) for …]`, are not told apart: of them only a
write whose result is dropped at once is found.

## References
- https://www.tensorflow.org/api_docs/python/tf/TensorArray
- https://github.com/tensorflow/tensorflow/issues/37245
- https://github.com/tensorflow/tensorflow/issues/33193
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report writes to tensor arrays that a graph would lose."""
    for effect in fn.of("array-write"):
        report.effect(
            effect, "gives a new array in a graph: the one that is used afterwards does not see this write"
        )
