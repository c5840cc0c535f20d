"""What comes back is a Python value, which a graph turns into a tensor or refuses.

## Why this matters in a graph
A `tf.function` returns tensors: a Python number, string or NumPy array that the eager function
returns comes back as a tensor, and an object, a generator or a set cannot come back at all.

## Example
```python
import tensorflow as tf


def count(x):  # verdict: blocked [python-result]
    tf.debugging.check_numerics(tf.sin(x) * tf.cos(x), "bad")
    return 3


count(tf.ones([3]))
```

## Use instead
```python
import tensorflow as tf


def count(x):
    tf.debugging.check_numerics(tf.sin(x) * tf.cos(x), "bad")
    return tf.constant(3)


count(tf.ones([3]))
```

The same holds for what a function passes through: where it asks what an argument is and returns it
as it is when that is no tensor, a caller that cannot be seen may pass a Python object, and would get
a tensor back.

## What this rule cannot see
What callers do with the result.

## References
- https://www.tensorflow.org/guide/function
- https://www.tensorflow.org/api_docs/python/tf/function
"""

from __future__ import annotations

from graphlift.facts import FunctionFacts
from graphlift.interp.entry import unseen_reason
from graphlift.rules._words import SOME_PATH, python_parts, unknown_reasons
from graphlift.rules.base import Consequence, Report, Rule
from graphlift.verdict import Severity

RULE = Rule(Consequence.DIFFERS, Severity.INFORMATION)


def check(fn: FunctionFacts, report: Report) -> None:
    """Report results that are not tensors."""
    cast = bool(fn.of("python-cast"))
    for part, certain in python_parts(fn.returns, fn.extension_types):
        if part == SOME_PATH and cast:
            continue  # Reported where the tensor is made a Python number.
        report(fn.def_place, f"returns {part}, which a graph cannot return as it is", certain=certain)
    _of_arrays(fn, report)
    _passed_through(fn, report)
    for effect in fn.of("yields"):
        if not effect.via:
            report.effect(effect, "a generator cannot run as a graph")
    for effect in fn.of("awaits"):
        report.effect(effect, "a coroutine cannot run as a graph")
    if fn.info.is_async:
        report(fn.def_place, "a coroutine cannot run as a graph")


def _of_arrays(fn: FunctionFacts, report: Report) -> None:
    """Report what eager code makes of the NumPy arrays that come in, which are tensors in a graph."""
    if fn.eager_returns is None:
        return
    known = {part for part, _ in python_parts(fn.returns, fn.extension_types)}
    for part, certain in python_parts(fn.eager_returns, fn.extension_types):
        if certain and part not in known:
            report(fn.def_place, f"returns {part}, which a graph cannot return as it is")


def _passed_through(fn: FunctionFacts, report: Report) -> None:
    """Report arguments that come back unchanged when they are no tensors, while not all callers are visible."""
    if fn.doubt is None:
        return
    names = {unseen_reason(fn.definition, p.name): p.name for p in fn.parameters}
    hidden = {e.subject for e in fn.doubt.effects if e.kind == "trusts-annotation" and not e.via}
    returned = (unknown_reasons(fn.doubt.returns) | hidden) - unknown_reasons(fn.returns)
    expected = set(python_parts(fn.returns, fn.extension_types))
    python = [part for part, certain in python_parts(fn.doubt.returns, fn.extension_types) if certain]
    new = [part for part in python if (part, True) not in expected]
    told: set[str] = set()
    for effect in fn.doubt.effects:
        name = names.get(effect.subject, "") if effect.kind == "tests-kind" else ""
        if not name or name in told:
            continue
        asked = "it is asked what `{}` is, and a caller that cannot be seen may pass what is no tensor"
        if effect.target == "tensor" and returned:
            told.add(name)
            report.effect(effect, f"{asked.format(name)}: that would come back as a tensor", certain=False)
        elif new:
            told.add(name)
            report.effect(effect, f"{asked.format(name)}: then it returns {new[0]}", certain=False)
