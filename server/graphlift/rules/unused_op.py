"""Nothing uses what an op gives: a graph leaves it out, with the error that it would raise.

## Why this matters in a graph
Eager code runs each op in turn. A graph runs what its results and its side effects need: an op without side effects
whose result is not used never runs. An index out of bounds or a text that is no number, which stops the eager program,
goes unnoticed. `tf.debugging.assert_*` and `tf.debugging.check_numerics` are kept.

## Example
```python
import tensorflow as tf


@tf.function
def row(table, i):
    tf.gather(table, i)  # error
    return tf.reduce_sum(tf.sin(table) * tf.cos(table))


try:
    row(tf.ones([3, 2]), tf.constant(7))
except tf.errors.InvalidArgumentError:
    print("no such row")
```

## Use instead
```python
import tensorflow as tf


@tf.function
def row(table, i):
    tf.debugging.assert_less(i, tf.shape(table)[0])
    return tf.reduce_sum(tf.sin(table) * tf.cos(table))


row(tf.ones([3, 2]), tf.constant(2))
```

## What this rule cannot see
Results that are handed on and not used later. An op whose result *is* used may check less in a graph on a GPU or
under XLA, where `tf.gather` clamps its indices.

## References
- https://www.tensorflow.org/guide/intro_to_graphs#non-strict_execution
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report ops that are run for their errors alone."""
    for effect in fn.of("unused-op"):
        report.effect(
            effect, f"nothing uses what {effect.subject} gives: a graph leaves it out, with its errors"
        )
