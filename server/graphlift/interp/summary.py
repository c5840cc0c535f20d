"""What one run of the interpreter over one definition yields: plain, frozen, serialisable data.

A `Summary` flows up, from callee to caller: the result, the effects, the work. A `Context` flows down, from
caller to callee: the arguments. A `CallEdge` joins the two. Places are relative to their definitions, so all of
it stays equal when code only moves.
"""

from __future__ import annotations

from typing import Any

import msgspec

from graphlift.index import DefId
from graphlift.source.span import Place
from graphlift.values import NEVER, Value, join, widen

MAX_EFFECTS_PER_KIND = 5
MAX_CHAIN = 12
MAX_OPS = 1_000_000
MAX_ELEMENTS = 10**15


class Origin(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """Where a value in an operation comes from, and what it is. `parameter` names the parameter that gave it."""

    place: Place
    text: str
    parameter: str = ""


class Effect(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """Something a call does besides giving its result that matters to tracing.

    `kind` is one of `models.api.HAZARDS` or of `EFFECTS`. `subject` names the thing (`np.sum`, `Model.step`).
    `place` is the culprit; `via` are the calls from the summarised definition down to it, outermost first.
    `target` says whose state is touched: `param:NAME` of the summarised definition, `global:MODULE.NAME`,
    `attr:CLASS.NAME`, `closure:NAME`, or empty. `certain` is false when it rests on an unknown value.
    `origins` are the sides of a mismatch; its target is one of `interp.mismatches`.
    """

    kind: str
    place: Place
    subject: str = ""
    via: tuple[Place, ...] = ()
    target: str = ""
    certain: bool = True
    origins: tuple[Origin, ...] = ()

    @property
    def site(self) -> Place:
        """Where the summarised definition itself is concerned: the first call of the chain, or the culprit."""
        return self.via[0] if self.via else self.place


EFFECTS: dict[str, str] = {
    "writes-state": "changes Python state that outlives the call",
    "writes-at-times": "changes it where a tensor decides whether it does",
    "reads-state": "reads Python state that can change between calls",
    "unknown-call": "calls something that cannot be seen",
    "recursion": "calls itself",
    "python-cast": "turns a tensor into a Python number",
    "assert-on-tensor": "asserts a tensor in Python",
    "raise-on-tensor": "raises under a tensor condition",
    "tensor-loop-append": "grows a Python container in a loop over a tensor",
    "yields": "is a generator",
    "awaits": "is a coroutine",
    "autograph-syntax": "uses syntax that AutoGraph does not convert",
    "catches": "catches exceptions that a graph raises elsewhere",
    "formats-tensor": "formats a tensor as Python text",
    "tensor-key": "uses a tensor as a Python key or index",
    "tensor-membership": "looks a tensor up in a Python container",
    "tensor-identity": "compares tensors by identity",
    "calls-graph": "calls a tf.function",
    "uses-tensor": "uses a value of unknown kind as a tensor",
    "uses-python": "uses a value of unknown kind as a plain Python value",
    "trusts-annotation": "takes an unknown result for what the return annotation says",
    "tests-kind": "asks what kind a value of unknown kind is",
    "uses-model": "uses a value of unknown kind as a Keras model or layer",
    "uses-optimizer": "uses a value of unknown kind as an optimizer",
    "uses-strategy": "uses a value of unknown kind as a distribution strategy",
    "uses-metric": "uses a value of unknown kind as a metric",
    "uses-function": "uses a value of unknown kind as a function that computes with tensors",
    "uses-entries": "reads entries of a value of unknown kind by their names",
    "leaks-tensor": "stores a tensor where it outlives the call",
    "item-assignment": "assigns to an element of a tensor",
    "outer-tape": "uses a gradient tape that was made outside",
    "unused-op": "makes nothing of what an op gives that checks its arguments",
    "variable-augassign": "assigns to a variable by an augmented assignment",
    "array-write": "uses a TensorArray that was written through another name",
    "array-consumed": "writes a TensorArray that others hold",
    "unconverted": "needs AutoGraph, which is off here",
    "under-xla": "does what XLA refuses or leaves out",
    "unknown-size": "reads a static size that only the running graph knows",
    "empty-loop": "leaves a name unset where a loop over a tensor has no pass",
    "tensor-control": "branches or loops on a tensor",
    "static-shape": "reads a static shape",
}
"""The effect kinds that the interpreter itself reports, with their meaning; models report `HAZARDS`."""


class Context(msgspec.Struct, frozen=True, cache_hash=True):
    """The arguments of a call, bound to parameter names in order; a missing name takes its default."""

    bindings: tuple[tuple[str, Value], ...] = ()
    closure: tuple[tuple[str, Value], ...] = ()


class CallEdge(msgspec.Struct, frozen=True, cache_hash=True):
    """A call that a run saw: who is called, with what, where. `traced`: the callee runs inside a graph there.

    `graph` names the reason (`tf.function`, `Dataset.map`), for messages. `guarded`: the caller expects exceptions.
    """

    callee: DefId
    context: Context
    place: Place
    traced: str = ""
    guarded: bool = False
    fresh: tuple[str, ...] = ()
    """While unrolling: the parameters that get a function object which the call itself makes."""


class Times(msgspec.Struct, frozen=True):
    """How often something is done: `least` so often, and `more` says whether it may be oftener."""

    least: int
    more: bool


class Revealed(msgspec.Struct, frozen=True):
    """The value of a `reveal_type(…)` expression."""

    place: Place
    text: str


class Summary(msgspec.Struct, frozen=True):
    """What a definition does when it is called in one context.

    `ops` estimates the TensorFlow ops that one eager call dispatches, through callees and loops, and `elements` counts
    the numbers in their results as far as shapes are known.
    `raises` is true when every path ends in an exception; `returns` is also `Never` while nothing is known.
    `left` is what containers that parameters hold may contain afterwards, for those that the call changes.
    `sets` are the names of the attributes that it sets, on whatever object (see `interp.attribute_paths`).
    """

    returns: Value = NEVER
    effects: tuple[Effect, ...] = ()
    ops: int = 0
    raises: bool = False
    left: tuple[tuple[str, Value], ...] = ()
    elements: int = 0
    sets: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """All that a run yields: the summary, what it writes to cells, the calls it makes, what it revealed."""

    summary: Summary = Summary()
    writes: tuple[tuple[tuple[str, ...], Value], ...] = ()
    edges: tuple[CallEdge, ...] = ()
    revealed: tuple[Revealed, ...] = ()
    times: tuple[Times, ...] = ()
    """How often each of the calls is made, where loops were followed pass by pass."""

    def sharing(self, known: dict[Any, Any]) -> Outcome:
        """The same outcome, with those of its parts that are in `known` taken from there, and the others put there."""
        effects = tuple(known.setdefault(effect, effect) for effect in self.summary.effects)
        summary = msgspec.structs.replace(self.summary, effects=known.setdefault(effects, effects))
        edges = tuple(known.setdefault(edge, edge) for edge in self.edges)
        return msgspec.structs.replace(self, summary=known.setdefault(summary, summary), edges=edges)


def bound_effects(effects: dict[Effect, None]) -> tuple[Effect, ...]:
    """The effects in a canonical order, at most a few of each kind: nearest chains and certain ones first."""
    chosen: list[Effect] = []
    counts: dict[tuple[str, bool], int] = {}
    seen: set[tuple[str, Place, str, str]] = set()
    ranked = sorted(effects, key=lambda e: (e.kind, not e.certain, len(e.via), e))
    for effect in ranked:
        identity = (effect.kind, effect.place, effect.subject, effect.target)
        bucket = (f"{effect.kind}|{effect.subject if effect.kind in _BY_SUBJECT else ''}", effect.certain)
        if identity in seen or counts.get(bucket, 0) >= MAX_EFFECTS_PER_KIND:
            continue
        seen.add(identity)
        counts[bucket] = counts.get(bucket, 0) + 1
        chosen.append(effect)
    return tuple(chosen)


# For these kinds each subject is a finding of its own: a bound per kind would lose some altogether.
_BY_SUBJECT = frozenset(
    {
        "reads-state",
        "uses-tensor",
        "uses-python",
        "uses-model",
        "uses-optimizer",
        "uses-strategy",
        "uses-metric",
        "uses-function",
        "uses-entries",
        "tests-kind",
        "trusts-annotation",
    }
)


def joined_left(
    before: tuple[tuple[str, Value], ...], now: tuple[tuple[str, Value], ...]
) -> tuple[tuple[str, Value], ...]:
    """What parameters' containers may contain after one call or the other, widened."""
    both = dict(before)
    for name, value in now:
        both[name] = widen(join(both.get(name, NEVER), value))
    return tuple(sorted(both.items(), key=lambda entry: entry[0]))
