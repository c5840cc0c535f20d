"""A nested function is made anew at each call of the function around it, and a `tf.function` on it traced anew.

## Why this matters in a graph
Each `tf.function` object has traces of its own. A decorated function inside another one is a new object whenever
the outer one runs: it is traced each time, which takes far longer than it saves.

## Example
```python
import tensorflow as tf


def total(x):
    @tf.function
    def inner(y):  # error
        return tf.reduce_sum(tf.sin(y) * tf.cos(y) + tf.tan(y) - tf.exp(y))

    return inner(x)


for _ in range(3):
    total(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def inner(y):
    return tf.reduce_sum(tf.sin(y) * tf.cos(y) + tf.tan(y) - tf.exp(y))


def total(x):
    return inner(x)


for _ in range(3):
    total(tf.ones([3]))
```

## What this rule cannot see
Calls of the outer function that are not in the analysed files.

## References
- https://www.tensorflow.org/guide/function#rules_of_tracing
- https://github.com/tensorflow/tensorflow/issues/34025
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RETRACES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report nested functions that are made more than once."""
    if fn.made_anew_by and (fn.retracing is None or fn.retracing.made_again):
        report(fn.def_place, f"`{shown(fn.made_anew_by)}` makes it anew at each call, and so its trace")
