"""Comprehensions and generator expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphlift.interp.arrays import either
from graphlift.interp.expressions import evaluate, evaluates, iteration, known_length
from graphlift.interp.frame import Frame
from graphlift.interp.unrolling import MAX_PASSES, loop_items
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    Dataset,
    Iterator,
    KerasTensor,
    Mapping,
    Sequence,
    SetOf,
    Tensor,
    Value,
    Variable,
    join,
    join_all,
    options,
)


@evaluates(nodes.ListComp)
def _list_comprehension(frame: Frame, node: nodes.ListComp) -> Value:
    if frame.unrolling:
        every = _unrolled(frame, node)
        if every is not None:
            return Sequence("list", every, join_all(every), frame.site(node))
    count, element = _comprehend(frame, node, lambda: evaluate(frame, node.elt))
    items = (element,) * count if count is not None and count <= 8 else None
    return Sequence("list", items, element, frame.site(node))


def _unrolled(frame: Frame, node: nodes.ListComp) -> tuple[Value, ...] | None:
    """The elements of a comprehension over a few known things, each by itself."""
    saved, passes = dict(frame.env), frame.passes
    found: list[Value] = []
    complete = _unroll(frame, node, 0, found)
    _leave(frame, node, saved)
    frame.passes = passes
    return tuple(found) if complete else None


def _unroll(frame: Frame, node: nodes.ListComp, level: int, found: list[Value]) -> bool:
    """Collect the elements from the generator at `level` inwards; says whether all of them are known."""
    from graphlift.interp.assign import assign

    if level == len(node.generators):
        found.append(evaluate(frame, node.elt))
        return len(found) <= MAX_PASSES
    generator, passes = node.generators[level], frame.passes
    items = loop_items(evaluate(frame, generator.iter))
    if items is None or generator.ifs:
        return False
    for number, item in enumerate(items):
        frame.passes = (*passes, number)
        assign(frame, generator.target, item)
        if not _unroll(frame, node, level + 1, found):
            return False
    return True


@evaluates(nodes.SetComp)
def _set_comprehension(frame: Frame, node: nodes.SetComp) -> Value:
    _, element = _comprehend(frame, node, lambda: evaluate(frame, node.elt))
    return SetOf("set", element, frame.site(node))


@evaluates(nodes.GeneratorExp)
def _generator(frame: Frame, node: nodes.GeneratorExp) -> Value:
    _, element = _comprehend(frame, node, lambda: evaluate(frame, node.elt))
    return Iterator(element, "fresh")


@evaluates(nodes.DictComp)
def _dict_comprehension(frame: Frame, node: nodes.DictComp) -> Value:
    keys: list[Value] = []

    def entry() -> Value:
        keys.append(evaluate(frame, node.key))
        return evaluate(frame, node.value)

    _, value = _comprehend(frame, node, entry)
    return Mapping("dict", None, join_all(keys), value, frame.site(node))


def _comprehend(frame: Frame, node: Any, element: Callable[[], Value]) -> tuple[int | None, Value]:
    """The number of elements where it is known, and what describes each of them."""
    from graphlift.interp.assign import assign
    from graphlift.interp.narrow import narrowed

    saved, multiplier = dict(frame.env), frame.multiplier
    count: int | None = 1
    with narrowed(frame) as narrow:
        for generator in node.generators:
            source = evaluate(frame, generator.iter)
            if any(isinstance(o, Tensor | Variable | KerasTensor | Dataset) for o in options(source)):
                eager = all(isinstance(o, Tensor) and o.eager for o in options(source))
                if not eager:
                    what = "a dataset" if _any_dataset(source) else "a tensor"
                    frame.effect("tensor-iteration", generator.iter, f"a comprehension over {what}")
            length = known_length(source)
            count = None if count is None or length is None or generator.ifs else count * length
            frame.multiplier *= min(length if length is not None else 4, 64)
            assign(frame, generator.target, iteration(frame, source, generator.iter, comprehension=True))
            for condition in generator.ifs:
                test = evaluate(frame, condition)
                if any(isinstance(o, Tensor) and not o.eager for o in options(test)):
                    frame.effect("tensor-as-bool", condition, "the condition of a comprehension")
                narrow(condition, True)
        own = _own_names(node)
        before = {name: held for name, held in frame.env.items() if name not in own}
        value = NEVER if count == 0 else element()
        changed = {name: held for name, held in before.items() if frame.env.get(name, held) != held}
        if changed and count != 1:  # The next pass finds what this one has made of containers.
            for name, held in changed.items():
                frame.env[name] = either(held, frame.env[name])
            value = join(value, element())
    frame.multiplier = multiplier
    _leave(frame, node, saved)
    return count, value


def _own_names(node: Any) -> set[str]:
    """The names that a comprehension binds to what it goes over."""
    return {name.name for each in node.generators for name in each.target.nodes_of_class(nodes.AssignName)}


def _leave(frame: Frame, node: Any, saved: dict[str, Value]) -> None:
    """Forget the names of a comprehension; containers that it has changed hold that, or what they held before."""
    own = _own_names(node)
    for name in set(frame.env) - set(saved):
        del frame.env[name]
    for name, value in saved.items():
        now = frame.env.get(name, value)
        frame.env[name] = value if name in own or now == value else either(value, now)


def _any_dataset(value: Value) -> bool:
    return any(isinstance(o, Dataset) for o in options(value))
