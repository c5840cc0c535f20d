"""A method is traced anew for each object that it is called on.

## Why this matters in a graph
A decorated method has traces of its own for every instance, and `self` is matched by identity. Where many objects
live shortly, each call or two builds a graph. A function that takes what differs as tensors is traced once.

## Example
```python
import tensorflow as tf


class Wave:
    def __init__(self, phase):
        self.phase = tf.constant(phase)

    @tf.function
    def at(self, x):  # error
        return tf.reduce_sum(tf.sin(x + self.phase) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


for n in range(4):
    wave = Wave(float(n))
    wave.at(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def wave(x, phase):
    return tf.reduce_sum(tf.sin(x + phase) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


for n in range(4):
    wave(tf.ones([3]), tf.constant(float(n)))
```

## What this rule cannot see
Objects that come out of containers and attributes, and callers that are not in the analysed files.

## References
- https://www.tensorflow.org/guide/function#rules_of_tracing
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import call_origins, causes_of, shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RETRACES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report methods that are called on one object after the other."""
    for cause in causes_of(fn, "object"):
        if cause.receiver:
            owner, count = shown(fn.info.parent), len(cause.values)
            report(
                fn.def_place,
                f"it is called on {count} objects of `{owner}`, and traced anew for each",
                origins=call_origins(cause),
            )
