"""How many traces the visible calls of a function make, and which arguments make them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from graphlift.facts.trace_types import CALLABLE, OBJECT, SHAPE, difference, generalised, look, vagueness
from graphlift.interp.following import SeenCall
from graphlift.source.span import Place
from graphlift.values import (
    Const,
    Mapping,
    Object,
    Py,
    Sequence,
    SetOf,
    Tensor,
    Unknown,
    Value,
    elements,
    options,
)

MOST_TRACES = 40
"""Counting stops here: it is far too many already."""

FEW = 1
"""One trace for each kind of call and one more are in order: a last batch is often smaller."""

SHARE = 10
"""Where more calls than this come to one trace, tracing is paid for."""

Arguments = dict[str, Value]


class Cause(msgspec.Struct, frozen=True):
    """An argument that makes new traces: in what it differs from call to call, some values, and some of the calls."""

    parameter: str
    kind: str
    values: tuple[Value, ...]
    places: tuple[Place, ...]
    receiver: bool = False
    """Whether it is the object whose method is called."""


class Retracing(msgspec.Struct, frozen=True):
    """What the calls that were followed make of a function under a bare `tf.function`.

    `traces` is the least number of traces that is certain, `kinds` how many kinds of calls there are, `calls` how
    many calls there are at least; `relaxed` is the number of traces with `reduce_retracing=True`.
    """

    traces: int
    kinds: int
    calls: int
    relaxed: int
    causes: tuple[Cause, ...] = ()
    made: int = 0
    """For a nested function: how often the function around it is called, which makes it anew."""
    more: bool = False
    """Whether there may be more calls than these: some stand in loops of unknown length."""
    exact: tuple[str, ...] = ()
    """The parameters of which all visible calls were followed, down to what each of them passes."""

    @property
    def made_again(self) -> bool:
        """Whether being made anew has it traced again and again."""
        return self._too_many(self.made)

    @property
    def nearly_always(self) -> bool:
        """Whether certainly at least every second call is traced."""
        return not self.more and 2 * max(self.traces, self.made) >= self.calls

    @property
    def again(self) -> bool:
        """Whether it is traced again and again."""
        return self._too_many(self.traces)

    @property
    def relaxed_again(self) -> bool:
        """Whether it still is with `reduce_retracing=True`."""
        return self._too_many(self.relaxed)

    def _too_many(self, traces: int) -> bool:
        return self.calls >= 3 and traces > self.kinds + FEW and traces * SHARE >= self.calls


def retracing(
    calls: Iterable[SeenCall],
    is_graph: Callable[[SeenCall], bool],
    defaults: Arguments,
    receiver: str = "",
    made: int = 0,
) -> Retracing | None:
    """Count traces over the calls from eager code; `is_graph` tells the others. `None` without any call.

    `defaults` are what parameters hold that a call leaves out; `receiver` names the one that takes the object whose
    method is called; `made` as in `Retracing`.
    """
    eager = [call for call in calls if not is_graph(call)]
    if not eager:
        return None
    traced = _distinct(
        [({**defaults, **dict(call.edge.context.bindings)}, call.edge.place) for call in eager]
    )
    arguments = [given for given, _ in traced]
    fresh = sum(call.times.least for call in eager if call.edge.fresh)
    return Retracing(
        traces=max(len(traced), fresh),
        kinds=len({tuple(sorted((n, look(v)) for n, v in given.items())) for given in arguments}),
        calls=sum(call.times.least for call in eager),
        relaxed=max(_relaxed(arguments), fresh),
        causes=(*_fresh_causes(eager), *_causes(traced, receiver)),
        made=made,
        more=any(call.times.more for call in eager),
    )


def exactly_given(calls: Iterable[SeenCall], names: Iterable[str]) -> tuple[str, ...]:
    """The parameters for which no call passes a plain Python value that is not known itself."""
    passed = [dict(call.edge.context.bindings) for call in calls]
    return tuple(
        name
        for name in names
        if not any(_may_vary(o) for given in passed if name in given for o in options(given[name]))
    )


def _may_vary(value: Value) -> bool:
    """Whether a value may be another plain Python value at each call.

    What Python makes of a tensor (`float(t)`, `len(t)`) is a number in eager code and a scalar in a graph. Of a
    container whose elements are not known one by one nobody knows what it holds at each call.
    """
    if isinstance(value, Sequence | Mapping):
        loose = value.items is None
        held = [option for part in elements(value) for option in options(part)]
        return any((loose and isinstance(option, Const)) or _may_vary(option) for option in held)
    if isinstance(value, Object | SetOf):
        return True
    if isinstance(value, Tensor):
        return value.python or (value.shape == () and value.dtype in (None, "int32"))
    return isinstance(value, Py | Unknown)


def _fresh_causes(calls: Iterable[SeenCall]) -> list[Cause]:
    """The arguments that are objects which the very call makes: each is another one."""
    found: dict[str, Cause] = {}
    for call in calls:
        bindings = dict(call.edge.context.bindings)
        for name in call.edge.fresh:
            kind = OBJECT if isinstance(bindings[name], Object) else CALLABLE
            found.setdefault(name, Cause(name, kind, (bindings[name],), (call.edge.place,)))
    return list(found.values())


def _distinct(seen: list[tuple[Arguments, Place]]) -> list[tuple[Arguments, Place]]:
    """Calls of which each certainly makes a trace of its own.

    Those of which most is known come first: a vague call may be like any other, and would hide how these differ.
    """
    found: list[tuple[Arguments, Place]] = []
    for given, place in sorted(seen, key=lambda call: sum(vagueness(value) for value in call[0].values())):
        if len(found) < MOST_TRACES and all(_differ(given, other) for other, _ in found):
            found.append((given, place))
    return found


def _differ(left: Arguments, right: Arguments) -> bool:
    return any(difference(value, right[name]) for name, value in left.items() if name in right)


def _relaxed(traced: list[Arguments]) -> int:
    """The traces with `reduce_retracing=True`: each new one is made as general as it and the others allow."""
    table: list[Arguments] = []
    for given in traced:
        if any(not _differ(given, known) for known in table):
            continue
        general = given
        for known in table:
            wider = _both(general, known)
            general = general if wider is None else wider
        table.append(general)
    return len(table)


def _both(left: Arguments, right: Arguments) -> Arguments | None:
    if set(left) != set(right):
        return None
    found: Arguments = {}
    for name, value in left.items():
        both = generalised(value, right[name])
        if both is None:
            return None
        found[name] = both
    return found


def _causes(traced: list[tuple[Arguments, Place]], receiver: str) -> list[Cause]:
    """The arguments that differ most, each with what its own differences are."""
    names = dict.fromkeys(name for given, _ in traced for name in given)
    found: list[Cause] = []
    for name in names:
        alone = _distinct([({name: given[name]}, place) for given, place in traced if name in given])
        if len(alone) > 1:
            values = [given[name] for given, _ in alone]
            places = tuple(place for _, place in alone)
            found.append(Cause(name, _kind(values), tuple(values), places, name == receiver))
    most = [cause for cause in found if len(cause.values) > 1 + FEW]
    return most or found


def _kind(values: list[Value]) -> str:
    """In what most of the values differ from the first; a difference in shape counts only where there is no other."""
    counts = Counter(difference(values[0], value) for value in values[1:])
    return min(counts, key=lambda kind: (kind == SHAPE, -counts[kind], kind))
