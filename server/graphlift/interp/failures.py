"""What stands in for a run that failed on an error in Graphlift itself.

One defect in the analysis must not silence it for a whole workspace: the function concerned becomes unknown and says
why, the error is kept for the report, and everything else is analysed. Where `GRAPHLIFT_RAISE` is set (as the tests
do), errors are not contained.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable

import msgspec

from graphlift.engine import Cancelled
from graphlift.index import DefId
from graphlift.interp.entry import EntryContext
from graphlift.interp.summary import Context, Effect, Outcome, Summary
from graphlift.source.span import Place, Span
from graphlift.values import Unknown

REASON = "an error in Graphlift itself"


def contained() -> bool:
    """Whether an error in one run leaves the others going."""
    return not os.environ.get("GRAPHLIFT_RAISE")


def failed_outcome(definition: DefId) -> Outcome:
    """What is said of a run that failed: anything may come back, anything may happen."""
    effect = Effect("unknown-call", Place(definition, Span(1, 0, 1, 0)), REASON, certain=False)
    return Outcome(Summary(Unknown(REASON), (effect,)))


def failed_entry(definition: DefId) -> EntryContext:
    """What is known of a function's parameters when looking for it failed."""
    return EntryContext(definition, Context(), (), called=False, open=False)


class Failure(msgspec.Struct, frozen=True):
    """An error in Graphlift itself: one line for the user, and the traceback."""

    message: str
    details: str


MAX_FRAMES = 40
"""The innermost frames that a report keeps: those of an endless recursion are many, and the same."""


def described(error: BaseException) -> Failure:
    """An error as it is reported."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({last[0].name}, line {last[0].lineno})" if last else ""
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    return Failure(f"{text}{where}", "".join(traceback.format_exception(error, limit=-MAX_FRAMES)))


def guarded(definition: DefId, attempt: Callable[[], Outcome]) -> tuple[Outcome, Failure | None]:
    """What an attempt gives; where it fails on an error in Graphlift itself, what stands in, and the error."""
    try:
        return attempt(), None
    except Cancelled:
        raise
    except Exception as error:
        if not contained():
            raise
        return failed_outcome(definition), described(error)
