"""Gradients."""

from __future__ import annotations

from graphlift.models.convert import operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.results import map_leaves
from graphlift.values import (
    NONE,
    Const,
    Dataset,
    External,
    Sequence,
    SetOf,
    Tensor,
    Unknown,
    Value,
    Variable,
    join_all,
)


@result_rule
def gradient(sources: Value | None, unconnected: Value | None = None) -> Value:
    """`tape.gradient`: the structure of the sources, each gradient like its source, or `None`.

    The gradient of a variable that was looked up by rows is a `tf.IndexedSlices`.
    """
    if sources is None:
        return Unknown("no sources were given")
    zeros = _is_zero(unconnected)
    result = map_leaves(_plain(sources), lambda leaf: _gradient_of(leaf, zeros))
    if isinstance(result, Sequence) and result.type not in ("list", "tuple") and not result.fields:
        return Sequence("list", result.items, result.element)
    return result


def _plain(sources: Value) -> Value:
    if isinstance(sources, SetOf | Dataset):
        return Unknown("gradients of a set of sources")
    return sources


def _is_zero(value: Value | None) -> bool:
    if isinstance(value, External):
        return value.name.endswith("UnconnectedGradients.ZERO")
    return isinstance(value, Const) and value.text == "'zero'"


def _gradient_of(leaf: Value, zeros: bool) -> Value:
    if isinstance(leaf, Unknown):
        return Unknown(f"the gradient of something unknown: {leaf.reason}")
    seen = operand(leaf)
    found: list[Value] = [Tensor(seen.dtype, seen.shape)]
    if isinstance(leaf, Variable):
        found.append(Tensor(seen.dtype, seen.shape, "slices"))
    if not zeros:
        found.append(NONE)
    return join_all(found)


@result_rule
def jacobian(target: Value | None, sources: Value | None) -> Value:
    """`tape.jacobian`: the target's shape in front of each source's."""
    if target is None or sources is None:
        return Unknown("no target or sources were given")
    front = operand(target)
    if isinstance(target, Sequence):
        return Unknown("the jacobian of several targets")

    def one(leaf: Value) -> Value:
        seen = operand(leaf)
        whole = None if seen.shape is None or front.shape is None else front.shape + seen.shape
        return join_all([Tensor(seen.dtype, whole), NONE])

    return map_leaves(sources, one)


@result_rule
def batch_jacobian(target: Value | None, source: Value | None) -> Value:
    """`tape.batch_jacobian`: row by row."""
    front, seen = operand(target), operand(source)
    whole = front.shape + seen.shape[1:] if front.shape is not None and seen.shape else None
    return join_all([Tensor(seen.dtype, whole), NONE])
