"""It calls something that cannot be seen.

## Why this matters in a graph
Whether a function can be traced depends on everything it calls. Where a callee cannot be found, or
a value is unknown, nobody can say what tracing would do, and Graphlift does not pretend to.

## Example
```python
import tensorflow as tf
from somewhere import helper


def step(x):  # verdict: unknown [unseen-code]
    y = helper(tf.sin(x) * tf.cos(x))
    return tf.reduce_sum(y)


step(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


def helper(x):
    return tf.square(x)


def step(x):
    y = helper(tf.sin(x) * tf.cos(x))
    return tf.reduce_sum(y)


step(tf.ones([3]))
```

## What this rule cannot see
By its nature, a lot.

## References
- https://www.tensorflow.org/guide/function
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import quoted
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Severity

RULE = Rule(Consequence.UNSEEN, Severity.INFORMATION)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report calls that cannot be resolved."""
    for effect in fn.of("unknown-call"):
        report.effect(effect, f"what {quoted(effect.subject)} does is not visible", certain=False)
