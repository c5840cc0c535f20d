"""What functions of numbers give where the numbers are known: Python's `math`, and what NumPy works out exactly.

NumPy's sines and logarithms may differ from Python's in the last digit, so these are not worked out here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from graphlift.models.api import Arguments
from graphlift.values import Array, Const, Py, Sequence, Value, const, const_value

Number: TypeAlias = int | float

_NUMBERS = frozenset({"int", "float", "bool"})
_UNBOUNDED = frozenset({"comb", "factorial", "perm"})
"""Functions whose results, and the time they take, grow beyond all bounds."""

_OF_ONE: dict[str, Callable[[float], Number]] = {
    "absolute": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "rint": round,
    "sqrt": math.sqrt,
    "trunc": math.trunc,
}
_OF_SEVERAL: dict[str, Callable[[list[int]], int]] = {"max": max, "min": min, "prod": math.prod, "sum": sum}
"""NumPy's functions of a list or tuple of integers, which are exact."""


_MOST = 2**63
"""NumPy's integers go round there."""


def folded(name: str, args: Arguments, value: Value) -> Value:
    """What a call gives: the `value` that is known of it anyway, or the very number."""
    if isinstance(value, Array) and value.number:
        value = msgspec.structs.replace(value, number="")  # It is made of an argument whose number that is.
    if args.keywords or args.star or args.double_star:
        return value
    module, _, function = name.rpartition(".")
    if module == "math" and isinstance(value, Py) and function not in _UNBOUNDED:
        found = _result(getattr(math, function, None), numbers_of(args.positional))
        return value if found is None else const(found)
    if module == "numpy" and isinstance(value, Array) and value.scalar and len(args.positional) == 1:
        found = _of_numpy(function, args.positional[0])
        return value if found is None else msgspec.structs.replace(value, number=repr(found))
    return value


def numbers_of(values: tuple[Value, ...]) -> list[Number] | None:
    """The numbers that values are; `None` where one of them is not known or no number."""
    if not values or not all(isinstance(value, Const) and value.type in _NUMBERS for value in values):
        return None
    found = (const_value(value) for value in values if isinstance(value, Const))
    return [number for number in found if isinstance(number, int | float)]


def _of_numpy(function: str, value: Value) -> Number | None:
    if isinstance(value, Sequence):
        numbers = numbers_of(value.items or ())
        whole = [number for number in numbers or () if type(number) is int]
        complete = numbers is not None and len(whole) == len(numbers)
        return _result(_OF_SEVERAL.get(function), [whole]) if complete else None
    return _result(_OF_ONE.get(function), numbers_of((value,)))


def _result(
    function: Callable[..., object] | None, given: list[Number] | list[list[int]] | None
) -> Number | None:
    if function is None or given is None:
        return None
    try:
        found = function(*given)
    except (ArithmeticError, TypeError, ValueError):
        return None  # The call raises, which the analysis takes for a path that is not gone on.
    known = isinstance(found, int | float) and math.isfinite(found) and abs(found) < _MOST
    return found if known and isinstance(found, int | float) else None
