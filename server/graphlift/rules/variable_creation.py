"""Variables may be created in the first call only.

## Why this matters in a graph
A `tf.function` refuses to create variables in later calls. A variable, or a layer, optimizer or
metric that owns some, must be made outside and used inside.

## Example
```python
import tensorflow as tf


@tf.function
def step(x):
    w = tf.Variable(1.0)  # error
    return tf.reduce_sum(tf.sin(x) * w)


step(tf.ones([3]))
step(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf

w = tf.Variable(1.0)


@tf.function
def step(x):
    return tf.reduce_sum(tf.sin(x) * w)


step(tf.ones([3]))
```

## What this rule cannot see
Variables that libraries without a model create.

## References
- https://www.tensorflow.org/guide/function#creating_tfvariables
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report variables and objects that own variables, made at each call."""
    for effect in fn.of("creates-variable"):
        if effect.target.startswith("closure:") and effect.place.definition == fn.definition:
            continue  # Whichever object the captured variable holds, this function never meets another one.
        report.effect(effect, f"`{effect.subject}` creates a variable at each call")
    for effect in fn.of("creates-state"):
        late = f"some calls skip `{effect.subject}`, which makes its variables at its first use"
        made = f"`{effect.subject}` is made at each call and owns variables"
        report.effect(effect, made if effect.certain else late)
    for given in fn.several:
        report(
            fn.def_place,
            f"`{given.parameter}` is given different {given.kind}s, and each makes its variables at its first use",
            certain=given.certain,
        )
