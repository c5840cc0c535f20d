"""Binding values to targets: names, attributes, elements, unpacking."""

from __future__ import annotations

import msgspec

from graphlift.interp.attribute_paths import forget_paths, remember_path
from graphlift.interp.frame import Frame
from graphlift.interp.places import cell_of, held_at, note_change, places_of
from graphlift.interp.storing import store_attribute, stored
from graphlift.interp.targets import is_seen, target_of
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    Array,
    Const,
    Dataset,
    Instance,
    KerasTensor,
    Mapping,
    Module,
    Never,
    Py,
    Sequence,
    SetOf,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
    join,
    join_all,
    options,
    without_leaves,
)


def assign(frame: Frame, target: nodes.NodeNG, value: Value) -> None:
    """`target = value`."""
    if frame.seen is not None:
        frame.note(target, value)
    if isinstance(target, nodes.AssignName):
        _name(frame, target, value)
    elif isinstance(target, nodes.AssignAttr):
        _attribute(frame, target, value)
    elif isinstance(target, nodes.Tuple | nodes.List):
        _unpack(frame, target, value)
    elif isinstance(target, nodes.Subscript):
        _element(frame, target, value)
    elif isinstance(target, nodes.Starred):
        assign(frame, target.value, Sequence("list", None, value, frame.site(target)))


def _name(frame: Frame, target: nodes.AssignName, value: Value) -> None:
    name = target.name
    if name in frame.global_names:
        frame.write_cell(("global", frame.module, name), stored(value))
        frame.write_cell(("changed-global", frame.module, name), const(frame.definition))
        frame.effect("writes-state", target, name, target=f"global:{frame.module}.{name}")
        frame.env[name] = value
        return
    if name in frame.nonlocal_names:
        frame.effect("writes-state", target, name, target=f"closure:{name}")
        frame.closure[name] = join(frame.closure.get(name, value), value)
        if name in frame.rebound:
            frame.write_cell(("rebound", frame.rebound[name], name), stored(value))
        return
    if frame.is_module and name in frame.env and not _is_instead(target):
        frame.write_cell(("changed-global", frame.module, name), const(frame.definition))
    frame.env[name] = held_at(value, f"global {frame.module}.{name}") if frame.is_module else value
    forget_paths(frame, name)
    if frame.is_module:
        frame.write_cell(("global", frame.module, name), concrete(stored(value)))
    elif frame.is_class:
        frame.write_cell(("classvar", frame.definition, name), stored(value))


def _is_instead(target: nodes.AssignName) -> bool:
    """Whether a module binds a name where binding it before failed (`except ImportError:`): nothing has used it."""
    handler: nodes.NodeNG = target
    while handler is not None and not isinstance(handler, nodes.ExceptHandler):
        handler = handler.parent
    if handler is None or not isinstance(handler.parent, nodes.Try):
        return False
    inside = handler.parent
    tried = [*inside.body, *inside.orelse, *inside.finalbody]
    if not all(isinstance(each, _PLAIN) for each in tried) or any(
        True for each in tried for _ in each.nodes_of_class(nodes.Call)
    ):
        return False
    return all(_is_within(each, inside) for each in target.root().locals.get(target.name, ()))


_PLAIN = (nodes.Import, nodes.ImportFrom, nodes.Assign, nodes.AnnAssign)


def _is_within(node: nodes.NodeNG, around: nodes.NodeNG) -> bool:
    while node is not None and node is not around:
        node = node.parent
    return node is not None


def concrete(value: Value) -> Value:
    """A value that module-level code makes: its tensors have values, and keep them while anything is traced."""
    return join_all(
        msgspec.structs.replace(o, eager=True) if isinstance(o, Tensor) else o for o in options(value)
    )


def _attribute(frame: Frame, target: nodes.AssignAttr, value: Value) -> None:
    from graphlift.interp.expressions import evaluate, path_text

    receiver = evaluate(frame, target.expr)
    kept = store_attribute(frame, receiver, target.attrname, value, target)
    path = path_text(target)
    if path and kept and all(isinstance(option, Instance) for option in options(receiver)):
        remember_path(frame, path, value)


