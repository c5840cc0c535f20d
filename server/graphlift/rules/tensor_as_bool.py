"""Plain Python cannot ask a symbolic tensor whether it is true.

## Why this matters in a graph
AutoGraph converts `if`, `while`, `and`, `or`, `not` and the conditional expression. It does not
convert `in`, `assert`, `bool()`, `any`, `max`, the condition of a comprehension, nor code that it
skips: there the symbolic tensor is asked for a truth value and raises. An exception under a tensor
condition is raised whenever the function is traced.

## Example
```python
import tensorflow as tf


@tf.function
def step(x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    assert y > 0  # error
    return y


step(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def step(x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    tf.debugging.assert_greater(y, 0.0)
    return y


step(tf.ones([3]))
```

## What this rule cannot see
Whether AutoGraph will find the source of a function that is made with `exec`.

## References
- https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/control_flow.md
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report truth values of tensors that Python has to give."""
    for effect in fn.of("tensor-as-bool"):
        report.effect(effect, f"`{effect.subject}` asks a symbolic tensor for a truth value")
    for effect in fn.of("assert-on-tensor"):
        report.effect(effect, "`assert` asks a symbolic tensor for a truth value")
    for effect in fn.of("raise-on-tensor"):
        report.effect(
            effect, "an exception under a tensor condition is raised whenever the function is traced"
        )
    for effect in fn.of("tensor-membership"):
        report.effect(effect, "`in` compares a symbolic tensor in Python")
    for effect in fn.of("tensor-identity"):
        report.effect(
            effect, f"`{effect.subject}` compares the identity of tensors, which tracing does not keep"
        )
