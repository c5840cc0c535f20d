"""Dtypes that TensorFlow refuses to bring together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphlift.models import convert
from graphlift.models.contradictions.base import (
    DTYPE,
    Contradiction,
    Side,
    beside,
    dense_shape,
    shown_shape,
)
from graphlift.models.contradictions.shapes import broadcast, matmul
from graphlift.models.convert import PYTHON, TENSOR, Operand, is_none
from graphlift.values import NONE, Array, KerasTensor, Sequence, Tensor, Value, Variable


def kind(dtype: str | None) -> str:
    """The kind of a dtype: `bool`, `int` (also unsigned), `float`, `complex`, `string`; empty for any other."""
    name = "float" if dtype == "bfloat16" else (dtype or "").rstrip("0123456789").removeprefix("u")
    return name if name in _REFUSES else ""


_REFUSES = {
    "bool": frozenset({"int", "float", "complex", "string"}),
    "int": frozenset({"float", "complex", "string"}),
    "float": frozenset({"complex", "string"}),
    "complex": frozenset({"string"}),
    "string": frozenset({"bool", "int", "float", "complex"}),
}
"""The kinds of Python numbers and strings that TensorFlow does not convert to a tensor's dtype, by its kind."""


def _mixed(found: Iterable[tuple[int, int | None, Operand]], numbers: bool) -> Contradiction | None:
    """Tensors of different dtypes, or (`numbers`) a tensor beside a Python value that does not become like it."""
    known = [(place, member, one) for place, member, one in found if one.dtype and one.form == "dense"]
    strong = [each for each in known if each[2].strength == TENSOR]
    if not strong:
        return None
    place, member, first = strong[0]
    for other_place, other_member, other in known:
        if other.strength == TENSOR and other.dtype != first.dtype:
            what = f"tf.{other.dtype}"
        elif (
            numbers and other.strength == PYTHON and kind(other.dtype) in _REFUSES.get(kind(first.dtype), ())
        ):
            what = _number(other.dtype)
        else:
            continue
        text = f"tf.{first.dtype} meets {what}: TensorFlow does not convert between them"
        sides = (Side(place, f"tf.{first.dtype}", member), Side(other_place, what, other_member))
        return Contradiction(DTYPE, text, sides)
    return None


def operand_of(value: Value | None) -> Operand:
    """A value as a dtype check sees it; Keras's own variables are cast where Keras says so."""
    if isinstance(value, KerasTensor) or (isinstance(value, Variable) and value.keras):
        return convert.UNKNOWN_OPERAND
    return convert.operand(value)


def described(value: Value, text: str) -> bool:
    """Whether a side's text is what would be said of this value."""
    seen = operand_of(value)
    return text in (f"shape {shown_shape(dense_shape(value))}", f"tf.{seen.dtype}", _number(seen.dtype))


def _number(dtype: str | None) -> str:
    name = {"string": "str"}.get(kind(dtype), kind(dtype))
    return f"a Python {name}"


def promotes(name: str) -> bool:
    """Whether a function (canonical name) brings different dtypes together by itself."""
    return name.startswith(("keras.", "numpy.", "tensorflow.experimental.numpy."))


@beside("common")
def common(*values: Value | None) -> Contradiction | None:
    """Arguments that must share a dtype and do not."""
    found = [(n, None, operand_of(value)) for n, value in enumerate(values) if not is_none(value)]
    return _mixed(found, True)


@beside("elements")
def elements(value: Value | None) -> Contradiction | None:
    """Tensors of different dtypes in one list."""
    if not isinstance(value, Sequence) or value.items is None:
        return None
    return _mixed([(0, n, operand_of(item)) for n, item in enumerate(value.items)], False)


@beside("where")
def where(condition: Value | None, x: Value | None, y: Value | None) -> Contradiction | None:
    """Alternatives of different dtypes or shapes."""
    if is_none(x) or is_none(y):
        return None
    found = [(1, None, operand_of(x)), (2, None, operand_of(y))]
    return _mixed(found, True) or broadcast(condition, x, y)


@beside("gather", "gather_nd")
def gather(params: Any, indices: Any, *rest: Any) -> Contradiction | None:
    """Indices that are no integers."""
    del params, rest
    seen = operand_of(indices) if isinstance(indices, Tensor | Variable | Array) else convert.UNKNOWN_OPERAND
    if seen.form != "dense" or kind(seen.dtype) in ("", "int"):
        return None
    text = f"the indices are tf.{seen.dtype}, and not integers"
    return Contradiction(DTYPE, text, (Side(1, f"tf.{seen.dtype}"),))


def operator(op: str, left: Value, right: Value) -> Contradiction | None:
    """What TensorFlow certainly refuses of `left op right`, at least one of them a tensor or a variable."""
    if op in ("==", "!=") and NONE in (left, right):
        return None
    clash = _mixed([(n, None, operand_of(side)) for n, side in enumerate((left, right))], True)
    if clash is not None:
        return clash
    if op == "@":
        return matmul(left, right)
    # Tensors of shapes that do not broadcast are just not equal.
    return None if op in ("==", "!=") else broadcast(left, right)
