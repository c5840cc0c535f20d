"""Methods of Python's own containers, strings and numbers."""

from __future__ import annotations

from graphlift.interp.assign import mutate, put_back, without_item
from graphlift.interp.calls import Site
from graphlift.interp.expressions import iteration
from graphlift.interp.frame import Frame
from graphlift.interp.instances import call_text
from graphlift.interp.ordering import compared
from graphlift.interp.places import note_change
from graphlift.interp.statements import is_symbolic
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    NONE,
    Const,
    Mapping,
    Py,
    Sequence,
    SetOf,
    Unknown,
    Value,
    const,
    join,
    join_all,
    tuple_of,
)


def call_container(frame: Frame, receiver: Value, name: str, arguments: Arguments, site: Site) -> Value:
    """`receiver.name(…)` for a Python container, string or number."""
    if isinstance(receiver, Sequence):
        return _sequence(frame, receiver, name, arguments, site)
    if isinstance(receiver, Mapping):
        return _mapping(frame, receiver, name, arguments, site)
    if isinstance(receiver, SetOf):
        return _set(frame, receiver, name, arguments, site)
    return _scalar(frame, receiver, name, arguments, site)


def _change(frame: Frame, site: Site, before: Value, after: Value, added: Value | None = None) -> None:
    if site.receiver is not None:
        mutate(frame, site.receiver, before, after, site.node, added)
        return
    note_change(
        frame, before, site.node
    )  # Through a method that was taken from it before: `add = found.append`.
    put_back(frame, None, before, after)
    if not frame.is_fresh(before):
        frame.effect("writes-state", site.node, "a container", target="heap")


def _argument(arguments: Arguments, position: int) -> Value:
    given = arguments.positional
    return given[position] if position < len(given) else NONE


def _sequence(frame: Frame, receiver: Sequence, name: str, arguments: Arguments, site: Site) -> Value:
    first = _argument(arguments, 0)
    match name:
        case "append" | "appendleft" | "add":
            items = receiver.items
            grown = None
            if items is not None and len(items) < 32 and not frame.silent and frame.multiplier == 1:
                grown = (*items, first) if name == "append" else (first, *items)
            element = join(receiver.element, first)
            after = Sequence(receiver.type, grown, element, receiver.site)
            _change(frame, site, receiver, after, first)
            return NONE
        case "extend" | "extendleft":
            added = iteration(frame, first, site.node)
            grown = None
            if receiver.items is not None and isinstance(first, Sequence) and first.items is not None:
                grown = receiver.items + first.items if len(receiver.items) < 32 else None
            after = Sequence(receiver.type, grown, join(receiver.element, added), receiver.site)
            _change(frame, site, receiver, after, added)
            return NONE
        case "insert":
            value = _argument(arguments, 1)
            after = Sequence(receiver.type, None, join(receiver.element, value), receiver.site)
            _change(frame, site, receiver, after, value)
            return NONE
        case "pop" | "popleft" | "remove" | "clear" | "sort" | "reverse" | "rotate":
            if name == "sort":
                compared(frame, arguments, receiver.element, "sort", site)
            if name == "remove" and (is_symbolic(frame, first) or is_symbolic(frame, receiver.element)):
                frame.effect("tensor-as-bool", site.node, "remove()")
            _change(frame, site, receiver, _without(frame, receiver, name, arguments))
            if name in ("pop", "popleft"):
                return _taken(receiver, _end(name, arguments))
            return NONE
        case "index" | "count":
            if is_symbolic(frame, first) or is_symbolic(frame, receiver.element):
                frame.effect("tensor-as-bool", site.node, f"{name}()")
            return Py("int")
        case "copy":
            return Sequence(receiver.type, receiver.items, receiver.element, frame.site(site.node))
        case "_replace" if receiver.fields and receiver.items is not None:
            named = dict(zip(receiver.fields, receiver.items, strict=True)) | dict(arguments.keywords)
            items = tuple(named[field] for field in receiver.fields)
            return Sequence(receiver.type, items, join_all(items), "", receiver.fields)
        case "_asdict" if receiver.fields and receiver.items is not None:
            entries = tuple(
                (Const("str", repr(f)), v) for f, v in zip(receiver.fields, receiver.items, strict=True)
            )
            return Mapping("dict", entries, Py("str"), receiver.element, frame.site(site.node))
        case _:
            return _unmodelled(frame, receiver.type, name, site)


