"""What AutoGraph demands of the names that a loop in the graph carries from one pass to the next.

Such a loop is traced once, with what its names hold before it: Python numbers have become tensors, and one pass must
leave the dtype, the shape and the structure that it found (control_flow.md and limitations.md of AutoGraph's reference;
each case reproduced by the judge). A `while` decides by its first condition whether it is a loop in the graph at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from graphlift.interp.frame import Frame
from graphlift.interp.merging import bound_names, is_used_after, refusal, traced_scalars
from graphlift.models.api import MISMATCHES
from graphlift.syntax import nodes
from graphlift.values import NONE, Value, changed_shape, mismatch, options

Loop: TypeAlias = nodes.For | nodes.While
Env = dict[str, Value]


def carried_names(frame: Frame, node: Loop) -> list[str]:
    """The names that a loop sets and that a later pass, or what comes after the loop, reads."""
    tested = node.test if isinstance(node, nodes.While) else None
    return [
        name
        for name in bound_names(node.body)
        if is_used_after(frame, name, node)
        or (tested is not None and _reads(tested, name))
        or _first_use(node.body, name) == "read"
    ]


def entered(env: Env, carried: list[str]) -> Env:
    """What holds when a loop in the graph is entered: the Python numbers that it carries have become tensors."""
    return {name: traced_scalars(value) if name in carried else value for name, value in env.items()}


@contextmanager
def traced_pass(frame: Frame) -> Iterator[None]:
    """The pass that is traced, from what holds before the loop: of what it does, only what cannot meet is kept.

    Later passes hold more than AutoGraph ever sees, so what cannot meet may not show in them.
    """
    effects, writes, left = dict(frame.effects), dict(frame.writes), dict(frame.left)
    edges, weights, ops = dict(frame.edges), dict(frame.weights), frame.ops
    revealed, returns, given = list(frame.revealed), frame.returns, list(frame.conditional_returns)
    yield
    found = {effect: None for effect in frame.effects if effect.kind in MISMATCHES}
    frame.effects, frame.writes, frame.left = effects | found, writes, left
    frame.edges, frame.weights, frame.ops = edges, weights, ops
    frame.revealed, frame.returns, frame.conditional_returns = revealed, returns, given


def check_carried(
    frame: Frame, node: Loop, carried: list[str], before: Env, after: list[Env], *, may_be_empty: bool
) -> None:
    """Report carried names that one pass leaves in another dtype, shape or structure than it found them."""
    loosened = _sets_loop_options(node)
    for name in carried:
        start = before.get(name)
        for env in after:
            if start is None or name not in env:
                continue
            found = _change(frame, start, env[name], loosened)
            if found:
                frame.effect("loop-mismatch", node, f"`{name}` {found}")
                break
        if (
            loosened
            and start is not None
            and any(changed_shape(start, env.get(name, start)) for env in after)
        ):
            frame.effect("under-xla", node, name, target="grown")
        if start == NONE and may_be_empty and is_used_after(frame, name, node):
            frame.effect("empty-loop", node, name, certain=False)


def _change(frame: Frame, before: Value, after: Value, loosened: bool) -> str:
    if before == NONE:
        unset = NONE in options(after) and after != NONE
        return "is None before the loop, and may be so after a pass" if unset else ""
    found = mismatch(before, after)
    if found:
        return f"takes {found}".replace("on one side", "before the loop").replace(
            "on the other", "after a pass"
        )
    found = refusal(frame, after)
    if found:
        return f"takes {found} in the loop"
    found = "" if loosened else changed_shape(before, after)
    return f"has {found}" if found else ""


def _sets_loop_options(node: Loop) -> bool:
    """Whether the body tells AutoGraph which shapes may vary (`tf.autograph.experimental.set_loop_options`)."""
    return any(
        isinstance(call, nodes.Call) and call.func.as_string().endswith("set_loop_options")
        for statement in node.body
        for call in statement.nodes_of_class(nodes.Call)
    )


# Which use of a name comes first


def _first_use(body: list[nodes.NodeNG], name: str) -> str:
    """`read` where a pass may read the name before it sets it, `written` where it certainly sets it first."""
    for statement in body:
        found = _use(statement, name)
        if found:
            return found
    return ""


def _use(statement: nodes.NodeNG, name: str) -> str:
    match statement:
        case nodes.If():
            if _reads(statement.test, name):
                return "read"
            uses = {_first_use(statement.body, name), _first_use(statement.orelse, name)}
            return "read" if "read" in uses else "written" if uses == {"written"} else ""
        case nodes.For() | nodes.While():
            around = statement.iter if isinstance(statement, nodes.For) else statement.test
            used = _reads(around, name) or _first_use(statement.body, name) == "read"
            return "read" if used else ""
        case nodes.With():
            return (
                "read"
                if any(_reads(e, name) for e, _ in statement.items)
                else _first_use(statement.body, name)
            )
        case nodes.Assign():
            value, targets = statement.value, statement.targets
            if _reads(value, name):
                return "read"
            return "written" if any(name in bound_names([target]) for target in targets) else ""
        case nodes.AugAssign():
            return "read" if name in bound_names([statement]) or _reads(statement, name) else ""
    if _reads(statement, name):
        return "read"
    return "written" if name in bound_names([statement]) else ""


def _reads(node: nodes.NodeNG, name: str) -> bool:
    return any(read.name == name for read in node.nodes_of_class(nodes.Name))
