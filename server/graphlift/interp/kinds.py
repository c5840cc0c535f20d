"""`isinstance` without running anything: `None` wherever the answer rests on something that is not seen.

A wrong answer would take the code behind it away with all that it does, so every one is held against Python
(`tests/analysis/test_isinstance.py`).
"""

from __future__ import annotations

import builtins
import collections
import collections.abc
import datetime
import enum
import fractions
import functools
import numbers
import pathlib
import types
import typing
from functools import cache

from graphlift import models
from graphlift.interp.frame import Frame
from graphlift.interp.named_tuples import class_of_named_tuple
from graphlift.values import (
    Array,
    Bound,
    Class,
    Const,
    External,
    Function,
    Instance,
    Mapping,
    Object,
    Partial,
    Py,
    Sequence,
    SetOf,
    Tensor,
    Unknown,
    Value,
    Variable,
    options,
)
from graphlift.values import (
    Iterator as IteratorValue,
)

_MODULES = {
    each.__name__: each
    for each in (
        builtins, collections, collections.abc, datetime, enum, fractions, functools, numbers, pathlib, types, typing,
    )
}  # fmt: skip
"""The modules of the standard library whose classes are asked themselves."""

_CLASSES: dict[str, type] = {
    "None": type(None),
    "ellipsis": type(...),
    "dict_keys": type({}.keys()),
    "dict_values": type({}.values()),
    "dict_items": type({}.items()),
}
"""Types that have no name of their own."""

_TENSOR_TYPES = frozenset({"tensorflow.Tensor", "tensorflow.RaggedTensor", "tensorflow.SparseTensor"})


def isinstance_answer(frame: Frame, value: Value, kinds: Value) -> bool | None:
    """`isinstance(value, kinds)` where it is certain."""
    alternatives = kinds.items if isinstance(kinds, Sequence) and kinds.items is not None else (kinds,)
    flat = [option for alternative in alternatives for option in options(alternative)]
    answers = [_isinstance(frame, value, kind) for kind in flat]
    if any(answer is True for answer in answers):
        return True
    return None if any(answer is None for answer in answers) or not answers else False


def _isinstance(frame: Frame, value: Value, kind: Value) -> bool | None:
    if isinstance(value, Unknown):
        return None
    if isinstance(kind, Class):
        return _is_of(frame, value, kind.definition)
    if not isinstance(kind, External):
        return None
    if kind.name == "builtins.object":
        return True
    if isinstance(value, Instance):
        return _derives(frame, value, kind.name)
    if isinstance(value, Object):
        return models.is_subclass(value.cls, kind.name, frame.analysis.keras) or None
    python = _class_named(kind.name)
    if python is not None:
        return _is_of_python(value, python)
    return _is_of_library(value, kind.name)


# Classes of the program


def _is_of(frame: Frame, value: Value, definition: str) -> bool | None:
    """Whether a value is an object of a class of the program."""
    if isinstance(value, Object):
        return None
    if isinstance(value, Class):
        return None if _is_metaclass(frame, definition) else False
    if isinstance(value, Sequence) and value.fields:
        own = class_of_named_tuple(frame, value)
        return None if own is None else _is_below(frame, own, False, definition)
    if isinstance(value, Instance):
        return _is_below(frame, value.definition, value.exact, definition)
    return False


def _is_below(frame: Frame, own: str, exact: bool, definition: str) -> bool | None:
    """Whether an object of the class `own`, or of one derived from it, is one of the class `definition`."""
    line = frame.analysis.query("mro", own)
    if any(entry is not None and entry.target == definition for entry in line):
        return True
    if None in line:
        return None
    return None if not exact and definition in frame.analysis.query("subclasses", own) else False


def _is_metaclass(frame: Frame, definition: str) -> bool:
    line = frame.analysis.query("mro", definition)
    return any(entry is None or _class_named(entry.target) not in (None, object) for entry in line)


