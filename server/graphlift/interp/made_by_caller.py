"""Objects that a caller made and passes on inside another: `step((next(batches), 1.0))`, which pops an entry.

The callee sees whose they are by their allocation site, so a change of one goes to the call that made it: there it is
a change of what nobody else has a hold on.
"""

from __future__ import annotations

import msgspec

from graphlift.interp.assign import note_growth, put_back
from graphlift.interp.frame import Frame
from graphlift.syntax import nodes
from graphlift.values import (
    Dataset,
    Iterator,
    Mapping,
    Sequence,
    SetOf,
    Unknown,
    Value,
    options,
    parts,
)

MADE = "made:"
"""The target of a change of such an object, before its allocation site."""
MAX_DEPTH = 5
_ANY = Unknown("a callee changes what an argument holds")


def made_elsewhere(frame: Frame, value: Value) -> str:
    """The target of a change of an object that another call made; empty for all others."""
    site = getattr(value, "site", "") if isinstance(value, Sequence | Mapping | SetOf) else ""
    known = "#" in site and not site.startswith((f"{frame.definition}#", "&", "@")) and "|" not in site
    return f"{MADE}{site}" if known else ""


def seen_from(
    frame: Frame, target: str, bindings: dict[str, Value], node: nodes.NodeNG, *, changed: bool
) -> str:
    """Whose state a callee touches there, seen from the call: the object must have been given to it."""
    site = target.removeprefix(MADE)
    given = [found for value in bindings.values() for found in _at(value, site)]
    if not given:
        return "heap"
    if changed:
        for before in given:
            note_growth(frame, before, node)
            put_back(frame, None, before, _forgotten(before))
        stale = [path for path, value in frame.paths.items() if _at(value, site)]
        for path in stale:
            del frame.paths[path]
        if any(not _is_forgotten(each) for value in frame.env.values() for each in _at(value, site)):
            return "heap"
    return "fresh" if site.startswith(f"{frame.definition}#") else target


def _at(value: Value, site: str, depth: int = 0) -> list[Value]:
    """The containers made at a site that a value is or holds."""
    if getattr(value, "site", "") == site and isinstance(value, Sequence | Mapping | SetOf):
        return [value]
    if depth > MAX_DEPTH or isinstance(value, Iterator | Dataset):
        return []  # A dataset's elements are new ones each time.
    inner = options(value) if len(options(value)) > 1 else parts(value)
    return [found for part in dict.fromkeys(inner) for found in _at(part, site, depth + 1)]


def _forgotten(container: Value) -> Value:
    if isinstance(container, Mapping):
        return msgspec.structs.replace(container, items=None, key=_ANY, value=_ANY)
    if isinstance(container, Sequence):
        return msgspec.structs.replace(container, items=None, element=_ANY)
    return msgspec.structs.replace(container, element=_ANY) if isinstance(container, SetOf) else container


def _is_forgotten(container: Value) -> bool:
    inner = container.value if isinstance(container, Mapping) else getattr(container, "element", None)
    return any(isinstance(option, Unknown) for option in options(inner)) if inner is not None else False
