"""A loop in the graph gives a variable another dtype, shape or structure than it had before.

## Why this matters in a graph
AutoGraph traces the body of a loop over a tensor once, for all passes. What a name holds must therefore keep its
dtype, shape and structure, and a Python number counts as the tensor that it becomes (`0` is an `int32`). A name that
is `None` before the loop has no value when there is no pass. Tracing raises `ValueError` or `TypeError`; where a
loop that must have a pass has none, the graph raises when it runs.

## Example
```python
import tensorflow as tf


@tf.function
def collect(x):
    rows = tf.zeros([0])
    for value in tf.sin(x) * tf.cos(x):  # error
        rows = tf.concat([rows, [value]], axis=0)
    return rows


collect(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def collect(x):
    rows = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    for value in tf.sin(x) * tf.cos(x):
        rows = rows.write(rows.size(), value)
    return rows.stack()


collect(tf.ones([3]))
```

Where a shape must vary, `tf.autograph.experimental.set_loop_options(shape_invariants=[(rows, [None])])` at the top of
the body says so.

## What this rule cannot see
Sizes that are not known before the program runs.

## References
- https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/control_flow.md
- https://github.com/tensorflow/tensorflow/issues/45538
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report what a loop in the graph cannot carry from one pass to the next."""
    for effect in fn.of("loop-mismatch"):
        report.effect(effect, f"a loop in the graph keeps dtype, shape and structure: {effect.subject}")
    for effect in fn.of("empty-loop"):
        report.effect(
            effect,
            f"`{effect.subject}` is None before a loop over a tensor; without any pass the graph raises",
        )
