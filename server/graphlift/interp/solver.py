"""The fixpoint over the whole program: summaries up, evidence down.

A *task* is a run of one definition in one context, the evaluation of a decorated definition, or a *root*: a
function judged with everything its callers show. Tasks read *cells* (flow-insensitive places: globals,
attributes, what callers pass), summaries of other tasks, and queries about the program; they yield outcomes that
write cells. A task that read something which changed runs again, until nothing changes. Cells only grow and are
widened when they grow often, so this ends.

A run is a pure function of what it reads, so outcomes are remembered with their reads (`Memory`): settling
again after an edit starts from nothing, yet runs only what reads something different, and gives the same answer
as a fresh analysis. Nothing is remembered of a run that was cancelled.

Functions whose callers are visible are judged first, with what flows out of module-level code; what nobody is seen
to call is entered afterwards with what its signature, the framework's protocol and its own body say.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from graphlift.engine import Cancelled, Database
from graphlift.index import MODULE_BODY, DefId, ModuleIndex
from graphlift.interp.entry import (
    EntryContext,
    doubtful_context,
    entry_context,
    in_plain_python,
    without_assumptions,
)
from graphlift.interp.failures import contained, described, failed_entry, failed_outcome
from graphlift.interp.frame import Analysis
from graphlift.interp.mismatches import unproven
from graphlift.interp.reader import Reader
from graphlift.interp.run import run, run_decorators
from graphlift.interp.state import Cell, Memory, Remembered, Root, State, Task
from graphlift.interp.summary import Context, Effect, Outcome, Summary, bound_effects, joined_left
from graphlift.models.api import MISMATCHES
from graphlift.resolve import files, function_info, module_index, unit
from graphlift.source.span import Place, Span
from graphlift.syntax import nodes
from graphlift.values import NEVER, TRUE, Class, Function, Instance, Unknown, Value, join, limited, widen

MAX_DEPTH = 80
MAX_CONTEXTS = 8
MAX_CLOSURES = 100
GROWTHS_BEFORE_WIDENING = 5
GROWTHS_BEFORE_UNKNOWN = 24
RERUNS_BEFORE_WIDENING = 5
RERUNS_BEFORE_UNKNOWN = 14
MAX_PROBES = 3
"""How often a function is looked at for what its parameters are: what is known of one may show what another is."""

MANY_OPS = 200
"""From here on the work of a recursive function is no longer counted: how deep it goes is not known anyway."""


MAX_INSTALLED = 1500
"""The most runs of code from installed packages in one settling; what lies beyond is unseen code."""

UNFOLLOWED = Summary(
    Unknown("the installed packages are followed only so far"),
    (Effect("unknown-call", Place("~", Span(1, 0, 1, 0)), "installed code", certain=False),),
)


def _kind(context: Context) -> tuple[DefId, tuple[str, ...]]:
    """What keeps contexts apart for good: the class of the object whose method is called, and what has its default.

    Each class calls methods of its own; and the join of a value with a default that nobody names here is not known.
    """
    first = context.bindings[0][1] if context.bindings else NEVER
    return first.definition if isinstance(first, Instance) else "", tuple(n for n, _ in context.bindings)


class Solver:
    """Settles the fixpoint for the program in a database; owned by one thread."""

    def __init__(self, db: Database, keras: int = 3, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.db = db
        self.keras = keras
        self.cancelled = cancelled
        self.state = State()
        self.memory = Memory()
        self.executed: list[str] = []
        """The runs that were really interpreted since the list was last cleared, for tests."""
        self._stack: list[Task] = []
        self._on_stack: set[Task] = set()

    # Settling

    def successor(self) -> Solver:
        """A solver that starts over on the changed program and shares the remembered runs with this one."""
        after = Solver(self.db, self.keras, self.cancelled)
        after.memory = self.memory
        after.executed = self.executed
        return after

    def aside(self) -> Solver:
        """A solver that knows what this one knows, to try out a changed text (`refresh`) without telling this one."""
        after = Solver(self.db, self.keras, self.cancelled)
        after.memory = self.memory
        after.state = self.state.copied()
        return after

    def settle(self) -> Iterator[tuple[int, int]]:
        """Work towards the fixpoint; yields (done, total) after every piece of work.

        May be abandoned at any yield and started again: what is done stays done. Raises `Cancelled` between runs.

        First everything runs once, in order; between the stages of that order, and at the end, what has to run
        again does. Until then a caller's runs are not repeated for each thing that is learned about its callees.
        """
        state = self.state
        if state.agenda is None:
            state.agenda, state.stages = self._agenda()
        once = len(state.agenda)
        total = once + once // 2
        while state.cursor < once:
            task = state.agenda[state.cursor]
            if task not in state.outcomes:
                self._guarded(task)
                yield (state.cursor, total)
            while state.cursor + 1 in state.stages and state.dirty:
                self._guarded(state.dirty.first())
                yield (state.cursor, total)
            state.cursor += 1
        while waiting := len(state.dirty) + len(state.due):
            state.most = max(state.most, waiting)
            self._guarded((state.dirty or state.due).first())
            yield (total - (total - once) * waiting // state.most, total)
        if not state.settled:
            state.settled = True
            self.memory.sweep()
            state.shared.clear()
        yield (total, total)

    def _agenda(self) -> tuple[list[Task], frozenset[int]]:
        """What to run, in order: module-level code, then every function; and where its stages end."""
        keys = sorted(files(self.db, "").paths)
        indexes: list[ModuleIndex] = [module_index(self.db, key) for key in keys]
        stages: list[list[Task]] = [[("run", f"{key}:{MODULE_BODY}", Context()) for key in keys]]
        stages += [[("root", name, Context()) for name in names] for names in self._entry_order(indexes)]
        ends = frozenset(itertools.accumulate(len(stage) for stage in stages))
        return [task for stage in stages for task in stage], ends

    def refresh(self, key: str) -> None:
        """Judge the functions of one module again, with what is known of everything else (the fast path).

        What other modules know is left as it is until the next settling starts over; cells may only grow here.
        """
        prefix = f"{key}:"
        state = self.state
        for task in list(state.outcomes):
            if task[1].startswith(prefix):
                state.queue(task).add(task)
        for info in unit(self.db, key).index.functions:
            if not info.is_lambda:
                state.due.add(("root", info.id, Context()))
        for definition in [d for d in state.roots if d.startswith(prefix)]:
            if function_info(self.db, definition) is None:
                del state.roots[definition]
        for queue in (state.dirty, state.due):
            for task in [task for task in queue if task[1].startswith(prefix)]:
                if task in queue and function_or_scope(self.db, task[1]):
                    self._guarded(task)

    def _guarded(self, task: Task) -> None:
        """Execute a task from the top; when that is cancelled, everything under way is queued again."""
        try:
            self._execute(task)
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        """Queue again whatever was under way."""
        for pending in self._stack:
            self.state.queue(pending).add(pending)
        self._stack.clear()
        self._on_stack.clear()

    def _entry_order(self, indexes: list[ModuleIndex]) -> tuple[list[DefId], ...]:
        """All functions: constructors, names that nobody mentions, the rest."""
        mentioned: set[str] = set()
        for index in indexes:
            mentioned |= unit(self.db, index.key).mentions
        constructors: list[DefId] = []
        entries: list[DefId] = []
        others: list[DefId] = []
        for index in indexes:
            for function in index.functions:
                if function.is_lambda:
                    continue
                if function.in_class and function.name in ("__init__", "build"):
                    constructors.append(function.id)
                else:
                    (others if function.name in mentioned else entries).append(function.id)
        return constructors, entries, others

    # Reading

    def read_cell(self, key: Cell, reader: Task) -> Value:
        """The value of a cell, after whatever plainly determines it has run."""
        kind = key[0]
        if kind == "class":
            return Class(key[1])
        if kind == "def":
            info = function_info(self.db, key[1])
            if info is None or not info.decorators:
                return Function(key[1])
            return self.demand(("def", key[1], Context()), reader).returns
        if kind == "global":
            self.demand(("run", f"{key[1]}:{MODULE_BODY}", Context()), reader)
        elif kind == "classvar":
            self.demand(("run", key[1], Context()), reader)
        self._note_reader(key, reader)
        return self.state.cells.get(key, NEVER)

    def demand(self, task: Task, reader: Task) -> Summary:
        """The summary of a task, running it first where that is possible now."""
        self._note_reader(task, reader)
        state = self.state
        fresh = task in state.outcomes and task not in state.queue(task)
        if not fresh and task[1].startswith("~") and not self._may_follow(task):
            return UNFOLLOWED
        if not fresh and task not in self._on_stack:
            if len(self._stack) < MAX_DEPTH:
                self._execute(task)
            else:
                state.queue(task).add(task)
        return state.summaries.get(task, Summary())

    def _note_reader(self, key: Cell | Task, reader: Task) -> None:
        readers = self.state.readers.get(key)
        if readers is None:
            readers = self.state.readers[key] = {}
        readers[reader] = None

    def _may_follow(self, task: Task) -> bool:
        """Whether there is still room to interpret installed code, which may be endless."""
        if task not in self.state.installed:
            if len(self.state.installed) >= MAX_INSTALLED:
                return False
            self.state.installed.add(task)
        return True

    def bounded(self, definition: DefId, context: Context) -> Context:
        """The context under which a call is summarised: itself, or a wider one when there are many already.

        Calls of one function object are counted together: functions that capture different values (decorators'
        wrappers, say) do not crowd each other out until there are very many of them.
        """
        state = self.state
        closures = state.contexts.setdefault(definition, {})
        closure = context.closure
        if closure not in closures and len(closures) >= MAX_CLOSURES:
            closure = tuple((name, widen(value)) for name, value in closure)
            if closure not in closures and len(closures) >= 2 * MAX_CLOSURES:
                return self._merged((definition, *_kind(context)), context)
        known = closures.setdefault(closure, {})
        if context in known:
            return context
        if len(known) >= MAX_CONTEXTS:
            context = Context(tuple((name, widen(value)) for name, value in context.bindings), closure)
            if context not in known and len(known) >= 2 * MAX_CONTEXTS:
                return self._merged((definition, closure, *_kind(context)), context)
        known[context] = None
        return context

    def _merged(self, key: tuple[Any, ...], context: Context) -> Context:
        """The join of all contexts beyond the bound: these calls are no longer told apart."""
        before = self.state.merged.get(key, Context())
        bindings, closure = dict(before.bindings), dict(before.closure)
        for table, pairs in ((bindings, context.bindings), (closure, context.closure)):
            for name, value in pairs:
                table[name] = widen(join(table.get(name, NEVER), value))
        merged = Context(tuple(bindings.items()), tuple(sorted(closure.items(), key=lambda item: item[0])))
        self.state.merged[key] = merged
        return merged

    def onlooker(self, definition: DefId) -> Analysis:
        """What the settled program knows, for evaluating something around a function once more."""
        return Reader(self, ("root", definition, Context()))

    def observe(
        self, definition: DefId, context: Context, seen: dict[nodes.NodeNG, Value], plain: bool = False
    ) -> Value:
        """Repeat a run of a definition and note in `seen` what its expressions hold: traced, or in plain Python.

        Returns what the definition gives.
        """
        # A probe leaves no trace in what is settled, nor do the runs that it asks for.
        reader = Reader(self, ("probe" if plain else "watch", definition, context))
        reader.watched = (definition, seen)
        try:
            return run(reader, definition, context).summary.returns
        except BaseException:
            self._abandon()
            raise

    # Running

    def _execute(self, task: Task) -> None:
        if self.cancelled():
            raise Cancelled
        state = self.state
        state.queue(task).discard(task)
        if state.reruns.get(task, 0) > RERUNS_BEFORE_UNKNOWN:
            return
        self._stack.append(task)
        self._on_stack.add(task)
        reader = Reader(self, task)
        found = reader.recall(self.memory.recalled(task))
        if found is None:
            result = self._compute(task, reader)
        else:
            self.memory.use(task, found)
            result = found.result
        self._stack.pop()
        self._on_stack.discard(task)
        self._apply(task, result)

    def _compute(self, task: Task, reader: Reader) -> Any:
        kind, definition, context = task
        result: Any
        try:
            if kind == "root":
                result = self._root(reader, definition)
            elif kind == "def":
                result = Outcome(Summary(run_decorators(reader, definition)))
            else:
                self.executed.append(f"{kind}({definition.replace(':', '.')})")
                result = run(reader, definition, context)
        except Cancelled:
            raise
        except Exception as error:
            if not contained():
                raise
            self.state.failures[definition] = described(error)
            outcome = failed_outcome(definition)
            return Root(failed_entry(definition), outcome) if kind == "root" else outcome
        shared = self.state.shared
        if isinstance(result, Outcome):
            result = result.sharing(shared)
        questions = tuple(shared.setdefault(each, each) for each in reader.questions)
        self.memory.remember(task, Remembered(questions, tuple(reader.answers), result))
        return result

    def _root(self, reader: Reader, definition: DefId) -> Root:
        """Judge a function: settle what is known of its parameters, then read off what it does with it."""
        entry = entry_context(reader, definition, ())
        probes: list[Summary] = []
        while entry.open and len(probes) < MAX_PROBES:
            before = entry.context
            probes.append(reader.task(("probe", definition, before)))
            entry = entry_context(reader, definition, probes)
            if entry.context == before:
                break
        task = ("run", definition, entry.context)
        reader.task(task)
        outcome = self._proved(reader, entry, reader.outcome(task))
        doubtful = doubtful_context(entry)
        if doubtful is None:
            return Root(entry, outcome)
        return Root(entry, outcome, reader.task(("probe", definition, doubtful)))

    def _proved(self, reader: Reader, entry: EntryContext, outcome: Outcome) -> Outcome:
        """The outcome with those mismatches uncertain that need an assumption about a parameter."""
        plain = without_assumptions(entry)
        mismatched = any(effect.kind in MISMATCHES for effect in outcome.summary.effects)
        if not mismatched or plain == entry.context:
            return outcome
        return unproven(outcome, reader.task(("probe", entry.definition, plain)))

    # Applying

    def _apply(self, task: Task, result: Any) -> None:
        state = self.state
        state.reruns[task] = state.reruns.get(task, 0) + 1
        if isinstance(result, Root):
            state.due.ended(task)
            state.outcomes[task] = result.outcome
            state.roots[task[1]] = result
            return
        outcome: Outcome = result
        state.queue(task).ended(task)
        state.outcomes[task] = outcome
        summary = self._monotone(task, outcome.summary)
        if state.summaries.get(task) != summary:
            state.summaries[task] = summary
            self._changed(task)
        if task[0] == "probe":
            return
        plain = self._stays_eager(task[1])
        for key, value in outcome.writes:
            self.write_cell(key, in_plain_python(value) if plain else value)
        for edge in outcome.edges:
            self._evidence(edge.callee, edge.context, plain and not edge.traced)

    def _monotone(self, task: Task, summary: Summary) -> Summary:
        """After some runs a summary may only grow, so that recursion settles."""
        runs = self.state.reruns[task]
        before = self.state.summaries.get(task)
        if before is None or runs < RERUNS_BEFORE_WIDENING:
            return summary
        effects: dict[Effect, None] = dict.fromkeys((*before.effects, *summary.effects))
        returns = widen(join(before.returns, summary.returns))
        if runs >= RERUNS_BEFORE_UNKNOWN:
            returns = Unknown("recursion does not settle")
        most = before if before.ops >= MANY_OPS else max(before, summary, key=lambda each: each.ops)
        return Summary(
            returns,
            bound_effects(effects),
            most.ops,
            before.raises and summary.raises,
            joined_left(before.left, summary.left),
            most.elements,
            tuple(sorted({*before.sets, *summary.sets})),
        )

    def _stays_eager(self, definition: DefId) -> bool:
        """Whether nothing about a definition suggests that it may run in a graph itself."""
        info = function_info(self.db, definition)
        return info is None or not (info.decorators or "<locals>" in definition or info.is_lambda)

    def _evidence(self, callee: DefId, context: Context, plain: bool) -> None:
        info = function_info(self.db, callee)
        if info is None:
            return
        given = dict(context.bindings)
        for parameter in info.parameters:
            value = given.get(parameter.name)
            if value is None:
                self.write_cell(("omitted", callee, parameter.name), TRUE)
            elif isinstance(value, Unknown):
                self.write_cell(("unseen", callee, parameter.name), value)
            else:
                self.write_cell(
                    ("passed", callee, parameter.name), in_plain_python(value) if plain else value
                )
        for name, value in context.closure:
            self.write_cell(("closure", callee, name), value)
        self.write_cell(("called", callee), TRUE)
        if not info.is_lambda and not callee.startswith("~"):
            root = ("root", callee, Context())
            if root not in self.state.outcomes:
                self.state.due.add(root)

    def write_cell(self, key: Cell, value: Value) -> None:
        """Let a cell hold (also) this value; whoever read it runs again when that changes it."""
        state = self.state
        before = state.cells.get(key, NEVER)
        after = limited(join(before, value))
        if after == before:
            return
        growths = state.growths.get(key, 0) + 1
        if growths > GROWTHS_BEFORE_UNKNOWN:
            after = Unknown("it does not settle")
        elif growths > GROWTHS_BEFORE_WIDENING:
            after = widen(after)
        if after == before:
            return
        state.growths[key] = growths
        state.cells[key] = after
        self._changed(key)

    def _changed(self, key: Cell | Task) -> None:
        for reader in self.state.readers.get(key, ()):
            if reader in self.state.outcomes or reader in self._on_stack:
                self.state.queue(reader).add(reader)


def function_or_scope(db: Database, definition: DefId) -> bool:
    """Whether a definition (still) exists."""
    return definition in unit(db, definition.partition(":")[0]).layouts
