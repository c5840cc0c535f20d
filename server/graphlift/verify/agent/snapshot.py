"""Values and reachable state as plain data ("trees") that can be written as JSON and compared later.

A tree is a list whose first element says the kind:

    ["none"]  ["bool", true]  ["int", "12"]  ["float", "0.1"]  ["complex", "1j"]  ["str", text]
    ["bytes", hex]
    ["tensor" | "ndarray", dtype, shape, DATA]      a tensor with a value; a NumPy array
    ["variable", dtype, shape, DATA]                tf.Variable or Keras variable
    ["scalar", dtype, DATA]                         a NumPy scalar
    ["symbolic", dtype, shape]                      a tensor without a value: it belongs to a graph
    ["composite", type, [TREE…]]                    ragged, sparse, IndexedSlices, … by components
    ["list" | "tuple" | "set", type, [TREE…]]       sets sorted by their text
    ["dict", type, [[TREE key, TREE]…]]             sorted by the key's text
    ["object", type, [[name, TREE]…]]               by attributes, sorted
    ["opaque", type, text]                          nothing more is looked at
    ["seen", number]                                the container or object met as the number-th one before

DATA is ["raw", hex] (little-endian), ["part", hex, count] for every n-th element of a big array, or
["items", [TREE…]] for strings and objects. A shape is a list of integers, null where unknown.
"""

from __future__ import annotations

import argparse
import collections
import collections.abc
import contextlib
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import io
import itertools
import operator
import pathlib
import random
import re
import sys
import types
from typing import Any

import numpy as np
import tensorflow as tf

from .frames import ProgramFiles
from .functions import BoundEagerFunction, EagerFunction
from .marks import stand_in

Tree = list[Any]

MOST_ELEMENTS = 4096
"""Elements of an array written out; of a bigger one, evenly spaced elements stand for all."""

MOST_NODES = 20_000
"""Nodes of one tree; what comes later is `["opaque", "…", "not looked at"]`."""

_FUNCTION = type(tf.function(lambda: None))

_TEXTUAL = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    enum.Enum,
    fractions.Fraction,
    itertools.count,
    itertools.cycle,
    itertools.repeat,
    pathlib.PurePath,
    range,
    re.Pattern,
    slice,
    tf.DType,
    tf.TensorShape,
    tf.TypeSpec,
)


class Snapshots:
    """Makes trees. `attributes` are the attribute names that the program's own code stores somewhere."""

    def __init__(self, files: ProgramFiles, attributes: set[str]) -> None:
        self._files = files
        self.attributes = attributes
        self._program_classes: dict[type, bool] = {}

    def of(self, value: object) -> Tree:
        """The tree of one value."""
        return _Visit(self).tree(value)

    def state(self) -> Tree:
        """The tree of all that the program's modules hold: globals, class attributes, defaults, closures."""
        visit = _Visit(self)
        modules = sorted(
            (name, module) for name, module in list(sys.modules.items()) if self._is_program_module(module)
        )
        return ["object", "program", [[name, visit.module(module)] for name, module in modules]]

    def variables(self, roots: list[object]) -> list[Any]:
        """Every variable in reach of the program's modules and of these values, in a fixed order."""
        visit = _Visit(self)
        for _, module in sorted(self.modules().items()):
            visit.module(module)
        for root in roots:
            visit.tree(root)
        return visit.variables

    def modules(self) -> dict[str, types.ModuleType]:
        """The program's modules by name."""
        return {name: module for name, module in sys.modules.items() if self._is_program_module(module)}

    def _is_program_module(self, module: object) -> bool:
        return isinstance(module, types.ModuleType) and self._files.owns(getattr(module, "__file__", None))

    def is_program_class(self, kind: type) -> bool:
        """Whether the class, or one that it inherits from, is defined in the program."""
        known = self._program_classes.get(kind)
        if known is None:
            known = self._program_classes[kind] = any(
                self._is_program_module(sys.modules.get(base.__module__)) for base in kind.__mro__
            )
        return known

    def fields(self, value: object) -> dict[str, Any] | None:
        """The attributes of an object that make up its state; `None` when it is not to be looked into."""
        kind = type(value)
        if isinstance(value, (types.SimpleNamespace, argparse.Namespace)):
            return dict(vars(value))
        program = self.is_program_class(kind)
        library = _library_object(value)
        if not program and not library:
            return None
        held = {**_slots(value), **getattr(value, "__dict__", {})}
        fields = {
            name: item for name, item in held.items() if not library or (program and name in self.attributes)
        }
        if library:
            fields["<variables>"] = _variables_of(value)
        return fields


