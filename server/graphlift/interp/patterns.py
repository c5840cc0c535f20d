"""Structural pattern matching: what the names in a pattern hold when it matches."""

from __future__ import annotations

from graphlift.interp.assign import assign
from graphlift.interp.expressions import iteration
from graphlift.interp.frame import Frame
from graphlift.syntax import nodes
from graphlift.values import Mapping, Sequence, Unknown, Value, join_all, options


def bind_pattern(frame: Frame, pattern: nodes.NodeNG, subject: Value) -> None:
    """Bind the capture names of `pattern`, matched against `subject`."""
    match pattern:
        case nodes.MatchAs():
            if pattern.pattern is not None:
                bind_pattern(frame, pattern.pattern, subject)
            if pattern.name is not None:
                assign(frame, pattern.name, subject)
        case nodes.MatchOr():
            for alternative in pattern.patterns:
                bind_pattern(frame, alternative, subject)
        case nodes.MatchSequence():
            _sequence(frame, pattern, subject)
        case nodes.MatchMapping():
            for _, value in zip(pattern.keys, pattern.patterns, strict=False):
                held = [o.value if isinstance(o, Mapping) else _UNKNOWN for o in options(subject)]
                bind_pattern(frame, value, join_all(held))
            if pattern.rest is not None:
                assign(frame, pattern.rest, Unknown("the rest of a matched mapping is not followed"))
        case nodes.MatchClass():
            for inner in [*pattern.patterns, *pattern.kwd_patterns]:
                bind_pattern(frame, inner, _UNKNOWN)
        case nodes.MatchStar():
            if pattern.name is not None:
                assign(frame, pattern.name, Sequence("list", None, subject, frame.site(pattern)))
        case _:
            return


_UNKNOWN = Unknown("a part of a matched object is not followed")


def _sequence(frame: Frame, pattern: nodes.MatchSequence, subject: Value) -> None:
    parts = pattern.patterns
    starred = any(isinstance(part, nodes.MatchStar) for part in parts)
    exact = [
        o.items
        for o in options(subject)
        if isinstance(o, Sequence) and o.items is not None and len(o.items) == len(parts)
    ]
    for position, part in enumerate(parts):
        if exact and not starred:
            bind_pattern(frame, part, join_all(items[position] for items in exact))
        else:
            bind_pattern(frame, part, iteration(frame, subject, pattern))
