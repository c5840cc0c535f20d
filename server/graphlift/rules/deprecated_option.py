"""An argument of `tf.function` that has another name now, or no meaning any more.

## Why this matters in a graph
`experimental_relax_shapes` is called `reduce_retracing`, `experimental_compile` is called `jit_compile`, and
`experimental_follow_type_hints` does nothing. TensorFlow warns about each, and a later release will refuse them.

## Example
```python
import tensorflow as tf


@tf.function(experimental_relax_shapes=True)
def energy(x):  # error
    return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


energy(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function(reduce_retracing=True)
def energy(x):
    return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))


energy(tf.ones([3]))
```

## What this rule cannot see
Arguments that are given through `**`.

## References
- https://www.tensorflow.org/versions/r2.20/api_docs/python/tf/function
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Argument

RULE = Rule(Consequence.OPTIONS)

_NOW = {
    "experimental_relax_shapes": "reduce_retracing",
    "experimental_compile": "jit_compile",
    "experimental_follow_type_hints": "",
}
"""What each is called now; empty where it means nothing any more (TensorFlow 2.21's own deprecation notices)."""


def check(fn: FunctionFacts, report: Report) -> None:
    """Report arguments of the decorator that are deprecated."""
    given = [name for name, _ in fn.decoration.options]
    for old in given:
        if old in _NOW:
            new = _NOW[old] if _NOW[old] not in given else ""
            text = f"is called `{_NOW[old]}` now" if _NOW[old] else "does nothing any more"
            report(fn.def_place, f"`{old}` {text}", arguments=(Argument(new, "", old),))
