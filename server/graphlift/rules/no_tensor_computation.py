"""There is no TensorFlow computation here to put into a graph.

## Why this matters in a graph
A graph call costs about 0.2 ms by itself. A function that dispatches no TensorFlow op, or hardly
any, gains nothing by running as a graph and loses that much. The number of ops is estimated through callees,
loops, Keras layers and gradients; below six, 4 of 104 measured functions were worth a graph (`docs/gain.md`).

## Example
```python
import tensorflow as tf


@tf.function
def area(width, height):  # error
    return width, height


area(tf.constant(2), tf.constant(3))
```

## Use instead
```python
def area(width, height):
    return width, height


area(2, 3)
```

## What this rule cannot see
The size of what libraries without a model compute.

## References
- https://www.tensorflow.org/guide/function
- https://github.com/tensorflow/tensorflow/issues/35840
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Severity

RULE = Rule(Consequence.NO_GAIN, Severity.INFORMATION)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report functions without enough TensorFlow work."""
    if fn.ops == 0:
        report(fn.def_place, "computes nothing with TensorFlow")
    elif not fn.gain.pays:
        report(fn.def_place, f"dispatches about {fn.ops} TensorFlow operations, too few for a graph to pay")
