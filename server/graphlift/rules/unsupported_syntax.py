"""AutoGraph does not convert this syntax, and leaves the whole function as it is.

## Why this matters in a graph
`match`, `:=`, names like `self.__x`, `for … else` and `break` on a tensor in a Python loop are
refused by AutoGraph: the function runs unconverted, and its conditions and loops over tensors
raise.

## Example
```python
import tensorflow as tf


@tf.function
def clip(x):
    if (total := tf.reduce_sum(tf.sin(x) * tf.cos(x))) > 1.0:  # error
        return x / total
    return x


clip(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def clip(x):
    total = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    if total > 1.0:
        return x / total
    return x


clip(tf.ones([3]))
```

## What this rule cannot see
Syntax in functions whose source AutoGraph cannot find.

## References
- https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/functions.md
- https://github.com/tensorflow/tensorflow/issues/57166
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report syntax that AutoGraph refuses in functions with tensor control flow."""
    controlled = {effect.place.definition for effect in fn.of("tensor-control")}
    for effect in fn.of("autograph-syntax"):
        if effect.certain or effect.place.definition in controlled:
            report.effect(effect, f"AutoGraph does not convert {effect.subject}", certain=True)
