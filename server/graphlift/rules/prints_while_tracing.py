"""`print` and logging speak once per trace, not once per call.

## Why this matters in a graph
Python's `print` runs while the function is traced and shows symbolic tensors; later calls print
nothing. `tf.print` is an op and prints at each call.

## Example
```python
import tensorflow as tf


@tf.function
def step(x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    print("loss", y)  # error
    return y


step(tf.ones([3]))
step(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def step(x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    tf.print("loss", y)
    return y


step(tf.ones([3]))
step(tf.ones([3]))
```

## What this rule cannot see
Loggers that are passed in and cannot be seen.

## References
- https://www.tensorflow.org/guide/function#executing_python_side_effects
- https://www.tensorflow.org/api_docs/python/tf/print
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report printing and logging."""
    for effect in fn.of("prints"):
        report.effect(effect, f"`{effect.subject}` prints once per trace, not once per call")
    for effect in fn.of("logs"):
        report.effect(effect, f"`{effect.subject}` logs once per trace, not once per call")
