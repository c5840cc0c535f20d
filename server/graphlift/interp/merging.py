"""What AutoGraph demands where the branches of a tensor condition, or the passes of a tensor loop, meet.

Both branches become part of the graph, so what they leave in a name must have one structure and one dtype
(limitations.md and control_flow.md of AutoGraph's reference; each case reproduced by the judge).
"""

from __future__ import annotations

from graphlift.interp.frame import Frame, own_nodes
from graphlift.interp.objects import library_base
from graphlift.interp.static_shapes import marked_dynamic
from graphlift.syntax import nodes
from graphlift.values import (
    TRACED_DTYPES,
    Bound,
    Class,
    Const,
    External,
    Function,
    Instance,
    Mapping,
    Partial,
    Py,
    SetOf,
    Tensor,
    Value,
    is_loose,
    join,
    join_all,
    mismatch,
    options,
    without_leaves,
)


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
            continue
        found = refusal(frame, left) or refusal(frame, right)
        if found:
            frame.effect("branch-mismatch", node, f"`{name}` holds {found}, which is no tensor")
    _check_keys(frame, node, then, otherwise)


def _check_keys(frame: Frame, node: nodes.If, then: dict[str, Value], otherwise: dict[str, Value]) -> None:
    """Report keys that one branch alone adds to a dict, which the other then has to add too."""
    for name in then.keys() & otherwise.keys() - set(bound_names([*node.body, *node.orelse])):
        left, right = then[name], otherwise[name]
        if not (isinstance(left, Mapping) and isinstance(right, Mapping)) or left.site != right.site:
            continue
        if left.items is None or right.items is None:
            continue
        keys = {key.text for key, _ in left.items} ^ {key.text for key, _ in right.items}
        if keys:
            frame.effect("branch-mismatch", node, f"`{name}[{min(keys)}]` is set in one branch only")


def check_choice(frame: Frame, node: nodes.NodeNG, left: Value, right: Value) -> None:
    """Report a conditional expression on a tensor whose sides cannot meet."""
    found = mismatch(left, right)
    if found:
        frame.effect("branch-mismatch", node, f"the conditional expression gives {found}")
        return
    found = refusal(frame, left) or refusal(frame, right)
    if found:
        frame.effect("branch-mismatch", node, f"the conditional expression gives {found}, which is no tensor")


def check_left_block(frame: Frame, before: int, block: str) -> None:
    """Report a tensor condition that returns out of a block which other paths leave at its end.

    AutoGraph sets the result inside the block, and those paths set none there. `before` counts the earlier returns.
    """
    if frame.alive and not frame.silent and len(frame.conditional_returns) > before:
        node = frame.conditional_returns[before][1]
        frame.effect(
            "branch-mismatch", node, f"the result is set on one path only where a {block} block ends"
        )


def check_returns(frame: Frame) -> None:
    """Report results that a tensor condition chooses between and that cannot meet."""
    for value, node in frame.conditional_returns:
        for other in options(frame.returns):
            found = mismatch(value, other)
            if found:
                frame.effect("branch-mismatch", node, f"the result is {found}")
                break
    if frame.conditional_returns:
        frame.returns = without_leaves(frame.returns)  # They may be of several forms.


def refusal(frame: Frame, value: Value) -> str:
    """What a value is that traced branches and loops cannot give: neither a tensor nor made of tensors; else empty."""
    found = {_not_of_tensors(frame, option) for option in options(value)}
    return next(iter(found)) if len(found) == 1 else ""


def _not_of_tensors(frame: Frame, value: Value) -> str:
    if isinstance(value, Function | Bound | Partial | Class | External):
        return "a function or class"
    if isinstance(value, Instance):
        info = frame.analysis.query("class_info", value.definition)
        plain = info is not None and not info.decorators and library_base(frame, value.definition) is None
        return "an object" if plain else ""
    return "a set" if isinstance(value, SetOf) else ""


def met(left: Value, right: Value) -> Value:
    """What the branches of a traced condition give together: where their shapes differ, only values decide the size."""
    both = join(left, right)
    tight = [o for o in (*options(left), *options(right)) if isinstance(o, Tensor) and not is_loose(o.shape)]
    if len(tight) < len(options(left)) + len(options(right)):
        return both
    return marked_dynamic(both)


def traced_scalars(value: Value) -> Value:
    """What a name holds that traced branches set: Python numbers and strings have become tensors.

    Structures of unknown form may differ, which the graph refuses, so that nothing is known of what they give.
    """

    def convert(option: Value) -> Value:
        if isinstance(option, Const | Py) and option.type in TRACED_DTYPES:
            return Tensor(TRACED_DTYPES[option.type], (), python=True)
        return option

    return without_leaves(join_all(convert(option) for option in options(value)))
