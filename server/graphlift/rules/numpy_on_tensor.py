"""NumPy and `math` cannot take a symbolic tensor.

## Why this matters in a graph
NumPy functions ask a tensor for its value, which a symbolic tensor does not have: tracing raises
`NotImplementedError` or `TypeError`. A NumPy value that does not depend on tensors becomes a
constant of the graph, which is fine.

## Example
```python
import numpy as np
import tensorflow as tf


@tf.function
def step(x):
    y = tf.sin(x) * tf.cos(x)
    return np.mean(y)  # error


step(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def step(x):
    y = tf.sin(x) * tf.cos(x)
    return tf.reduce_mean(y)


step(tf.ones([3]))
```

## What this rule cannot see
Functions of other libraries that hand tensors on to NumPy.

## References
- https://www.tensorflow.org/guide/function
- https://github.com/tensorflow/tensorflow/issues/36792
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report tensors that are given to NumPy or `math`."""
    for effect in fn.of("numpy-on-tensor"):
        report.effect(effect, f"`{effect.subject}` cannot take a symbolic tensor")
    for effect in fn.of("python-on-tensor"):
        report.effect(effect, f"`{effect.subject}` needs a Python number; a symbolic tensor is none")
