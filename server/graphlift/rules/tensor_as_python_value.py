"""A tensor stands where Python needs a number, a key or text.

## Why this matters in a graph
`float(t)` and `int(t)` give tensors in a graph where eager code gets Python numbers, so what is
done with them differs or raises; a symbolic tensor is no list index and no dict key; formatting one
gives its symbolic name.

## Example
```python
import tensorflow as tf

names = ["a", "b"]


@tf.function
def pick(x):
    best = tf.argmax(tf.nn.softmax(x))
    return names[best]  # error


pick(tf.constant([1.0, 2.0]))
```

## Use instead
```python
import tensorflow as tf

names = tf.constant(["a", "b"])


@tf.function
def pick(x):
    best = tf.argmax(tf.nn.softmax(x))
    return tf.gather(names, best)


pick(tf.constant([1.0, 2.0]))
```

## What this rule cannot see
What libraries without a model do with a tensor.

## References
- https://www.tensorflow.org/guide/function
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.interp.expressions import WITH_FORMAT
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report tensors that are used as Python numbers, keys or text."""
    for effect in fn.of("python-cast"):
        report.effect(
            effect, f"`{effect.subject}` gives a tensor in a graph where eager code gets a Python number"
        )
    for effect in fn.of("tensor-key"):
        report.effect(effect, f"a symbolic tensor cannot be {effect.subject}")
    for effect in fn.of("formats-tensor"):
        if effect.subject.endswith(WITH_FORMAT):
            message = f"{effect.subject} raises: a symbolic tensor takes none"
            report.effect(effect, message, consequence=Consequence.RAISES)
            continue
        report.effect(effect, f"{effect.subject} shows the name of a symbolic tensor instead of its value")
    for effect in fn.of("leaks-tensor"):
        report.effect(effect, f"`{effect.subject}` keeps a symbolic tensor that no later code can use")
