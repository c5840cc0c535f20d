"""A static size is read that only the running graph knows.

## Why this matters in a graph
In eager code every tensor has all its sizes. While a function is traced, a size that depends on values is `None`: what
`tf.boolean_mask`, `tf.unique`, `tf.range(n)`, a slice up to a tensor or `tf.py_function` give, a dimension that an
`input_signature` leaves open, a name that two branches leave in two shapes. Arithmetic with `x.shape[0]` then raises
`TypeError` or `ValueError`, and a comparison with it quietly takes another path.

## Example
```python
import tensorflow as tf


@tf.function
def mean_of_large(x):
    y = tf.sin(x) * tf.cos(x)
    large = tf.boolean_mask(y, y > 0.1)
    return tf.reduce_sum(large) * (1.0 / large.shape[0])  # error


mean_of_large(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def mean_of_large(x):
    y = tf.sin(x) * tf.cos(x)
    large = tf.boolean_mask(y, y > 0.1)
    return tf.reduce_sum(large) * (1.0 / tf.cast(tf.shape(large)[0], tf.float32))


mean_of_large(tf.ones([3]))
```

Where the size is known all the same, `tf.ensure_shape(x, [3])` or `x.set_shape([3])` says so.

## What this rule cannot see
Sizes that get lost in code that cannot be seen.

## References
- https://www.tensorflow.org/guide/function
- https://github.com/tensorflow/tensorflow/issues/82637
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report reads of static sizes that are `None` while tracing."""
    for effect in fn.of("unknown-size"):
        report.effect(effect, f"`{effect.subject}` has a size that is known only when the graph runs")
