"""The branches of a tensor condition leave things that cannot meet in one graph.

## Why this matters in a graph
AutoGraph puts both branches into the graph. A name that is used afterwards, and a result, must be set in both with
the same structure and dtype; eager code only ever sees one of them. Tracing raises `TypeError` or `ValueError`.

## Example
```python
import tensorflow as tf


@tf.function
def scaled(x):
    total = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    if total > 0.0:  # error
        factor = 1
    else:
        factor = total
    return x * factor


scaled(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def scaled(x):
    total = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    if total > 0.0:
        factor = 1.0
    else:
        factor = total
    return x * factor


scaled(tf.ones([3]))
```

## What this rule cannot see
Dtypes and structures that are not known.

## References
- https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/limitations.md
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report names and results that the branches of a tensor condition leave differently."""
    for effect in fn.of("branch-mismatch"):
        report.effect(effect, f"the branches of a tensor condition cannot meet: {effect.subject}")
