"""A function that is made anew for each call makes a new trace each time.

## Why this matters in a graph
A function that is passed to a `tf.function` is matched by identity. A lambda, a closure or a `functools.partial` that
is made where the call stands is another object at every call: the graph is built again each time, and all of them
are kept. Pass a function that stays the same, or capture it.

## Example
```python
import tensorflow as tf


@tf.function
def apply(f, x):  # error
    return tf.reduce_sum(f(x) * tf.cos(x))


for n in range(3):
    apply(lambda y: tf.sin(y), tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def apply(f, x):
    return tf.reduce_sum(f(x) * tf.cos(x))


for n in range(3):
    apply(tf.sin, tf.ones([3]))
```

## What this rule cannot see
Whether a closure is made once and passed often, which is fine.

## References
- https://www.tensorflow.org/guide/function#rules_of_tracing
- https://github.com/tensorflow/tensorflow/issues/31175
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import causes_of, fresh_callable, made_anew
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RETRACES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report parameters that visible callers give functions made on the spot."""
    counted = {cause.parameter: made_anew(cause) for cause in causes_of(fn, "callable")}
    if "input_signature" in dict(fn.decoration.options):
        return
    for parameter in fn.parameters:
        what = fresh_callable(parameter) or counted.get(parameter.name, "")
        if what:
            report(fn.def_place, f"`{parameter.name}` is given {what}: a new one makes a new trace")
