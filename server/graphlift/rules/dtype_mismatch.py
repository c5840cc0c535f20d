"""Dtypes that TensorFlow does not bring together.

## Why this matters in a graph
TensorFlow converts Python numbers and NumPy arrays to the dtype of the tensor beside them, as long as they fit, but
never one tensor to the dtype of another. The line raises whenever it runs, as a graph (`TypeError`) and without
(`InvalidArgumentError`). An array that is passed to a graph arrives as a tensor: what NumPy's float64 did silently in
eager code raises there. This rule speaks of eager functions too.

## Example
```python
import numpy as np
import tensorflow as tf

scale = tf.constant(np.linspace(0.0, 1.0, 3))


@tf.function
def scaled(x):
    return x * scale  # error


scaled(tf.ones([3]))
```

## Use instead
```python
import numpy as np
import tensorflow as tf

scale = tf.constant(np.linspace(0.0, 1.0, 3), dtype=tf.float32)


@tf.function
def scaled(x):
    return x * scale


scaled(tf.ones([3]))
```

## What this rule cannot see
Dtypes that are not known, and those of layers under a policy that a file of settings makes. In a program that
switches NumPy's promotion on (`experimental_enable_numpy_behavior`) or sets Keras's default dtype it reports nothing.

## References
- https://www.tensorflow.org/guide/tensor#about_dtypes
- https://www.tensorflow.org/guide/tf_numpy_type_promotion
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Severity

RULE = Rule(Consequence.BROKEN, Severity.ERROR)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report dtypes that cannot meet, here or in what is called."""
    report.mismatches(fn.mismatches)