class _Visit:
    """One walk over values: what was met before is only named, and the walk has an end."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._seen: dict[int, tuple[int, object]] = {}
        self._nodes = 0
        self.variables: list[Any] = []

    def tree(self, value: object) -> Tree:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            return ["opaque", "…", "not looked at"]
        simple = _simple(value)
        if simple is not None:
            return simple
        value = unwrapped(value)
        if is_variable(value):
            return self._variable(value)
        tensor = _tensor(value)
        if tensor is not None:
            return tensor
        before = self._seen.get(id(value))
        if before is not None:
            return ["seen", before[0]]
        # The value is kept with its number: an id is only unique among objects that are alive.
        self._seen[id(value)] = (len(self._seen), value)
        return self._compound(value)

    def _variable(self, value: Any) -> Tree:
        if not any(value is known for known in self.variables):
            self.variables.append(value)
        array = array_of(value)
        data: Tree = ["items", []] if array is None else _data(array)
        return ["variable", _dtype(value), _shape(value.shape), data]

    def _compound(self, value: Any) -> Tree:
        kind = _name(type(value))
        if isinstance(value, np.ndarray):
            return ["ndarray", str(value.dtype), list(value.shape), self._array(value)]
        if isinstance(value, (list, collections.deque)):
            return ["list", _plain(kind, "list"), [self.tree(item) for item in list(value)]]
        if isinstance(value, tuple):
            return ["tuple", kind, [self.tree(item) for item in value]]
        if isinstance(value, (set, frozenset)):
            return ["set", kind, sorted((self.tree(item) for item in value), key=repr)]
        if isinstance(value, (dict, types.MappingProxyType)):
            pairs = [[self.tree(key), self.tree(item)] for key, item in list(value.items())]
            return ["dict", _plain(kind, "dict"), sorted(pairs, key=lambda pair: repr(pair[0]))]
        return self._function(value) or self._object(value, kind)

    def _array(self, value: Any) -> Tree:
        if value.dtype.kind in "OSUVMm":
            return ["items", [self.tree(item) for item in value.ravel()[:MOST_ELEMENTS].tolist()]]
        return _data(value)

    def _function(self, value: Any) -> Tree | None:
        if isinstance(value, types.MethodType):
            owner: Any = value.__self__
            # What `tf.function` binds a method to is a weak reference.
            owner = getattr(owner, "weakrefself_target__", lambda: owner)()
            return ["object", "method", [["self", self.tree(owner)], ["of", self.tree(value.__func__)]]]
        if isinstance(value, functools.partial):
            given = {"args": value.args, "function": value.func, "keywords": value.keywords}
            return ["object", "partial", [[name, self.tree(item)] for name, item in given.items()]]
        if isinstance(value, types.FunctionType):
            return self._plain_function(value)
        if isinstance(value, (staticmethod, classmethod)):
            return self.tree(value.__func__)
        if isinstance(value, property):
            return ["opaque", "property", ""]
        if isinstance(value, types.GeneratorType):
            held = value.gi_frame.f_locals if value.gi_frame is not None else {}
            return ["object", "generator", [[name, self.tree(held[name])] for name in sorted(held)]]
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, types.ModuleType):
            return ["opaque", "module", value.__name__]
        return None

    def _plain_function(self, value: Any) -> Tree:
        if not self._snapshots._files.owns(value.__code__.co_filename):
            return ["opaque", "function", value.__qualname__]
        parts: list[tuple[str, object]] = []
        for cell, name in zip(value.__closure__ or (), value.__code__.co_freevars):
            with contextlib.suppress(ValueError):  # Not bound yet: there is no value to show.
                parts.append((name, cell.cell_contents))
        parts.append(("default values", value.__defaults__))
        parts.append(("keyword default values", value.__kwdefaults__))
        held = {name: item for name, item in value.__dict__.items() if name in self._snapshots.attributes}
        parts.append(("attributes", held))
        shown = [[name, self.tree(item)] for name, item in parts if not _is_empty(item)]
        return ["object", f"function {value.__qualname__}", shown]

    def _class(self, value: type) -> Tree:
        if not self._snapshots.is_program_class(value):
            return ["opaque", "class", _name(value)]
        return ["object", f"class {value.__qualname__}", self._named(dict(vars(value)))]

    def module(self, module: types.ModuleType) -> Tree:
        return ["object", "module", self._named(dict(vars(module)))]

    def _named(self, held: dict[str, Any]) -> list[Any]:
        names = sorted(name for name in held if not (name.startswith("__") and name.endswith("__")))
        return [
            [name, self.tree(held[name])]
            for name in names
            if name != "_abc_impl" and not isinstance(held[name], types.ModuleType)
        ]

    def _object(self, value: Any, kind: str) -> Tree:
        text = _text_of_state(value)
        if text is not None:
            return ["opaque", kind, text]
        fields = self._snapshots.fields(value)
        if fields is None:
            return ["opaque", kind, ""]
        return ["object", kind, [[name, self.tree(fields[name])] for name in sorted(fields)]]


def unwrapped(value: Any) -> Any:
    """What stands behind a `tf.function` or one of the judge's stand-ins: the same in every kind of run."""
    while True:
        if isinstance(value, _FUNCTION):
            # AutoGraph may replace `__wrapped__`, and binds methods in its own way: the judge knows better.
            value = getattr(value, "judged_python", value.python_function)
        elif isinstance(value, (EagerFunction, BoundEagerFunction)):
            value = value.__wrapped__
        else:
            mark = stand_in(value)
            if mark is None:
                return value
            value = mark.original


