"""What a judgement says, as typed data."""

from __future__ import annotations

from enum import Enum

import msgspec


class Outcome(str, Enum):
    """What happens to a program when one of its functions runs under `tf.function`."""

    SAME = "same"
    """Nothing that was looked at differs from eager execution."""
    DIFFERS = "differs"
    """The graph runs, and something is not what it is eagerly."""
    RAISES = "raises"
    """The graph raises where eager execution doesn't."""
    RETRACES = "retraces"
    """The same, but the function is traced again and again (see `retraces`)."""
    HANGS = "hangs"
    """The graph run doesn't end within a time that is ample for the eager one."""
    UNDECIDABLE = "undecidable"
    """Nothing can be said; `detail` says why."""


class What(str, Enum):
    """In what the two runs differ."""

    RESULT = "result"
    TYPE = "result-type"
    EXCEPTION = "exception"
    ARGUMENT = "argument"
    STATE = "state"
    VARIABLE = "variable"
    LEAK = "leak"
    OUTPUT = "output"
    LOG = "log"
    FILE = "file"
    CALLS = "calls"


class Difference(msgspec.Struct, frozen=True):
    """The first thing in which a graph run is not what the eager run is.

    `where` is written like Python (`result['loss']`, `self.count`, `helpers.seen[2]`); `eager` and `graph` show
    the two values; `call` is the number of the call, counted from 1, or 0 at the program's end; `phase`
    is `program` for the program's own calls, else what was changed before calls were made again: `repeat`
    (nothing), `weights`, `captured`.
    """

    what: What
    where: str
    eager: str
    graph: str
    call: int = 0
    phase: str = "program"

    def __str__(self) -> str:
        when = f"call {self.call}" if self.call else "at the end of the program"
        if self.phase != "program":
            when += _PHASES[self.phase]
        return f"{when}: {self.where} is {self.eager} eagerly and {self.graph} in the graph"


_PHASES = {
    "repeat": " (made again after the program's end)",
    "weights": " (made again with other weights)",
    "captured": " (made again after the Python state that the program changes was changed)",
}


class Timing(msgspec.Struct, frozen=True):
    """Median seconds of the target's last call each way, measured in turn; `rounds` of each.

    `fastest` are the shortest eager and graph rounds. `ops` counts what an eager call dispatches to TensorFlow one by
    one, and `elements` the numbers in the results of these ops.
    """

    eager: float
    graph: float
    rounds: int
    fastest: tuple[float, float] = (0.0, 0.0)
    ops: int = 0
    elements: int = 0

    @property
    def ratio(self) -> float:
        """How many times faster the graph is: eager time divided by graph time."""
        return self.eager / self.graph


class Raised(msgspec.Struct, frozen=True):
    """An exception of the graph run. `line` is the deepest line of the program's own code in its traceback."""

    type: str
    message: str
    path: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """The type's name without its module."""
        return self.type.rpartition(".")[2]


class Judgement(msgspec.Struct, frozen=True):
    """The outcome for one function of one program.

    `calls` is the number of calls that the program made of it from eager code and `traces` how often it was
    traced for them; `in_graph` counts the calls from code that was being traced already. `untouched` tells
    how the program as it is differs from the program with all its `tf.function`s taken away, where it does.
    `notes` are warnings that AutoGraph gave in the graph run.
    """

    outcome: Outcome
    detail: str = ""
    difference: Difference | None = None
    raised: Raised | None = None
    calls: int = 0
    traces: int = 0
    in_graph: int = 0
    timing: Timing | None = None
    untouched: str = ""
    notes: tuple[str, ...] = ()


def retraces(calls: int, kinds: int, traced: int) -> bool:
    """Whether a function is traced again and again.

    `kinds` is the number of kinds of calls: those that differ in more than sizes, Python numbers, strings or
    the identity of objects. `traced` is the number of calls that were traced, however many traces one of them
    took (recursion takes several). One traced call for each kind and one more are in order: a last batch is
    often smaller. Beyond that it retraces, if at least three calls were made and every tenth was traced.
    """
    return calls >= 3 and traced > kinds + 1 and traced * 10 >= calls
