"""A symbolic tensor has no value to give: `.numpy()` and its like need eager execution.

## Why this matters in a graph
While a function is traced its tensors are symbolic: they have a dtype and maybe a shape, but no
value. `.numpy()` raises `AttributeError`; code that asks whether it runs eagerly takes another path
than it takes today.

## Example
```python
import tensorflow as tf


@tf.function
def step(x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    return y.numpy() * 2  # error


step(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def step(x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    return y * 2


step(tf.ones([3])).numpy()
```

## What this rule cannot see
Attributes that are looked up with `getattr` and a computed name.

## References
- https://www.tensorflow.org/guide/function
- https://github.com/tensorflow/tensorflow/issues/38038
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report members and calls that need a concrete value."""
    for effect in fn.of("eager-only"):
        report.effect(effect, f"`{effect.subject}` needs a concrete value; a symbolic tensor has none")
    for effect in fn.of("mode-dependent"):
        message = f"`{effect.subject}` answers differently in a graph"
        # A callee that asks is made for both modes.
        report.effect(effect, message, consequence=Consequence.DIFFERS, meant=bool(effect.via))
    for effect in fn.of("keras-tensor"):
        report.effect(effect, f"`{effect.subject}` does not take Keras symbolic inputs")
    for effect in fn.of("item-assignment"):
        report.effect(effect, "tensors do not support item assignment")
