"""Python state that changes between calls is frozen at the first.

## Why this matters in a graph
An attribute or a global that holds a Python value is read while the function is traced and becomes
a constant of the graph. When other code changes it later, the graph does not notice.

## Example
```python
import tensorflow as tf


class Scaler:
    def __init__(self):
        self.factor = 1.0

    def set(self, factor):
        self.factor = factor

    @tf.function
    def scale(self, x):
        return tf.sin(x) * tf.cos(x) * self.factor  # error


s = Scaler()
s.scale(tf.ones([3]))
s.set(2.0)
s.scale(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


class Scaler:
    def __init__(self):
        self.factor = tf.Variable(1.0)

    def set(self, factor):
        self.factor.assign(factor)

    @tf.function
    def scale(self, x):
        return tf.sin(x) * tf.cos(x) * self.factor


s = Scaler()
s.scale(tf.ones([3]))
s.set(2.0)
s.scale(tf.ones([3]))
```

## What this rule cannot see
Changes that are made outside the analysed files, or through computed names.

## References
- https://www.tensorflow.org/guide/function#accessing_global_and_free_variables
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts, StateChange
from graphlift.rules._words import shown
from graphlift.rules.base import Consequence, Report, Rule

RULE = Rule(Consequence.DIFFERS)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report reads of Python state that other code changes."""
    own = {effect.place.definition for effect in fn.of("writes-state")}
    own.add(fn.definition)
    changed: dict[str, StateChange] = {}
    for entry in sorted(fn.changes, key=lambda entry: (not entry.seen, not entry.certain)):
        if entry.changer not in own:
            changed.setdefault(entry.subject, entry)
    for effect in fn.of("reads-state"):
        if effect.subject.startswith("closure "):
            name = effect.subject.removeprefix("closure ")
            how = "changes" if effect.certain else "may change"
            report.effect(
                effect, f"`{name}` is frozen at the first call, and the function around {how} it later"
            )
            continue
        change = changed.get(effect.subject)
        if change is not None:
            who = "other code" if change.changer == "?" else f"`{shown(change.changer)}`"
            whose = "it" if change.certain else "an attribute of that name"
            how = f"changes {whose} later" if change.seen else f"may change {whose} later"
            certain = effect.certain and change.certain and change.seen
            what = (
                effect.subject.removeprefix("?.")
                if effect.subject.startswith("?.")
                else shown(effect.subject)
            )
            message = f"`{what}` is frozen at the first call, and {who} {how}"
            report.effect(effect, message, certain=certain)
