"""Gradient tapes of somebody else's that a function uses: inside a graph they record nothing.

A tape that is made outside sees the call of a graph as one op. What it is told inside (`watch`, `with tape:`) is lost,
and what it is asked inside (`gradient`) it does not know of the symbolic tensors there.
"""

from __future__ import annotations

from graphlift.interp.frame import Frame, memoised, own_nodes
from graphlift.interp.summary import Effect
from graphlift.interp.targets import target_of
from graphlift.source.span import Place
from graphlift.syntax import nodes

ASKING = frozenset(
    {"watch", "gradient", "jacobian", "batch_jacobian", "reset", "stop_recording", "__enter__"}
)


def use_tape(frame: Frame, node: nodes.NodeNG | None, name: str, where: nodes.NodeNG) -> None:
    """A method of a tape is called, or its `with` block begins."""
    if name in ASKING and node is not None and not is_own(frame, node) and not _asks_of_outside(frame, where):
        frame.effect("outer-tape", where, name, target=target_of(frame, node))


def _asks_of_outside(frame: Frame, call: nodes.NodeNG) -> bool:
    """Whether a captured tape is asked for gradients of captured tensors alone, which it has seen being computed."""
    if not isinstance(call, nodes.Call) or not isinstance(call.func, nodes.Attribute) or len(call.args) != 2:
        return False
    if call.func.attrname not in ("gradient", "jacobian"):
        return False
    return all(_is_captured(frame, part) for part in (call.func.expr, *call.args))


def _is_captured(frame: Frame, node: nodes.NodeNG) -> bool:
    if isinstance(node, nodes.List | nodes.Tuple):
        return all(_is_captured(frame, item) for item in node.elts)
    return isinstance(node, nodes.Name) and node.name not in frame.env and node.name not in frame.scope_names


def is_own(frame: Frame, node: nodes.NodeNG) -> bool:
    """Whether an expression gives a tape that this very run makes."""
    if isinstance(node, nodes.Name):
        return frame.node is not None and node.name in _made(frame.node)
    return isinstance(node, nodes.Call)


@memoised
def _made(scope: nodes.Scope) -> frozenset[str]:
    """The names that a scope's own code gives the result of a call: in a `with`, or by an assignment."""
    found: set[str] = set()
    for node in own_nodes(scope):
        if isinstance(node, nodes.With):
            made = [target for manager, target in node.items if isinstance(manager, nodes.Call)]
        elif isinstance(node, nodes.Assign) and isinstance(node.value, nodes.Call):
            made = list(node.targets)
        else:
            continue
        found |= {target.name for target in made if isinstance(target, nodes.AssignName)}
    return frozenset(found)


def take_tape(
    frame: Frame, effect: Effect, given: dict[str, nodes.NodeNG], here: Place, node: nodes.NodeNG
) -> None:
    """A callee uses a tape of somebody else's: this call's own, or one from farther outside."""
    kind, _, name = effect.target.partition(":")
    target = effect.target
    if kind == "param":
        argument = given.get(name)
        if argument is None or is_own(frame, argument):
            return
        target = target_of(frame, argument)
    elif kind == "closure" and frame.node is not None and name in _made(frame.node):
        return
    via = (here, *effect.via)
    frame.effect("outer-tape", node, effect.subject, target=target, via=via, place=effect.place)
