"""How many TensorFlow ops an eager call of a library function dispatches, as measured (`scripts/measure_work.py`)."""

from __future__ import annotations

import math
from functools import cache
from importlib import resources

import msgspec

from graphlift.models.api import Arguments
from graphlift.models.receivers import class_of
from graphlift.models.table import Entry
from graphlift.values import Sequence, Tensor, Value, Variable, options

EACH_VARIABLE = 16
"""Ops of an optimizer's step for one variable, where the optimizer is not known: between SGD and Adam."""


@cache
def _measured() -> dict[str, int]:
    text = (resources.files("graphlift.models") / "data" / "work.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, int])


def ops_of(entry: Entry, receiver: Value | None = None) -> int:
    """The ops of a call; for a method, of the receiver's own class where that was measured."""
    found = _measured()
    owner = None if receiver is None else class_of(receiver)
    if owner is not None:
        own = found.get(f"{owner}.{entry.name.rpartition('.')[2]}")
        if own is not None:
            return own
    return found.get(entry.name, entry.ops)


def reads_of(entry: Entry, args: Arguments) -> int:
    """The variables among the arguments of an op: each is read first, which is an op of its own.

    What measured the calls drew tensors. Layers, optimizers and tapes take variables without reading them.
    """
    op = entry.kind == "function" and entry.name.startswith("tensorflow.")
    if not op and entry.name.rpartition(".")[2] not in _ASSIGNING:
        return 0
    values = (*args.positional, *(value for _, value in args.keywords))
    return sum(_variables(value) for value in values)


_ASSIGNING = frozenset({"assign", "assign_add", "assign_sub"})

ASSUMED_VARIABLES = 4
"""Variables in a list of unknown length, as in a model of which nothing is known."""


def _variables(value: Value) -> int:
    return max((_variables_in(option) for option in options(value)), default=0)


def _variables_in(option: Value) -> int:
    if isinstance(option, Variable):
        return 1
    if not isinstance(option, Sequence):
        return 0
    if option.items is None:
        return ASSUMED_VARIABLES * _variables(option.element)
    return sum(_variables(item) for item in option.items)


def ops_of_update(optimizer: Value | None) -> int:
    """The ops with which an optimizer's step updates one variable."""
    owner = None if optimizer is None else class_of(optimizer)
    return _measured().get(f"{owner}.apply_gradients.each", EACH_VARIABLE)


def elements_of(value: Value) -> int:
    """How many numbers a tensor holds, at least: sizes that are not known count as one."""
    sizes = (
        math.prod(size if isinstance(size, int) else 1 for size in option.shape)
        for option in options(value)
        if isinstance(option, Tensor) and option.shape is not None
    )
    return max(sizes, default=0)
