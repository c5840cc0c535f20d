"""Keras 3 variables that are given as arguments enter a graph as plain tensors.

## Why this matters in a graph
A `tf.function` takes a `tf.Variable` argument as that variable. A Keras 3 variable is no `tf.Variable`: it is
converted to a tensor at the call. Inside, `assign` does not exist, and gradients with respect to it are `None`,
since the model uses its own variables. Variables that are reached through a model, `self` or a closure stay what
they are.

## Example
```python
import tensorflow as tf

layer = tf.keras.layers.Dense(2)


def gradients(x, variables):  # verdict: blocked [keras-variable-argument]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x)) * tf.sin(x[:, :1]) + tf.cos(x[:, 1:2]))
    return tape.gradient(loss, variables)


layer.build([None, 3])
for _ in range(3):
    gradients(tf.ones([4, 3]), layer.trainable_variables)
```

## Use instead
```python
import tensorflow as tf

layer = tf.keras.layers.Dense(2)


@tf.function
def gradients(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x)) * tf.sin(x[:, :1]) + tf.cos(x[:, 1:2]))
    return tape.gradient(loss, layer.trainable_variables)


layer.build([None, 3])
gradients(tf.ones([4, 3]))
```

## What this rule cannot see
Whether the body only reads the values, which is fine.

## References
- https://keras.io/guides/migrating_to_keras_3
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.values import Mapping, Sequence, Value, Variable, options

RULE = Rule(Consequence.DIFFERS)

MAX_DEPTH = 4
"""How deep containers inside containers are looked at."""


def check(fn: FunctionFacts, report: Report) -> None:
    """Report parameters that are given Keras 3 variables, alone or in a container."""
    for parameter in fn.parameters:
        if parameter.source != "self" and _holds_keras_variable(parameter.value):
            report(
                fn.def_place,
                f"`{parameter.name}` is given Keras variables, which enter a graph as plain tensors: "
                "without `assign`, and with no gradient",
            )


def _holds_keras_variable(value: Value, depth: int = 0) -> bool:
    if depth > MAX_DEPTH:
        return False
    for option in options(value):
        if isinstance(option, Variable) and option.keras:
            return True
        inside = option.element if isinstance(option, Sequence) else None
        inside = option.value if isinstance(option, Mapping) else inside
        if inside is not None and _holds_keras_variable(inside, depth + 1):
            return True
    return False
