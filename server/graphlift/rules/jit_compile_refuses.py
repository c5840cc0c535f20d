"""XLA, which `jit_compile=True` asks for, cannot run this, or leaves it out.

## Why this matters in a graph
XLA compiles the whole graph, with all sizes fixed. It refuses Python inside the graph (`tf.py_function`), strings,
`tf.print` and variables of a loop that change their shape; the call then raises. It runs no assertions, and a
`tf.TensorArray` with `dynamic_size=True` comes out empty, without a word.

## Example
```python
import tensorflow as tf


@tf.function(jit_compile=True)
def energy(x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    tf.print("energy", y)  # error
    return y


energy(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def energy(x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x))
    tf.print("energy", y)
    return y


energy(tf.ones([3]))
```

## What this rule cannot see
Whether Keras compiles with XLA by itself, as it does where it finds a GPU; ops that XLA lacks on one kind of device; a
`tf.gather` out of range, which XLA clamps instead of raising.

## References
- https://www.tensorflow.org/xla/known_issues
- https://github.com/tensorflow/tensorflow/issues/127528
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.values import TRUE
from graphlift.verdict import Argument

RULE = Rule(Consequence.OPTIONS)

_WORDS = {
    "refused": "XLA cannot compile `{}`: the call raises",
    "dropped": "XLA leaves `{}` out: nothing is checked",
    "emptied": "under XLA, `{}` with `dynamic_size=True` comes out empty",
    "grown": "XLA cannot compile a loop in which `{}` changes its shape",
}


def check(fn: FunctionFacts, report: Report) -> None:
    """Report what a `jit_compile=True` on the function itself does not go together with."""
    options = dict(fn.decoration.options)
    if TRUE not in (options.get("jit_compile"), options.get("experimental_compile")):
        return
    for effect in fn.of("under-xla"):
        message = _WORDS[effect.target].format(effect.subject)
        report(effect.place, message, via=effect.via, arguments=(Argument("jit_compile", "False"),))
