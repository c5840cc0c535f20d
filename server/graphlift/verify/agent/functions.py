"""`tf.function` as the program sees it: nothing at all where the program is eager.

Libraries (Keras, `tf.data`, …) go on using the real `tf.function`. In a graph that a library builds, a function
of the program is a real `tf.function` as well: with or without its decorator it becomes part of that graph.
In the graph of the target it is what it would be without a decorator, a Python function that is traced along;
AutoGraph converts it there, as its decorator asks for.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.autograph.core import ag_ctx

from .frames import ProgramFiles
from .marks import hidden, stand_in

REAL = tf.function


class Functions:
    """Replaces `tf.function` for the program and counts what it makes with it.

    `adopt` is asked first whenever the program wraps something: it returns the target when that is what is
    wrapped, with the program's own arguments, or `None`. `is_in_target` says whether the target is running.
    """

    def __init__(self, files: ProgramFiles) -> None:
        self._files = files
        self.made = 0
        self.adopt: Callable[[Any, dict[str, Any]], Any | None] = lambda *_: None
        self.is_in_target: Callable[[], bool] = lambda: False

    def watch(self) -> None:
        """Only count; the program's functions stay real."""
        self._install(self._counted)

    def force_eager(self) -> None:
        """Replace every `tf.function` of the program by an eager stand-in."""
        self._install(self._stand_in)

    def _counted(self, func: Any, options: dict[str, Any]) -> Any:
        self.made += 1
        return REAL(func, **options)

    def _stand_in(self, func: Any, options: dict[str, Any]) -> Any:
        self.made += 1
        adopted = self.adopt(func, options)
        return EagerFunction(func, options, self) if adopted is None else adopted

    def _install(self, make: Callable[..., Any]) -> None:
        @functools.wraps(REAL)
        def function(func: Any = None, *args: Any, **options: Any) -> Any:
            if not self._files.is_calling():
                return REAL(func, *args, **options)
            options.update(zip(_POSITIONAL, args))
            if func is None:
                return hidden(lambda inner: make(inner, options))
            return make(func, options)

        hidden(function)
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == "tensorflow" and vars(module).get("function") is REAL:
                module.function = function  # type: ignore[attr-defined]
        tf.function = function


_POSITIONAL = [
    parameter.name for parameter in inspect.signature(REAL).parameters.values() if parameter.name != "func"
]


class EagerFunction:
    """What stands for a `tf.function` of the program: calls run eagerly, inspection reaches a real one."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], functions: Functions) -> None:
        functools.update_wrapper(self, function)
        self.__wrapped__ = function
        self._options = options
        self._functions = functions
        self._real: Any = None

    @property
    def real(self) -> Any:
        """The `tf.function` that this one stands for."""
        if self._real is None:
            mark = stand_in(self.__wrapped__)
            self._real = REAL(self.__wrapped__ if mark is None else mark.original, **self._options)
        return self._real

    @property
    def python_function(self) -> Callable[..., Any]:
        """As on a `tf.function`."""
        return self.__wrapped__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the Python function, or the real `tf.function` where a graph is being built."""
        if tf.executing_eagerly():
            return self.__wrapped__(*args, **kwargs)
        return self.in_graph(self.__wrapped__, lambda: self.real)(*args, **kwargs)

    def in_graph(self, function: Callable[..., Any], real: Callable[[], Any]) -> Callable[..., Any]:
        """What to call where a graph is being built: `function` converted, or the `tf.function` from `real`."""
        mark = stand_in(self.__wrapped__)
        if mark is not None:
            mark.noted()
        if not self._functions.is_in_target():
            return real()  # type: ignore[no-any-return]
        if not self._options.get("autograph", True):
            return function
        unspecified = ag_ctx.ControlStatusCtx(status=ag_ctx.Status.UNSPECIFIED)
        return tf.__internal__.autograph.tf_convert(  # type: ignore[no-any-return]
            function, unspecified, user_requested=True
        )

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else BoundEagerFunction(self, instance, owner)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.real, name)


class BoundEagerFunction:
    """An `EagerFunction` as a method of one instance."""

    def __init__(self, function: EagerFunction, instance: Any, owner: Any) -> None:
        method = types.MethodType(function.__wrapped__, instance)
        functools.update_wrapper(self, method)
        self.__wrapped__ = method
        self.__signature__ = inspect.signature(method)
        self.__self__ = instance
        self._function = function
        self._owner = owner

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As that of an `EagerFunction`."""
        if tf.executing_eagerly():
            return self.__wrapped__(*args, **kwargs)
        return self._function.in_graph(self.__wrapped__, self._real)(*args, **kwargs)

    def _real(self) -> Any:
        return self._function.real.__get__(self.__self__, self._owner)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(), name)


# AutoGraph must run the stand-ins as they are: they themselves decide what is converted.
hidden(EagerFunction)
hidden(BoundEagerFunction)
