"""Containers that live in a global, an attribute or a captured variable, and who changes them there.

What is read from such a *place* carries the place's name as its allocation site (`&` before it), wherever it goes
from there: into local names, other places, arguments. A change through any of these names is then known as a change
of that place, and a graph that read it has it frozen.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from graphlift.interp.attribute_paths import ANY, note_set
from graphlift.interp.frame import Frame, free_names, memoised, own_nodes
from graphlift.interp.guards import loop_around
from graphlift.syntax import nodes
from graphlift.values import (
    Array,
    Const,
    Instance,
    Mapping,
    Partial,
    Py,
    Sequence,
    SetOf,
    Unknown,
    Value,
    const,
    join_all,
    options,
    without_leaves,
)

MARK = "&"
MAX_DEPTH = 3
"""How deep containers inside containers are followed."""


@lru_cache(maxsize=1 << 14)
def held_at(value: Value, place: str, depth: int = 0) -> Value:
    """The value as it is read from a place: its containers are the place's, unless they are another's already."""
    if depth > MAX_DEPTH:
        return value
    return join_all(_held(option, place, depth) for option in options(value)) if options(value) else value


def _held(value: Value, place: str, depth: int) -> Value:
    if isinstance(value, Sequence):
        site = _site(value.site, place) if value.type != "tuple" and not value.fields else value.site
        if value.items is None:
            element = held_at(value.element, place, depth + 1)
            return Sequence(value.type, None, element, site, value.fields)
        items = tuple(held_at(item, place, depth + 1) for item in value.items)
        return Sequence(value.type, items, join_all(items), site, value.fields)
    if isinstance(value, Mapping):
        site = _site(value.site, place)
        inner = held_at(value.value, place, depth + 1)
        if value.items is None:
            return Mapping(value.type, None, value.key, inner, site)
        entries = tuple((key, held_at(item, place, depth + 1)) for key, item in value.items)
        return Mapping(value.type, entries, value.key, join_all(item for _, item in entries), site)
    if isinstance(value, SetOf) or (isinstance(value, Array) and not value.scalar):
        return msgspec.structs.replace(value, site=_site(value.site, place))
    return value


def _site(site: str, place: str) -> str:
    return site if site.startswith(MARK) else MARK + place


def places_of(value: Value) -> tuple[str, ...]:
    """The places whose containers a value is, or may be."""
    found: dict[str, None] = {}
    for option in options(value):
        site = getattr(option, "site", "")
        if site.startswith(MARK):
            found.update((part[1:], None) for part in site.split("|") if part.startswith(MARK))
    return tuple(found)


VIEWS = frozenset(
    {"T", "diagonal", "imag", "ravel", "real", "reshape", "squeeze", "swapaxes", "transpose", "view"}
)
"""Methods and attributes of an array that give, or may give, another view of the same numbers (the NumPy manual)."""


def as_view(array: Value, name: str, given: Value) -> Value:
    """What a method or attribute of an array gives: a view is the array itself to whoever holds or changes it."""
    if name not in VIEWS or not isinstance(array, Array) or not array.site:
        return given
    return join_all(
        msgspec.structs.replace(o, site=array.site) if isinstance(o, Array) and not o.scalar else o
        for o in options(given)
    )


def names_at(place: str) -> Mapping:
    """A dictionary of names that are looked up at run time, as it is read from a place."""
    unknown = Unknown("names that are looked up at run time are not followed")
    return Mapping("dict", None, Py("str"), unknown, MARK + place if place else "")


def attributes_of(instance: Value) -> Value:
    """The `__dict__` of an object: who changes it may change any attribute."""
    found = [names_at(f"attributes {o.definition}") for o in options(instance) if isinstance(o, Instance)]
    return join_all(found) if found else names_at("")


def cell_of(place: str) -> tuple[str, ...] | None:
    """The cell in which the solver keeps what a place holds; of a captured variable, what others put into it."""
    kind, _, rest = place.partition(" ")
    if kind in ("attributes", "globals"):
        return None
    if kind in ("captured", "default"):
        return (kind, rest)
    owner, _, name = (rest if kind == "global" else place).rpartition(".")
    return ("global" if kind == "global" else "attr", owner, name)


def read_place(frame: Frame, value: Value, place: str, node: nodes.NodeNG) -> Value:
    """What is read from a place; containers that another place holds too are read from there as well."""
    return read_again(frame, held_at(value, place), node, place)


def read_again(frame: Frame, value: Value, node: nodes.NodeNG, place: str = "") -> Value:
    """A value that is read at a node, from a place or not: the other places that hold its containers are read too."""
    for other in held_places(value):
        if other != place:
            frame.effect("reads-state", node, other, target="heap")
    return value


@lru_cache(maxsize=1 << 14)
def held_places(value: Value, depth: int = 0) -> tuple[str, ...]:
    """The places whose containers a value is or holds: in containers, and in the arguments of a partial."""
    found = dict.fromkeys(places_of(value))
    if depth > MAX_DEPTH:
        return tuple(found)
    for option in options(value):
        inner: list[Value] = []
        if isinstance(option, Sequence):
            inner = list(option.items) if option.items is not None else [option.element]
        elif isinstance(option, Mapping):
            inner = [option.value] if option.items is None else [item for _, item in option.items]
        elif isinstance(option, Partial):
            inner = [*option.args, *(given for _, given in option.keywords)]
        for part in inner:
            found.update(dict.fromkeys(held_places(part, depth + 1)))
    return tuple(found)


def read_captured(frame: Frame, name: str, value: Value) -> Value:
    """A variable that nested functions share: containers in it may hold what another of its owners has put there."""
    if name in frame.env:
        shared = {f"captured {frame.definition}.{name}"} if _is_captured(frame, name) else set()
    else:
        shared = {place for place in places_of(value) if place.startswith("captured ")}
    cells = [("captured", place.partition(" ")[2]) for place in sorted(shared)]
    return join_all([value, *(frame.analysis.cell(cell) for cell in cells)])


def captured_at(definition: str, name: str, value: Value) -> Value:
    """A local value as a nested function captures it."""
    return held_at(without_leaves(value), f"captured {definition}.{name}")


def read_global(frame: Frame, module: str, name: str, node: nodes.NodeNG) -> Value | None:
    """What a name of a module's top level holds, by a read that may be frozen; `None` when nothing binds it."""
    found = global_at(frame, module, name)
    if found is None:
        return None
    value, place, own = found
    if place and (own or held_places(value)):
        read_again(frame, value, node, place)
        if not frame.is_module and not frame.is_class:
            frame.effect("reads-state", node, place, target=f"global:{place[7:]}")
    return value


