"""Who changes the Python state that a function reads, and whether that is over before the function is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from graphlift.callgraph import CallGraph
from graphlift.index import MODULE_BODY, DefId, Unit
from graphlift.interp.guards import assignment_lines, in_loop
from graphlift.interp.objects import CONSTRUCTORS
from graphlift.interp.places import marks
from graphlift.interp.solver import Solver
from graphlift.interp.trainable import NAME, PREFIX
from graphlift.resolve import class_info, own_line, subclasses, unit
from graphlift.values import Const, Never, Value, const_value, options

MAX_LIFTS = 6
"""Through how many callers a change is followed to the moment when it happens."""


Moment: TypeAlias = tuple[DefId, tuple[int | None, ...]]
"""Lines of a definition, `None` for one in a loop."""


class Change(msgspec.Struct, frozen=True):
    """Somebody who changes a piece of state. `line` is the line in the changer, 0 in a loop, `None` if unknown.

    `own` says that the changer made the object itself, so that the change is one of that object alone.
    """

    changer: DefId
    certain: bool = True
    line: int | None = None
    own: bool = False


class Changers:
    """Who changes what an effect reads."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver

    def of(self, subject: str) -> list[Change]:
        """The changes of what a `reads-state` effect with this subject reads."""
        owner, _, name = subject.rpartition(".")
        found = self._touched(subject)
        if subject.startswith(PREFIX):
            found += self._own(subject)
            return found + [Change(who, False) for who in _texts(self._cell("changed", "?", NAME))]
        if subject.startswith("global "):
            module = owner.removeprefix("global ")
            found += self._touched(f"globals {module}")
            return found + [Change(who) for who in _texts(self._cell("changed-global", module, name))]
        for each in family(self._solver, owner) if owner != "?" else ():
            found += self._touched(f"attributes {each}")
            found += [Change(who) for who in _texts(self._cell("changed", each, name))]
            found += self._own(each, name)
        return found + [Change(who, False) for who in _texts(self._cell("changed", "?", name))]

    def is_touched(self, subject: str, cls: str) -> bool:
        """Whether an attribute may be changed by other ways than by setting it: by computed names, by library code."""
        return bool(self._touched(subject) or self._touched(f"attributes {cls}"))

    def _touched(self, place: str) -> list[Change]:
        return [Change(who, True, line) for who, line in marks(self._cell("touched", place))]

    def _own(self, *key: str) -> list[Change]:
        """The changes that each make of what they have made: of too many to name, perhaps none has it read before."""
        changes = marks(self._cell("changed-own", *key))
        return [Change(who, who != "?", line, True) for who, line in changes]

    def _cell(self, *key: str) -> Value:
        return self._solver.state.cells.get(key, Never())


def family(solver: Solver, owner: DefId) -> list[DefId]:
    """A class, its bases and its subclasses: an object of any of them may have the attribute."""
    if class_info(solver.db, owner) is None:
        return [owner]
    return list(dict.fromkeys([*own_line(solver.db, owner), *subclasses(solver.db, owner)]))


def _texts(value: Value) -> list[DefId]:
    return [str(const_value(o)) for o in options(value) if isinstance(o, Const)] or (
        ["?"] if options(value) else []
    )


