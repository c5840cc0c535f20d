"""AutoGraph is switched off, and the function has a condition or loop over tensors that needs it.

## Why this matters in a graph
AutoGraph turns `if`, `while` and `for` over tensors into graph operations. With `autograph=False` Python itself has to
decide them while the function is traced, and a symbolic tensor has no value: tracing raises.

## Example
```python
import tensorflow as tf


@tf.function(autograph=False)
def clip(x):  # error
    if tf.reduce_sum(x) > 10.0:  # error: [tensor-as-bool]
        x = x / tf.reduce_sum(x)
    return tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x)


clip(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def clip(x):
    if tf.reduce_sum(x) > 10.0:
        x = x / tf.reduce_sum(x)
    return tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x)


clip(tf.ones([3]))
```

## What this rule cannot see
Whether AutoGraph will find the source of the function.

## References
- https://www.tensorflow.org/api_docs/python/tf/function
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.values import FALSE
from graphlift.verdict import Argument

RULE = Rule(Consequence.OPTIONS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report decorators that switch AutoGraph off where it is needed."""
    if dict(fn.decoration.options).get("autograph") != FALSE:
        return
    for effect in fn.of("unconverted")[:1]:
        what = "a tensor condition" if "loop" not in effect.subject else "a loop over a tensor"
        message = f"`autograph=False` leaves {what} to Python"
        report(fn.def_place, message, arguments=(Argument("autograph", "True"),))
