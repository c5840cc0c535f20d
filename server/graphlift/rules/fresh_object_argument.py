"""An object that is made anew for each call makes a new trace each time.

## Why this matters in a graph
An argument that is neither a tensor nor a plain Python value is matched by identity. An object that is made where the
call stands is another one at every call, even if it holds the same: the graph is built again each time.

## Example
```python
import tensorflow as tf


class Range:
    def __init__(self, low, high):
        self.low, self.high = low, high


@tf.function
def squash(x, bounds):  # error
    y = tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x)
    return tf.clip_by_value(y, bounds.low, bounds.high)


for _ in range(4):
    squash(tf.ones([3]), Range(0.1, 0.9))
```

## Use instead
```python
import tensorflow as tf


class Range:
    def __init__(self, low, high):
        self.low, self.high = low, high


@tf.function
def squash(x, bounds):
    y = tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x)
    return tf.clip_by_value(y, bounds.low, bounds.high)


bounds = Range(0.1, 0.9)
for _ in range(4):
    squash(tf.ones([3]), bounds)
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
from graphlift.values import Instance

RULE = Rule(Consequence.RETRACES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report arguments that are a new object at each call."""
    for cause in causes_of(fn, "object"):
        value = cause.values[0]
        if not cause.receiver and isinstance(value, Instance):
            made = shown(value.definition)
            report(
                fn.def_place,
                f"`{cause.parameter}` is given a new `{made}`: each makes a new trace",
                origins=call_origins(cause),
            )
