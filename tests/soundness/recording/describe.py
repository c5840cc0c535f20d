"""What a run-time value is, as data: kind, dtype, shape, a few levels of structure. Never runs code of the program."""

from __future__ import annotations

import collections
import functools
import inspect
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Described = tuple[Any, ...]

MAX_DEPTH = 5
MAX_ITEMS = 40
MAX_TEXT = 200

_CONSTANTS = (bool, int, float, str, bytes, type(None))
_KERAS_TENSORS: list[type] = [keras.KerasTensor]
_KERAS_VARIABLES: list[type] = [keras.Variable]
if os.environ.get("TF_USE_LEGACY_KERAS") == "1":  # Its variables are TensorFlow's own.
    from tf_keras.src.engine.keras_tensor import KerasTensor

    _KERAS_TENSORS.append(KerasTensor)
_GRAPH_FUNCTIONS = (tf.types.experimental.PolymorphicFunction,)


def describe(value: Any, depth: int = 0) -> Described:
    """The value as nested tuples; the first element says of what kind it is."""
    kind = type(value)
    if kind in _CONSTANTS:
        return _constant(value)
    if isinstance(value, tf.Tensor | tf.RaggedTensor | tf.SparseTensor | tf.IndexedSlices | tf.Variable):
        return _tensor(value)
    if isinstance(value, tuple(_KERAS_VARIABLES)):
        return ("variable", str(value.dtype), list(value.shape), True)
    if isinstance(value, tuple(_KERAS_TENSORS)):
        return ("keras-tensor", _dtype(value.dtype), _shape(value.shape))
    if isinstance(value, np.ndarray | np.generic):
        return ("array", _dtype(value.dtype), list(value.shape), isinstance(value, np.generic))
    if depth > MAX_DEPTH:
        return ("deep",)
    if isinstance(value, list | tuple | collections.deque):
        return _sequence(value, depth)
    if isinstance(value, dict):
        items = [
            [describe(k, depth + 1), describe(v, depth + 1)]
            for k, v, _ in zip(dict.keys(value), dict.values(value), range(MAX_ITEMS), strict=False)
        ]
        return ("mapping", classes(kind), items, dict.__len__(value))
    if isinstance(value, set | frozenset):
        members = [
            describe(v, depth + 1) for v, _ in zip(sorted(value, key=repr), range(MAX_ITEMS), strict=False)
        ]
        return ("set", classes(kind), members)
    return _library(value, depth) or ("object", classes(kind))


def classes(kind: type) -> list[list[str]]:
    """The classes that an instance belongs to: file, module and qualified name of each."""
    return [[_file(each), each.__module__, each.__qualname__] for each in kind.__mro__ if each is not object]


def _file(kind: Any) -> str:
    module = sys.modules.get(kind.__module__)
    return getattr(module, "__file__", None) or ""


def _constant(value: Any) -> Described:
    kind = type(value).__name__
    if kind == "NoneType":
        return ("const", "None", "None")
    if isinstance(value, str | bytes) and len(value) > MAX_TEXT:
        return ("object", [["", "builtins", kind]])
    return ("const", kind, repr(value))


def _dtype(dtype: Any) -> str:
    return dtype if isinstance(dtype, str) else tf.as_dtype(dtype).name if _is_tf(dtype) else str(dtype)


def _is_tf(dtype: Any) -> bool:
    try:
        tf.as_dtype(dtype)
    except TypeError:
        return False
    return True


def _shape(shape: Any) -> list[int | None] | None:
    if shape is None:
        return None
    if isinstance(shape, tf.TensorShape):
        return None if shape.rank is None else shape.as_list()
    return list(shape)


def _tensor(value: Any) -> Described:
    if isinstance(value, tf.Variable):
        return ("variable", value.dtype.name, _shape(value.shape), False)
    form = "dense"
    if isinstance(value, tf.RaggedTensor):
        form, inner = "ragged", value.flat_values
    elif isinstance(value, tf.SparseTensor | tf.IndexedSlices):
        form, inner = ("sparse" if isinstance(value, tf.SparseTensor) else "slices"), value.values
    else:
        inner = value
    eager = isinstance(inner, tf.Variable) or hasattr(inner, "numpy")
    return ("tensor", form, value.dtype.name, _shape(value.shape), eager)


def _sequence(value: Any, depth: int) -> Described:
    items = [describe(v, depth + 1) for v, _ in zip(value, range(MAX_ITEMS), strict=False)]
    fields = list(getattr(type(value), "_fields", ())) if isinstance(value, tuple) else []
    return ("sequence", classes(type(value)), items, len(value), fields)


def _library(value: Any, depth: int) -> Described | None:
    if isinstance(value, tf.TensorArray):
        return ("tensor-array", value.dtype.name, _shape(value.element_shape))
    if isinstance(value, tf.TensorSpec | tf.RaggedTensorSpec | tf.SparseTensorSpec):
        forms = {tf.RaggedTensorSpec: "ragged", tf.SparseTensorSpec: "sparse"}
        return ("spec", forms.get(type(value), "dense"), value.dtype.name, _shape(value.shape))
    if isinstance(value, tf.DType | np.dtype):
        return ("dtype", _dtype(value))
    if isinstance(value, tf.TensorShape):
        return ("shape", _shape(value))
    if isinstance(value, tf.data.Dataset):
        return ("dataset", describe(value.element_spec, depth + 1))
    if isinstance(value, types.ModuleType):
        return ("module", value.__name__)
    if isinstance(value, type):
        return ("class", classes(value))
    if isinstance(value, functools.partial):
        return ("partial", describe(value.func, depth + 1))
    if isinstance(value, _GRAPH_FUNCTIONS):
        return ("graph-function",)
    if isinstance(value, types.MethodType):
        return ("bound", describe(value.__self__, MAX_DEPTH + 1), describe(value.__func__, depth + 1))
    if type(value).__module__ in ("typing", "types") and hasattr(value, "__origin__"):
        return ("alias", describe(value.__origin__, depth + 1))
    if isinstance(value, super):
        return ("super",)
    if inspect.isroutine(value) or isinstance(value, np.ufunc):
        return _function(value)
    return None


PROGRAM: list[str] = []
"""The folder with the program's instrumented files."""


def _is_own(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and any(code.co_filename.startswith(folder) for folder in PROGRAM)


def _unwrapped(function: Any) -> Iterator[Any]:
    while inspect.isroutine(getattr(function, "__wrapped__", None)):
        function = function.__wrapped__
        yield function


def _function(value: Any) -> Described:
    if not _is_own(value):
        # A library that wraps a function of the program: `contextmanager`, `lru_cache`, Keras around `build`.
        for function in _unwrapped(value):
            if inspect.ismethod(function) and _is_own(function.__func__):
                return ("bound", ("deep",), _function(function.__func__))
            if _is_own(function):
                return _function(function)
    code = getattr(value, "__code__", None)
    name = getattr(value, "__qualname__", None) or value.__name__
    if code is None:
        return ("function", "", getattr(value, "__module__", None) or "", name)
    # The code's own name: `functools.wraps` changes that of the function.
    name = getattr(code, "co_qualname", name)
    if "__autograph_generated" in code.co_filename:
        return ("converted", name.rpartition(".")[2].removeprefix("tf__"))
    return ("function", code.co_filename, getattr(value, "__module__", None) or "", name)
