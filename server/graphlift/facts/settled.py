"""State that a function sets to what it is set to anyway: `self.started = True`, again at each call.

Tracing writes it once per trace. That is no difference where every write after the object was made gives the same
constant and the function itself does not ask for it: each object that is written has a trace of its own, at its first
call.
"""

from __future__ import annotations

from graphlift.facts.changes import Changers, family
from graphlift.facts.unhashable import compares_by_value
from graphlift.interp.solver import Solver
from graphlift.interp.summary import Summary
from graphlift.resolve import class_info
from graphlift.values import NEVER, Const, join_all


def settled(solver: Solver, changers: Changers, summary: Summary) -> tuple[str, ...]:
    """The subjects of `writes-state` effects that leave the state as it is after the first of them."""
    asked = {e.subject.rpartition(".")[2] for e in summary.effects if e.kind == "reads-state"}
    depends = {e.subject for e in summary.effects if e.kind == "writes-at-times"}
    written = {e.subject for e in summary.effects if e.kind == "writes-state" and e.certain}
    return tuple(
        subject
        for subject in sorted(written - depends)
        if subject.rpartition(".")[2] not in asked and _is_constant(solver, changers, subject)
    )


def _is_constant(solver: Solver, changers: Changers, subject: str) -> bool:
    """Whether all that sets an attribute after the object was made gives it one and the same constant."""
    owner, _, name = subject.rpartition(".")
    if class_info(solver.db, owner) is None:
        return False
    classes = family(solver, owner)
    cells = solver.state.cells
    values = [cells.get(("later", each, name), NEVER) for each in (*classes, "?")]
    value = join_all(values)
    return (
        isinstance(value, Const)
        and value.type in _FLAGS
        and all(change.certain for change in changers.of(subject))
        and not any(changers.is_touched(subject, each) for each in classes)
        and not any(compares_by_value(solver.db, each) for each in classes)
    )


_FLAGS = frozenset({"bool", "str", "None"})
"""Of a number nobody expects that it never changes: what counts starts from 0 again and again."""
