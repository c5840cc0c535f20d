"""Where a body reads a static size that is not the same in all calls: under a relaxed shape it is `None`.

A `tf.function` that is traced once for several shapes (`reduce_retracing=True`, an `input_signature`) knows such a size
only as a tensor (`tf.shape(x)[0]`); Python code that reads it goes wrong. Sizes that are known here are the same in
every call, so reading them is fine.
"""

from __future__ import annotations

from graphlift.interp.frame import Frame
from graphlift.models.api import Arguments
from graphlift.models.convert import as_int
from graphlift.syntax import nodes
from graphlift.values import Shape, Tensor, Value, options

EFFECT = "static-shape"


def note_shape(frame: Frame, node: nodes.Attribute, receiver: Value) -> None:
    """Note a read of `x.shape` or `x.get_shape()` unless only what is known of it is used."""
    for option in options(receiver):
        if isinstance(option, Tensor) and not option.eager and _needs_more(option.shape, node):
            frame.effect(EFFECT, node, node.as_string())
            return


def note_length(frame: Frame, node: nodes.NodeNG, value: Value) -> None:
    """Note `len(x)` of a tensor whose first size is not known."""
    for option in options(value):
        if isinstance(option, Tensor) and not option.eager and not _known(option.shape, 0):
            frame.effect(EFFECT, node, node.as_string())
            return


def note_unstack(frame: Frame, node: nodes.NodeNG, arguments: Arguments) -> None:
    """Note `tf.unstack(x)`, which needs the static size of its axis unless it is told a number."""
    value, axis = arguments.get(0, "value"), arguments.get(2, "axis")
    if value is None or arguments.get(1, "num") is not None:
        return
    place = 0 if axis is None else as_int(axis)
    for option in options(value):
        if isinstance(option, Tensor) and not (place is not None and _known(option.shape, place)):
            frame.effect(EFFECT, node, node.as_string())
            return


def note_loop(
    frame: Frame, node: nodes.NodeNG, names: list[str], before: dict[str, Value], after: dict[str, Value]
) -> None:
    """Note names that a loop in the graph leaves with a less known shape than they had before it."""
    for name in names:
        first, last = before.get(name), after.get(name)
        if isinstance(first, Tensor) and isinstance(last, Tensor) and _loosened(first.shape, last.shape):
            frame.effect(EFFECT, node, f"the shape of `{name}` in the loop")


def _loosened(before: Shape, after: Shape) -> bool:
    if before is None:
        return False
    if after is None or len(after) != len(before):
        return True
    pairs = zip(before, after, strict=True)
    return any(isinstance(a, int) and not isinstance(b, int) for a, b in pairs)


def _known(shape: Shape, axis: int) -> bool:
    return shape is not None and -len(shape) <= axis < len(shape) and isinstance(shape[axis], int)


def _needs_more(shape: Shape, node: nodes.NodeNG) -> bool:
    """Whether the code around a shape may use a size of it that is not known."""
    if shape is not None and all(isinstance(size, int) for size in shape):
        return False
    around = node.parent
    if isinstance(around, nodes.Call) and around.func is node:  # `x.get_shape()`
        node, around = around, around.parent
    if isinstance(around, nodes.Attribute) and around.attrname == "as_list":
        node, around = around.parent, around.parent.parent
    if shape is None:
        return True
    if isinstance(around, nodes.Attribute):
        return bool(around.attrname not in ("rank", "ndims"))
    if isinstance(around, nodes.Call) and isinstance(around.func, nodes.Name):
        return bool(around.func.name != "len")
    if isinstance(around, nodes.Subscript) and around.value is node:
        return not all(isinstance(size, int) for size in _picked(shape, around.slice))
    return True


def _picked(shape: tuple[int | str | None, ...], index: nodes.NodeNG) -> tuple[int | str | None, ...]:
    """The sizes that a constant index or slice takes; all of them for any other."""
    if isinstance(index, nodes.Slice):
        bounds = [_number(bound) for bound in (index.lower, index.upper, index.step)]
        given = [bound for bound in (index.lower, index.upper, index.step) if bound is not None]
        return shape[slice(*bounds)] if len(given) == sum(b is not None for b in bounds) else shape
    number = _number(index)
    if number is None or not -len(shape) <= number < len(shape):
        return shape
    return (shape[number],)


def _number(node: nodes.NodeNG | None) -> int | None:
    sign = 1
    if isinstance(node, nodes.UnaryOp) and node.op == "-":
        sign, node = -1, node.operand
    if isinstance(node, nodes.Const) and type(node.value) is int:
        return sign * node.value
    return None
