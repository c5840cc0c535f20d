"""An argument has no hash, so a `tf.function` cannot tell whether it has seen it before.

## Why this matters in a graph
A `tf.function` keeps one graph per kind of arguments and looks it up by them. Python objects among them are compared by
identity or equality, which needs a hash: a `set`, an object of a `@dataclass` that is not frozen, or of a class that
defines `__eq__` alone, raises `TypeError`. That holds for `self`, too, which besides must take a weak reference: a
tuple and an object with `__slots__` do not. Keys of a dict are sorted, which numbers and strings cannot be together.

## Example
```python
from dataclasses import dataclass

import tensorflow as tf


@dataclass
class Scaler:
    factor: float

    @tf.function
    def apply(self, x):  # error
        return tf.sin(x) * tf.cos(x) * self.factor


scaler = Scaler(2.0)
scaler.apply(tf.ones([3]))
```

## Use instead
```python
from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Scaler:
    factor: float

    @tf.function
    def apply(self, x):
        return tf.sin(x) * tf.cos(x) * self.factor


scaler = Scaler(2.0)
scaler.apply(tf.ones([3]))
```

`@dataclass(eq=False)` compares by identity; a tuple or a `frozenset` stands in for a set.

## What this rule cannot see
What callers outside the analysed files pass, and classes that get their `__eq__` from code that cannot be seen.

## References
- https://www.tensorflow.org/guide/function#rules_of_tracing
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report parameters that are given something without a hash."""
    for each in fn.unhashable:
        report(
            fn.def_place,
            f"`{each.parameter}` is {each.what}: tracing looks arguments up",
            certain=each.certain,
        )
