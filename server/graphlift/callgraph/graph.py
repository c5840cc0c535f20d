"""Who calls whom, as the interpreter saw it, and what goes in circles.

This layer stands above `interp`, unlike a syntactic call graph: whom `model(x)` or `self.loss(y)` calls is a question
about values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from graphlift.index import DefId
from graphlift.source.span import Place


class Call(msgspec.Struct, frozen=True):
    """One call: who, whom, where in the caller. `traced` names what traces the callee there, or is empty."""

    caller: DefId
    callee: DefId
    place: Place
    traced: str = ""


class CallGraph(msgspec.Struct, frozen=True):
    """Calls by caller and by callee, in a deterministic order, and the functions that take part in recursion."""

    by_caller: dict[DefId, tuple[Call, ...]]
    by_callee: dict[DefId, tuple[Call, ...]]
    recursive: dict[DefId, tuple[DefId, ...]]
    """A recursive function and the circle of functions it is in, itself included."""

    def calls_of(self, definition: DefId) -> tuple[Call, ...]:
        """The calls that a function makes."""
        return self.by_caller.get(definition, ())

    def callers_of(self, definition: DefId) -> tuple[Call, ...]:
        """The calls of a function."""
        return self.by_callee.get(definition, ())


def build_call_graph(calls: Iterable[Call]) -> CallGraph:
    """Arrange calls as a graph."""
    by_caller: dict[DefId, dict[Call, None]] = {}
    by_callee: dict[DefId, dict[Call, None]] = {}
    for call in calls:
        by_caller.setdefault(call.caller, {})[call] = None
        by_callee.setdefault(call.callee, {})[call] = None
    edges = {caller: sorted({c.callee for c in made}) for caller, made in by_caller.items()}
    recursive: dict[DefId, tuple[DefId, ...]] = {}
    for component in strongly_connected(edges):
        if len(component) > 1 or component[0] in edges.get(component[0], ()):
            for member in component:
                recursive[member] = tuple(component)
    return CallGraph(
        {k: tuple(v) for k, v in sorted(by_caller.items())},
        {k: tuple(v) for k, v in sorted(by_callee.items())},
        recursive,
    )


def strongly_connected(edges: Mapping[DefId, list[DefId]]) -> list[list[DefId]]:
    """Strongly connected components, callees before callers (Tarjan's algorithm, without recursion)."""
    number: dict[DefId, int] = {}
    low: dict[DefId, int] = {}
    stack: list[DefId] = []
    on_stack: set[DefId] = set()
    components: list[list[DefId]] = []
    for start in sorted(edges):
        if start in number:
            continue
        work: list[tuple[DefId, int]] = [(start, 0)]
        while work:
            node, position = work.pop()
            if position == 0:
                number[node] = low[node] = len(number)
                stack.append(node)
                on_stack.add(node)
            targets = edges.get(node, [])
            descended = False
            for index in range(position, len(targets)):
                target = targets[index]
                if target not in number:
                    work.append((node, index + 1))
                    work.append((target, 0))
                    descended = True
                    break
                if target in on_stack:
                    low[node] = min(low[node], number[target])
            if descended:
                continue
            if low[node] == number[node]:
                components.append(_component(node, stack, on_stack))
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
    return components


def _component(root: DefId, stack: list[DefId], on_stack: set[DefId]) -> list[DefId]:
    component: list[DefId] = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        component.append(member)
        if member == root:
            return sorted(component)
