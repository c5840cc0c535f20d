"""What `def` and `class` statements bind: functions with their decorators applied, classes."""

from __future__ import annotations

from graphlift.interp.calls import Site, call_function, call_value
from graphlift.interp.expressions import evaluate
from graphlift.interp.frame import Frame
from graphlift.interp.objects import find_member
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    Bound,
    Class,
    External,
    Function,
    GraphFunction,
    Partial,
    Unknown,
    Value,
    options,
)

TF_FUNCTION = frozenset({"tensorflow.function", "tensorflow.compat.v1.function"})
"""The names of `tf.function`; `tf.compat.v1` has the very same object (TensorFlow 2.21)."""
TRANSPARENT = frozenset({"staticmethod", "classmethod", "property", "abstractmethod", "abc.abstractmethod"})
"""Decorators that attribute access itself understands."""


def define_function(frame: Frame, node: nodes.FunctionDef) -> Value:
    """The value that a `def` binds, with what it captures and its decorators applied, innermost first."""
    definition = frame.unit.ids.get(id(node), "")
    captured = frame.captured(node)
    value: Value = Function(definition, captured)
    if captured or "<locals>" in definition:
        for name, held in captured:
            frame.write_cell(("closure", definition, name), held)
    decorators = node.decorators.nodes if node.decorators is not None else []
    for decorator in reversed(decorators):
        value = apply_decorator(frame, decorator, value)
    return value


def apply_decorator(frame: Frame, decorator: nodes.NodeNG, value: Value) -> Value:
    """The value of `@decorator` above something that is `value`."""
    text = decorator.as_string()
    if text in TRANSPARENT or text.endswith((".setter", ".getter", ".deleter")):
        return value
    with frame.quietly():
        applied = evaluate(frame, decorator)
    results = [_apply(frame, option, value, decorator) for option in options(applied)]
    if len(results) != 1:
        return value
    return results[0]


def _apply(frame: Frame, decorator: Value, value: Value, node: nodes.NodeNG) -> Value:
    if isinstance(decorator, External) and decorator.name in TF_FUNCTION:
        return GraphFunction(value)
    if isinstance(decorator, Partial) and isinstance(decorator.function, External):
        if decorator.function.name in TF_FUNCTION:
            return GraphFunction(value, decorator.keywords)
        if decorator.function.name in ("functools.wraps", "functools.lru_cache"):
            return value
    if isinstance(decorator, External | Unknown):
        return _opaque(decorator, value)
    with frame.quietly():
        result = call_value(frame, decorator, Arguments((value,)), Site(node))
    return value if isinstance(result, Unknown) else result


DISPATCHERS = frozenset({"functools.singledispatch", "functools.singledispatchmethod"})


def _opaque(decorator: Value, value: Value) -> Value:
    """A decorator that cannot be seen is taken to pass calls on; `facts` lists the assumption."""
    from graphlift.values import Object

    if isinstance(decorator, External) and decorator.name in DISPATCHERS:
        return Unknown("which function is called depends on the kind of an argument")
    if isinstance(decorator, External) and decorator.name == "tensorflow.custom_gradient":
        return Object("tensorflow.custom_gradient", (("function", value),))
    return value


def _tell_base(frame: Frame, definition: str, node: nodes.ClassDef) -> None:
    """A base class of the program is told of its new subclass by its `__init_subclass__`."""
    found = find_member(frame, definition, "__init_subclass__", after=definition)
    if found is not None and found[0] == "function":
        call_function(frame, Function(found[1]), Arguments(), Site(node), Class(definition))


def define_class(frame: Frame, node: nodes.ClassDef) -> Value:
    """The value that a `class` statement binds, with the decorators of the program's own applied, innermost first."""
    definition = frame.unit.ids.get(id(node))
    if definition is None:
        return Unknown("the class is not indexed")
    value: Value = Class(definition)
    _tell_base(frame, definition, node)
    for decorator in reversed(node.decorators.nodes if node.decorators is not None else []):
        applied = evaluate(frame, decorator)
        if isinstance(applied, Function | Bound):
            result = call_value(frame, applied, Arguments((value,)), Site(decorator))
            known = options(result) and not any(isinstance(o, Unknown) for o in options(result))
            value = result if known else value
    return value
