"""What is done at the first call only (`if not self.ready:`), and whether the graph traced then fits later calls.

A function whose trace makes variables is traced once more before its first call runs, and by then the condition no
longer holds: nothing but the variables is left of what was done under it. Any other function keeps what was done for
all its calls. Either is right only where that changes no variable, binds nothing that is used behind it and does not
leave the function.
"""

from __future__ import annotations

from collections.abc import Callable

from graphlift.interp.frame import MAKES, Frame, own_nodes
from graphlift.interp.merging import bound_names, is_used_after
from graphlift.syntax import nodes


def is_settled_at_once(frame: Frame, guard: nodes.If, attempt: Callable[[], None]) -> bool:
    """Whether a graph, too, does what the first-call guard guards at the first call alone.

    `attempt` runs both branches.
    """
    before, frame.noticed = frame.noticed, set()
    with frame.quietly():
        attempt()
    noticed, frame.noticed = frame.noticed, before | frame.noticed
    idle = "work" not in noticed or not MAKES.isdisjoint(noticed)
    return idle and "changes-variable" not in noticed and not _goes_on(frame, guard)


def _goes_on(frame: Frame, node: nodes.If) -> bool:
    """Whether what runs behind an `if` depends on which branch was taken: by a name, or by leaving it."""
    statements = [*node.body, *node.orelse]
    if any(is_used_after(frame, name, node) for name in bound_names(statements)):
        return True
    if frame.node is None:
        return False
    leaves = (nodes.Return, nodes.Break, nodes.Continue)
    first, last = node.lineno, node.end_lineno or node.lineno
    return any(isinstance(each, leaves) and first <= each.lineno <= last for each in own_nodes(frame.node))
