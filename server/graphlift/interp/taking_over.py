"""What a call makes of its callee: its effects seen from the call, its arguments afterwards, a graph's result."""

from __future__ import annotations

import msgspec

from graphlift.index import FunctionInfo
from graphlift.interp.arrays import take_consumed
from graphlift.interp.assign import forget_structures, note_growth, put_back
from graphlift.interp.attribute_paths import ANY, note_set
from graphlift.interp.binding import Site as Site
from graphlift.interp.frame import Frame
from graphlift.interp.library_changes import changes_object, touch_path
from graphlift.interp.made_by_caller import MADE, seen_from
from graphlift.interp.mismatches import take_mismatch
from graphlift.interp.outer_tapes import take_tape
from graphlift.interp.places import note_change
from graphlift.interp.summary import Context, Effect, Summary
from graphlift.interp.targets import is_seen, target_of
from graphlift.models.api import MISMATCHES, Arguments
from graphlift.source.span import Place
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    Const,
    Mapping,
    Py,
    Sequence,
    SetOf,
    Spec,
    Tensor,
    Unknown,
    Value,
    Variable,
    is_loose,
    join,
    join_all,
    options,
)


def take_over(
    frame: Frame,
    summary: Summary,
    bindings: dict[str, Value],
    argument_nodes: dict[str, nodes.NodeNG],
    site: Site,
    callee: str,
) -> None:
    """Make a callee's effects and work the caller's, seen from the call."""
    frame.work(summary.ops, summary.elements)
    if any(effect.kind in ("writes-state", "unknown-call") for effect in summary.effects):
        forget_structures(frame)
    nested = callee.startswith(f"{frame.definition}.<locals>.")
    for name, left in summary.left:
        if name in bindings:
            _take_back(frame, argument_nodes.get(name), bindings[name], left)
        elif nested and name in frame.env:  # A variable of this call that the callee captures.
            _take_back(frame, None, frame.env[name], left)
    here = frame.place(site.node)
    arguments: dict[str, str] = {}
    for effect in summary.effects:
        if effect.kind == "outer-tape":
            take_tape(frame, effect, argument_nodes, here, site.node)
            continue
        if effect.kind == "array-consumed":
            chain = (here, *effect.via, effect.place)
            take_consumed(frame, effect.target, bindings, chain, site.node)
            continue
        name = effect.target.removeprefix("param:")
        if name != effect.target:
            target = arguments.get(name, "")
            if not target:
                target = arguments[name] = _of_argument(frame, bindings.get(name), argument_nodes.get(name))
            if effect.kind == "writes-state" and name in bindings:
                note_change(frame, bindings[name], site.node, argument_nodes.get(name))
                if changes_object(bindings[name]):
                    touch_path(frame, argument_nodes.get(name), site.node)
        elif effect.target.startswith(MADE):
            changed_here = effect.kind == "writes-state"
            target = seen_from(frame, effect.target, bindings, site.node, changed=changed_here)
        else:
            target = _translated(frame, effect)
        if target == "fresh":
            if effect.kind == "writes-state":
                _note_inner_change(frame, effect, bindings, site)
            continue
        if effect.kind in MISMATCHES:
            take_mismatch(frame, effect, site.node, argument_nodes)
            continue
        changed = bindings.get(name) if effect.kind in ("writes-state", "leaks-tensor") else None
        _pass_on(frame, effect, target, site, here, is_seen(changed, target))


def _pass_on(
    frame: Frame, effect: Effect, target: str, site: Site, here: Place, certain: bool = True
) -> None:
    """Record a callee's effect as one of the caller, with the call in front of its chain."""
    frame.effect(
        effect.kind,
        site.node,
        effect.subject,
        target=target,
        certain=certain and effect.certain,
        via=(here, *effect.via),
        place=effect.place,
    )


ONCE_PER_TRACE = frozenset(
    {
        "reads-state",
        "writes-state",
        "python-random",
        "clock",
        "python-iterator",
        "global-state",
        "io",
        "prints",
        "logs",
    }
)
"""What a library's trace of a callback does once: in eager code at each call around it, in a graph once for all."""


def take_traced(frame: Frame, summary: Summary, site: Site) -> None:
    """Take over what tracing a callback does: a graph around it traces it once for all calls."""
    here = frame.place(site.node)
    for effect in summary.effects:
        if effect.kind in ONCE_PER_TRACE and not effect.target.startswith("param:"):
            target = _translated(frame, effect)
            if target != "fresh":
                _pass_on(frame, effect, target, site, here)
                if effect.kind == "writes-state":
                    at_times = msgspec.structs.replace(effect, kind="writes-at-times")
                    _pass_on(frame, at_times, target, site, here)


def _note_inner_change(frame: Frame, effect: Effect, bindings: dict[str, Value], site: Site) -> None:
    """A callee changes what this call has made: in a traced branch or loop, AutoGraph does not see it."""
    if effect.target.startswith("closure:"):
        note_growth(frame, NEVER, site.node)
        return
    for option in options(bindings.get(effect.target.removeprefix("param:"), NEVER)):
        note_growth(frame, option, site.node)


