"""Memoised, demand-driven queries over changing inputs.

A `Database` holds inputs and, for each query and key asked for, a memo: the value and the memos it was
computed from. Each change of an input begins a new *revision*. When a value is asked for at a later
revision, its dependencies are brought up to date in the order they were read; only if one of them has
really changed does the body run again, and only if its result differs does that count as a change for those
who read it (early cut-off). This is the red-green algorithm of rustc and salsa, single-threaded and without
durabilities.

**Cycles.** A query declared with `cycle=` may need its own value. Re-entering it gives the current
approximation, and all that is computed from an approximation is provisional: it serves for the current
iteration only. The outermost execution that was re-entered owns the iteration: inner ones never iterate on
their own while they rest on an outer one, so that each (query, key) runs at most once per iteration. An
iteration in which every approximation that was read equals the value then computed is a fixpoint: all its
members become ordinary memos. They share one dependency, a node that stands for all that the cycle read
from outside in any iteration: a change to any of it makes every member run again when asked. With monotone
bodies the fixpoint is the least one whoever asks first; where `widen=` had to step in, the value may depend
on which member was asked first.

**Failures.** A body that raises leaves no memo. Whoever catches the exception depends on all that the
failed execution read. After any exception, cancellation included, finished memos stay, and the database can
be asked again.

**Depth.** A chain of queries takes four Python frames per query (one of them the body), and no C stack from
Python 3.11 on: the caller sets `sys.setrecursionlimit`, and on Python 3.10 runs in a thread with a large
`threading.stack_size`. Verification of old memos takes no stack however long the chain is.

Not thread-safe: one thread owns a database.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Any, ParamSpec, TypeVar

from graphlift.engine import codec
from graphlift.engine.errors import Cancelled, CycleError, DivergenceError, Step
from graphlift.engine.memo import (
    ABSENT,
    DEFAULTED,
    NEVER,
    OUTSIDE,
    SET,
    Frame,
    Memo,
    Stored,
    Trial,
    reachable,
)
from graphlift.engine.query import Query, Spec, input_query, query

__all__ = ["Cancelled", "CycleError", "Database", "DivergenceError", "input_query", "query"]

P = ParamSpec("P")
V = TypeVar("V")

ITERATION_LIMIT = 100
"""Iterations of a cycle beyond its `max_iterations` before it is given up."""


def _cycle_inputs() -> None:
    """Never runs: the body of `COMPONENT`."""


COMPONENT = Spec(_cycle_inputs, 0)
"""The query of the nodes that stand for what the members of one cycle read from outside it."""


class Database:
    """Inputs, memos, and the executions under way.

    `cancelled` is asked at the start of each execution; once it is true, `Cancelled` rises from `get`.
    """

    def __init__(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.cancelled = cancelled
        self.revision = 1
        self.log = False
        self.executed: list[Step] = []
        self._memos: defaultdict[Spec, dict[Hashable, Memo]] = defaultdict(dict)
        # Memos whose value isn't in memory, kept apart because a reader may take any verified memo of
        # `_memos`.
        self._dormant: defaultdict[Spec, dict[Hashable, Memo]] = defaultdict(dict)
        self._deps: dict[Memo | Frame, None] | None = None
        self._stack: list[Frame] = []
        self._finished: list[Memo] = []  # provisional results, in the order they were finished
        self._trials: list[Memo] = []  # memos with a `trial`
        self._sweeps: list[int] = []

    # Inputs

    def set(self, query: Query[..., V], *key_and_value: Any) -> None:
        """Give an input a value: `set(text, path, "…")`.

        Begins a new revision unless the old value was equal.
        """
        spec, key, value = self._input(query, key_and_value, with_value=True)
        memo = self._memos[spec].get(key) or self._dormant[spec].pop(key, None) or Memo(spec, key)
        if not self._unchanged(memo, value):
            self.revision += 1
            memo.changed_at = self.revision
        elif not isinstance(memo.value, Stored):
            value = memo.value
        self._fill(memo, value)

    def remove(self, query: Query[..., Any], *key: Any) -> None:
        """Let an input have its default again.

        The default is computed when it is next asked for. Begins a new revision.
        """
        spec, key_, _ = self._input(query, key, with_value=False)
        memo = self._memos[spec].pop(key_, None)
        if memo is None:
            return
        self.revision += 1
        memo.deps = None
        memo.verified_at = NEVER
        self._dormant[spec][key_] = memo

    def _input(
        self, query: Query[..., Any], parts: tuple[Any, ...], *, with_value: bool
    ) -> tuple[Spec, Hashable, Any]:
        spec = query.spec
        if not spec.is_input:
            raise TypeError(f"`{spec.name}` is not an input")
        if self._stack:
            raise RuntimeError(
                f"input `{spec.name}` was changed while `{self._stack[-1].memo.spec.name}` ran"
            )
        if len(parts) != spec.arity + with_value:
            raise TypeError(f"`{spec.name}` has {spec.arity} key parts")
        key = parts[: spec.arity]
        return spec, key[0] if spec.arity == 1 else key, parts[-1] if with_value else None

    def _fill(self, memo: Memo, value: Any) -> None:
        memo.value = value
        memo.deps = ()
        memo.verified_at = SET
        self._memos[memo.spec][memo.key] = memo

    # Values

    def get(self, query: Query[P, V], *key: P.args, **no: P.kwargs) -> V:
        """The value of a query for a key; the same as `query(db, *key)`."""
        return query(self, *key, **no)

    def poll(self) -> None:
        """Raise `Cancelled` if the answer is no longer wanted.

        For bodies that work long between two queries.
        """
        if self.cancelled():
            for frame in self._stack:
                frame.cancelled = True
            raise Cancelled

    def _demand(self, spec: Spec, key: Hashable) -> Any:
        """The value of a memo that can't simply be read: it is new, old, asleep, or under way."""
        memo = self._find(spec, key)
        if memo.frame is not None:
            return self._reenter(memo, memo.frame)
        if memo.trial is None and memo.deps is not None and memo.verified_at < self.revision:
            self._refresh(memo)
        if memo.trial is None:
            if memo.verified_at >= self.revision and not self._wake(memo):
                memo = self._new(spec, key)
            if memo.verified_at < self.revision:
                self._run(memo)
        elif not memo.trial.finished:
            self._run(memo)
        if memo.trial is not None:
            return self._read_provisional(memo.trial)
        if self._deps is not None:
            self._deps[memo] = None
        return memo.value

    def _find(self, spec: Spec, key: Hashable) -> Memo:
        return self._memos[spec].get(key) or self._dormant[spec].get(key) or self._new(spec, key)

    def _new(self, spec: Spec, key: Hashable) -> Memo:
        if spec.arity != 1 and len(key) != spec.arity:  # type: ignore[arg-type]
            raise TypeError(f"`{spec.name}` has {spec.arity} key parts")
        memo = self._memos[spec][key] = Memo(spec, key)
        return memo

    # Verification

    def _refresh(self, target: Memo) -> None:
        """Find out whether an old memo still holds; if so, it is verified afterwards.

        Brings its dependencies up to date one after the other, in the order in which they were read, and
        stops at the first that has changed: up to there the body would read the very same. So nothing runs
        here that the body would not ask for.
        """
        path, positions = [target], [0]
        while path:
            memo = path[-1]
            # A query that ran meanwhile may have asked for this memo and settled it.
            if memo.verified_at < self.revision and memo.trial is None:
                position, holds = self._examine(memo, positions[-1])
                if holds is None:
                    assert memo.deps is not None
                    positions[-1] = position
                    path.append(memo.deps[position])
                    positions.append(0)
                    continue
                if holds:
                    memo.verified_at = self.revision
                elif memo.spec is COMPONENT:
                    memo.changed_at = memo.verified_at = self.revision
                elif memo.is_ghost:
                    if not self._compare(memo):
                        self._distrust(path)
                        return
                elif memo is not target and not self._attempt(memo):
                    self._distrust(path)
                    return
            path.pop()
            positions.pop()

    def _examine(self, memo: Memo, position: int) -> tuple[int, bool | None]:
        """Whether the dependencies from `position` on are unchanged.

        `None` at the first whose own dependencies have to be looked at before.
        """
        deps = memo.deps or ()
        revision = self.revision
        since = memo.verified_at
        for index in range(position, len(deps)):
            dep = deps[index]
            if dep.verified_at < revision:
                if dep.frame is not None or dep.trial is not None:
                    return index, False
                if dep.deps is not None:
                    return index, None
                if not self._attempt(dep) or dep.trial is not None:
                    return index, False
            if dep.changed_at > since:
                return index, False
        return len(deps), True

    def _compare(self, ghost: Memo) -> bool:
        """Find out by computing it whether a value of an earlier process is still the same.

        `False` if that fails.
        """
        before = ghost.changed_at
        # Until that is known, and should it never be: what it now rests on may in turn ask for the ghost.
        ghost.changed_at = ghost.verified_at = self.revision
        memo = self._find(ghost.spec, ghost.key)
        if memo.frame is not None:
            return True
        if memo.trial is None and memo.verified_at < self.revision:
            if memo.deps is not None:
                self._refresh(memo)
            if memo.trial is None and memo.verified_at < self.revision and not self._attempt(memo):
                return False
        if memo.verified_at >= self.revision:
            ghost.deps = (memo,)
            if self._unchanged(ghost, memo.value):
                ghost.changed_at = before
        return True

    def _attempt(self, memo: Memo) -> bool:
        """Run a query that nobody has asked for by name; says whether it succeeded."""
        try:
            self._run(memo)
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001 - who reads it runs again, and meets the exception if it still asks
            return False
        return True

    def _distrust(self, path: list[Memo]) -> None:
        """Let memos that rest on a failed execution run when they are next asked for."""
        for memo in path:
            if memo.verified_at < self.revision:
                if memo.spec is COMPONENT or memo.is_ghost:
                    memo.changed_at = memo.verified_at = self.revision
                else:
                    memo.deps = None

    # Execution

    def _run(self, memo: Memo) -> None:
        """Run a query body. Afterwards the memo is verified, or provisional (it has a finished `trial`)."""
        spec, key = memo.spec, memo.key
        body, arity = spec.body, spec.arity
        stack, outer = self._stack, self._deps
        frame = Frame(memo, len(stack), len(self._finished), len(self._trials))
        stack.append(frame)
        memo.frame = frame
        try:
            while True:
                self.poll()
                if self.log and not spec.is_input:
                    self.executed.append((spec.name, key))
                self._deps = frame.deps
                # Spelled out, as a call with `*` uses C stack before Python 3.12.
                if arity == 1:
                    value = body(self, key)
                elif arity == 2:
                    value = body(self, key[0], key[1])  # type: ignore[index]
                else:
                    value = body(self, *key)  # type: ignore[misc]
                if frame.cancelled:
                    raise Cancelled
                if frame.low == OUTSIDE:
                    self._finish(memo, value, frame.read())
                    if frame.iteration > 1:
                        self._forget(frame)
                    break
                if frame.low < frame.depth:
                    self._finish_provisionally(frame, value)
                    break
                if self._is_fixpoint(frame, value):
                    break
        except BaseException:
            self._abandon(frame)
            raise
        finally:
            stack.pop()
            memo.frame = None
            self._deps = outer

    def _finish(self, memo: Memo, value: Any, deps: tuple[Memo, ...]) -> None:
        """Make a final result known.

        If it equals the old value, that one stays, with the revision at which it last changed.
        """
        if memo.spec.is_input and deps:
            raise TypeError(f"input `{memo.spec.name}` reads `{deps[0].spec.name}`: make it a query")
        if not self._unchanged(memo, value):
            memo.changed_at = self.revision
            memo.value = value
        elif isinstance(memo.value, Stored):
            memo.value = value
        memo.deps = deps
        memo.trial = None
        memo.verified_at = DEFAULTED if memo.spec.is_input else self.revision
        self._awaken(memo)

    def _unchanged(self, memo: Memo, value: Any) -> bool:
        """Whether a new value of a memo equals its last one, which may be known by its digest alone."""
        old = memo.value
        if isinstance(old, Stored):
            new = value.digest if isinstance(value, Stored) else codec.digest(memo.spec, value)
            return old.digest is not None and old.digest == new
        return old is not ABSENT and (old is value or memo.spec.equal(old, value))

    def _wake(self, memo: Memo) -> bool:
        """Have a verified memo's value in memory.

        `False` if its bytes are no good; the memo is a ghost then.
        """
        stored = memo.value
        if not isinstance(stored, Stored):
            return True
        try:
            memo.value = codec.unpack(memo.spec, stored.packed or b"")
        except Exception:  # noqa: BLE001 - any bytes may come from a disk; the value is computed anew then
            stored.packed = None
            self._dormant[memo.spec].pop(memo.key, None)
            return False
        self._awaken(memo)
        return True

    def _awaken(self, memo: Memo) -> None:
        dormant = self._dormant.get(memo.spec)
        if dormant and dormant.pop(memo.key, None) is not None:
            self._memos[memo.spec][memo.key] = memo

    # Cycles

    def _reenter(self, memo: Memo, frame: Frame) -> Any:
        """The current approximation of a query that is being computed."""
        spec = memo.spec
        if spec.cycle is None:
            raise CycleError([f.memo.step for f in self._stack[frame.depth :]] + [memo.step])
        trial = memo.trial
        if trial is None or not trial.guessed:
            guess = spec.cycle(self, *spec.parts(memo.key), None)
            trial = self._trial(memo)
            trial.guess = guess
            trial.guessed = True
        trial.used = True
        reader = self._stack[-1]
        reader.low = min(reader.low, frame.depth)
        return trial.guess

    def _read_provisional(self, trial: Trial) -> Any:
        """The result that a member of an unfinished cycle has in this iteration."""
        reader = self._stack[-1]
        # The innermost running execution under which the result was computed rests on whatever the result
        # rests on.
        above = bisect_right(self._stack, trial.position, key=lambda frame: frame.first_finished)
        reader.low = min(reader.low, self._stack[above - 1].low)
        assert trial.frame is not None
        reader.include(trial.frame)
        return trial.value

    def _trial(self, memo: Memo) -> Trial:
        if memo.trial is None:
            memo.trial = Trial()
            self._trials.append(memo)
        return memo.trial

    def _finish_provisionally(self, frame: Frame, value: Any) -> None:
        """Keep a result that rests on an execution further down the stack, for this iteration of it."""
        memo = frame.memo
        owner = self._stack[frame.low]
        trial = self._trial(memo)
        trial.value = self._widened(memo, value, owner.iteration) if trial.used else value
        trial.finished = True
        trial.frame = frame
        trial.position = len(self._finished)
        self._finished.append(memo)
        # Also where verification ran it and nobody will read it: what it has read is the whole cycle's
        # business.
        reader = self._stack[frame.depth - 1]
        reader.low = min(reader.low, frame.low)
        reader.include(frame)

    def _is_fixpoint(self, frame: Frame, value: Any) -> bool:
        """End the cycle that this execution owns, if each approximation has come true.

        Otherwise prepare the next iteration and return `False`.
        """
        memo = frame.memo
        trial = self._trial(memo)
        trial.value = self._widened(memo, value, frame.iteration)
        members = [*self._finished[frame.first_finished :], memo]
        changing = [m for m in members if self._differs(m)]
        if changing:
            limit = memo.spec.max_iterations + ITERATION_LIMIT
            if frame.iteration >= limit:
                raise DivergenceError([m.step for m in changing], frame.iteration)
            for member in members:
                assert member.trial is not None
                member.trial.restart()
            del self._finished[frame.first_finished :]
            frame.iteration += 1
            frame.low = OUTSIDE
            return False
        deps = frame.read()
        if len(members) > 1:
            component = Memo(COMPONENT, ())
            component.deps = deps
            component.changed_at = component.verified_at = self.revision
            deps = (component,)
        for member in members:
            assert member.trial is not None
            self._finish(member, member.trial.value, deps)
        self._forget(frame)
        return True

    def _differs(self, memo: Memo) -> bool:
        """Whether somebody read an approximation of this memo that isn't what it has come to be."""
        trial = memo.trial
        assert trial is not None
        guess, value = trial.guess, trial.value
        return trial.used and guess is not value and not memo.spec.equal(guess, value)

    def _widened(self, memo: Memo, value: Any, iteration: int) -> Any:
        spec = memo.spec
        if spec.widen is None or iteration < spec.max_iterations:
            return value
        return spec.widen(self, *spec.parts(memo.key), value)

    def _abandon(self, frame: Frame) -> None:
        """Take back all that a failed execution left behind."""
        for memo in self._finished[frame.first_finished :]:
            assert memo.trial is not None
            memo.trial.drop()
        self._forget(frame)
        if frame.depth and not frame.cancelled:
            reader = self._stack[frame.depth - 1]
            reader.include(frame)
            if frame.low < frame.depth:
                reader.low = min(reader.low, frame.low)

    def _forget(self, frame: Frame) -> None:
        """End the trials that began under this execution, save those of executions further down the stack."""
        del self._finished[frame.first_finished :]
        running: list[Memo] = []
        for memo in self._trials[frame.first_trial :]:
            if memo.frame is not None and memo.frame is not frame:
                running.append(memo)
            else:
                memo.trial = None
        self._trials[frame.first_trial :] = running

    # Housekeeping

    def clear_log(self) -> None:
        """Empty `executed`."""
        self.executed.clear()

    def sweep(self, keep: int = 1) -> int:
        """Drop the memos that nobody asked for since the sweep `keep` sweeps ago; returns how many.

        To be called after each round of work. What was asked for since the first change of an input after
        that sweep stays, with all that it rests on, and so do inputs that were set. What comes and goes
        with edits (say, results for a call context no longer seen) goes. The first `keep` calls drop
        nothing.
        """
        if self._stack:
            raise RuntimeError("sweep while a query runs")
        if keep < 1:
            raise ValueError("keep must be at least 1")
        self._sweeps.append(self.revision)
        del self._sweeps[: -keep - 1]
        if len(self._sweeps) <= keep:
            return 0
        oldest = min(self._sweeps[0] + 1, self.revision)
        everything = [memo for table in self._memos.values() for memo in table.values()]
        live = reachable(m for m in everything if m.verified_at >= oldest and m.verified_at != DEFAULTED)
        dropped = 0
        for tables in (self._memos, self._dormant):
            for spec, table in tables.items():
                kept = {key: memo for key, memo in table.items() if memo in live}
                dropped += len(table) - len(kept)
                tables[spec] = kept
        return dropped
