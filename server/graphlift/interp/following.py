"""What each visible call passes, found by following the program from its entry points call by call.

The fixpoint judges a function once, with everything that its callers pass joined: that is what safety needs, and it
says nothing about how one call differs from the next. Here the settled program is run abstractly from its
module-level code: short loops pass by pass, functions anew for each different arguments, objects by where they were
made. What lies in attributes and globals comes from the fixpoint. Nothing is written back.

Work is bounded by numbers of runs, never by time, so the same program gives the same answer. Beyond a bound, and in
recursion, a call gives what the fixpoint says of it and is not followed further: calls may be missing, none is made up.
"""

from __future__ import annotations

from typing import Any

import msgspec

from graphlift.index import MODULE_BODY, DefId, Unit
from graphlift.interp.binding import abstracted
from graphlift.interp.failures import guarded
from graphlift.interp.run import run
from graphlift.interp.solver import Solver
from graphlift.interp.summary import CallEdge, Context, Outcome, Summary, Times
from graphlift.resolve import QUERIES, files, unit
from graphlift.syntax import nodes
from graphlift.values import NEVER, Class, Function, Unknown, Value

MAX_RUNS = 1200
"""The most runs altogether."""
MAX_RUNS_OF_ONE = 24
"""The most different arguments with which one definition is followed."""
MAX_EXACT_RUNS = 12
"""Of these, the most that tell floats apart; later runs take any float for another."""
MAX_DEPTH = 40

_UNFOLLOWED = Summary(Unknown("the calls are followed only so far"))


_NEVER = Times(0, False)
_MOST = 1_000_000


class SeenCall(msgspec.Struct, frozen=True):
    """One call as it was followed, and how often it is made; a loop of unknown length counts one pass."""

    caller: DefId
    edge: CallEdge
    times: Times


class Following:
    """The calls of a settled program by callee, in the order in which they are made."""

    unrolling = True
    watched: tuple[DefId, dict[nodes.NodeNG, Value]] | None = None

    def __init__(self, solver: Solver) -> None:
        self.keras = solver.keras
        self._solver = solver
        self._done: dict[tuple[DefId, Context], Outcome] = {}
        self._runs: dict[DefId, int] = {}
        self._stack: list[tuple[DefId, Context]] = []
        self._contexts: dict[tuple[DefId, Context], Context] = {}
        """In which context a call with these arguments was followed."""
        self.cut: set[DefId] = set()
        """The program's own definitions some of whose calls are not followed: beyond a bound, or in recursion."""
        self.calls: dict[DefId, tuple[SeenCall, ...]] = {}
        self._follow()

    def _follow(self) -> None:
        entries = [(f"{key}:{MODULE_BODY}", Context()) for key in sorted(files(self._solver.db, "").paths)]
        for definition, context in entries:
            self.summary(definition, context)
        found: dict[DefId, dict[CallEdge, SeenCall]] = {}
        weights = self._weights(entries)
        for (caller, context), outcome in self._done.items():
            weight = weights.get((caller, context), _NEVER)
            for edge, times in zip(outcome.edges, outcome.times, strict=True):
                calls = found.setdefault(edge.callee, {})
                before = _NEVER if edge not in calls else calls[edge].times
                calls[edge] = SeenCall(caller, edge, _sum(before, _product(weight, times)))
        self.calls = {callee: tuple(calls.values()) for callee, calls in found.items()}

    def _weights(self, entries: list[tuple[DefId, Context]]) -> dict[tuple[DefId, Context], Times]:
        """How often each run is made, from the entry points down; a circle of calls is gone round once."""
        weights = dict.fromkeys(entries, Times(1, False))
        for caller in reversed(self._done):  # A callee is done before its caller.
            outcome, weight = self._done[caller], weights.get(caller, _NEVER)
            for edge, times in zip(outcome.edges, outcome.times, strict=True):
                call = (edge.callee, edge.context)
                callee = (edge.callee, self._contexts.get(call, abstracted(edge.context)))
                if callee in self._done:
                    weights[callee] = _sum(weights.get(callee, _NEVER), _product(weight, times))
        return weights

    # What a run asks (`interp.frame.Analysis`)

    def query(self, name: str, *key: str) -> Any:
        """The answer of one of `resolve.QUERIES`."""
        return QUERIES[name](self._solver.db, *key)

    def unit(self, key: str) -> Unit:
        """The module with this key."""
        return unit(self._solver.db, key)

    def cell(self, key: tuple[str, ...]) -> Value:
        """What the fixpoint knows of a flow-insensitive place."""
        if key[0] == "class":
            return Class(key[1])
        if key[0] == "def":
            info = self.query("function_info", key[1])
            if info is None or not info.decorators:
                return Function(key[1])
            return self._settled(("def", key[1], Context())).returns
        return self._solver.state.cells.get(key, NEVER)

    def summary(self, definition: DefId, context: Context) -> Summary:
        """Follow a call, or say what the fixpoint says of it where it is not followed."""
        runs = self._runs.get(definition, 0)
        key = (definition, context if runs < MAX_EXACT_RUNS else abstracted(context))
        key = (definition, self._contexts.setdefault((definition, context), key[1]))
        known = self._done.get(key)
        if known is not None:
            return known.summary
        if not self._may_follow(definition):
            self.cut.add(definition)
            return self._settled(("run", definition, abstracted(context)))
        self._runs[definition] = runs + 1
        self._stack.append(key)
        outcome, _ = guarded(definition, lambda: run(self, definition, context))
        self._stack.pop()
        self._done[key] = outcome
        return outcome.summary

    def _may_follow(self, definition: DefId) -> bool:
        return (
            not definition.startswith("~")
            and len(self._stack) < MAX_DEPTH
            and all(definition != above for above, _ in self._stack)
            and self._runs.get(definition, 0) < MAX_RUNS_OF_ONE
            and sum(self._runs.values()) < MAX_RUNS
        )

    def _settled(self, task: tuple[str, DefId, Context]) -> Summary:
        state = self._solver.state
        found = state.summaries.get(task)
        if found is None:
            root = state.roots.get(task[1])
            found = _UNFOLLOWED if root is None else root.summary
        return found


def _sum(one: Times, other: Times) -> Times:
    return Times(min(one.least + other.least, _MOST), one.more or other.more)


def _product(outer: Times, inner: Times) -> Times:
    return Times(min(outer.least * inner.least, _MOST), outer.more or inner.more)
