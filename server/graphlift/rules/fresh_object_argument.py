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
from graphlift.values import Instance, Object, Sequence, ShapeValue, Value, options

RULE = Rule(Consequence.RETRACES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report arguments that are a new object at each call."""
    for cause in causes_of(fn, "object"):
        value = cause.values[0]
        if not cause.receiver and isinstance(value, Instance | Object):
            made = shown(value.definition) if isinstance(value, Instance) else value.cls.rpartition(".")[2]
            report(
                fn.def_place,
                f"`{cause.parameter}` is given a new `{made}`: each makes a new trace",
                origins=call_origins(cause),
            )
    for parameter in fn.parameters:
        kinds = [_made_anew(option) for option in options(parameter.value)]
        if parameter.source == "calls" and any(kinds):
            # A shape that is kept somewhere would be the same at each call; `x.shape` is not.
            shape = any(isinstance(option, ShapeValue) for option in options(parameter.value))
            report(
                fn.def_place,
                f"`{parameter.name}` is given {next(filter(None, kinds))}: each makes a new trace",
                certain=all(kinds) and not parameter.assumed and not shape,
            )


def _made_anew(value: Value) -> str:
    """What an argument is that is another object wherever it is asked for; tracing tells these apart by identity."""
    if isinstance(value, ShapeValue):
        return "a `tf.TensorShape`, which `x.shape` makes anew"
    return _ITERATORS.get(value.type, "") if isinstance(value, Sequence) else ""


# Tried with TensorFlow 2.21.
_ITERATORS = {
    "dict_values": "a view of a dict's values",
    "enumerate": "an `enumerate` object",
    "reversed": "an iterator",
    "zip": "a `zip` object",
}
