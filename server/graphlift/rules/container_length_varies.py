"""A list, tuple or dict whose length or keys vary from call to call makes a new trace each time.

## Why this matters in a graph
A container argument is matched by its structure: how many elements it has, or which keys. A list that grows from call
to call is another structure at each call. A stacked tensor has a size that can stay open.

## Example
```python
import tensorflow as tf


@tf.function
def total(parts):  # error
    return tf.reduce_sum(tf.stack([tf.sin(p) * tf.cos(p) + tf.tanh(p) for p in parts]))


for n in (1, 2, 3, 4):
    total([tf.ones([3])] * n)
```

## Use instead
```python
import tensorflow as tf


@tf.function(reduce_retracing=True)
def total(parts):
    return tf.reduce_sum(tf.sin(parts) * tf.cos(parts) + tf.tanh(parts))


for n in (1, 2, 3, 4):
    total(tf.stack([tf.ones([3])] * n))
```

## What this rule cannot see
Lengths that depend on data, and callers that are not in the analysed files.

## References
- https://www.tensorflow.org/guide/function#rules_of_tracing
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import call_origins, causes_of, values_shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RETRACES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report containers of ever new structure."""
    for cause in causes_of(fn, "length"):
        report(
            fn.def_place,
            f"`{cause.parameter}` is {values_shown(cause)}: each makes a new trace",
            origins=call_origins(cause),
        )
