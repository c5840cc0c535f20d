"""What a task of the solver reads, noted as it reads it."""

from __future__ import annotations

from typing import Any, Protocol

from graphlift.engine import Database
from graphlift.index import DefId, Unit
from graphlift.interp.state import Cell, Task
from graphlift.interp.summary import Context, Summary
from graphlift.resolve import QUERIES, unit
from graphlift.syntax import nodes
from graphlift.values import Value


class Source(Protocol):
    """What a reader asks: the solver."""

    db: Database
    keras: int

    def read_cell(self, key: Cell, reader: Task) -> Value:
        """The value of a cell, after whatever plainly determines it has run."""
        ...

    def demand(self, task: Task, reader: Task) -> Summary:
        """The summary of a task, running it first where that is possible now."""
        ...

    def bounded(self, definition: DefId, context: Context) -> Context:
        """The context under which a call is summarised."""
        ...


class Reader:
    """What one task reads; the interpreter's `Analysis`."""

    unrolling = False

    def __init__(self, solver: Source, task: Task) -> None:
        self._solver = solver
        self._task = task
        self.keras = solver.keras
        self.watched: tuple[DefId, dict[nodes.NodeNG, Value]] | None = None
        self.reads: dict[tuple[Any, ...], Any] = {}
        self.consistent = True

    def _note(self, key: tuple[Any, ...], value: Any) -> Any:
        first = self.reads.setdefault(key, value)
        if first is not value and first != value:
            self.consistent = False
        return value

    def query(self, name: str, *key: str) -> Any:
        """See `interp.frame.Analysis`, as for the others."""
        full = ("query", name, *key)
        if full in self.reads:
            return self.reads[full]
        return self._note(full, QUERIES[name](self._solver.db, *key))

    def cell(self, key: Cell) -> Value:
        """The value of a cell."""
        value: Value = self._note(("cell", *key), self._solver.read_cell(key, self._task))
        return value

    def summary(self, definition: DefId, context: Context) -> Summary:
        """What a call does."""
        return self._call(definition, self._solver.bounded(definition, context))

    def _call(self, definition: DefId, context: Context) -> Summary:
        kind = "probe" if self._task[0] == "probe" else "run"
        found = self._solver.demand((kind, definition, context), self._task)
        self._note(("call", definition, context), found)
        return found

    def unit(self, key: str) -> Unit:
        """The module with this key."""
        return unit(self._solver.db, key)

    def replay(self, key: tuple[Any, ...]) -> Any:
        """The present answer to something that a remembered run read."""
        if key[0] == "query":
            return self.query(*key[1:])
        if key[0] == "cell":
            return self.cell(key[1:])
        if key[0] == "call":
            return self._call(key[1], key[2])
        task: Task = key[1]
        return self._note(key, self._solver.demand(task, self._task))
