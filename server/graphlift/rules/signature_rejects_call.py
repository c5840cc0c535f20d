"""The `input_signature` does not fit what the function is given.

## Why this matters in a graph
Under an `input_signature` an argument must have the dtype of its spec and a shape that fits it; any other call raises
`TypeError`. So does the decorator itself when a parameter without a default has no spec.

## Example
```python
import tensorflow as tf


@tf.function(input_signature=[tf.TensorSpec((None,), tf.float32)])
def energy(x):  # error
    return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


energy(tf.ones([3, 3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function(input_signature=[tf.TensorSpec((None, None), tf.float32)])
def energy(x):
    return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


energy(tf.ones([3, 3]))
```

## What this rule cannot see
Calls that are not in the analysed files, and signatures that are computed.

## References
- https://www.tensorflow.org/api_docs/python/tf/function
- https://github.com/tensorflow/tensorflow/issues/50511
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.interp.summary import Origin
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Argument

RULE = Rule(Consequence.OPTIONS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report signatures that refuse a call, or that are refused themselves."""
    text = fn.signature.text
    better = (Argument("input_signature", text),) if text else ()
    for conflict in fn.conflicts:
        message = f"the `input_signature` does not fit: {conflict.text}"
        origins = () if conflict.place is None else (Origin(conflict.place, "the call that does not fit"),)
        report(fn.def_place, message, arguments=better, origins=origins)
