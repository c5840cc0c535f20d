"""What AutoGraph demands where the branches of a tensor condition, or the passes of a tensor loop, meet.

Both branches become part of the graph, so what they leave in a name must have one structure and one dtype
(limitations.md and control_flow.md of AutoGraph's reference; each case reproduced by the judge).
"""

from __future__ import annotations

from graphlift.interp.frame import Frame, own_nodes
from graphlift.syntax import nodes
from graphlift.values import (
    NONE,
    Array,
    Const,
    Mapping,
    Never,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    join_all,
    options,
)

_DTYPES = {"int": "int32", "float": "float32", "bool": "bool", "str": "string", "bytes": "string"}


def mismatch(left: Value, right: Value) -> str:
    """Why two values cannot meet in a graph, in a few words; empty when they can or it is not certain."""
    found = ""
    for one in options(left):
        for other in options(right):
            found = _mismatch(one, other)
            if not found:
                return ""
    return found


def _mismatch(left: Value, right: Value) -> str:
    if isinstance(left, Unknown | Never) or isinstance(right, Unknown | Never) or left == right:
        return ""
    if NONE in (left, right):
        return "None on one side only"
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        return _sequences(left, right)
    if isinstance(left, Sequence | Mapping) != isinstance(right, Sequence | Mapping):
        return "a container on one side only" if _is_data(left) and _is_data(right) else ""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        if left.items is not None and right.items is not None:
            keys = {key for key, _ in left.items}, {key for key, _ in right.items}
            return "" if keys[0] == keys[1] else "dicts with different keys"
        return ""
    first, second = _dtype(left), _dtype(right)
    if first and second and first != second:
        return f"{first} on one side and {second} on the other"
    return ""


def _is_data(value: Value) -> bool:
    return isinstance(value, Sequence | Mapping | Tensor | Variable | Array | Const | Py)


def _sequences(left: Sequence, right: Sequence) -> str:
    if left.type != right.type:
        return f"a {left.type} on one side and a {right.type} on the other"
    if left.items is None or right.items is None:
        return ""
    if len(left.items) != len(right.items):
        return f"{left.type}s of different lengths"
    for one, other in zip(left.items, right.items, strict=True):
        found = mismatch(one, other)
        if found:
            return found
    return ""


def _dtype(value: Value) -> str | None:
    if isinstance(value, Tensor | Variable | Array):
        return value.dtype
    if isinstance(value, Const | Py):
        return _DTYPES.get(value.type)
    return None


def bound_names(statements: list[nodes.NodeNG]) -> list[str]:
    """The names that statements bind in their own scope, in order."""
    found: dict[str, None] = {}
    for statement in statements:
        if isinstance(statement, nodes.FunctionDef | nodes.ClassDef):
            continue
        for node in _inside(statement):
            if isinstance(node, nodes.AssignName):
                found[node.name] = None
    return list(found)


def _inside(statement: nodes.NodeNG) -> list[nodes.NodeNG]:
    pending, seen = [statement], []
    while pending:
        node = pending.pop()
        seen.append(node)
        if not isinstance(node, nodes.FunctionDef | nodes.Lambda | nodes.ClassDef | nodes.ListComp):
            pending.extend(node.get_children())
    return seen


def is_used_after(frame: Frame, name: str, node: nodes.NodeNG) -> bool:
    """Whether a name is read behind a statement, or anywhere when a loop leads back before it."""
    if frame.node is None:
        return False
    end = node.end_lineno or 0
    return any(
        isinstance(child, nodes.Name)
        and child.name == name
        and (bool(frame.loop_heads) or child.lineno > end)
        for child in own_nodes(frame.node)
    )


def check_branches(frame: Frame, node: nodes.If, then: dict[str, Value], otherwise: dict[str, Value]) -> None:
    """Report names that the branches of a tensor condition leave in ways that cannot meet."""
    for name in bound_names([*node.body, *node.orelse]):
        if not is_used_after(frame, name, node):
            continue
        left, right = then.get(name), otherwise.get(name)
        if left is None and right is None:
            continue
        if left is None or right is None:
            frame.effect("branch-mismatch", node, f"`{name}` is set in one branch only")
            continue
        found = mismatch(left, right)
        if found:
            frame.effect("branch-mismatch", node, f"`{name}` holds {found}")


def check_returns(frame: Frame) -> None:
    """Report results that a tensor condition chooses between and that cannot meet."""
    for value, node in frame.conditional_returns:
        for other in options(frame.returns):
            found = mismatch(value, other)
            if found:
                frame.effect("branch-mismatch", node, f"the result is {found}")
                break


def traced_scalars(value: Value) -> Value:
    """What a name holds that traced branches set: Python numbers have become tensors."""

    def convert(option: Value) -> Value:
        if isinstance(option, Const | Py) and option.type in ("int", "float", "bool"):
            return Tensor(_DTYPES[option.type], ())
        return option

    return join_all(convert(option) for option in options(value))
