"""What one settling of the fixpoint has found, and what is remembered of earlier ones."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any, TypeAlias

from graphlift.index import DefId
from graphlift.interp.entry import EntryContext
from graphlift.interp.failures import Failure
from graphlift.interp.summary import Context, Outcome, Summary
from graphlift.values import Value

Task: TypeAlias = tuple[str, DefId, Context]
"""Kind (`run`, `probe`, `def`, `root`), definition, context."""

Cell: TypeAlias = tuple[str, ...]

Question: TypeAlias = tuple[Any, ...]
"""What a run may ask: `query`, its name and key; `cell` and its key; `call`, the definition and the context; what a
`task` gives, and what else was its `outcome`."""

MOST_RUNS = 64
"""The most runs of one task that are remembered between two settlings."""

SPARE_RUNS = 6
"""Up to how many runs of a task are kept that the last settling did not need."""


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


class Worklist:
    """Tasks that have to run again, in the order in which they first ended: callees come before their callers.

    A caller that came before something that its callees call would have to run twice.
    """

    def __init__(self) -> None:
        self._ranks: dict[Task, int] = {}
        self._waiting: set[Task] = set()
        self._heap: list[tuple[int, Task]] = []

    def ended(self, task: Task) -> None:
        """Note that a task has run."""
        self._ranks.setdefault(task, len(self._ranks))

    def add(self, task: Task) -> None:
        """Queue a task, unless it is queued."""
        if task not in self._waiting:
            self._waiting.add(task)
            heapq.heappush(self._heap, (self._ranks.setdefault(task, len(self._ranks)), task))

    def discard(self, task: Task) -> None:
        """Take a task out, if it is queued."""
        self._waiting.discard(task)

    def first(self) -> Task:
        """The task to run next; there must be one."""
        while self._heap[0][1] not in self._waiting:
            heapq.heappop(self._heap)
        return self._heap[0][1]

    def copied(self) -> Worklist:
        """The same list, to go on from without changing this one."""
        after = Worklist()
        after._ranks, after._waiting, after._heap = dict(self._ranks), set(self._waiting), list(self._heap)
        return after

    def __contains__(self, task: object) -> bool:
        return task in self._waiting

    def __iter__(self) -> Iterator[Task]:
        return iter(sorted(self._waiting, key=self._ranks.__getitem__))

    def __len__(self) -> int:
        return len(self._waiting)


class State:
    """One settling of the fixpoint."""

    def __init__(self) -> None:
        self.cells: dict[Cell, Value] = {}
        self.growths: dict[Cell, int] = {}
        self.outcomes: dict[Task, Outcome] = {}
        self.summaries: dict[Task, Summary] = {}
        self.reruns: dict[Task, int] = {}
        self.readers: dict[Cell | Task, dict[Task, None]] = {}
        """Who has read a cell, or the summary of a task."""
        self.shared: dict[Any, Any] = {}
        """Parts of outcomes and questions that are alike in many runs, so that each is kept once."""
        self.dirty = Worklist()
        """What has to run again."""
        self.due = Worklist()
        """Roots and probes that have to run (again) when nothing is dirty."""
        self.contexts: dict[DefId, dict[tuple[tuple[str, Value], ...], dict[Context, None]]] = {}
        self.merged: dict[tuple[Any, ...], Context] = {}
        self.roots: dict[DefId, Root] = {}
        self.installed: set[Task] = set()
        self.failures: dict[DefId, Failure] = {}
        """Errors in Graphlift itself, by the definition whose run they ended."""
        self.settled = False
        self.agenda: list[Task] | None = None
        self.stages: frozenset[int] = frozenset()
        """After how many tasks of the agenda a stage ends."""
        self.most = 1
        """The most tasks that were seen to wait after the agenda."""
        self.cursor = 0

    def queue(self, task: Task) -> Worklist:
        """The list on which a task waits. Roots and probes tell others nothing: they come when these are settled."""
        return self.due if task[0] in ("root", "probe") else self.dirty

    def copied(self) -> State:
        """The same state, to go on from without changing this one."""
        after = State()
        for name, value in vars(self).items():
            setattr(after, name, value.copy() if isinstance(value, dict | set | list) else value)
        after.dirty, after.due = self.dirty.copied(), self.due.copied()
        after.readers = {key: dict(found) for key, found in self.readers.items()}
        after.contexts = {
            name: {closure: dict(known) for closure, known in closures.items()}
            for name, closures in self.contexts.items()
        }
        return after


class Remembered:
    """A past run: what it asked, in order, what the answers were, and what it gave."""

    __slots__ = ("answers", "questions", "result", "used")

    def __init__(self, questions: tuple[Question, ...], answers: tuple[Any, ...], result: Any) -> None:
        self.questions = questions
        self.answers = answers
        self.result = result
        self.used = True
        """Whether the settling under way has needed it."""


class Memory:
    """Past runs by task, the ones that were needed last first."""

    def __init__(self) -> None:
        self.entries: dict[Task, list[Remembered]] = {}

    def copied(self) -> Memory:
        """The same memory, to go on from without changing this one."""
        after = Memory()
        after.entries = {task: list(found) for task, found in self.entries.items()}
        return after

    def recalled(self, task: Task) -> list[Remembered]:
        """The remembered runs of a task."""
        return self.entries.get(_pure(task), [])

    def use(self, task: Task, run: Remembered) -> None:
        """Note that a remembered run of a task has served again."""
        run.used = True
        entries = self.entries[_pure(task)]
        if entries[0] is not run:
            entries.remove(run)
            entries.insert(0, run)

    def remember(self, task: Task, run: Remembered) -> None:
        """Keep a run."""
        entries = self.entries.setdefault(_pure(task), [])
        entries.insert(0, run)
        del entries[MOST_RUNS:]

    def sweep(self) -> None:
        """Forget what the last settling did not need.

        All that it did need is kept: the next one goes through the same runs, the early ones of a fixpoint too. Of the
        tasks that it needed some other runs stay, for an edit that is taken back.
        """
        kept: dict[Task, list[Remembered]] = {}
        for task, found in self.entries.items():
            needed = [run for run in found if run.used]
            if needed:
                kept[task] = (
                    needed + [run for run in found if not run.used][: max(0, SPARE_RUNS - len(needed))]
                )
            for run in needed:
                run.used = False
        self.entries = kept


def _pure(task: Task) -> Task:
    """The task that gives the same outcome: a probe is a run whose outcome is applied to nothing."""
    return ("run", *task[1:]) if task[0] == "probe" else task
