"""Python's and NumPy's random numbers and the time are frozen while tracing.

## Why this matters in a graph
`random.random()`, `np.random.normal()` and `time.time()` run while the function is traced; the
number they gave then is a constant of the graph, and every later call sees the same one.

## Example
```python
import random

import tensorflow as tf


@tf.function
def noisy(x):
    return tf.sin(x) * tf.cos(x) + random.random()  # error


noisy(tf.ones([3]))
noisy(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def noisy(x):
    return tf.sin(x) * tf.cos(x) + tf.random.uniform([])


noisy(tf.ones([3]))
```

## What this rule cannot see
Generators that are passed in and cannot be seen.

## References
- https://www.tensorflow.org/guide/function
- https://github.com/tensorflow/tensorflow/issues/40620
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report random numbers and clocks that Python reads."""
    for effect in fn.of("python-random"):
        report.effect(effect, f"`{effect.subject}` is drawn once per trace and is a constant afterwards")
    for effect in fn.of("clock"):
        report.effect(effect, f"`{effect.subject}` is read once per trace and is a constant afterwards")
    for effect in fn.of("seed"):
        report.effect(
            effect, f"`{effect.subject}` takes effect while tracing only, and a graph draws another stream"
        )
    for effect in fn.of("python-iterator"):
        report.effect(
            effect, f"`{effect.subject}` advances once per trace and gives the same element afterwards"
        )