def _unpack(frame: Frame, target: nodes.Tuple | nodes.List, value: Value) -> None:
    symbolic = [
        o
        for o in options(value)
        if (isinstance(o, Tensor) and not o.eager) or isinstance(o, Variable | KerasTensor | Dataset)
    ]
    if symbolic:
        # Beside a tuple it may be that the call which is followed never gives the tensor.
        only = all(o in symbolic or isinstance(o, Unknown | Never) for o in options(value))
        frame.effect("tensor-iteration", target, "unpacking a tensor", certain=only)
    parts: list[list[Value]] = [[] for _ in target.elts]
    for option in options(value):
        for position, item in enumerate(_split(frame, target, option)):
            parts[position].append(item)
    if not options(value):
        parts = [[value] for _ in target.elts]
    for element, alternatives in zip(target.elts, parts, strict=True):
        assign(frame, element, join_all(alternatives))


def _split(frame: Frame, target: nodes.Tuple | nodes.List, value: Value) -> list[Value]:
    """One value for each element of an unpacking target; a starred one gets what an element of it is."""
    from graphlift.interp.expressions import iteration

    count = len(target.elts)
    starred = [n for n, e in enumerate(target.elts) if isinstance(e, nodes.Starred)]
    if isinstance(value, Sequence) and value.items is not None:
        items = list(value.items)
        if not starred and len(items) == count:
            return items
        if starred and len(items) >= count - 1:
            before, after = starred[0], count - starred[0] - 1
            middle = items[before : len(items) - after]
            return [*items[:before], join_all(middle), *items[len(items) - after :]]
    if isinstance(value, Mapping) and value.items is not None and len(value.items) == count:
        return [key for key, _ in value.items]
    if isinstance(value, Unknown) and isinstance(value.leaves, Tensor):
        return [value.element()] * count
    each = iteration(frame, value, target)
    return [each] * count


def _element(frame: Frame, target: nodes.Subscript, value: Value) -> None:
    from graphlift.interp.expressions import evaluate

    receiver = evaluate(frame, target.value)
    index = evaluate(frame, target.slice)
    if isinstance(target.value, nodes.Attribute) and target.value.attrname == "flat":
        _through_flat(frame, target.value.expr, target)
    for option in options(receiver):
        if isinstance(option, Tensor | Variable):
            frame.effect("item-assignment", target, "an element of a tensor")
        elif isinstance(option, Array):
            if any(isinstance(o, Tensor) and not o.eager for o in options(value)):
                frame.effect("numpy-on-tensor", target, "assigning a tensor into a NumPy array")
            mutate(frame, target.value, option, option, target)
        elif isinstance(option, Instance):
            from graphlift.interp.instances import call_special

            call_special(frame, option, "__setitem__", (index, value), target)
        else:
            mutate(frame, target.value, option, _with_item(option, index, value), target, value)
        if isinstance(index, Tensor) and isinstance(option, Mapping | Sequence):
            frame.effect("tensor-key", target, f"a key of a {option.type}")


def _through_flat(frame: Frame, node: nodes.NodeNG, target: nodes.Subscript) -> None:
    """`array.flat[index] = value` changes the array."""
    from graphlift.interp.expressions import evaluate

    for option in options(evaluate(frame, node)):
        if isinstance(option, Array):
            mutate(frame, node, option, option, target)


def _with_item(container: Value, index: Value, value: Value) -> Value:
    match container:
        case Sequence() if container.items is not None and isinstance(index, Const) and index.type == "int":
            position = int(index.text)
            if -len(container.items) <= position < len(container.items):
                items = list(container.items)
                items[position] = value
                return Sequence(container.type, tuple(items), join_all(items), container.site)
            return container
        case Sequence() if not isinstance(index, Const | Py) or index.type not in ("int", "bool"):
            # A slice, or something unknown: as many elements as the value has take the place of some.
            given = [o.element if isinstance(o, Sequence) else value for o in options(value)]
            return Sequence(container.type, None, join_all((container.element, *given)), container.site)
        case Sequence():
            element = join(container.element, value)
            known = container.items
            merged = None if known is None else tuple(join(item, value) for item in known)
            return Sequence(container.type, merged, element, container.site)
        case Mapping():
            return _with_entry(container, index, value)
        case _:
            return container


def without_item(container: Value, index: Value) -> Value:
    """What `del container[index]` leaves."""
    if isinstance(container, Sequence):
        items = container.items
        if items is not None and isinstance(index, Const) and index.type == "int":
            position = int(index.text)
            if -len(items) <= position < len(items):
                left = tuple(item for n, item in enumerate(items) if n != position % len(items))
                return Sequence(container.type, left, join_all(left), container.site)
        return Sequence(container.type, None, container.element, container.site)
    if isinstance(container, Mapping):
        known = container.items if isinstance(index, Const) else None
        rest = None if known is None else tuple((key, item) for key, item in known if key != index)
        return msgspec.structs.replace(container, items=rest)
    return container


