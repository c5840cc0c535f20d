"""Everybody who calls this function runs it inside a graph already.

## Why this matters in a graph
A `tf.function` traces everything it calls. A function that is only called from one, from
`Dataset.map`, or by Keras in a step that Keras traces, runs in a graph as it is; a decorator of its
own adds nothing but a call.

## Example
```python
import tensorflow as tf


def loss(x):  # verdict: unprofitable [already-in-graph]
    return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tan(x) - tf.square(x))


@tf.function
def step(x):
    return loss(x) + loss(x * 2.0)


step(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


def loss(x):
    return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tan(x) - tf.square(x))


@tf.function
def step(x):
    return loss(x) + loss(x * 2.0)


step(tf.ones([3]))
```

## What this rule cannot see
Callers that are not in the analysed files.

## References
- https://www.tensorflow.org/guide/function
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import shown
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Severity

RULE = Rule(Consequence.NO_GAIN, Severity.INFORMATION)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report functions that always run inside a graph."""
    if fn.in_graph is not None and not fn.decoration.decorated:
        by = shown(fn.in_graph.by)
        report(fn.def_place, f"already runs in a graph: `{by}` ({fn.in_graph.how})")
