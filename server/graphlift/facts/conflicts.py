"""Calls that a given `input_signature` refuses, by what TensorFlow 2.21 does with arguments under one.

A tensor has to have the spec's dtype and fit its shape. NumPy arrays and Python numbers are converted first: integers
and floats to any floating dtype, but no Python float to an integer, and no text to a number.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from graphlift.index import FunctionInfo, ParameterInfo
from graphlift.interp.following import SeenCall
from graphlift.source.span import Place
from graphlift.values import (
    NEVER,
    NONE,
    Array,
    Const,
    Py,
    Sequence,
    Shape,
    Spec,
    Tensor,
    Value,
    Variable,
    display,
    shape_text,
)


class Conflict(msgspec.Struct, frozen=True):
    """Why a signature cannot be: `text` says it, `place` is the call that shows it where one does."""

    text: str
    place: Place | None = None


def conflicts(
    info: FunctionInfo, given: Value | None, calls: Iterable[SeenCall], defaults: dict[str, Value]
) -> tuple[Conflict, ...]:
    """What certainly raises under the `input_signature` that a function is given."""
    if not isinstance(given, Sequence) or given.items is None or "classmethod" in info.decorators:
        return ()
    named = [p for p in _specified(info) if p.kind in ("positional_only", "positional")]
    missing = [p.name for p in named[len(given.items) :] if not p.has_default]
    if missing:
        return (Conflict(f"it has no spec for `{missing[0]}`, which has no default"),)
    bare = [p.name for p in info.parameters if p.kind == "keyword_only" and not p.has_default]
    if bare:
        return (Conflict(f"the keyword-only `{bare[0]}` needs a default beside a signature"),)
    if len(given.items) > len(named):
        variadic = any(p.kind == "vararg" for p in info.parameters)
        return () if variadic else (Conflict(f"it has {len(given.items)} specs for {len(named)} parameters"),)
    found: dict[Conflict, None] = {}
    for call in calls:
        arguments = dict(call.edge.context.bindings)
        for parameter, spec in zip(named, given.items, strict=False):
            text = _refused_by(spec, arguments.get(parameter.name, NEVER))
            if text:
                found[Conflict(f"`{parameter.name}` is {text}", call.edge.place)] = None
        free = {p.name for p in named[: len(given.items)]}
        for name, value in arguments.items():
            text = "" if name in free else _unpinned(value, defaults.get(name))
            if text:
                found[Conflict(f"`{name}` is {text}", call.edge.place)] = None
    return tuple(found)


def _refused_by(spec: Value, value: Value) -> str:
    if isinstance(spec, Spec) and spec.form == "dense":
        return refused(value, spec)
    kinds = {"list", "tuple"}
    if isinstance(spec, Sequence) and isinstance(value, Sequence) and {spec.type, value.type} == kinds:
        return f"a {value.type} in a call, and its spec is a {spec.type}"
    return ""


def _unpinned(value: Value, default: Value | None) -> str:
    """A Python argument without a spec is a constant of the graph: the default, and nothing else."""
    if not isinstance(value, Const) or not isinstance(default, Const) or value == default:
        return ""
    return f"`{display(value)}` in a call, and without a spec it stays `{display(default)}`"


def _specified(info: FunctionInfo) -> tuple[ParameterInfo, ...]:
    bound = info.in_class and "staticmethod" not in info.decorators
    own = bound and bool(info.parameters) and info.parameters[0].name == "self"
    return info.parameters[1:] if own else info.parameters


def refused(value: Value, spec: Spec) -> str:
    """Why an argument certainly does not fit a spec; empty when it does, or when that is not certain."""
    match value:
        case Tensor() if value.form == "dense":
            if value.dtype and spec.dtype and value.dtype != spec.dtype:
                return f"{value.dtype} in a call, and its spec is {spec.dtype}"
            return _shapes(value.shape, spec.shape)
        case Variable():
            if value.dtype and spec.dtype and value.dtype != spec.dtype:
                return f"a {value.dtype} variable in a call, and its spec is {spec.dtype}"
            return _shapes(value.shape, spec.shape)
        case Array():
            return _shapes(value.shape, spec.shape)
        case Const() | Py():
            return _python(value, spec)
        case _:
            return ""


def _python(value: Const | Py, spec: Spec) -> str:
    if value == NONE:
        return "`None` in a call, which no spec stands for"
    if value.type not in ("int", "float", "bool", "str", "bytes"):
        return ""
    text = value.type in ("str", "bytes")
    if spec.dtype and text != (spec.dtype == "string"):
        return f"`{display(value)}` in a call, and its spec is {spec.dtype}"
    if value.type == "float" and spec.dtype and "int" in spec.dtype:
        return f"a Python float in a call, and its spec is {spec.dtype}"
    return _shapes((), spec.shape)


def _shapes(shape: Shape, wanted: Shape) -> str:
    if shape is None or wanted is None:
        return ""
    pairs = list(zip(shape, wanted, strict=False))
    if len(shape) == len(wanted) and not any(
        isinstance(a, int) and isinstance(b, int) and a != b for a, b in pairs
    ):
        return ""
    return f"of shape {shape_text(shape)} in a call, and its spec has {shape_text(wanted)}"
