"""What a contradiction is, and the registry of the checks that find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from graphlift.models import convert
from graphlift.values import Array, Dim, KerasTensor, Shape, Tensor, Variable

SHAPE, DTYPE = "shape-mismatch", "dtype-mismatch"


class Side(msgspec.Struct, frozen=True):
    """One of the arguments that contradict each other: its position in the check, what it is, its member in a list."""

    position: int
    text: str
    member: int | None = None


class Contradiction(msgspec.Struct, frozen=True):
    """Two or more arguments that cannot meet: the hazard's kind, a sentence fragment, the sides."""

    kind: str
    text: str
    sides: tuple[Side, ...]


Check = Callable[..., Contradiction | None]
C = TypeVar("C", bound=Check)
CHECKS: dict[str, Check] = {}
"""The checks by the name of the rule whose arguments they take."""


def beside(*rules: str) -> Callable[[C], C]:
    """Register a check beside the rules of these names."""

    def register(check: C) -> C:
        for rule in rules:
            CHECKS[rule] = check
        return check

    return register


def shown_shape(shape: Shape) -> str:
    """A shape as users write it; `?` for a size that is not known."""
    if shape is None:
        return "an unknown shape"
    sizes = ["?" if dim is None else str(dim) for dim in shape]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


def dense_shape(value: Any) -> Shape:
    """The shape of an argument that is certainly dense (a shape passes through)."""
    if value is None or isinstance(value, tuple):
        return value
    if isinstance(value, Tensor | Variable | KerasTensor | Array):
        return value.shape if not isinstance(value, Tensor) or value.form == "dense" else None
    seen = convert.operand(value)
    return seen.shape if seen.form == "dense" and seen.strength else None


def shape_side(position: int, shape: Shape, member: int | None = None) -> Side:
    """The side with this shape; `member` is its place in a list that is one argument."""
    return Side(position, f"shape {shown_shape(shape)}", member)


def differ(a: Dim, b: Dim) -> bool:
    """Whether two sizes are known and not the same."""
    return isinstance(a, int) and isinstance(b, int) and a != b
