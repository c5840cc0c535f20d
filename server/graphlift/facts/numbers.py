"""Python numbers that could be tensors: what a body would do if an `input_signature` made them that.

The body is interpreted once more with tensors in their places. Only if nothing comes up that was not there before, and
the result is of the same type, is the signature right.
"""

from __future__ import annotations

import msgspec

from graphlift.interp.entry import ParameterEvidence
from graphlift.interp.following import Following
from graphlift.interp.run import run
from graphlift.interp.state import Root
from graphlift.interp.summary import Context, Summary
from graphlift.values import Const, Py, Tensor, Value, display, options


def numbers_as_tensors(following: Following, root: Root) -> tuple[ParameterEvidence, ...]:
    """The parameters with Python numbers taken for scalar tensors; empty where that is not right or changes nothing.

    A Python number takes the dtype of the tensors that it meets: where `float32` meets others, `float64` is tried.
    """
    for floating in ("float32", "float64"):
        found = _as_tensors(following, root, floating)
        if found:
            return found
        if not any(_has_float(e.value) for e in root.entry.parameters if e.source == "calls"):
            return ()
    return ()


def _as_tensors(following: Following, root: Root, floating: str) -> tuple[ParameterEvidence, ...]:
    replaced = tuple(
        msgspec.structs.replace(e, value=as_scalar(e.value, floating)) if e.source == "calls" else e
        for e in root.entry.parameters
    )
    if replaced == root.entry.parameters:
        return ()
    given = {e.name: e.value for e, old in zip(replaced, root.entry.parameters, strict=True) if e != old}
    bindings = tuple((name, given.get(name, value)) for name, value in root.entry.context.bindings)
    outcome = run(following, root.entry.definition, Context(bindings, root.entry.context.closure))
    return replaced if _alike(root.summary, outcome.summary) else ()


def _has_float(value: Value) -> bool:
    return any(isinstance(o, Const | Py) and o.type == "float" for o in options(value))


def as_scalar(value: Value, floating: str = "float32") -> Value:
    """A Python number as the tensor that a signature makes of it; anything else as it is."""
    kinds = {o.type if isinstance(o, Const | Py) else "" for o in options(value)}
    if not kinds or not kinds <= {"int", "float"}:
        return value
    return Tensor(floating if "float" in kinds else "int32", ())


def _alike(before: Summary, after: Summary) -> bool:
    known = {(effect.kind, effect.place) for effect in before.effects}
    new = {(effect.kind, effect.place) for effect in after.effects} - known
    return not new and not after.raises and display(before.returns) == display(after.returns)
