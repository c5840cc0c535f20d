"""A NumPy array that eager code converts to each op's dtype enters a graph as one tensor of its own dtype.

## Why this matters in a graph
Eager ops convert a NumPy argument where it is used: float64 data meets float32 weights and works. A `tf.function`
converts it once, at the call, to a float64 tensor, and the first op with a float32 operand raises.

## Example
```python
import numpy as np
import tensorflow as tf


def score(x):  # verdict: unknown [numpy-argument]
    y = tf.convert_to_tensor(x, tf.float32)
    return tf.reduce_sum(tf.sin(y) * tf.cos(y) + tf.tan(y) - tf.exp(y))


score(np.ones([3]))
```

## Use instead
```python
import numpy as np
import tensorflow as tf


@tf.function
def score(x):
    y = tf.convert_to_tensor(x, tf.float32)
    return tf.reduce_sum(tf.sin(y) * tf.cos(y) + tf.tan(y) - tf.exp(y))


score(np.ones([3]).astype(np.float32))
```

## What this rule cannot see
Whether the body casts the argument before anything else does, which is fine.

## References
- https://www.tensorflow.org/guide/function
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.values import Array, options

RULE = Rule(Consequence.RAISES)

USUAL = frozenset({"float32", "int32", "bool", "string", "float16", "bfloat16", "uint8"})
"""Dtypes that TensorFlow code is usually written for: they enter a graph as what eager code takes them for."""


def check(fn: FunctionFacts, report: Report) -> None:
    """Report parameters that visible callers give NumPy arrays of another dtype than tensors usually have."""
    for parameter in fn.parameters:
        for option in options(parameter.value):
            if isinstance(option, Array) and option.dtype not in USUAL:
                kind = option.dtype or "unknown dtype"
                report(
                    fn.def_place,
                    f"`{parameter.name}` is given a NumPy value ({kind}), which enters a graph as such a tensor",
                    certain=False,
                )
