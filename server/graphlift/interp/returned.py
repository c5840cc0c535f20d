"""What a callee has made and gives back belongs to its caller: nobody else holds it yet."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from graphlift.index import FunctionInfo
from graphlift.interp.conversion import KEEPING
from graphlift.interp.frame import Frame
from graphlift.interp.summary import Summary
from graphlift.syntax import nodes
from graphlift.values import Array, Instance, Mapping, Sequence, SetOf, Value, elements, join_all, options

MAX_DEPTH = 3
"""How deep containers inside containers are followed."""


def handed_over(frame: Frame, info: FunctionInfo, summary: Summary, node: nodes.NodeNG) -> Value:
    """A callee's result in which the objects and containers that the callee made are the caller's own, new ones.

    That holds where the callee has put them nowhere else: it changes nothing of others and calls nothing unseen.
    """
    value = summary.returns
    prefix = f"{info.id}#"
    if not _holds(value, prefix) or any(effect.kind in _PUTS_AWAY for effect in summary.effects):
        return value
    if info.decorators and _keeps(frame, info):
        return value
    return _moved(value, prefix, frame.site(node))


def made_here(frame: Frame, value: Value, definition: str, node: nodes.NodeNG) -> Value:
    """An instance that a callee makes is another one at each call; one that was there before stays that one."""
    if isinstance(value, Instance) and value.site.startswith(f"{definition}#"):
        return msgspec.structs.replace(value, site=frame.site(node))
    return value


_PUTS_AWAY = frozenset({"writes-state", "unknown-call", "global-state"})


def _keeps(frame: Frame, info: FunctionInfo) -> bool:
    module = info.id.partition(":")[0]
    for text in info.decorators:
        found = frame.analysis.query("resolve_name", module, text.partition("(")[0])
        if found is None or found.target in KEEPING:
            return True
    return False


@lru_cache(maxsize=1 << 14)
def _holds(value: Value, prefix: str, depth: int = 0) -> bool:
    for option in options(value):
        if _is_made(option, prefix):
            return True
        if depth < MAX_DEPTH and any(_holds(part, prefix, depth + 1) for part in elements(option)):
            return True
    return False


def _is_made(value: Value, prefix: str) -> bool:
    site = value.site if isinstance(value, Instance | Sequence | Mapping | SetOf | Array) else ""
    return bool(site) and all(part.startswith(prefix) for part in site.split("|"))


@lru_cache(maxsize=1 << 14)
def _moved(value: Value, prefix: str, site: str, depth: int = 0) -> Value:
    if not options(value) or depth > MAX_DEPTH:
        return value
    return join_all(_option(option, prefix, site, depth) for option in options(value))


def _option(value: Value, prefix: str, site: str, depth: int) -> Value:
    if isinstance(value, Sequence):
        items = (
            None if value.items is None else tuple(_moved(i, prefix, site, depth + 1) for i in value.items)
        )
        element = _moved(value.element, prefix, site, depth + 1) if items is None else join_all(items)
        value = msgspec.structs.replace(value, items=items, element=element)
    elif isinstance(value, Mapping) and value.items is not None:
        entries = tuple((key, _moved(item, prefix, site, depth + 1)) for key, item in value.items)
        value = msgspec.structs.replace(value, items=entries, value=join_all(item for _, item in entries))
    elif isinstance(value, Mapping):
        value = msgspec.structs.replace(value, value=_moved(value.value, prefix, site, depth + 1))
    if _is_made(value, prefix):
        return msgspec.structs.replace(value, site=site)
    return value