def _with_entry(container: Mapping, index: Value, value: Value) -> Mapping:
    key, joined = join(container.key, index), join(container.value, value)
    if container.items is not None and isinstance(index, Const) and len(container.items) < 64:
        entries = dict(container.items)
        entries[index] = value
        items = tuple(entries.items())
        return Mapping(
            container.type,
            items,
            join_all(k for k, _ in items),
            join_all(v for _, v in items),
            container.site,
        )
    return Mapping(container.type, None, key, joined, container.site)


def mutate(
    frame: Frame,
    node: nodes.NodeNG,
    before: Value,
    after: Value,
    where: nodes.NodeNG,
    added: Value | None = None,
) -> None:
    """A container changes from `before` to `after` through the expression `node`.

    Every name on the path that holds the same allocation sees the change; so does the place it was read from.
    """
    note_change(frame, before, where, node)
    put_back(frame, node, before, after)
    if isinstance(before, Unknown):
        forget_structures(frame)
    target = target_of(frame, node, before)
    if target == "fresh":
        if not _sets_known_item(where, before):
            note_growth(frame, before, where)
        return
    subject = node.as_string()
    seen = is_seen(before, target)
    frame.effect("writes-state", where, subject, target=target, certain=seen)
    if added is not None and any(isinstance(o, Tensor) and not o.eager for o in options(added)):
        frame.effect("leaks-tensor", where, subject, target=target, certain=seen)
    remember_change(frame, node, after)


def forget_structures(frame: Frame) -> None:
    """Something of unknown form is changed, which may be part of any structure: what its leaves are is over."""
    for names in (frame.env, frame.paths):
        for name, value in names.items():
            names[name] = without_leaves(value)


def note_growth(frame: Frame, container: Value, where: nodes.NodeNG) -> None:
    """Note a container that is changed in a traced branch or loop and was there before: its tensors stay inside."""
    if not frame.traced_blocks or frame.plain:
        return
    block = frame.traced_blocks[-1]
    site = getattr(container, "site", "").rpartition("#")[2].partition(":")[0]
    first = frame.layout.first_line if frame.layout is not None else 1
    if site.isdigit() and block.lineno <= int(site) + first - 1 <= (block.end_lineno or block.lineno):
        return
    kind = "a loop over a tensor" if isinstance(block, nodes.For | nodes.While) else "a tensor condition"
    kind = "a callback that the graph runs" if isinstance(block, nodes.Call) else kind
    frame.effect("tensor-loop-append", where, kind)


def _sets_known_item(where: nodes.NodeNG, before: Value) -> bool:
    """Whether a constant item that is there already is set: AutoGraph carries that as it carries a name."""
    if not isinstance(where, nodes.Subscript) or not isinstance(where.slice, nodes.Const):
        return False
    key = where.slice.value
    if isinstance(before, Mapping):
        return before.items is not None and any(k == const(key) for k, _ in before.items)
    return isinstance(before, Sequence)


def remember_change(frame: Frame, node: nodes.NodeNG, after: Value) -> None:
    """Let the flow-insensitive place behind an access path hold the changed container too."""
    from graphlift.interp.expressions import evaluate
    from graphlift.interp.objects import CONSTRUCTORS
    from graphlift.interp.storing import method_name

    while isinstance(node, nodes.Subscript):
        after = join_all(changed for _, changed, _ in _around(frame, node, after))
        node = node.value
    if isinstance(node, nodes.Attribute):
        with frame.quietly():
            owner = evaluate(frame, node.expr)
        for option in options(owner):
            if isinstance(option, Module):
                frame.write_cell(("global", option.name, node.attrname), stored(after))
                frame.write_cell(("changed-global", option.name, node.attrname), const(frame.definition))
            elif isinstance(option, Instance):
                frame.write_cell(("attr", option.definition, node.attrname), stored(after))
                if method_name(frame) not in CONSTRUCTORS and not frame.once:
                    frame.write_cell(("changed", option.definition, node.attrname), const(frame.definition))
    elif isinstance(node, nodes.Name) and node.name not in frame.env and node.name not in frame.closure:
        frame.write_cell(("global", frame.module, node.name), stored(after))
        frame.write_cell(("changed-global", frame.module, node.name), const(frame.definition))


