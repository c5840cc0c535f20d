"""Shapes that cannot meet in one operation.

## Why this matters in a graph
The line raises whenever it runs, as a graph and without. A graph tells it earlier: tracing infers shapes and raises
`ValueError` before anything is computed, where eager code raises `InvalidArgumentError` once it gets there. So code
that catches the one does not catch the other. This rule speaks of eager functions too.

## Example
```python
import tensorflow as tf

weights = tf.Variable(tf.ones([4, 2]))


@tf.function
def project(x):
    return tf.matmul(x, weights)  # error


project(tf.ones([8, 3]))
```

## Use instead
```python
import tensorflow as tf

weights = tf.Variable(tf.ones([4, 2]))


@tf.function
def project(x):
    return tf.matmul(x, weights)


project(tf.ones([8, 4]))
```

## What this rule cannot see
Sizes that are not known before the program runs, and the number of elements that a `tf.reshape` gets then. Shapes that
only some callers or branches make wrong together with others that are right are told for those callers alone. Where an
exception is expected (`try`, `pytest.raises`) it says nothing.

## References
- https://www.tensorflow.org/guide/tensor#broadcasting
- https://www.tensorflow.org/api_docs/python/tf/errors/InvalidArgumentError
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Severity

RULE = Rule(Consequence.BROKEN, Severity.ERROR)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report shapes that cannot meet, here or in what is called."""
    report.mismatches(fn.mismatches)
