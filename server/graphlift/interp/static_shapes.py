"""Where a body reads a static size that is not the same in all calls: under a relaxed shape it is `None`.

A `tf.function` that is traced once for several shapes (`reduce_retracing=True`, an `input_signature`) knows such a size
only as a tensor (`tf.shape(x)[0]`); Python code that reads it goes wrong. Sizes that are known here are the same in
every call, so reading them is fine.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from graphlift.interp.frame import Frame
from graphlift.models.api import Arguments
from graphlift.models.convert import as_int
from graphlift.syntax import nodes
from graphlift.values import (
    Array,
    Bound,
    Const,
    DType,
    External,
    Function,
    Sequence,
    Shape,
    ShapeValue,
    Tensor,
    Value,
    Variable,
    is_loose,
    join_all,
    options,
)

EFFECT = "static-shape"
UNKNOWN_SIZE = "unknown-size"


def with_dynamic_sizes(frame: Frame, value: Value, given: Iterable[Value], makes: bool) -> Value:
    """What a library call gives, marked where tracing knows its sizes no better than they are known here.

    An argument whose sizes only the values decide passes that on. Where `makes` says that it is an op, and all sizes
    that go in are known, a size that is not known in what comes out is decided by values, too.
    """
    if frame.plain or frame.is_module:
        return value
    tensors = [tensor for argument in given for tensor in _tensors(argument)]
    if any(t is None for t in tensors):
        return value
    passed = any(t.dynamic for t in tensors if isinstance(t, Tensor))
    if not passed and not (makes and all(not is_loose(t.shape) for t in tensors if t is not None)):
        return value
    return marked_dynamic(value)


def marked_dynamic(value: Value) -> Value:
    """A result with its tensors of unknown sizes marked as such."""

    def one(option: Value) -> Value:
        if isinstance(option, Tensor) and not option.eager and is_loose(option.shape):
            return msgspec.structs.replace(option, dynamic=True)
        if isinstance(option, Sequence) and option.items is not None:
            items = tuple(marked_dynamic(item) for item in option.items)
            return msgspec.structs.replace(option, items=items, element=join_all(items))
        return option

    return join_all(one(option) for option in options(value)) if options(value) else value


def _tensors(value: Value) -> list[Tensor | Variable | Array | None]:
    """The tensors in an argument; `None` for what may hold others."""
    found: list[Tensor | Variable | Array | None] = [] if options(value) else [None]
    if len(options(value)) > 1 and any(isinstance(o, Const) for o in options(value)):
        return [None]  # Of several numbers one may be the size.
    for option in options(value):
        if isinstance(option, Tensor | Variable | Array):
            found.append(option)
        elif isinstance(option, Sequence) and option.items is not None:
            found += [tensor for item in option.items for tensor in _tensors(item)]
        elif isinstance(option, ShapeValue):
            found.append(Tensor("int32", option.shape))
        elif not isinstance(option, Const | DType | External | Function | Bound):
            found.append(None)  # A Python number may be the size: tracing knows it.
    return found


def note_shape(frame: Frame, node: nodes.Attribute, receiver: Value) -> None:
    """Note a read of `x.shape` or `x.get_shape()` unless only what is known of it is used."""
    for option in options(receiver):
        if isinstance(option, Tensor) and not option.eager and _needs_more(option.shape, node):
            frame.effect(EFFECT, node, node.as_string())
            if option.dynamic and not frame.plain:
                frame.effect(UNKNOWN_SIZE, node, node.as_string(), certain=_computes(node))
            return


def _computes(node: nodes.NodeNG) -> bool:
    """Whether what is read goes straight into arithmetic or a call, which take no `None`."""
    around = node.parent
    while isinstance(around, nodes.Subscript | nodes.List | nodes.Tuple) and not _is_target(around, node):
        node, around = around, around.parent
    return isinstance(around, nodes.BinOp | nodes.Call | nodes.UnaryOp) and node is not getattr(
        around, "func", None
    )


def _is_target(around: nodes.NodeNG, node: nodes.NodeNG) -> bool:
    return isinstance(around, nodes.Subscript) and around.value is not node


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
            if option.dynamic and not frame.plain:
                frame.effect(UNKNOWN_SIZE, node, node.as_string())
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
