"""A tensor whose shape varies from call to call makes a new trace for each shape.

## Why this matters in a graph
A tensor argument is matched by its dtype and shape. Calls with many different batch sizes or lengths build as many
graphs, and all of them are kept. `reduce_retracing=True` lets TensorFlow trace once more with the sizes left open; an
`input_signature` with `None` in the shape says so from the start.

## Example
```python
import tensorflow as tf


@tf.function
def energy(x):  # error
    return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


for n in (3, 5, 7, 9):
    energy(tf.ones([n]))
```

## Use instead
```python
import tensorflow as tf


@tf.function(reduce_retracing=True)
def energy(x):
    return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


for n in (3, 5, 7, 9):
    energy(tf.ones([n]))
```

## What this rule cannot see
Shapes that depend on data, and callers that are not in the analysed files.

## References
- https://www.tensorflow.org/guide/function#rules_of_tracing
- https://github.com/tensorflow/tensorflow/issues/38561
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import call_origins, causes_of, values_shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RETRACES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report tensor arguments that come in ever new shapes."""
    for cause in causes_of(fn, "shape"):
        shapes = values_shown(cause)
        report(
            fn.def_place,
            f"`{cause.parameter}` comes in the shapes {shapes}: each makes a new trace",
            origins=call_origins(cause),
        )
