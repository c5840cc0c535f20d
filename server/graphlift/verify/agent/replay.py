"""Calls made again after the program's end: as they were, with other weights, with other Python state.

What a trace has frozen shows only when the frozen thing changes afterwards, and a short program may not come
to that. So the first and the last call are made again three times over: in the state the program ended in;
after every floating-point variable in reach has been moved; after the Python numbers that the program itself
changes somewhere have been moved (a constant of the program stays what it is: freezing it is no fault).
"""

from __future__ import annotations

import contextlib
import os
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .calls import Call, Recorder, cells, copied
from .changes import ATTRIBUTE, CELL, GLOBAL, Changes
from .snapshot import Snapshots, array_of

LEAST_CALLS = 3
"""A program that makes fewer calls gets its last one repeated."""


_ONCE = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "build"})
"""Functions that no program calls twice for one object."""


def replay(recorder: Recorder, snapshots: Snapshots, changes: Changes) -> None:
    """Make the replays; the recorder writes them."""
    if recorder.last is None or recorder.first is None or recorder.functions[-1].__name__ in _ONCE:
        return
    calls = [recorder.first] if recorder.first is recorder.last else [recorder.first, recorder.last]
    recorder.phase = "repeat"
    _make(calls, max(1, LEAST_CALLS - recorder.count))
    roots: list[object] = [[call.owner, call.args, call.kwargs] for call in calls]
    recorder.phase = "weights"
    if move_weights(snapshots.variables(roots)):
        _make(calls, 1)
    recorder.phase = "captured"
    if _move_state(recorder, snapshots, changes, roots):
        _make(calls, 1)


def _make(calls: list[Call], times: int) -> None:
    for _ in range(times):
        for call in calls:
            # What a replay raises, it raises in both runs, or else it is a difference: it is recorded.
            with contextlib.suppress(Exception):
                call.function(*[copied(value) for value in call.args], **copied(call.kwargs))


def move_weights(variables: list[Any]) -> int:
    """Move every floating-point variable a little; how many there were."""
    moved = 0
    for variable in variables:
        if not np.issubdtype(_numpy_type(variable), np.floating):
            continue
        array = array_of(variable)
        if array is None:
            continue
        variable.assign(array * array.dtype.type(1.25) + array.dtype.type(0.125))
        moved += 1
    return moved


def _numpy_type(variable: Any) -> Any:
    dtype = variable.dtype
    return np.dtype(getattr(dtype, "as_numpy_dtype", None) or (dtype if dtype != "bfloat16" else "int8"))


class _Mover:
    """Moves the Python numbers in reach that the program changes somewhere."""

    def __init__(self, snapshots: Snapshots, changes: Changes) -> None:
        self._snapshots = snapshots
        self._changes = changes
        self._seen: dict[int, object] = {}
        self.moved: list[str] = []

    def module(self, module: types.ModuleType) -> None:
        """Move the globals of a module, and look inside them."""
        owners = [os.path.realpath(module.__file__ or "")]
        for name, value in sorted(vars(module).items()):
            if not name.startswith("__") and not isinstance(value, types.ModuleType):
                self._place(GLOBAL, owners, name, value, module)

    def closure(self, function: Callable[..., Any]) -> None:
        """Move what a function captures, and look inside it."""
        captured = cells(function)
        if not captured:
            return
        parts = function.__qualname__.split(".<locals>.")
        file = os.path.realpath(function.__code__.co_filename)
        owners = [f"{file}:{'.<locals>.'.join(parts[:end])}" for end in range(1, len(parts))]
        for name, cell in captured:
            with contextlib.suppress(ValueError):  # Not bound yet: there is nothing to move.
                self._place(CELL, owners, name, cell.cell_contents, cell)

    def value(self, value: Any) -> None:
        """Look for places to move inside a value."""
        if id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if isinstance(value, (list, tuple)):
            for item in value:
                self.value(item)
        elif isinstance(value, dict):
            for item in list(value.values()):
                self.value(item)
        elif isinstance(value, types.MethodType):
            self.value(value.__self__)
        elif isinstance(value, types.FunctionType):
            self.closure(value)
        else:
            self._attributes(value)

    def _attributes(self, value: Any) -> None:
        held: dict[str, Any] = self._snapshots.fields(value) or {}
        kind = type(value)
        if isinstance(value, type) and self._snapshots.is_program_class(value):
            kind = value
            held = {name: item for name, item in vars(value).items() if not name.startswith("__")}
        owners = [f"{_file_of(base)}:{base.__qualname__}" for base in kind.__mro__]
        for name, item in sorted(held.items()):
            if name != "<variables>":
                self._place(ATTRIBUTE, owners, name, item, value)

    def _place(self, kind: str, owners: list[str], name: str, value: Any, holder: Any) -> None:
        other = _another(value, self._changes.bound_again(kind, owners, name))
        if other is None and kind == GLOBAL:
            # From outside, a module's global is stored like an attribute.
            other = _another(value, self._changes.bound_again(ATTRIBUTE, [], name))
        if other is not None:
            attribute = "cell_contents" if kind == CELL else name
            with contextlib.suppress(AttributeError):  # A frozen dataclass, a property without a setter.
                setattr(holder, attribute, other)
                self.moved.append(name)
            return
        if self._changes.is_container(kind, owners, name):
            self._elements(name, value)
        self.value(value)

    def _elements(self, name: str, value: Any) -> None:
        keys: Any = ()
        if isinstance(value, (list, dict)):
            keys = range(len(value)) if isinstance(value, list) else list(value)
        for key in keys:
            other = _another(value[key], [])
            if other is not None:
                value[key] = other
                self.moved.append(name)


def _file_of(kind: type) -> str:
    return os.path.realpath(getattr(sys.modules.get(kind.__module__), "__file__", None) or "")


def _another(value: Any, bound: list[object] | None) -> Any | None:
    """Another value that a place might well hold; `None` when there is none to be sure of.

    `bound` are the values that the program binds there after the first one, `None` when it binds none.

    A flag is only turned where the program binds it both ways, or to what it computes: one that is set once
    and for ever (`self.ready = True`) is never turned back.
    """
    if bound is None:
        return None
    if isinstance(value, bool):
        both = {True, False} <= {item for item in bound if isinstance(item, bool)}
        return (not value) if both or None in bound else None
    if type(value) is int:
        return value + 1
    if type(value) is float:
        return value * 1.5 + 0.25
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size:
        return value * value.dtype.type(1.5) + value.dtype.type(0.25)
    return None


def _move_state(recorder: Recorder, snapshots: Snapshots, changes: Changes, roots: list[object]) -> list[str]:
    mover = _Mover(snapshots, changes)
    for _, module in sorted(snapshots.modules().items()):
        mover.module(module)
    for function in recorder.functions:
        mover.closure(function)
    for root in roots:
        mover.value(root)
    return mover.moved