def _derives(frame: Frame, value: Instance, name: str) -> bool | None:
    """Whether an object of the program is one of a library class."""
    line = frame.analysis.query("mro", value.definition)
    bases = [entry.target for entry in line if entry is not None and entry.kind == "external"]
    python = _class_named(name)
    if python is not None:
        own = [found for base in bases if (found := _class_named(base)) is not None]
        if any(issubclass(found, python) for found in own):
            return True
    if name.startswith("tensorflow.types.") or (python is not None and _asks_for_methods(python)):
        return None  # What the class defines, or what it is registered for, decides.
    wanted = models.canonical(name, frame.analysis.keras)
    names = [models.canonical(base, frame.analysis.keras) for base in bases]
    if any(base == wanted or models.is_subclass(base, wanted, frame.analysis.keras) for base in names):
        return True
    unseen = None in line or any(entry.kind not in ("class", "external") for entry in line)
    foreign = any(_class_named(base) is None and not models.is_known_library(base) for base in bases)
    return None if unseen or foreign else False


def _asks_for_methods(python: type) -> bool:
    """Whether a class is abstract, so that a class with the right methods may count as derived from it."""
    return python.__module__ in ("collections.abc", "numbers", "typing")


# Classes of Python and of libraries


@cache
def _class_named(name: str) -> type | None:
    """The class of the standard library with this dotted name, where it is one of those that are asked."""
    module, _, last = name.rpartition(".")
    found = getattr(_MODULES.get(module or "builtins"), last, None)
    found = getattr(found, "__origin__", found)  # `typing.List` stands for `list`.
    return found if isinstance(found, type) else None


def _type_of(value: Value) -> type | None:
    """The class of a value that is a plain Python object."""
    if isinstance(value, Function):
        return types.FunctionType
    if isinstance(value, Bound):
        return types.MethodType
    if isinstance(value, Partial):
        return None if isinstance(value.function, External) else functools.partial
    if isinstance(value, Sequence) and value.fields:
        return tuple
    if isinstance(value, Const | Py | Sequence | Mapping | SetOf) and value.type != "object":
        return (
            _CLASSES.get(value.type) or _class_named(value.type) or _class_named(f"collections.{value.type}")
        )
    return None


_PLAIN = (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)


def _is_of_python(value: Value, python: type) -> bool | None:
    own = _type_of(value)
    if own is not None:
        return issubclass(own, python)
    if isinstance(value, Class):
        return True if python in (type, collections.abc.Callable) else None
    if isinstance(value, IteratorValue):
        return True if python in (collections.abc.Iterator, collections.abc.Iterable) else None
    # The scalars of NumPy derive from Python's numbers and strings, arrays and tensors from none of them.
    whole = isinstance(value, Tensor | Variable) or (isinstance(value, Array) and not value.scalar)
    return False if whole and (issubclass(python, _PLAIN) or python.__module__ == "numbers") else None


def _is_of_library(value: Value, name: str) -> bool | None:
    """Whether a value that is no object of a class of its own is one of a library class."""
    if name in _TENSOR_TYPES:
        return _tensor_form(value, name)
    if name == "tensorflow.Variable":
        return isinstance(value, Variable)
    if name in ("numpy.ndarray", "numpy.generic"):
        return isinstance(value, Array) and value.scalar == name.endswith("generic")
    if name.startswith(("numpy.", "tensorflow.types.")):
        return False if isinstance(value, Tensor | Variable) and name.startswith("numpy.") else None
    known = isinstance(value, Const | Py | Sequence | Mapping | SetOf) and _type_of(value) is not None
    dense = isinstance(value, Tensor) and value.form == "dense"
    return False if known or dense or isinstance(value, Variable | Array) else None


def _tensor_form(value: Value, name: str) -> bool | None:
    if not isinstance(value, Tensor):
        return False
    wanted = {"RaggedTensor": "ragged", "SparseTensor": "sparse"}.get(name.rpartition(".")[2], "dense")
    return value.form == wanted
