"""The records a database keeps: what is known of a query and key, and what is going on while it runs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from graphlift.engine.errors import Step
from graphlift.engine.query import Spec

NEVER = -1
"""`verified_at` of a memo without a value that could be read."""
SET = 1 << 62
"""`verified_at` of an input that was given a value: it needs no verification at any revision."""
DEFAULTED = SET - 1
"""`verified_at` of an input that has its default. Nobody minds if it is forgotten and computed again."""
OUTSIDE = 1 << 62
"""`Frame.low` of an execution that read nothing unfinished."""


class Absent:
    """Stands for the value of a memo that never had one."""


ABSENT = Absent()


class Memo:
    """What is known of one query for one key. Exists once per database and key, and is updated in place.

    - `deps`: what the value was computed from, in the order of reading; `None` when nothing was computed yet.
    - `verified_at`: the last revision at which the value was known to hold.
    - `changed_at`: the revision at which the value last became another one.
    - `frame`: its execution, while one runs. `trial`: its part in a cycle that has not ended yet.

    Between any two memos with a value, `deps` lead only to memos that were verified at the same revision or
    later, and of these to ones that were verified earlier in time: the graph of dependencies has no cycles.
    """

    __slots__ = ("changed_at", "deps", "frame", "key", "spec", "trial", "value", "verified_at")

    def __init__(self, spec: Spec, key: Hashable) -> None:
        self.spec = spec
        self.key = key
        self.value: Any = ABSENT
        self.deps: tuple[Memo, ...] | None = None
        self.verified_at = NEVER
        self.changed_at = 0
        self.frame: Frame | None = None
        self.trial: Trial | None = None

    def __repr__(self) -> str:
        return f"<memo {self.spec.name} {self.key!r}>"

    @property
    def is_ghost(self) -> bool:
        """Whether this is what an earlier process knew, kept for the sake of what was computed from it.

        A ghost is in no table and never runs: whoever asks for its key gets a memo of this process.
        """
        value = self.value
        return isinstance(value, Stored) and value.packed is None and not self.spec.is_input

    @property
    def step(self) -> Step:
        """The query's name and key, for people."""
        return self.spec.name, self.key


class Frame:
    """One execution of a query body (all its iterations, when it heads a cycle).

    - `deps`: what it read, in order. A frame among them stands for all that that one read: a member of the
      same cycle, or an execution that failed and whose failure the body may have seen.
    - `low`: the lowest depth on the stack of an execution whose unfinished value it rests on, or `OUTSIDE`.
    - `first_finished`, `first_trial`: how long the database's two lists were when it began.
    """

    __slots__ = (
        "cancelled",
        "deps",
        "depth",
        "first_finished",
        "first_trial",
        "iteration",
        "low",
        "memo",
        "nested",
    )

    def __init__(self, memo: Memo, depth: int, first_finished: int, first_trial: int) -> None:
        self.memo = memo
        self.depth = depth
        self.deps: dict[Memo | Frame, None] = {}
        self.low = OUTSIDE
        self.first_finished = first_finished
        self.first_trial = first_trial
        self.iteration = 1
        self.nested = False
        self.cancelled = False

    def include(self, other: Frame) -> None:
        """Depend on all that another execution read."""
        self.deps[other] = None
        self.nested = True

    def read(self) -> tuple[Memo, ...]:
        """The finished memos it read, itself or through the frames it includes, in the order of reading."""
        if not self.nested:
            return tuple(self.deps)  # type: ignore[arg-type]
        found: dict[Memo, None] = {}
        seen = {self}
        path = [iter(self.deps)]
        while path:
            for dep in path[-1]:
                if isinstance(dep, Memo):
                    found[dep] = None
                elif dep not in seen:
                    seen.add(dep)
                    path.append(iter(dep.deps))
                    break
            else:
                path.pop()
        return tuple(found)


class Trial:
    """The part of a memo in a cycle that is being iterated.

    - `guess`: the approximation that re-entries read in this iteration (when `guessed`); `used`: whether
      one did.
    - `value`, `frame`, `position`: the result of this iteration (when `finished`), its execution, and its
      place in the database's list of finished ones.
    """

    __slots__ = ("finished", "frame", "guess", "guessed", "position", "used", "value")

    def __init__(self) -> None:
        self.guess: Any = None
        self.guessed = False
        self.used = False
        self.value: Any = None
        self.finished = False
        self.frame: Frame | None = None
        self.position = 0

    def restart(self) -> None:
        """Begin the next iteration with the result of this one."""
        self.guess = self.value
        self.guessed = True
        self.used = False
        self.drop()

    def drop(self) -> None:
        """Forget the result of this iteration."""
        self.value = None
        self.finished = False
        self.frame = None


class Stored:
    """Stands for a value that isn't in memory: its bytes (`packed`) or only their `digest` came from disk.

    `age` counts the times it was written again without having been needed.
    """

    __slots__ = ("age", "digest", "packed")

    def __init__(self, packed: bytes | None, digest: bytes | None, age: int) -> None:
        self.packed = packed
        self.digest = digest
        self.age = age


def reachable(roots: Iterable[Memo]) -> set[Memo]:
    """The memos themselves and all that they depend on, directly or not."""
    seen = set(roots)
    pending = list(seen)
    while pending:
        for dep in pending.pop().deps or ():
            if dep not in seen:
                seen.add(dep)
                pending.append(dep)
    return seen
