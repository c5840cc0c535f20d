"""Python state that outlives the call is changed once per trace, not once per call.

## Why this matters in a graph
While a function is traced its Python code runs once; later calls run the graph, which knows nothing
of lists, dicts, attributes and files. The change happens at the first call and never again, and a
tensor that was stored is a symbolic tensor that no later code can use.

## Example
```python
import tensorflow as tf

history = []


@tf.function
def step(x):
    history.append(1)  # error
    return tf.reduce_sum(tf.sin(x) * tf.cos(x))


step(tf.ones([3]))
step(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf

calls = tf.Variable(0)


@tf.function
def step(x):
    calls.assign_add(1)
    return tf.reduce_sum(tf.sin(x) * tf.cos(x))


step(tf.ones([3]))
step(tf.ones([3]))
```

## What this rule cannot see
Writes through computed attribute names, `__dict__`, or C extensions.

## References
- https://www.tensorflow.org/guide/function#executing_python_side_effects
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report changes of Python state, files and other things outside the call."""
    for effect in fn.of("writes-state"):
        if effect.subject not in fn.settled:
            report.effect(effect, f"`{shown(effect.subject)}` changes once per trace, not once per call")
    for effect in fn.of("mutates-argument"):
        report.effect(effect, f"`{effect.subject}` changes its argument once per trace, not once per call")
    for effect in fn.of("io", "global-state"):
        report.effect(effect, f"`{effect.subject}` acts once per trace, not once per call")
    for effect in fn.of("tensor-loop-append"):
        report.effect(
            effect, f"what was made before is changed in {effect.subject}, which the graph cannot follow"
        )
