"""What would be said of a function if its file's text were another."""

from __future__ import annotations

import msgspec

from graphlift.decision import Decision
from graphlift.engine import Database
from graphlift.facts import Program
from graphlift.ide.report import Reporter
from graphlift.interp.solver import Solver
from graphlift.interp.state import State
from graphlift.resolve import source_text, unit
from graphlift.source.levels import RuleLevels


class Tried(msgspec.Struct, frozen=True):
    """The decision about a function in the other text, and the line of its `def` there."""

    decision: Decision
    line: int


_FEW = 400
"""The most functions of a program that is settled anew to try out a text."""


class Bench:
    """Tries texts out and leaves everything as it was.

    A small program is settled anew. In a large one the evidence that is settled is taken (the fast path): what callers
    pass and functions give is then joined with what they did before, so less may be found convertible, and not more.
    """

    def __init__(self, db: Database, solver: Solver, levels: RuleLevels) -> None:
        self._db = db
        self._solver = solver
        self._levels = levels

    def judge(self, path: str, key: str, before: str, text: str, qualname: str) -> Tried | None:
        """Judge a function of the file `path` (module `key`) under another text; `before` is put back."""
        definition = f"{key}:{qualname}"
        self._db.set(source_text, path, text)
        try:
            solver = self._settled(key)
            judged = Reporter(Program(solver), solver, self._levels).judge(definition)
            if judged is None:
                return None
            return Tried(judged[2], unit(self._db, key).layouts[definition].def_line)
        finally:
            self._db.set(source_text, path, before)

    def _settled(self, key: str) -> Solver:
        solver = self._solver.aside()
        if len(self._solver.state.roots) > _FEW:
            solver.refresh(key)
            return solver
        solver.state = State()
        solver.memory = self._solver.memory.copied()
        for _ in solver.settle():
            pass  # Each step polls for cancellation.
        return solver
