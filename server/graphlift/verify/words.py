"""What a judgement says, in words for people."""

from __future__ import annotations

from pathlib import Path

from graphlift.verify.plan import Plan
from graphlift.verify.report import Judgement, Outcome, Timing
from graphlift.verify.request import shown_program

NEVER_CALLED = (
    "Name a program that calls it: `--run SCRIPT` on the command line, "
    "or `run` in the settings' table `verify`."
)


def sentence(qualname: str, judgement: Judgement) -> str:
    """The outcome in one sentence."""
    name, detail = f"`{qualname}`", judgement.detail
    match judgement.outcome:
        case Outcome.SAME if not judgement.calls:
            return f"{name} is called inside other graphs alone, and behaves there as it does eagerly."
        case Outcome.SAME:
            return f"{name} behaves the same as a graph{_speed(judgement.timing)} ({_calls(judgement)})."
        case Outcome.RETRACES:
            speed = _speed(judgement.timing)
            return f"{name} behaves the same as a graph but is traced again and again: {detail}{speed}."
        case Outcome.DIFFERS:
            return f"{name} behaves differently as a graph: {detail}."
        case Outcome.RAISES:
            return f"{name} raises as a graph where it doesn't eagerly: {detail}{_where(judgement)}"
        case Outcome.HANGS:
            return f"{name} doesn't end as a graph: {detail}."
        case _:
            return f"Nothing can be said of {name}: {detail}."


def advice(judgement: Judgement) -> str:
    """What to do where nothing could be said; empty where there is nothing to add."""
    undecided = judgement.outcome is Outcome.UNDECIDABLE
    words = ("the program never calls", "the program doesn't import")
    return NEVER_CALLED if undecided and judgement.detail.startswith(words) else ""


def markdown(plan: Plan, judgement: Judgement, interpreter: str) -> str:
    """The outcome with all that was seen, as Markdown."""
    parts = [f"**{sentence(plan.target.qualname, judgement)}**"]
    if hint := advice(judgement):
        parts.append(hint)
    if judgement.untouched:
        parts.append(f"The program's own `tf.function`s change it: {judgement.untouched}.")
    if plan.expressions:
        given = ", ".join(f"{name}={text}" for name, text in plan.expressions.items())
        parts.append(f"As `@tf.function({given})`.")
    parts += [f"AutoGraph warns: {note}" for note in judgement.notes]
    command = f"Ran `{shown_program(plan.program)}` in an empty folder, eagerly and as a graph"
    parts.append(f"_{command}, under {interpreter}._")
    return "\n\n".join(parts)


def _calls(judgement: Judgement) -> str:
    calls = "1 call" if judgement.calls == 1 else f"{judgement.calls} calls"
    traces = "1 trace" if judgement.traces == 1 else f"{judgement.traces} traces"
    return f"{calls}, {traces}"


def _speed(timing: Timing | None) -> str:
    if timing is None or not timing.graph:
        return ""
    ratio = timing.ratio
    how = f"{ratio:.1f} times as fast" if ratio >= 1 else f"{1 / ratio:.1f} times slower"
    return f", {how}: {_time(timing.eager)} a call eagerly, {_time(timing.graph)} as a graph"


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _where(judgement: Judgement) -> str:
    raised = judgement.raised
    if raised is None or not raised.line:
        return "."
    return f" ({Path(raised.path).name}, line {raised.line})."
