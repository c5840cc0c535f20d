"""Python cannot iterate over a symbolic tensor or a dataset outside a plain `for` statement.

## Why this matters in a graph
AutoGraph turns a `for` statement over a tensor into a graph loop, and nothing else: a
comprehension, a generator, unpacking, `list`, `zip`, `map`, `sum`, `max` or `sorted` over a tensor
raises while tracing, and over a dataset never ends.

## Example
```python
import tensorflow as tf


@tf.function
def step(x):
    rows = [tf.reduce_sum(row) for row in x]  # error
    return tf.stack(rows)


step(tf.ones([3, 2]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def step(x):
    return tf.map_fn(tf.reduce_sum, x)


step(tf.ones([3, 2]))
```

## What this rule cannot see
Iteration inside libraries without a model.

## References
- https://www.tensorflow.org/guide/function
- https://github.com/tensorflow/tensorflow/issues/32546
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report iteration over tensors that AutoGraph does not convert."""
    for effect in fn.of("tensor-iteration"):
        report.effect(effect, f"{effect.subject} needs the elements, which a symbolic tensor does not have")
