"""What comes back is a Python value, which a graph turns into a tensor or refuses.

## Why this matters in a graph
A `tf.function` returns tensors: a Python number, string or NumPy array that the eager function
returns comes back as a tensor, and an object, a generator or a set cannot come back at all.

## Example
```python
import tensorflow as tf


def count(x):  # verdict: blocked [python-result]
    tf.debugging.check_numerics(tf.sin(x) * tf.cos(x), "bad")
    return 3


count(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


def count(x):
    tf.debugging.check_numerics(tf.sin(x) * tf.cos(x), "bad")
    return tf.constant(3)


count(tf.ones([3]))
```

## What this rule cannot see
What callers do with the result.

## References
- https://www.tensorflow.org/guide/function
- https://www.tensorflow.org/api_docs/python/tf/function
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import python_parts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Severity

RULE = Rule(Consequence.DIFFERS, Severity.INFORMATION)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report results that are not tensors."""
    for part, certain in python_parts(fn.returns):
        report(fn.def_place, f"returns {part}, which a graph cannot return as it is", certain=certain)
    for effect in fn.of("yields"):
        if not effect.via:
            report.effect(effect, "a generator cannot run as a graph")
    for effect in fn.of("awaits"):
        report.effect(effect, "a coroutine cannot run as a graph")
    if fn.info.is_async:
        report(fn.def_place, "a coroutine cannot run as a graph")