def global_at(frame: Frame, module: str, name: str) -> tuple[Value, str, bool] | None:
    """A global's value, the place that holds it, and whether that is the module's own variable.

    A name that is only imported keeps what it got then, whatever becomes of the variable that it came from; but a
    container is the same object under both names, and its place is the variable's. Other names have no place.
    """
    reference = frame.analysis.query("resolve_name", module, name)
    if reference is None:
        return None
    value = frame.reference_value(reference)
    index = frame.analysis.query("module_index", module)
    own = name in index.variables or any(written == name for written, _ in index.global_writes)
    if own and reference.kind != "variable":  # Imported or defined, and assigned where that fails.
        value = join_all((value, frame.analysis.cell(("global", module, name))))
    if own:
        place = f"global {module}.{name}"
    elif reference.kind == "variable":
        place = f"global {reference.target.replace(':', '.')}"
    else:
        return value, "", False
    return held_at(value, place), place, own


def note_change(frame: Frame, value: Value, node: nodes.NodeNG, through: nodes.NodeNG | None = None) -> None:
    """Remember that a container is changed at a node, for whoever reads the places that hold it.

    `through` is the expression that gives the container, where that is not the node itself.
    """
    path = through or node
    if frame.once or _builds_itself(frame, path):
        return
    places = list(places_of(value))
    if isinstance(path, nodes.Name) and path.name in frame.env and _is_captured(frame, path.name):
        places.append(f"captured {frame.definition}.{path.name}")
    for place in places:
        frame.write_cell(("touched", place), const(mark_of(frame, node)))
        if place.startswith("attributes "):
            note_set(frame, ANY, fresh=False)


def _is_captured(frame: Frame, name: str) -> bool:
    return not frame.is_module and frame.node is not None and name in captured_names(frame.node)


@memoised
def captured_names(scope: nodes.Scope) -> frozenset[str]:
    """The names that nested functions of a scope read from around them."""
    inner = (
        n for n in own_nodes(scope) if isinstance(n, nodes.FunctionDef | nodes.Lambda) and n is not scope
    )
    return frozenset(name for node in inner for name in free_names(node))


def _builds_itself(frame: Frame, node: nodes.NodeNG) -> bool:
    """Whether a constructor fills a container of the object that it makes."""
    from graphlift.interp.objects import CONSTRUCTORS

    while isinstance(node, nodes.Attribute | nodes.AssignAttr):
        node = node.expr
    info = frame.info
    return (
        info is not None
        and info.in_class
        and info.name in CONSTRUCTORS
        and bool(info.parameters)
        and isinstance(node, nodes.Name)
        and node.name == info.parameters[0].name
    )


def mark_of(frame: Frame, node: nodes.NodeNG, site: str = "") -> str:
    """Where a change happens, as text: the definition and the line in it, 0 for one in a loop.

    A loop that makes the changed object anew at each pass (at `site`) is none for this.
    """
    line = frame.place(node).span.line
    around = None if frame.node is None else loop_around(node, frame.node)
    if around is not None:
        made = site.rpartition("#")[2].partition(":")[0]
        first = frame.place(around).span.line
        last = first + (around.end_lineno or around.lineno) - around.lineno
        if not made.isdigit() or not first <= int(made) <= last:
            line = 0
    return f"{frame.definition}#{line}"


def marks(value: Value) -> list[tuple[str, int | None]]:
    """The changes that a `touched` cell knows: definition (`?` when there are too many) and line, 0 in a loop."""
    found: list[tuple[str, int | None]] = []
    for option in options(value):
        if isinstance(option, Const):
            definition, _, line = option.text.strip("'\"").rpartition("#")
            found.append((definition, int(line)))
        else:
            found.append(("?", None))
    return found
