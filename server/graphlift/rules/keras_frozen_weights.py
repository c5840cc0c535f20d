"""Keras 3 would freeze the weights of a `call` that carries `tf.function`.

## Why this matters in a graph
Keras 3 calls the `call` of a layer without a `build` of its own once, before its sublayers are built, in a scope
without real variables; and again for each `KerasTensor` that it is given. A
`tf.function` that is traced there keeps the initial weights as constants: the forward pass ignores every later
update, all gradients are `None`, and nothing says so. Keras 2 is not concerned.

## Example
```python
import tensorflow as tf


class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(3)

    @tf.function
    def call(self, x):  # error
        return tf.nn.relu(self.dense(x)) + tf.sin(self.dense(x))


net = Net()
net(tf.ones([2, 3]))
```

## Use instead
```python
import tensorflow as tf


class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(3)

    def call(self, x):
        return tf.nn.relu(self.dense(x)) + tf.sin(self.dense(x))


net = Net()


@tf.function
def predict(x):
    return net(x)


predict(tf.ones([2, 3]))
```

## What this rule cannot see
Whether the sublayers are built by other code before the first call (`model.build(shape)`), which makes it safe.
An own `build` method, a functional model, a `keras.Input` at the start of a `Sequential` and layers that
`__init__` builds or calls are seen.

## References
- https://keras.io/guides/migrating_to_keras_3
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report functions that Keras 3 would trace before the layers they use are built."""
    frozen = fn.frozen_by_keras
    if frozen.by:
        owner = shown(frozen.by)
        report(
            fn.def_place,
            f"Keras 3 traces it before the layers of `{owner}` are built, which freezes their weights"
            if frozen.certain
            else f"`{owner}` may have layers that Keras 3 builds only after tracing this, with its weights frozen",
            certain=frozen.certain,
        )
    elif fn.calls_frozen.by and not fn.decoration.decorated:
        callee = shown(fn.calls_frozen.by)
        report(
            fn.def_place,
            f"calls `{callee}`, a `tf.function` with weights frozen by Keras 3: mend that first",
            certain=fn.calls_frozen.certain,
        )
