"""A method is called on an object that nothing keeps, and a `tf.function` does not keep it either.

## Why this matters in a graph
A decorated method holds its object weakly. In `Scaler().scale(x)` the object is gone before the method is traced, and
`self` is `None` there. The same goes for `scale = Scaler().scale`. Eager methods keep their object.

## Example
```python
import tensorflow as tf


class Scaler:
    def __init__(self):
        self.factor = 2.0

    @tf.function
    def scale(self, x):  # error
        return self.factor * tf.reduce_sum(tf.sin(x) * tf.cos(x))


try:
    print(Scaler().scale(tf.ones([3])))
except AttributeError:
    print("the object is gone")
```

## Use instead
```python
import tensorflow as tf


class Scaler:
    def __init__(self):
        self.factor = 2.0

    @tf.function
    def scale(self, x):
        return self.factor * tf.reduce_sum(tf.sin(x) * tf.cos(x))


scaler = Scaler()
scaler.scale(tf.ones([3]))
```

## What this rule cannot see
Objects that are kept for a while and dropped before the first call.

## References
- https://github.com/tensorflow/tensorflow/issues/50807
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.index import MODULE_BODY, qualname_of
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.RAISES)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report methods that are taken from objects which nothing keeps."""
    for definition, _ in fn.temporaries[:1]:
        where = "the module" if definition.endswith(f":{MODULE_BODY}") else f"`{qualname_of(definition)}`"
        report(
            fn.def_place,
            f"{where} calls it on an object that nothing keeps: it is gone when the graph is made",
        )
