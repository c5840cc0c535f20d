"""A gradient tape that was made outside is used inside.

## Why this matters in a graph
A `tf.GradientTape` around the call of a graph sees the call as one step, and its gradients are right. A tape that was
made outside and is *used* inside sees nothing: what it watches there is a symbolic tensor that it never meets again,
what it records there is gone, and its `gradient` knows nothing of the tensors in the graph. The gradients are `None`.

## Example
```python
import tensorflow as tf


@tf.function
def loss(x, tape):
    tape.watch(x)  # error
    return tf.reduce_sum(tf.sin(x) * tf.cos(x))


x = tf.ones([3])
with tf.GradientTape() as tape:
    y = loss(x, tape)
print(tape.gradient(y, x))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def loss(x):
    return tf.reduce_sum(tf.sin(x) * tf.cos(x))


x = tf.ones([3])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = loss(x)
print(tape.gradient(y, x))
```

## What this rule cannot see
Tapes that come out of a container or from code that cannot be seen.

## References
- https://www.tensorflow.org/api_docs/python/tf/GradientTape
- https://www.tensorflow.org/guide/autodiff
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report uses of somebody else's gradient tape."""
    for effect in fn.of("outer-tape"):
        what = "`with`" if effect.subject == "__enter__" else f"`{effect.subject}`"
        report.effect(
            effect, f"{what} of a tape that was made outside, which sees nothing of what is in a graph"
        )
