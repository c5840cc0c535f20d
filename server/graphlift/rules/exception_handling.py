"""An exception that is caught today is raised somewhere else in a graph.

## Why this matters in a graph
A handler around TensorFlow code exists while tracing only: an error at run time leaves the graph
without passing it.

## Example
```python
import tensorflow as tf


@tf.function
def safe(x):
    try:  # error
        return tf.debugging.check_numerics(tf.sin(x) / x, "bad")
    except tf.errors.InvalidArgumentError:
        return tf.zeros_like(x)


safe(tf.constant([0.0, 1.0]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def safe(x):
    y = tf.sin(x) / x
    return tf.where(tf.math.is_finite(y), y, tf.zeros_like(y))


safe(tf.constant([0.0, 1.0]))
```

## What this rule cannot see
Which exceptions the guarded code can raise.

## References
- https://www.tensorflow.org/guide/function
- https://github.com/tensorflow/tensorflow/issues/33281
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

PYTHON_ONLY = (
    "ImportError",
    "ModuleNotFoundError",
    "KeyError",
    "AttributeError",
    "StopIteration",
    "IndexError",
)
"""Exceptions that Python code raises while tracing just as it does eagerly."""

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report handlers that would not catch what a graph raises."""
    for effect in fn.of("catches"):
        certain = "errors." in effect.subject or "Error" not in effect.subject
        if any(name in effect.subject for name in PYTHON_ONLY) and "errors." not in effect.subject:
            continue
        report.effect(
            effect, f"`except {effect.subject}` does not see errors that a graph raises", certain=certain
        )
