"""The judge's own functions among the program's: hidden from AutoGraph and from snapshots.

They are known by identity, not by an attribute: `functools.wraps` copies attributes to the program's wrappers.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import tensorflow as tf
from tensorflow.python.autograph.impl import api

_F = TypeVar("_F")


class StandIn:
    """What the judge has put in the place of a function; `noted` is called when AutoGraph runs the original."""

    def __init__(self, original: Callable[..., Any], noted: Callable[[], None]) -> None:
        self.original = original
        self.noted = noted


_hidden: weakref.WeakSet[Any] = weakref.WeakSet()
_stand_ins: weakref.WeakKeyDictionary[Any, StandIn] = weakref.WeakKeyDictionary()


def hidden(function: _F) -> _F:
    """Keep AutoGraph from converting one of the judge's functions, or the instances of one of its classes."""
    _hidden.add(function)
    return function


def stands_for(function: _F, original: Callable[..., Any], noted: Callable[[], None]) -> _F:
    """Mark what the judge puts in the place of one of the program's functions."""
    _stand_ins[function] = StandIn(original, noted)
    return hidden(function)


def stand_in(value: Any) -> StandIn | None:
    """What is known of a stand-in; `None` for everything else."""
    return _stand_ins.get(value) if isinstance(value, types.FunctionType) else None


def teach_autograph() -> None:
    """Let AutoGraph run the hidden functions as they are, and convert the originals of stand-ins."""
    is_artifact, convert = api.is_autograph_artifact, api.tf_convert

    def is_autograph_artifact(entity: Any) -> bool:
        return _is_hidden(entity) or is_artifact(entity)

    def tf_convert(f: Any, *args: Any, **kwargs: Any) -> Any:
        bound = isinstance(f, types.MethodType)
        mark = stand_in(f.__func__ if bound else f)
        if mark is None:
            return convert(f, *args, **kwargs)
        original = types.MethodType(mark.original, f.__self__) if bound else mark.original
        converted = convert(original, *args, **kwargs)

        def noted(*call_args: Any, **call_kwargs: Any) -> Any:
            mark.noted()
            return converted(*call_args, **call_kwargs)

        return hidden(noted)

    api.is_autograph_artifact = is_autograph_artifact
    api.tf_convert = tf_convert
    tf.__internal__.autograph.tf_convert = tf_convert


def _is_hidden(entity: Any) -> bool:
    function = entity.__func__ if isinstance(entity, types.MethodType) else entity
    if isinstance(function, (types.FunctionType, type)):
        return function in _hidden
    return type(function) in _hidden