def _take_back(frame: Frame, node: nodes.NodeNG | None, given: Value, left: Value) -> None:
    """An argument's containers may contain afterwards what the callee left in its parameter."""
    for option in options(given):
        for after in options(left):
            if isinstance(option, Sequence | Mapping | SetOf) and type(after) is type(option):
                back = msgspec.structs.replace(after, site=option.site)
                put_back(frame, node, option, join(option, back))
            elif isinstance(option, Sequence | Mapping | SetOf) and isinstance(after, Unknown):
                put_back(frame, node, option, after)


def _of_argument(frame: Frame, value: Value | None, node: nodes.NodeNG | None) -> str:
    """Whose state a callee's parameter is, seen from the call."""
    if value is not None and options(value) and all(frame.is_fresh(o) for o in options(value)):
        return "fresh"
    return target_of(frame, node, value) if node is not None else "heap"


def _translated(frame: Frame, effect: Effect) -> str:
    if effect.target.startswith("closure:") and not frame.is_module:
        # A nested function changes or reads a local of this very call: nobody else sees that.
        local = effect.target[8:] in frame.scope_names and effect.kind in ("writes-state", "reads-state")
        return "fresh" if local and _is_nested(frame, effect) else effect.target
    return effect.target


def _is_nested(frame: Frame, effect: Effect) -> bool:
    """Whether it is a function inside this one that captures the variable, and not another's of the same name."""
    inside = f"{frame.definition}.<locals>."
    return any(
        place.definition == frame.definition or place.definition.startswith(inside)
        for place in (effect.place, *effect.via)
    )


def as_graph_result(value: Value) -> Value:
    """What a traced function gives: Python numbers, strings and arrays come back as tensors."""
    kinds = {"int": "int32", "float": "float32", "bool": "bool", "str": "string", "bytes": "string"}

    def convert(option: Value) -> Value:
        if isinstance(option, Const | Py) and option.type in kinds:
            return Tensor(kinds[option.type], ())
        if isinstance(option, Variable):
            return Tensor(option.dtype, option.shape)
        if isinstance(option, Sequence) and option.items is not None:
            items = tuple(as_graph_result(item) for item in option.items)
            return msgspec.structs.replace(option, items=items, element=join_all(items))
        if isinstance(option, Sequence) and option.type in ("list", "tuple"):
            return msgspec.structs.replace(option, element=as_graph_result(option.element))
        if isinstance(option, Tensor) and (option.eager or option.python):
            return msgspec.structs.replace(option, eager=False, python=False)
        return option

    return join_all(convert(option) for option in options(value)) if options(value) else value


def as_specified(spec: Value, value: Value) -> Value:
    """What an argument is inside a function whose `input_signature` gives it a spec: a tensor like that."""
    if isinstance(spec, Spec):
        return Tensor(spec.dtype, spec.shape, spec.form, dynamic=is_loose(spec.shape))
    if isinstance(spec, Sequence) and isinstance(value, Sequence):
        pairs = list(zip(spec.items or (), value.items or (), strict=False))
        if spec.items is not None and value.items is not None and len(spec.items) == len(value.items):
            items = tuple(as_specified(s, v) for s, v in pairs)
            return msgspec.structs.replace(value, items=items, element=join_all(items))
    return value if isinstance(value, Unknown) else Unknown("the signature's structure is not followed")


def by_signature(info: FunctionInfo, raw: Context, signature: Value, bound: bool) -> Context:
    """The arguments as an `input_signature` makes them: tensors of its dtypes and shapes, whatever comes in."""
    if not isinstance(signature, Sequence) or signature.items is None:
        return raw
    names = [parameter.name for parameter in info.parameters][int(bound) :]
    specified = dict(zip(names, signature.items, strict=False))
    given = tuple((n, as_specified(specified[n], v) if n in specified else v) for n, v in raw.bindings)
    return Context(given, raw.closure)


def escape(frame: Frame, arguments: Arguments, site: Site) -> None:
    """Containers that go to unseen code may come back changed in any way, and so may the attributes of objects."""
    forget_structures(frame)
    note_set(frame, ANY, fresh=False)
    for value, node in zip(arguments.positional, site.positional, strict=False):
        for option in options(value):
            if isinstance(option, Sequence) and option.type == "list":
                changed = Sequence(
                    "list", None, Unknown("unseen code may have changed the list"), option.site
                )
                put_back(frame, node, option, changed)
            elif isinstance(option, Mapping):
                unknown = Unknown("unseen code may have changed the dict")
                put_back(frame, node, option, Mapping(option.type, None, unknown, unknown, option.site))


def rearrange(frame: Frame, arguments: Arguments, site: Site) -> None:
    """A library function that changes a list puts into it what was in it, or what it is given beside it."""
    for value, node in zip(arguments.positional, site.positional, strict=False):
        others = [v for v in arguments.positional if v is not value]
        for option in options(value):
            if isinstance(option, Sequence) and option.type == "list":
                element = join_all((option.element, *others))
                put_back(frame, node, option, Sequence("list", None, element, option.site))
