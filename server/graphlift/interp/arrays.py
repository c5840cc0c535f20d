"""`tf.TensorArray`s that are written: eager code changes the array itself, a graph gives a new one.

In eager code each name of an array sees every write. In a graph only what the write returns does, so an array that is
used under a name which a write has not gone through (a *stale* one) is another thing there.
"""

from __future__ import annotations

import msgspec

from graphlift.interp.frame import Frame
from graphlift.source.span import Place
from graphlift.syntax import nodes
from graphlift.values import Mapping, Sequence, TensorArray, Value, join, join_all, options

WRITERS = frozenset({"write", "scatter", "unstack", "split"})
MAX_DEPTH = 3
"""How deep arrays inside containers are followed."""
_MAKES_MANY = (nodes.ListComp, nodes.SetComp, nodes.DictComp, nodes.GeneratorExp, nodes.Lambda)


def call_array(frame: Frame, array: TensorArray, name: str, node: nodes.NodeNG) -> None:
    """A method of an array is called."""
    used(frame, array, node)
    if name in WRITERS:
        if array.site.startswith("@") or not array.site:
            _note_dropped(frame, node)
        consume(frame, array, (frame.place(node),), node)


def used(frame: Frame, value: Value, node: nodes.NodeNG) -> None:
    """An array is used: what was written to it through another name is missing in a graph."""
    for option in options(value):
        if isinstance(option, TensorArray) and option.stale:
            frame.effect("array-write", node, place=option.stale[-1], via=option.stale[:-1])


def _note_dropped(frame: Frame, node: nodes.NodeNG) -> None:
    """Others hold the array, or may: what they do with it is not followed, but nobody gets a result that is dropped."""
    if isinstance(node.parent, nodes.Expr):
        frame.effect("array-write", node)


def consume(frame: Frame, array: TensorArray, chain: tuple[Place, ...], node: nodes.NodeNG) -> None:
    """An array is written at the end of a chain of calls: its other names here are stale from now on."""
    if not array.site:
        return
    for held in (frame.env, frame.paths):
        for name, value in held.items():
            held[name] = _aged(value, array.site, chain)
    if array.site.startswith("@"):
        name = array.site[1:]
        kind = "closure" if name in frame.closure else "param"
        target = f"{kind}:{name}"
        frame.effect("array-consumed", node, name, target=target, place=chain[-1], via=chain[:-1])


def take_consumed(
    frame: Frame, target: str, bindings: dict[str, Value], chain: tuple[Place, ...], node: nodes.NodeNG
) -> None:
    """A callee writes an array of this call."""
    kind, _, name = target.partition(":")
    held = bindings.get(name) if kind == "param" else frame.env.get(name, frame.closure.get(name))
    for option in options(held) if held is not None else ():
        if isinstance(option, TensorArray):
            consume(frame, option, chain, node)


def _aged(value: Value, site: str, chain: tuple[Place, ...], depth: int = 0) -> Value:
    if depth > MAX_DEPTH or not options(value):
        return value
    if len(options(value)) > 1:
        return join_all(_aged(option, site, chain, depth) for option in options(value))
    if isinstance(value, TensorArray) and value.site == site:
        return msgspec.structs.replace(value, stale=value.stale or chain)
    if isinstance(value, Sequence) and value.items is not None:
        items = tuple(_aged(item, site, chain, depth + 1) for item in value.items)
        if items != value.items:
            return msgspec.structs.replace(value, items=items, element=join_all(items))
    if isinstance(value, Mapping) and value.items is not None:
        entries = tuple((key, _aged(item, site, chain, depth + 1)) for key, item in value.items)
        if entries != value.items:
            return msgspec.structs.replace(value, items=entries, value=join_all(v for _, v in entries))
    return value


def either(before: Value, after: Value) -> Value:
    """What a name holds when something was evaluated or not; an array that may be stale is."""
    return after if _is_stale(after) else join(before, after)


def _is_stale(value: Value) -> bool:
    return any(isinstance(option, TensorArray) and option.stale for option in options(value))


def made_at(frame: Frame, array: TensorArray, node: nodes.NodeNG) -> TensorArray:
    """A new array, known by where it is made; arrays that one place makes many of cannot be told apart."""
    if array.site or _makes_many(node):
        return array
    return msgspec.structs.replace(array, site=frame.site(node))


def _makes_many(node: nodes.NodeNG) -> bool:
    while node is not None and not isinstance(node, nodes.FunctionDef | nodes.Module):
        if isinstance(node, _MAKES_MANY):
            return True
        node = node.parent
    return False


def given_back(frame: Frame, value: Value, bindings: dict[str, Value], node: nodes.NodeNG) -> Value:
    """The arrays in a callee's result as the caller knows them: those that it gave, and new ones."""
    return _GivenBack(frame, bindings, node).part(value, 0) if _holds_array(value) else value


class _GivenBack:
    """One call whose result holds arrays. Local functions that call each other would keep the frame alive."""

    def __init__(self, frame: Frame, bindings: dict[str, Value], node: nodes.NodeNG) -> None:
        self._frame = frame
        self._bindings = bindings
        self._node = node
        self._known: dict[str, str] = {}

    def part(self, part: Value, depth: int) -> Value:
        """A result, or an item of one."""
        return join_all(self._option(option, depth) for option in options(part)) if options(part) else part

    def _option(self, option: Value, depth: int) -> Value:
        if isinstance(option, TensorArray):
            site = _site_of(self._frame, option, self._bindings, self._known, self._node)
            return msgspec.structs.replace(option, site=site)
        if depth < MAX_DEPTH and isinstance(option, Sequence) and option.items is not None:
            items = tuple(self.part(item, depth + 1) for item in option.items)
            return msgspec.structs.replace(option, items=items, element=join_all(items))
        return option


def _holds_array(value: Value, depth: int = 0) -> bool:
    for option in options(value):
        if isinstance(option, TensorArray):
            return True
        items = option.items if isinstance(option, Sequence) and depth < MAX_DEPTH else None
        if any(_holds_array(item, depth + 1) for item in items or ()):
            return True
    return False


def _site_of(
    frame: Frame, array: TensorArray, bindings: dict[str, Value], known: dict[str, str], node: nodes.NodeNG
) -> str:
    if array.site.startswith("@"):
        given = options(bindings[array.site[1:]]) if array.site[1:] in bindings else ()
        sites = {option.site for option in given if isinstance(option, TensorArray)}
        return sites.pop() if len(sites) == 1 else ""
    if not array.site or _makes_many(node):
        return ""
    return known.setdefault(array.site, f"{frame.site(node)}.{len(known)}")