def _unmodelled(frame: Frame, kind: str, name: str, site: Site) -> Value:
    frame.effect("unknown-call", site.node, f"`{name}` of a {kind}", certain=False)
    return Unknown(f"`{name}` of a {kind} is not modelled")


def _mapping(frame: Frame, receiver: Mapping, name: str, arguments: Arguments, site: Site) -> Value:
    first = _argument(arguments, 0)
    match name:
        case "get" | "pop" | "setdefault":
            default = arguments.positional[1] if len(arguments.positional) > 1 else NONE
            if name != "get":
                _change(frame, site, receiver, _after_key(frame, receiver, name, first, default), default)
            if receiver.items is not None and isinstance(first, Const):
                found = dict(receiver.items).get(first)
                return found if found is not None else default
            return join(receiver.value, default)
        case "keys":
            if receiver.items is not None and not _is_kept(site):
                return _view(name, tuple(k for k, _ in receiver.items))
            return Sequence("dict_keys", None, receiver.key)
        case "values":
            if receiver.items is not None and not _is_kept(site):
                return _view(name, tuple(v for _, v in receiver.items))
            return Sequence("dict_values", None, receiver.value)
        case "items":
            if receiver.items is not None and not _is_kept(site):
                return _view(name, tuple(tuple_of(k, v) for k, v in receiver.items))
            return Sequence("dict_items", None, tuple_of(receiver.key, receiver.value))
        case "update":
            _change(frame, site, receiver, _updated(frame, receiver, arguments, site), first)
            return NONE
        case "copy":
            return Mapping(receiver.type, receiver.items, receiver.key, receiver.value, frame.site(site.node))
        case "clear" | "popitem" | "move_to_end":
            after = Mapping(receiver.type, None, receiver.key, receiver.value, receiver.site)
            _change(frame, site, receiver, after)
            return tuple_of(receiver.key, receiver.value) if name == "popitem" else NONE
        case _:
            return _unmodelled(frame, receiver.type, name, site)


def _after_key(frame: Frame, receiver: Mapping, name: str, key: Value, default: Value) -> Mapping:
    """What a dictionary is after `pop(key)` or `setdefault(key, default)`."""
    if receiver.items is not None and isinstance(key, Const) and not frame.silent and frame.multiplier == 1:
        entries = dict(receiver.items)
        if name == "pop":
            entries.pop(key, None)
        else:
            entries.setdefault(key, default)
        items = tuple(entries.items())
        keys, values = join_all(k for k, _ in items), join_all(v for _, v in items)
        return Mapping(receiver.type, items, keys, values, receiver.site)
    return Mapping(receiver.type, None, join(receiver.key, key), join(receiver.value, default), receiver.site)


def _without(frame: Frame, receiver: Sequence, name: str, arguments: Arguments) -> Sequence:
    """What a list is after `pop`; nothing more than its elements is known after what moves them about."""
    if name in ("pop", "popleft") and not frame.silent and frame.multiplier == 1:
        left = without_item(receiver, _end(name, arguments))
        if isinstance(left, Sequence):
            return left
    return Sequence(receiver.type, None, receiver.element, receiver.site)


def _end(name: str, arguments: Arguments) -> Value:
    """The index that `pop` takes."""
    return arguments.positional[0] if arguments.positional else const(0 if name == "popleft" else -1)


def _taken(receiver: Sequence, index: Value) -> Value:
    items = receiver.items or ()
    if isinstance(index, Const) and index.type == "int" and -len(items) <= int(index.text) < len(items):
        return items[int(index.text)]
    return receiver.element


def _is_kept(site: Site) -> bool:
    """Whether the result gets a name: a view of a dictionary shows what the dictionary holds when it is looked at."""
    return isinstance(site.node.parent, nodes.Assign | nodes.NamedExpr | nodes.AnnAssign)