def is_variable(value: object) -> bool:
    """Whether the value is a TensorFlow or Keras variable."""
    if isinstance(value, tf.Variable):
        return True
    return (
        type(value).__module__.startswith("keras.") and hasattr(value, "assign") and hasattr(value, "value")
    )


def array_of(variable: Any) -> Any:
    """What a variable holds now, as a NumPy array; `None` where it has no value.

    A variable that was made while tracing may never be given one.
    """
    try:
        content = variable.value
        content = content() if callable(content) else content
        return content.numpy() if _has_value(content) and content.shape == variable.shape else None
    except (tf.errors.FailedPreconditionError, tf.errors.NotFoundError):
        return None


def is_symbolic(value: object) -> bool:
    """Whether the value is a tensor of a graph, without a value of its own."""
    return isinstance(value, tf.Tensor) and not _has_value(value)


def _has_value(value: object) -> bool:
    return hasattr(value, "numpy")


def _simple(value: object) -> Tree | None:
    kind = type(value)
    if value is None:
        return ["none"]
    if kind is bool:
        return ["bool", value]
    if kind in (int, float, complex):
        return [kind.__name__, repr(value)]
    if kind is str:
        return ["str", value]
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", bytes(value[:MOST_ELEMENTS]).hex()]
    if isinstance(value, np.generic):
        return ["scalar", str(value.dtype), _data(np.asarray(value))]
    return None


def _tensor(value: Any) -> Tree | None:
    if isinstance(value, tf.Tensor):
        if not _has_value(value):
            return ["symbolic", _dtype(value), _shape(value.shape)]
        if value.dtype in (tf.variant, tf.resource):
            return ["opaque", "tensor", _dtype(value)]
        return ["tensor", _dtype(value), list(value.shape), _data(value.numpy())]
    if isinstance(value, tf.__internal__.CompositeTensor) and not isinstance(
        value, (tf.data.Dataset, tf.data.Iterator)
    ):
        parts = tf.nest.flatten(value, expand_composites=True)
        return ["composite", _name(type(value)), [_tensor(part) or ["opaque", "part", ""] for part in parts]]
    return None


def _data(array: Any) -> Tree:
    array = np.asarray(array)
    if array.dtype.kind in "OSU":
        flat = array.ravel()[:MOST_ELEMENTS].tolist()
        return ["items", [_simple(item) or ["opaque", _name(type(item)), ""] for item in flat]]
    flat = array.ravel()
    if flat.dtype.byteorder == ">":
        flat = flat.astype(flat.dtype.newbyteorder("<"))
    if flat.size <= MOST_ELEMENTS:
        return ["raw", flat.tobytes().hex()]
    return ["part", flat[:: -(-flat.size // MOST_ELEMENTS)].tobytes().hex(), int(flat.size)]


def _dtype(value: Any) -> str:
    dtype = value.dtype
    return str(getattr(dtype, "name", dtype)).replace("_ref", "")


def _shape(shape: Any) -> list[Any] | None:
    if shape is None or getattr(shape, "rank", 0) is None:
        return None
    return list(shape)


def _name(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"


def _plain(kind: str, plain: str) -> str:
    """TensorFlow and Keras put tracked containers in the place of lists and dicts."""
    return plain if kind.startswith(("tensorflow.", "keras.", "tf_keras.", "wrapt.")) else kind


def _library_object(value: object) -> bool:
    if isinstance(value, tf.Module):
        return True
    return any(
        base.__module__.startswith(("keras.", "tf_keras.")) and base.__name__ not in ("DTypePolicy", "Policy")
        for base in type(value).__mro__
    )


def _variables_of(value: Any) -> list[Any]:
    try:
        found = value.variables
        return list(found() if callable(found) else found)
    except (AttributeError, ValueError, RuntimeError, TypeError):
        return []  # Losses have none; a layer that isn't built yet says so in one of these ways.


def _slots(value: object) -> dict[str, Any]:
    held = {}
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                held[name] = getattr(value, name)
    return held


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, (tuple, dict)) and not value)


def _generator_state(value: Any) -> Any:
    return value.get_state() if isinstance(value, np.random.RandomState) else value.bit_generator.state


def _text_of_state(value: Any) -> str | None:
    if isinstance(value, _TEXTUAL):
        return repr(value)
    if isinstance(value, random.Random):
        return hashlib.sha256(repr(value.getstate()).encode()).hexdigest()
    if isinstance(value, (np.random.Generator, np.random.RandomState)):
        return hashlib.sha256(repr(_generator_state(value)).encode()).hexdigest()
    if isinstance(value, io.StringIO):
        return value.getvalue()
    if isinstance(value, collections.abc.Iterator) and hasattr(value, "__length_hint__"):
        return f"{operator.length_hint(value)} left"
    return None
