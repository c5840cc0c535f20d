"""`variable += value` and its like: a `tf.Variable` refuses them.

## Why this matters in a graph
`+=` on a name or an attribute gives it another value in Python. TensorFlow refuses `+=`, `-=`, `*=`, `/=` and `**=` on
a `tf.Variable`, in eager code as in a graph, because `assign_add` is nearly always meant; it changes the variable, and
works in both.

## Example
```python
import tensorflow as tf


class Counter:
    def __init__(self):
        self.count = tf.Variable(0.0)
        self.total = tf.Variable(0.0)

    @tf.function
    def step(self, x):
        self.total.assign_add(tf.reduce_sum(tf.sin(x) * tf.cos(x)))
        self.count += 1.0  # error
        return self.total / self.count


counter = Counter()
try:
    counter.step(tf.ones([3]))
except RuntimeError:
    print("refused")
```

## Use instead
```python
import tensorflow as tf


class Counter:
    def __init__(self):
        self.count = tf.Variable(0.0)

    @tf.function
    def step(self, x):
        self.count.assign_add(1.0)
        return self.count * tf.reduce_sum(tf.sin(x) * tf.cos(x))


counter = Counter()
counter.step(tf.ones([3]))
```

## What this rule cannot see
Variables that come from code that cannot be seen. Keras 3's own variables are no `tf.Variable`s: `+=` makes a tensor
of them.

## References
- https://www.tensorflow.org/guide/variable
- https://www.tensorflow.org/api_docs/python/tf/Variable#assign_add
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Finding, Report, Rule
from graphlift.verdict import Severity

RULE = Rule(Consequence.BROKEN, Severity.ERROR)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report augmented assignments to variables."""
    for effect in fn.of("variable-augassign"):
        report.findings.append(
            Finding(
                "variable-augassign",
                effect.place,
                f"`{effect.subject}` raises: a `tf.Variable` is changed by `assign_add` and its like",
                effect.via,
                effect.certain,
                eager=True,
            )
        )
