"""What gradient tapes record, so that the ops of their gradients can be counted."""

from __future__ import annotations

from graphlift.interp.binding import Site
from graphlift.interp.frame import Frame
from graphlift.interp.uses import UNSEEN, note_differentiated, note_tensor
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import Object, Value, options

TAPE = "tensorflow.GradientTape"

BACKWARD = 4 / 3
"""Ops that a gradient dispatches for each op on the tape (measured: 0.8 to 1.9, see `docs/gain.md`)."""


_DIFFERENTIATE = ("gradient", "jacobian", "batch_jacobian")


def enter_tape(frame: Frame, manager: Value, target: nodes.NodeNG | None) -> None:
    """A `with` block begins: from here on, a tape records."""
    if isinstance(target, nodes.AssignName):
        frame.tapes.pop(target.name, None)
        if any(isinstance(option, Object) and option.cls == TAPE for option in options(manager)):
            frame.tapes[target.name] = (frame.ops, None)


def leave_tape(frame: Frame, target: nodes.NodeNG | None) -> None:
    """A `with` block ends, and with it the recording."""
    if isinstance(target, nodes.AssignName) and target.name in frame.tapes:
        frame.tapes[target.name] = (frame.tapes[target.name][0], frame.ops)


def work_backwards(frame: Frame, tape: Object, method: str, arguments: Arguments, site: Site) -> None:
    """Count the ops of `tape.gradient(…)`: in proportion to those that were recorded in this function."""
    if tape.cls != TAPE:
        return
    target = arguments.get(0, "target" if method in _DIFFERENTIATE else "tensor")
    if target is not None and method in _DIFFERENTIATE:
        note_differentiated(frame, target, site.node)
    if target is not None and method == "watch":
        note_tensor(frame, target, site.node)
    if method != "gradient":
        return
    receiver = site.receiver
    seen = frame.tapes.get(receiver.name) if isinstance(receiver, nodes.Name) else None
    if seen is None:
        frame.work(UNSEEN)
        return
    start, end = seen
    ops = round(BACKWARD * ((frame.ops if end is None else end) - start)) // frame.multiplier
    frame.work(ops, ops * frame.elements // max(frame.ops, 1))
