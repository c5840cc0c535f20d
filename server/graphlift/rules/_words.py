"""Shared wording of the rules: names as users write them, values as they read them."""

from __future__ import annotations

from graphlift.facts import Cause, FunctionFacts
from graphlift.index import qualname_of
from graphlift.interp.entry import ParameterEvidence
from graphlift.interp.summary import Origin
from graphlift.interp.trainable import NAME, PREFIX
from graphlift.values import (
    Array,
    Bound,
    Class,
    Const,
    Dataset,
    DType,
    Function,
    GraphFunction,
    Instance,
    Iterator,
    Mapping,
    Object,
    Partial,
    Py,
    Sequence,
    SetOf,
    ShapeValue,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    display,
    mixed_keys,
    options,
    shape_text,
    short_name,
)


def shown(subject: str) -> str:
    """A definition or attribute as users write it, without its module."""
    if subject.startswith(("global ", "captured ", "default ")):
        return subject.rpartition(".")[2]
    if subject.startswith(PREFIX):
        return NAME
    if ":" in subject:
        return qualname_of(subject).replace(".<locals>", "")
    return short_name(subject)


def quoted(text: str) -> str:
    """A call in backquotes, with the reason that may follow it left outside."""
    call, separator, reason = text.partition(": ")
    call = call if "`" in call else f"`{call}`"
    return f"{call} ({reason})" if separator else call


def python_parts(value: Value, returnable: tuple[str, ...] = (), depth: int = 0) -> list[tuple[str, bool]]:
    """The parts of a result that a graph cannot give back as they are, with whether that is certain.

    `returnable` are classes of the program whose objects it can give back.
    """
    found: list[tuple[str, bool]] = []
    for option in options(value):
        found.extend(_parts(option, returnable, depth))
    return list(dict.fromkeys(found))


def _parts(value: Value, returnable: tuple[str, ...], depth: int) -> list[tuple[str, bool]]:
    match value:
        case Const() if value.type == "None":
            return []
        case Const() | Py():
            return [(f"a Python `{value.type}`", True)]
        case Tensor(python=True):
            return [(SOME_PATH, True)]
        case Array():
            return [("a NumPy value", True)]
        case Variable():
            return [("a variable", True)]
        case ShapeValue():
            return [("a `tf.TensorShape`", True)]
        case Sequence() if depth < 4 and (value.type in ("list", "tuple") or value.fields):
            inner = value.items if value.items is not None else (value.element,)
            return [part for item in inner for part in python_parts(item, returnable, depth + 1)]
        case DType():
            return [("a dtype", True)]
        case TensorArray():
            return [("a `tf.TensorArray`", True)]
        case Mapping() if mixed_keys(value):
            return [("a dict whose keys cannot be sorted", True)]
        case Mapping() if depth < 4 and value.type == "dict":
            return python_parts(value.value, returnable, depth + 1)
        case Instance() if value.definition in returnable:
            return []
        case Instance():
            return [(f"an object (`{shown(value.definition)}`)", True)]
        case Object():
            return [(f"an object (`{short_name(value.cls)}`)", True)]
        case Function() | Bound() | Partial() | GraphFunction() | Class():
            return [("a function or class", True)]
        case Iterator():
            return [("an iterator", True)]
        case SetOf() | Sequence() | Mapping():
            return [(f"a `{value.type}`", True)]
        case Unknown() if value.leaves is not None:
            return python_parts(value.leaves, returnable, depth + 1)
        case Unknown():
            return [(f"something unknown ({value.reason})", False)]
        case Dataset():
            return [("a `tf.data.Dataset`, which comes back as one of another class", True)]
        case _:
            return []


MOST_SHOWN = 4
"""More values than this are counted, not shown."""


def causes_of(fn: FunctionFacts, *kinds: str) -> list[Cause]:
    """The arguments that have a function traced again and again, where they differ in one of these ways."""
    counted, options = fn.retracing, dict(fn.decoration.options)
    if counted is None or not counted.again or "input_signature" in options:
        return []
    if "reduce_retracing" in options and not counted.relaxed_again:
        return []
    return [cause for cause in counted.causes if cause.kind in kinds]


def call_origins(cause: Cause) -> tuple[Origin, ...]:
    """The calls that show a cause, each with what it passes."""
    pairs = zip(cause.places, cause.values, strict=True)
    found = {place: Origin(place, f"here `{cause.parameter}` is {_brief(value)}") for place, value in pairs}
    return tuple(found.values())[:MOST_SHOWN]


def values_shown(cause: Cause) -> str:
    """Some of the values that an argument takes."""
    texts = list(dict.fromkeys(_brief(value) for value in cause.values))
    if len(texts) > MOST_SHOWN:
        return f"{', '.join(texts[: MOST_SHOWN - 1])} and {len(texts) - MOST_SHOWN + 1} others"
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _brief(value: Value) -> str:
    match value:
        case Tensor() | Variable() | Array():
            return shape_text(value.shape)
        case Const():
            return value.text
        case Sequence() if value.items is not None:
            return f"a {value.type} of {len(value.items)}"
        case Mapping() if value.items is not None:
            keys = ", ".join(key.text for key, _ in value.items)
            return f"a dict with the keys {keys}" if keys else "an empty dict"
        case _:
            return f"`{display(value)}`"


def unknown_reasons(value: Value, depth: int = 0) -> frozenset[str]:
    """The reasons of what is unknown in a result, also inside lists, tuples and dicts."""
    found: frozenset[str] = frozenset()
    for option in options(value):
        inner: tuple[Value, ...] = ()
        if isinstance(option, Unknown):
            found |= {option.reason} if option.leaves is None else frozenset()
        elif isinstance(option, Sequence):
            inner = option.items if option.items is not None else (option.element,)
        elif isinstance(option, Mapping):
            inner = (option.value,)
        if depth < 4:
            found = found.union(*(unknown_reasons(each, depth + 1) for each in inner))
    return found


SOME_PATH = "a Python value on some path"


def made_anew(cause: Cause) -> str:
    """What kind of function object a cause is about."""
    value = cause.values[0]
    if isinstance(value, Bound) and isinstance(value.function, Function):
        return f"the bound method `{shown(value.function.definition)}`"
    return "ever other functions"


def fresh_callable(parameter: ParameterEvidence) -> str:
    """Which function that is made anew at each call a parameter is given; empty when there is none."""
    if parameter.source != "calls":
        return ""
    for option in options(parameter.value):
        if isinstance(option, Function) and "<lambda>" in option.definition:
            return "a lambda"
        if isinstance(option, Function) and option.closure and "<locals>" in option.definition:
            return f"the closure `{shown(option.definition)}`"
        if isinstance(option, Partial):
            return "a `functools.partial`"
    return ""