class Moments:
    """When things happen in the program, as far as the call graph and the order of lines tell."""

    def __init__(self, solver: Solver, graph: CallGraph) -> None:
        self._solver = solver
        self._graph = graph
        self._reachable: dict[DefId, frozenset[DefId]] = {}
        self._callers: dict[DefId, frozenset[DefId]] = {}
        self._leading: dict[Moment, tuple[Moment, ...]] = {}

    def is_set_up(self, change: Change, subject: str, judged: DefId) -> bool:
        """Whether a change is part of making the object, or over before anything calls the judged function."""
        changer = change.changer
        holder = self._holder(changer)
        if holder is None:
            return False
        if self._is_constructing(changer):
            return True
        if change.own:
            calls = self._calls(changer, judged)
            line = change.line + holder.layouts[changer].first_line - 1 if change.line else None
            return not calls or (line is not None and line < min(calls))
        return self._is_over(changer, self._lines(holder, change, subject), judged, MAX_LIFTS)

    def is_seen_later(self, change: Change, subject: str, judged: DefId) -> bool:
        """Whether the program shows a change after a call of the judged function: some code gets to both in this order.

        A public method that nobody is seen to call is there to be called at any time. Otherwise nobody knows: what
        changes settings in one program may never run in the one that calls the function.
        """
        holder = self._holder(change.changer)
        if holder is None:
            return False
        if not self._graph.callers_of(change.changer) and self._is_method(change.changer, subject):
            return not change.changer.rpartition(".")[2].startswith("_")
        lines = tuple(self._lines(holder, change, subject)) or (None,)
        above = self._above(judged)
        for definition, at in self._leading_to(change.changer, lines):
            if definition not in above:
                continue
            calls = self._calls(definition, judged)
            if calls and (any(not line or line >= min(calls) for line in at) or self.runs_again(definition)):
                return True
        return False

    def _leading_to(self, changer: DefId, lines: tuple[int | None, ...]) -> tuple[Moment, ...]:
        """The definitions that get to these lines of a changer, itself first, each with the lines where it does."""
        known = self._leading.get((changer, lines))
        if known is not None:
            return known
        found: dict[DefId, tuple[int | None, ...]] = {changer: lines}
        level = [changer]
        for _ in range(MAX_LIFTS):
            new = {who: at for who, at in self._lines_by_caller(level).items() if who not in found}
            found |= {caller: tuple(at) for caller, at in new.items()}
            level = list(new)
        answer = self._leading[changer, lines] = tuple(found.items())
        return answer

    def _above(self, definition: DefId) -> frozenset[DefId]:
        """The functions whose calls may get to this one, itself included."""
        return _closed(
            self._callers, definition, lambda each: (c.caller for c in self._graph.callers_of(each))
        )

    def _is_method(self, changer: DefId, subject: str) -> bool:
        """Whether a changer is a method of the class whose attribute it changes."""
        return changer.rpartition(".")[0] in family(self._solver, subject.rpartition(".")[0])

    def _holder(self, changer: DefId) -> Unit | None:
        """The module of a changer that the program has."""
        holder = unit(self._solver.db, changer.partition(":")[0]) if ":" in changer else None
        return None if holder is None or changer not in holder.nodes else holder

    def _lines(self, holder: Unit, change: Change, subject: str) -> list[int | None]:
        """The lines at which the changer makes a change, `None` for one in a loop."""
        if change.line is None:
            return assignment_lines(holder.nodes[change.changer], subject.rpartition(".")[2])
        return [change.line + holder.layouts[change.changer].first_line - 1 if change.line else None]

    def _is_constructing(self, changer: DefId) -> bool:
        """Whether a method is only ever called by constructors, or by methods of which that is true."""
        seen = {changer}
        pending = [changer]
        constructed = False
        while pending:
            callers = {call.caller for call in self._graph.callers_of(pending.pop())}
            if not callers:
                return False
            for caller in callers - seen:
                seen.add(caller)
                if caller.rpartition(".")[2].partition("@")[0] in CONSTRUCTORS:
                    constructed = True
                else:
                    pending.append(caller)
        return constructed

    def _is_over(self, definition: DefId, lines: list[int | None], judged: DefId, lifts: int) -> bool:
        """Whether what happens at lines of a definition (`None` in a loop) is over before the judged one is called.

        Where the definition does not get to the judged one itself, it counts when it is called.
        """
        known = [line for line in lines if line]
        if not lines or len(known) != len(lines) or not lifts:
            return False
        calls = self._calls(definition, judged)
        if calls:
            return max(known) < min(calls) and self.runs_once(definition)
        by_caller = self._lines_by_caller([definition])
        return bool(by_caller) and all(
            self._is_over(caller, lines, judged, lifts - 1) for caller, lines in by_caller.items()
        )

    def _lines_by_caller(self, definitions: list[DefId]) -> dict[DefId, list[int | None]]:
        """Who calls one of these, and at which lines (`None` for a call in a loop)."""
        found: dict[DefId, list[int | None]] = {}
        for definition in definitions:
            for call in self._graph.callers_of(definition):
                found.setdefault(call.caller, []).append(self._line(call.caller, call.place.span.line))
        return found

    def _calls(self, definition: DefId, judged: DefId) -> list[int]:
        """The lines at which a definition makes a call that may get to the judged one."""
        layout = unit(self._solver.db, definition.partition(":")[0]).layouts.get(definition)
        if layout is None:  # An edit took it away, and the call graph is that of the last settling.
            return []
        first = layout.first_line
        above = self._above(judged)
        return [
            call.place.span.line + first - 1
            for call in self._graph.calls_of(definition)
            if call.callee in above
        ]

    def _line(self, definition: DefId, line: int) -> int | None:
        """A line of a definition in its file, `None` for one in a loop."""
        holder = unit(self._solver.db, definition.partition(":")[0])
        if definition not in holder.layouts:
            return None
        line += holder.layouts[definition].first_line - 1
        return None if in_loop(holder.nodes[definition], line) else line

    def runs_once(self, definition: DefId, lifts: int = MAX_LIFTS) -> bool:
        """Whether the program is seen to run a definition once: a module, or what one line outside loops calls."""
        if definition.endswith(f":{MODULE_BODY}"):
            return True
        callers = self._graph.callers_of(definition)
        if len(callers) != 1 or not lifts or callers[0].caller == definition:
            return False
        caller = callers[0].caller
        return self._line(caller, callers[0].place.span.line) is not None and self.runs_once(
            caller, lifts - 1
        )

    def is_looped(self, definition: DefId, parent: DefId) -> bool:
        """Whether a nested function is defined in a loop of the function around it."""
        holder = unit(self._solver.db, definition.partition(":")[0])
        if definition not in holder.nodes or parent not in holder.nodes:
            return False
        return in_loop(holder.nodes[parent], holder.nodes[definition].lineno)

    def runs_again(self, definition: DefId) -> bool:
        """Whether the program is seen to run a definition again and again: itself, or what leads to it, in a loop."""
        seen: set[DefId] = set()
        pending = [definition]
        while pending:
            current = pending.pop()
            seen.add(current)
            for call in self._graph.callers_of(current):
                if call.caller == definition or self._line(call.caller, call.place.span.line) is None:
                    return True
                if call.caller not in seen:
                    pending.append(call.caller)
        return False

    def reach(self, definition: DefId) -> frozenset[DefId]:
        """The functions that a call of this one may get to, itself included."""
        return _closed(
            self._reachable, definition, lambda each: (c.callee for c in self._graph.calls_of(each))
        )


def _closed(
    known: dict[DefId, frozenset[DefId]], start: DefId, step: Callable[[DefId], Iterable[DefId]]
) -> frozenset[DefId]:
    """Everything that steps lead to from a definition, itself included; worked out once, in `known`."""
    if start not in known:
        seen: set[DefId] = set()
        pending = [start]
        while pending:
            current = pending.pop()
            if current not in seen:
                seen.add(current)
                pending.extend(step(current))
        known[start] = frozenset(seen)
    return known[start]
