"""The target's boundary: every call that reaches it from eager code, what went in, and what came out.

Calls from code that is being traced (a Keras step, a `Dataset` function, another `tf.function`) have no
values to look at; they are counted and passed through. So are calls that the target makes of itself.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
import time
import traceback
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from .functions import REAL
from .marks import stands_for
from .output import Output
from .snapshot import Snapshots, Tree, is_variable

MOST_CALLS = 400
"""Calls whose results are written; from then on only every call whose number is a power of two."""

MOST_STATES = 8
"""Calls after which arguments and state are written as well; then only powers of two."""

_seconds = time.perf_counter  # The real one: the module's attribute is about to become the program's clock.


class Call:
    """A call that can be made again: the callable as the program reached it, and a copy of the arguments.

    `owner` is the instance that a method's `tf.function` holds weakly: the call keeps it alive, since a program
    that is over would let it go in the graph run alone.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        owner: object = None,
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.owner = owner


class Recorder:
    """Records the calls of one target, whatever function objects its `def` statement makes.

    In the mode `graph` they run under `tf.function`, with `options` or else with those that the program's own
    `tf.function` around the target has. In the mode `time` calls are only kept, not recorded.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        output: Output,
        write: Callable[[dict[str, Any]], None],
        mode: str,
        options: dict[str, Any] | None,
    ) -> None:
        self._snapshots = snapshots
        self._output = output
        self._write = write
        self._graph = mode == "graph"
        self._recording = mode != "time"
        self._options = options
        self._inside = threading.local()
        self._graph_functions: list[Any] = []
        self.functions: list[Callable[..., Any]] = []
        """The Python functions that the target's `def` made."""
        self.phase = "program"
        self.count = 0
        self.in_graph = 0
        self.first: Call | None = None
        self.last: Call | None = None

    # --- wrapping ---

    def wrap(self, function: Callable[..., Any]) -> Any:
        """The decorator that the target gets."""
        self.functions.append(function)
        if self._graph:
            return self._as_graph(function, self._options or {})
        return self._as_eager(function)

    def adopt(self, function: Any, options: dict[str, Any]) -> Any | None:
        """The program puts `tf.function` around something: if that is the target, take its arguments over."""
        if not self._graph or not isinstance(function, _RecordedFunction):
            return None
        if self._options is not None:
            return function
        again = self._as_graph(function.python_function, options)
        again.judged_original = function.judged_original
        again.judged_instance = function.judged_instance
        return again

    def _as_graph(self, function: Callable[..., Any], options: dict[str, Any]) -> Any:
        wrapped = REAL(function, **options)
        wrapped.__class__ = _RecordedFunction
        wrapped.judge = self
        wrapped.judged_original = function
        self._graph_functions.append(wrapped)
        return wrapped

    def adopt_instance(self, function: Any, original: Any, instance: Any) -> None:
        """A method's `tf.function` makes one of its own for each instance."""
        if not hasattr(function, "judge"):
            function.judge = self
            function.judged_original = original
            function.judged_instance = weakref.ref(instance)
            self._graph_functions.append(function)

    def _as_eager(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            if not tf.executing_eagerly():
                self._note()
                context = tf.__internal__.autograph.control_status_ctx()
                return tf.__internal__.autograph.tf_convert(function, context)(*args, **kwargs)
            if self.is_inside:
                return function(*args, **kwargs)
            return self.call(recorded, function, args, kwargs, args)

        with contextlib.suppress(ValueError, TypeError):  # Not every callable has a signature.
            # Keras 2 looks at the arguments without following `__wrapped__`.
            recorded.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
        return stands_for(recorded, function, self._note)

    def _note(self) -> None:
        self.in_graph += not self.is_inside

    # --- recording ---

    @property
    def is_inside(self) -> bool:
        """Whether this thread is inside a call that is being recorded."""
        return getattr(self._inside, "yes", False)

    def traces(self) -> int:
        """How often the target was traced so far, in all of its functions."""
        return sum(function.experimental_get_tracing_count() for function in self._graph_functions)

    def call(
        self,
        again: Callable[..., Any],
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        shown: tuple[Any, ...],
    ) -> Any:
        """Make one call and record it.

        `again` is what a replay calls; `shown` are the positional arguments with the instance first.
        """
        index = self.count
        self.count += 1
        if self.phase == "program":
            self._keep(again, args, kwargs, shown)
        # Looking at values may call the target as well, where it is a `__getattr__` or the like.
        self._inside.yes = True
        try:
            if not self._recording:
                return function(*args, **kwargs)
            return self._recorded(index, function, args, kwargs, shown)
        finally:
            self._inside.yes = False

    def _recorded(
        self,
        index: int,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        shown: tuple[Any, ...],
    ) -> Any:
        event: dict[str, Any] = {"event": "call", "index": index, "phase": self.phase}
        event["before"] = self._output.take()
        event["signature"] = signature(shown, kwargs)
        started = _seconds()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # Whatever it is, it is recorded and passes on.
            self._finish(event, started, shown, kwargs)
            event["error"] = described(error)
            self._write(event)
            raise
        self._finish(event, started, shown, kwargs)
        if index < MOST_CALLS or _is_power_of_two(index):
            event["result"] = self._snapshots.of(result)
        self._write(event)
        return result

    def _finish(
        self, event: dict[str, Any], started: float, shown: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        event["seconds"] = _seconds() - started
        event["output"] = self._output.take()
        event["traces"] = self.traces()
        index = event["index"]
        if self.phase != "program" or index < MOST_STATES or _is_power_of_two(index):
            event["arguments"] = self._arguments(shown, kwargs)
            event["state"] = self._snapshots.state()

    def _arguments(self, shown: tuple[Any, ...], kwargs: dict[str, Any]) -> Tree:
        try:
            held = inspect.signature(self.functions[-1]).bind(*shown, **kwargs).arguments
        except TypeError:
            held = {f"argument {index}": value for index, value in enumerate(shown)}
            held.update(kwargs)
        closure = _closure(self.functions[-1])
        trees = [[name, self._snapshots.of(value)] for name, value in held.items()]
        trees += [[name, self._snapshots.of(value)] for name, value in closure.items() if name not in held]
        return ["object", "arguments", trees]

    def _keep(
        self,
        again: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        shown: tuple[Any, ...],
    ) -> None:
        """Keep the call for the replays, unless an argument would be used up."""
        if any(isinstance(value, (types.GeneratorType, map, zip)) for value in (*args, *kwargs.values())):
            return
        owner = shown[0] if len(shown) > len(args) else None
        held = tuple(copied(value) for value in args)
        call = Call(again, held, {k: copied(v) for k, v in kwargs.items()}, owner)
        self.first = self.first or call
        self.last = call


class _RecordedFunction(type(REAL(lambda: None))):  # type: ignore[misc]
    """A `tf.function` whose calls are recorded; a real one in every other respect."""

    judged_original: Any = None
    """The Python function as the program's `def` made it."""
    judged_instance: Any = None
    """A weak reference to the instance that this is a method of."""

    @property
    def judged_python(self) -> Any:
        """What the program would see here without any `tf.function`."""
        instance = self.judged_instance and self.judged_instance()
        return self.judged_original if instance is None else types.MethodType(self.judged_original, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = functools.partial(super().__call__)
        recorder: Recorder = self.judge
        if not tf.executing_eagerly() or recorder.is_inside:
            recorder._note()
            return call(*args, **kwargs)
        shown = args
        if self.judged_instance is not None:
            shown = (self.judged_instance(), *args)
        return recorder.call(self, call, args, kwargs, shown)

    def __get__(self, instance: Any, owner: Any) -> Any:
        bound = super().__get__(instance, owner)
        if isinstance(bound, _RecordedFunction) and bound is not self:
            self.judge.adopt_instance(bound, self.judged_original, instance)
        return bound


# AutoGraph asks where a callable comes from: this one stands for TensorFlow's own.
_RecordedFunction.__module__ = _RecordedFunction.__mro__[1].__module__
_RecordedFunction.__call__.__module__ = _RecordedFunction.__mro__[1].__module__


def cells(function: Callable[..., Any]) -> list[tuple[str, Any]]:
    """The names that a function captures, each with its cell."""
    code = getattr(function, "__code__", None)
    return list(zip(code.co_freevars if code else (), getattr(function, "__closure__", None) or ()))


def _closure(function: Callable[..., Any]) -> dict[str, Any]:
    held = {}
    for name, cell in cells(function):
        with contextlib.suppress(ValueError):  # Not bound yet: there is no value to show.
            held[name] = cell.cell_contents
    return held


def copied(value: Any) -> Any:
    """The value with its arrays and plain containers copied; everything else is the very object."""
    kind = type(value)
    if isinstance(value, np.ndarray):
        return value.copy()
    if kind in (list, tuple, set):
        return kind(copied(item) for item in value)
    if kind is dict:
        return {key: copied(item) for key, item in value.items()}
    return value


def signature(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What a call's arguments look like to someone who counts traces.

    Tensors and arrays by dtype and rank, `None` and booleans by value (they are flags), all else by type; a
    sequence by the set of its elements. So calls that differ only in sizes, in a Python number or string, or
    in which object they are given, look the same.
    """
    named = [f"{name}={_look(value)}" for name, value in sorted(kwargs.items())]
    return ", ".join([_look(value) for value in args] + named)


def _look(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, (tf.Tensor, np.ndarray)) or is_variable(value):
        rank = None if value.shape is None else len(value.shape)
        return f"{getattr(value.dtype, 'name', value.dtype)}[{rank}]"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(sorted({_look(item) for item in value}))})"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{key!r}: {_look(item)}" for key, item in value.items())) + "}"
    return type(value).__qualname__


def described(error: BaseException) -> dict[str, Any]:
    """An exception as data: its type, the types it inherits from, its message, and where it was raised."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "type": name,
        "bases": [base.__name__ for base in kind.__mro__[:-2]],
        "message": _shortened(str(error)),
        "frames": [[frame.filename, frame.lineno, frame.name] for frame in frames[-30:]],
    }


def _shortened(message: str) -> str:
    """A message of bearable length; what matters stands at its beginning or, after AutoGraph, at its end."""
    return message if len(message) <= 6000 else f"{message[:3000]}\n…\n{message[-3000:]}"


def _is_power_of_two(index: int) -> bool:
    return index & (index - 1) == 0
