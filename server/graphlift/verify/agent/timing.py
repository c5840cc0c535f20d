"""How long the target's calls take eagerly and as a graph, one after the other in turn, in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from .calls import Call, copied
from .counting import dispatched
from .functions import REAL

MOST_SECONDS = 1.5
"""Time spent on measuring; a round that has begun is finished."""

MOST_ROUNDS = 40

_seconds = time.perf_counter


def measure(call: Call, eager: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """Median seconds of one call, `eager` and `graph`, the `fastest` of each, and the number of `rounds`.

    The first rounds of each (tracing, caches) are not counted. `ops` and `elements` say what an eager call
    dispatches. Raises whatever the calls raise.
    """
    graph = REAL(eager, **options)
    for function in (eager, graph, graph):
        _timed(function, call)
    work = dispatched(lambda: _timed(eager, call))
    times: tuple[list[float], list[float]] = ([], [])
    deadline = _seconds() + MOST_SECONDS
    while len(times[0]) < MOST_ROUNDS and (_seconds() < deadline or len(times[0]) < 3):
        # The order changes from round to round, so that a drift of the machine's speed favours neither.
        order = ((0, eager), (1, graph)) if len(times[0]) % 2 else ((1, graph), (0, eager))
        for index, function in order:
            times[index].append(_timed(function, call))
    return {
        "eager": statistics.median(times[0]),
        "graph": statistics.median(times[1]),
        "fastest": [min(times[0]), min(times[1])],
        "rounds": len(times[0]),
        **work,
    }


def _timed(function: Callable[..., Any], call: Call) -> float:
    args, kwargs = tuple(copied(value) for value in call.args), copied(call.kwargs)
    started = _seconds()
    function(*args, **kwargs)
    return _seconds() - started
