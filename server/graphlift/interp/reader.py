"""What a task of the solver reads, noted as it reads it."""

from __future__ import annotations

from typing import Any, Protocol

from graphlift.engine import Database
from graphlift.index import DefId, Unit
from graphlift.interp.state import Cell, Question, Remembered, State, Task
from graphlift.interp.summary import Context, Outcome, Summary
from graphlift.resolve import QUERIES, unit
from graphlift.syntax import nodes
from graphlift.values import Value

_NOTHING = object()


class Source(Protocol):
    """What a reader asks: the solver."""

    db: Database
    keras: int
    state: State

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
        self._queried: dict[Question, Any] = {}
        self.questions: list[Question] = []
        """What was asked, in order. What is asked twice stands there twice: other runs may have come between."""
        self.answers: list[Any] = []
        self._rehearsed: list[Any] = []
        """The answers to what was asked already when a remembered run was tried, the last one first."""

    def _note(self, question: Question, answer: Any) -> None:
        self.questions.append(question)
        self.answers.append(answer)

    def query(self, name: str, *key: str) -> Any:
        """See `interp.frame.Analysis`, as for the others."""
        question = ("query", name, *key)
        known = self._queried.get(question, _NOTHING)
        if known is _NOTHING:
            if self._rehearsed:
                known = self._rehearsed.pop()
            else:
                known = QUERIES[name](self._solver.db, *key)
            self._queried[question] = known
            self._note(question, known)
        return known

    def cell(self, key: Cell) -> Value:
        """The value of a cell."""
        value: Value
        value = self._rehearsed.pop() if self._rehearsed else self._solver.read_cell(key, self._task)
        self._note(("cell", key), value)
        return value

    def summary(self, definition: DefId, context: Context) -> Summary:
        """What a call does."""
        return self._summary(("call", definition, context))

    def task(self, task: Task) -> Summary:
        """What another task gives."""
        return self._summary(("task", task))

    def _summary(self, question: Question) -> Summary:
        found: Summary
        if self._rehearsed:
            found = self._rehearsed.pop()
        else:
            found = self._solver.demand(self._demanded(question), self._task)
        self._note(question, found)
        return found

    def _demanded(self, question: Question) -> Task:
        if question[0] == "task":
            task: Task = question[1]
            return task
        _, definition, context = question
        kind = "probe" if self._task[0] == "probe" else "run"
        return (kind, definition, self._solver.bounded(definition, context))

    def outcome(self, task: Task) -> Outcome:
        """All that a task was found to do, after its summary was asked for: calls may differ where that does not."""
        found: Outcome
        found = self._rehearsed.pop() if self._rehearsed else self._outcome(task)
        self._note(("outcome", task), found)
        return found

    def _outcome(self, task: Task) -> Outcome:
        return self._solver.state.outcomes.get(task, Outcome())

    def unit(self, key: str) -> Unit:
        """The module with this key."""
        return unit(self._solver.db, key)

    # Remembered runs

    def recall(self, runs: list[Remembered]) -> Remembered | None:
        """The run among these that would get the same answers now to all that it asked.

        Runs of one task ask the same as long as they are answered the same, so all are gone through at once, and each
        question is asked once, as if the task ran. Where there is no such run, it does, and gets these answers.
        """
        at = 0
        while runs:
            if len(runs[0].questions) == at:
                return runs[0]
            question = runs[0].questions[at]
            answer = self._ask(question)
            runs = [run for run in runs if _same(answer, run.answers[at])]
            at += 1
        self._rehearsed = self.answers[::-1]
        self._queried, self.questions, self.answers = {}, [], []
        return None

    def _ask(self, question: Question) -> Any:
        kind = question[0]
        if kind == "query":
            return self.query(*question[1:])
        if kind == "outcome":
            return self.outcome(question[1])
        return self.cell(question[1]) if kind == "cell" else self._summary(question)


def _same(left: Any, right: Any) -> bool:
    return left is right or bool(left == right)
