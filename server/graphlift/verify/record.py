"""What the agent writes of a run (`agent.job`, `agent.calls`), read back as typed data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

Tree = list[Any]
"""See `agent.snapshot`."""


class Exc(msgspec.Struct, frozen=True):
    """An exception: `bases` are the names of its type and of the types that it inherits from."""

    type: str
    bases: list[str]
    message: str
    frames: list[tuple[str, int, str]]


class Said(msgspec.Struct, frozen=True):
    """Text that was written to the standard streams, and log records and warnings of the program."""

    stdout: str = ""
    stderr: str = ""
    logs: list[str] = []


class CallEvent(msgspec.Struct, frozen=True, tag_field="event", tag="call"):
    """One call of the target. `traces` counts up to and including this call; `before` was said before it."""

    index: int
    phase: str
    before: Said
    signature: str
    seconds: float
    output: Said
    traces: int
    result: Tree | None = None
    error: Exc | None = None
    arguments: Tree | None = None
    state: Tree | None = None


class EndEvent(msgspec.Struct, frozen=True, tag_field="event", tag="end"):
    """The program's end. `functions` counts its `tf.function`s; `reached`: the target's file was run."""

    error: Exc | None
    output: Said
    files: list[tuple[str, str, Any]]
    state: Tree
    functions: int
    reached: bool
    in_graph: int
    calls: int
    traces: int


class TimingEvent(msgspec.Struct, frozen=True, tag_field="event", tag="timing"):
    """Median and fastest seconds of a call each way and what it dispatches, or why it couldn't be measured."""

    eager: float = 0.0
    graph: float = 0.0
    fastest: tuple[float, float] = (0.0, 0.0)
    rounds: int = 0
    ops: int = 0
    elements: int = 0
    error: Exc | None = None


class DoneEvent(msgspec.Struct, frozen=True, tag_field="event", tag="done"):
    """The run's end, replays included. `cpu` are seconds of processor time."""

    notes: list[str]
    cpu: float


class FaultEvent(msgspec.Struct, frozen=True, tag_field="event", tag="fault"):
    """The agent itself failed."""

    text: str


Event = CallEvent | EndEvent | TimingEvent | DoneEvent | FaultEvent

_decoder = msgspec.json.Decoder(Event)


class Run(msgspec.Struct, frozen=True):
    """One run: its events, and how it ended where it didn't end by itself.

    `stopped` is empty, or `time`, `memory` or `signal N`; `stack` is where it was then.
    """

    calls: tuple[CallEvent, ...] = ()
    end: EndEvent | None = None
    timing: TimingEvent | None = None
    done: DoneEvent | None = None
    fault: str = ""
    stopped: str = ""
    stack: str = ""

    @property
    def own_calls(self) -> tuple[CallEvent, ...]:
        """The calls that the program itself made."""
        return tuple(call for call in self.calls if call.phase == "program")


def read(path: Path, stopped: str, stack: str) -> Run:
    """Read the record of a run; one that was ended may stop in the middle of a line."""
    events: list[Event] = []
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        if not line:
            continue
        try:
            events.append(_decoder.decode(line))
        except msgspec.DecodeError:
            if not stopped:
                raise
    return Run(
        calls=tuple(event for event in events if isinstance(event, CallEvent)),
        end=next((event for event in events if isinstance(event, EndEvent)), None),
        timing=next((event for event in events if isinstance(event, TimingEvent)), None),
        done=next((event for event in events if isinstance(event, DoneEvent)), None),
        fault=next((event.text for event in events if isinstance(event, FaultEvent)), ""),
        stopped=stopped,
        stack=stack,
    )
