"""A Python number that varies from call to call makes a new trace for each value.

## Why this matters in a graph
A tensor argument is matched by dtype and shape, a Python number by its value: each new value is
traced anew, and every trace is kept. Pass a tensor, or give an `input_signature` that makes it one.

## Example
```python
import tensorflow as tf


@tf.function
def step(x, rate):  # error
    return tf.reduce_sum(tf.sin(x) * tf.cos(x)) * rate


for rate in (0.1, 0.2, 0.3, 0.4):
    step(tf.ones([3]), rate)
```

## Use instead
```python
import tensorflow as tf


@tf.function
def step(x, rate):
    return tf.reduce_sum(tf.sin(x) * tf.cos(x)) * rate


for rate in (0.1, 0.2, 0.3, 0.4):
    step(tf.ones([3]), tf.constant(rate))
```

## What this rule cannot see
Callers that are not in the analysed files.

## References
- https://www.tensorflow.org/guide/function#rules_of_tracing
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._varying import varying_value
from graphlift.rules._words import causes_of, values_shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RETRACES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report parameters that visible callers give varying Python numbers."""
    counted = {cause.parameter: cause for cause in causes_of(fn, "number", "text")}
    if "input_signature" in dict(fn.decoration.options):
        return
    exact = fn.retracing.exact if fn.retracing is not None else ()
    for parameter in fn.parameters:
        what, differs = ("", False) if parameter.name in exact else varying_value(parameter)
        if not what and parameter.name in counted:
            what = f"given {values_shown(counted[parameter.name])}"
        if what:
            # Of numbers that are no constants nobody knows whether they differ; those that were followed do.
            certain = parameter.name in counted or differs
            report(
                fn.def_place,
                f"`{parameter.name}` is {what}: each new value makes a new trace",
                certain=certain,
            )
