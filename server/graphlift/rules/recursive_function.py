"""A recursive function is traced once more for each level, or for ever.

## Why this matters in a graph
`tf.function` does not support recursion that depends on a tensor: tracing it never ends. Recursion
over Python values is unrolled, one trace or one copy of the body for each level.

## Example
```python
import tensorflow as tf


@tf.function
def power(x, n):
    if n == 0:
        return tf.ones_like(x)
    return x * power(x, n - 1)  # error


power(tf.ones([3]), tf.constant(3))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def power(x, n):
    result = tf.ones_like(x)
    for _ in tf.range(n):
        result = result * x
    return result


power(tf.ones([3]), tf.constant(3))
```

## What this rule cannot see
Recursion through unseen code.

## References
- https://www.tensorflow.org/guide/function#recursive_tffunctions_are_not_supported
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules._words import shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report functions that call themselves, directly or in a circle."""
    # Recursion that Python values end is unrolled while tracing.
    if any(effect.place.definition in fn.circle for effect in fn.of("tensor-control")):
        names = [shown(member) for member in fn.circle if member != fn.definition]
        through = f" through `{names[0]}`" if names else ""
        call = next((c for c in fn.calls if c.callee in fn.circle), None)
        place = call.place if call is not None else fn.def_place
        report(place, f"`{fn.info.name}` calls itself{through}")