def put_back(frame: Frame, node: nodes.NodeNG | None, before: Value, after: Value) -> None:
    """A container has a new content: for local names, for the callers that gave it, for the places that hold it."""
    for part in getattr(before, "site", "").split("|"):
        if part.startswith("@") and not frame.silent:
            frame.left[part[1:]] = join(frame.left.get(part[1:], NEVER), after)
    for place in places_of(before):
        cell = cell_of(place)
        if cell is not None:
            frame.write_cell(cell, stored(after))
    replace_everywhere(frame, node, before, after)


def replace_everywhere(frame: Frame, node: nodes.NodeNG | None, before: Value, after: Value) -> None:
    """Let every local name that holds the allocation `before` hold `after`."""
    if before == after:
        return
    from graphlift.interp.expressions import path_text

    if isinstance(node, nodes.Name) and node.name in frame.env:
        frame.env[node.name] = _replaced(frame.env[node.name], before, after)
    path = path_text(node) if node is not None else ""
    if path:
        frame.paths[path] = after
    if isinstance(node, nodes.Subscript):
        for container, changed, found in _around(frame, node, after):
            if not found:
                replace_everywhere(frame, node.value, container, changed)
    site = getattr(before, "site", "")
    if not site:
        return
    for name, value in frame.env.items():
        count = _count(value, site)
        if count:
            # Made in a loop, several of them are known by one site, and only one of them has changed.
            frame.env[name] = _replaced(value, before, after if count == 1 else join(before, after))


def _around(frame: Frame, node: nodes.Subscript, after: Value) -> list[tuple[Value, Value, bool]]:
    """The containers that an indexed one stands in: before, after, and whether the index tells its place in them."""
    from graphlift.interp.expressions import evaluate

    with frame.quietly():
        container, index = evaluate(frame, node.value), evaluate(frame, node.slice)
    found: list[tuple[Value, Value, bool]] = []
    for option in options(container):
        if isinstance(option, Mapping) and option.items is not None and not isinstance(index, Const):
            items = tuple((key, join(value, after)) for key, value in option.items)
            value = join(option.value, after)
            found.append((option, msgspec.structs.replace(option, items=items, value=value), False))
        elif isinstance(option, Sequence | Mapping):
            known = option.items is not None and isinstance(index, Const)
            found.append((option, _with_item(option, index, after), known))
    return found


def _count(value: Value, site: str, depth: int = 0) -> int:
    """How often a value holds what was made at a site, itself included."""
    if getattr(value, "site", "") == site:
        return 1
    if depth > 3:
        return 0
    match value:
        case Sequence(items=None):
            return 2 * _count(value.element, site, depth + 1)  # Any number of them.
        case Mapping(items=None):
            return 2 * _count(value.value, site, depth + 1)
        case Sequence():
            return sum(_count(item, site, depth + 1) for item in value.items or ())
        case Mapping():
            return sum(_count(item, site, depth + 1) for _, item in value.items or ())
    found = options(value)
    return max(_count(option, site, depth + 1) for option in found) if len(found) > 1 else 0


def _replaced(value: Value, before: Value, after: Value, depth: int = 0) -> Value:
    if value == before:
        return after
    site = getattr(before, "site", "")
    if isinstance(value, Sequence | Mapping | SetOf) and site and value.site == site:
        return join(value, after) if isinstance(before, type(value)) else value
    if depth > 3:
        return value
    if isinstance(value, Sequence):
        if value.items is None:
            element = join(value.element, _replaced(value.element, before, after, depth + 1))
            return msgspec.structs.replace(value, element=element)
        items = tuple(_replaced(item, before, after, depth + 1) for item in value.items)
        return msgspec.structs.replace(value, items=items, element=join_all(items))
    if isinstance(value, Mapping):
        if value.items is None:
            inner = join(value.value, _replaced(value.value, before, after, depth + 1))
            return msgspec.structs.replace(value, value=inner)
        entries = tuple((k, _replaced(v, before, after, depth + 1)) for k, v in value.items)
        return msgspec.structs.replace(value, items=entries, value=join_all(v for _, v in entries))
    if not isinstance(value, Never | Unknown) and len(options(value)) > 1:
        return join_all(_replaced(option, before, after, depth + 1) for option in options(value))
    return value
