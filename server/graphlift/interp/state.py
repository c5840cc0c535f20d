"""What one settling of the fixpoint has found, and what is remembered of earlier ones."""

from __future__ import annotations

from typing import Any, TypeAlias

from graphlift.index import DefId
from graphlift.interp.entry import EntryContext
from graphlift.interp.failures import Failure
from graphlift.interp.summary import Context, Outcome, Summary
from graphlift.values import Value

Task: TypeAlias = tuple[str, DefId, Context]
"""Kind (`run`, `probe`, `def`, `root`), definition, context."""

Cell: TypeAlias = tuple[str, ...]

REMEMBERED_RUNS = 6


class Root:
    """A function as it is judged: what is known of its parameters, and what it does with them.

    `doubt` is what it does when parameters hold anything at all whose callers are not all visible; `None` where
    all is seen.
    """

    def __init__(self, entry: EntryContext, outcome: Outcome, doubt: Summary | None = None) -> None:
        self.entry = entry
        self.outcome = outcome
        self.doubt = doubt

    @property
    def summary(self) -> Summary:
        """What the function does when it is called with what its callers show."""
        return self.outcome.summary


class State:
    """One settling of the fixpoint."""

    def __init__(self) -> None:
        self.cells: dict[Cell, Value] = {}
        self.growths: dict[Cell, int] = {}
        self.outcomes: dict[Task, Outcome] = {}
        self.summaries: dict[Task, Summary] = {}
        self.reruns: dict[Task, int] = {}
        self.readers: dict[tuple[Any, ...], dict[Task, None]] = {}
        self.dirty: dict[Task, None] = {}
        self.contexts: dict[DefId, dict[tuple[tuple[str, Value], ...], dict[Context, None]]] = {}
        self.merged: dict[tuple[Any, ...], Context] = {}
        self.roots: dict[DefId, Root] = {}
        self.installed: set[Task] = set()
        self.failures: dict[DefId, Failure] = {}
        """Errors in Graphlift itself, by the definition whose run they ended."""
        self.settled = False
        self.agenda: list[Task] | None = None
        self.cursor = 0

    def copied(self) -> State:
        """The same state, to go on from without changing this one."""
        after = State()
        for name, value in vars(self).items():
            setattr(after, name, value.copy() if isinstance(value, dict | set | list) else value)
        after.readers = {key: dict(found) for key, found in self.readers.items()}
        after.contexts = {
            name: {closure: dict(known) for closure, known in closures.items()}
            for name, closures in self.contexts.items()
        }
        return after


class Memory:
    """Outcomes of past runs by task, each with everything the run read."""

    def __init__(self) -> None:
        self.entries: dict[Task, list[tuple[tuple[tuple[tuple[Any, ...], Any], ...], Any]]] = {}
        self.used: set[Task] = set()

    def copied(self) -> Memory:
        """The same memory, to go on from without changing this one."""
        after = Memory()
        after.entries = {task: list(found) for task, found in self.entries.items()}
        return after

    def remember(self, task: Task, reads: dict[tuple[Any, ...], Any], result: Any) -> None:
        """Keep what a run gave, with everything that it read."""
        entries = self.entries.setdefault(task, [])
        entries.insert(0, (tuple(reads.items()), result))
        del entries[REMEMBERED_RUNS:]

    def sweep(self) -> None:
        """Forget tasks that the last settling did not need."""
        self.entries = {task: found for task, found in self.entries.items() if task in self.used}
        self.used = set()