def _view(name: str, items: tuple[Value, ...]) -> Sequence:
    return Sequence(f"dict_{name}", items, join_all(items))


def _updated(frame: Frame, receiver: Mapping, arguments: Arguments, site: Site) -> Mapping:
    first = _argument(arguments, 0)
    named = tuple((Const("str", repr(k)), v) for k, v in arguments.keywords)
    source = first if isinstance(first, Mapping) else None
    if (
        receiver.items is not None
        and (source is None) == (first == NONE)
        and (source is None or source.items is not None)
    ):
        entries = {**dict(receiver.items), **dict(source.items or () if source else ()), **dict(named)}
        items = tuple(entries.items())
        keys, values = join_all(k for k, _ in items), join_all(v for _, v in items)
        return Mapping(receiver.type, items, keys, values, receiver.site)
    unknown = Unknown("the dict is updated with something unknown")
    key = source.key if source is not None else unknown
    value = source.value if source is not None else unknown
    more = [v for _, v in named]
    return Mapping(
        receiver.type, None, join(receiver.key, key), join_all([receiver.value, value, *more]), receiver.site
    )


def _set(frame: Frame, receiver: SetOf, name: str, arguments: Arguments, site: Site) -> Value:
    first = _argument(arguments, 0)
    match name:
        case "add":
            if is_symbolic(frame, first):
                frame.effect("tensor-key", site.node, "a member of a set")
            after = SetOf(receiver.type, join(receiver.element, first), receiver.site)
            _change(frame, site, receiver, after, first)
            return NONE
        case "discard" | "remove" | "clear" | "pop":
            _change(frame, site, receiver, receiver)
            return receiver.element if name == "pop" else NONE
        case "update":
            added = iteration(frame, first, site.node)
            after = SetOf(receiver.type, join(receiver.element, added), receiver.site)
            _change(frame, site, receiver, after, added)
            return NONE
        case "union" | "intersection" | "difference" | "symmetric_difference" | "copy":
            added = iteration(frame, first, site.node) if arguments.positional else NEVER
            return SetOf(receiver.type, join(receiver.element, added), frame.site(site.node))
        case "issubset" | "issuperset" | "isdisjoint":
            return Py("bool")
        case _:
            return _unmodelled(frame, receiver.type, name, site)


_STRING_RESULTS = {
    "split": "list",
    "rsplit": "list",
    "splitlines": "list",
    "partition": "tuple",
    "rpartition": "tuple",
    "find": "int",
    "rfind": "int",
    "index": "int",
    "rindex": "int",
    "count": "int",
    "encode": "bytes",
    "decode": "str",
    "hex": "str",
    "bit_length": "int",
    "is_integer": "bool",
    "startswith": "bool",
    "endswith": "bool",
}


def _scalar(frame: Frame, receiver: Value, name: str, arguments: Arguments, site: Site) -> Value:
    kind = receiver.type if isinstance(receiver, Const | Py) else "str"
    if name == "format":
        for value in (*arguments.positional, *(value for _, value in arguments.keywords)):
            call_text(frame, value, site.node, "__format__")
    if name == "format" and any(
        is_symbolic(frame, v) for v in (*arguments.positional, *(v for _, v in arguments.keywords))
    ):
        frame.effect("formats-tensor", site.node, "str.format()")
    if name == "join" and is_symbolic(frame, iteration(frame, _argument(arguments, 0), site.node)):
        frame.effect("formats-tensor", site.node, "str.join()")
    result = _STRING_RESULTS.get(name)
    if result in ("list", "tuple"):
        return Sequence(result, None, Py(kind), frame.site(site.node) if result == "list" else "")
    if result is not None:
        return Py(result)
    if name.startswith("is"):
        return Py("bool")
    if kind in ("str", "bytes"):
        return Py(kind)
    if name in ("conjugate", "__abs__", "__add__") and kind in ("int", "float", "complex"):
        return Py(kind)
    return Unknown(f"what `{kind}.{name}` returns is not modelled")
