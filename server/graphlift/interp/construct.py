"""Making instances: user classes, dataclasses, named tuples, enums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from graphlift import models
from graphlift.interp.calls import (
    Site,
    call_function,
)
from graphlift.interp.frame import Frame
from graphlift.interp.kept import may_be_kept
from graphlift.interp.objects import find_member, library_base
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    Class,
    Function,
    Instance,
    Sequence,
    Unknown,
    Value,
    join_all,
)


def construct(frame: Frame, cls: Class, arguments: Arguments, site: Site) -> Value:
    """`cls(…)`."""
    if is_named_tuple(frame, cls.definition):
        return _new_named_tuple(frame, cls, arguments, site)
    base = library_base(frame, cls.definition)
    if base is not None and base.startswith("enum."):
        return Instance(cls.definition)
    kept = may_be_kept(frame, cls.definition)
    instance = Instance(cls.definition, exact=True, site="" if kept else frame.site(site.node))
    if base is not None:
        _library_construction(frame, base, cls, site)
    found = find_member(frame, cls.definition, "__init__")
    if found is not None and found[0] == "function":
        result_alive = frame.alive
        call_function(frame, Function(found[1]), arguments, Site(site.node), instance)
        if not frame.alive and result_alive:
            return instance
    elif found is None or found[0] == "external":
        _dataclass_fields(frame, cls.definition, arguments)
    else:
        frame.effect("unknown-call", site.node, f"the constructor of {_leaf(cls.definition)}", certain=False)
    post = find_member(frame, cls.definition, "__post_init__")
    if post is not None and post[0] == "function":
        call_function(frame, Function(post[1]), Arguments(), Site(site.node), instance)
    return instance


def _leaf(definition: str) -> str:
    return definition.partition(":")[2]


def _library_construction(frame: Frame, base: str, cls: Class, site: Site) -> None:
    """Constructing a subclass of a layer, model, metric or optimizer makes an object that owns variables."""
    owners = ("keras.layers.Layer", "keras.metrics.Metric", "keras.optimizers.Optimizer")
    if any(models.is_subclass(base, owner) for owner in owners):
        frame.effect("creates-state", site.node, _leaf(cls.definition))


class Field(msgspec.Struct, frozen=True):
    """A name of a class body, or of the named tuple that it derives from, with its annotation if it has one.

    `owner` is the class.
    """

    name: str
    annotation: nodes.NodeNG | None
    owner: str


def class_fields(frame: Frame, definition: str) -> list[Field]:
    """The annotated fields of a class body in order, bases first."""
    found: dict[str, Field] = {}
    for entry in reversed(frame.analysis.query("mro", definition)):
        if entry is None or entry.kind != "class":
            continue
        frame.analysis.query("fingerprint", entry.target)
        node = frame.analysis.unit(entry.target.partition(":")[0]).nodes.get(entry.target)
        for name, annotation in _made_fields(node):
            found[name] = Field(name, annotation, entry.target)
        for statement in getattr(node, "body", []):
            if (
                isinstance(statement, nodes.AnnAssign)
                and isinstance(statement.target, nodes.AssignName)
                and "ClassVar" not in statement.annotation.as_string()
            ):
                name = statement.target.name
                found[name] = Field(name, statement.annotation, entry.target)
    return list(found.values())


def _made_fields(node: nodes.NodeNG | None) -> Iterator[tuple[str, nodes.NodeNG | None]]:
    """The fields of a named tuple that a base class expression makes (`class Step(NamedTuple("Step", [...])):`)."""
    for base in getattr(node, "bases", ()):
        if not isinstance(base, nodes.Call) or len(base.args) < 2:
            continue
        if base.func.as_string().rpartition(".")[2].lower() != "namedtuple":
            continue
        given = base.args[1]
        listed = given.elts if isinstance(given, nodes.List | nodes.Tuple) else [given]
        for item in listed:
            name, annotation = item.elts if _is_pair(item) else (item, None)
            if isinstance(name, nodes.Const) and isinstance(name.value, str):
                for word in name.value.replace(",", " ").split():
                    yield word, annotation


def _is_pair(node: nodes.NodeNG) -> bool:
    return isinstance(node, nodes.Tuple) and len(node.elts) == 2


def is_dataclass(frame: Frame, definition: str) -> bool:
    """Whether a class has its constructor and its equality made from its fields."""
    info = frame.analysis.query("class_info", definition)
    return info is not None and _is_dataclass(info)


def _is_dataclass(info: Any) -> bool:
    return any(
        text.partition("(")[0].rpartition(".")[2] in ("dataclass", "define", "frozen", "attrs", "s")
        for text in info.decorators
    )


def _dataclass_fields(frame: Frame, definition: str, arguments: Arguments) -> None:
    """A dataclass's generated constructor stores its arguments in the fields."""
    line = frame.analysis.query("mro", definition)
    infos = [
        frame.analysis.query("class_info", entry.target)
        for entry in line
        if entry is not None and entry.kind == "class"
    ]
    if not any(info is not None and _is_dataclass(info) for info in infos):
        return
    keywords = dict(arguments.keywords)
    for position, name in enumerate(field.name for field in class_fields(frame, definition)):
        value = keywords.get(name)
        if value is None and position < len(arguments.positional):
            value = arguments.positional[position]
        if value is not None:
            frame.write_cell(("attr", definition, name), value)


def is_named_tuple(frame: Frame, definition: str) -> bool:
    """Whether a class is made by deriving from `typing.NamedTuple`."""
    line = frame.analysis.query("mro", definition)
    return any(e is not None and e.kind == "external" and e.target.endswith("NamedTuple") for e in line)


def _new_named_tuple(frame: Frame, cls: Class, arguments: Arguments, site: Site) -> Value:
    """`cls(…)` for a named tuple: what its own `__new__` makes of the arguments is not followed."""
    fields = class_fields(frame, cls.definition)
    own = find_member(frame, cls.definition, "__new__")
    if own is None or own[0] != "function":
        return _named_tuple(cls.definition, fields, arguments)
    call_function(frame, Function(own[1]), arguments, Site(site.node), cls)
    items = tuple(Unknown("what `__new__` makes of its arguments is not followed") for _ in fields)
    return named_tuple_value(cls.definition, tuple(field.name for field in fields), items)


def _named_tuple(definition: str, fields: list[Field], arguments: Arguments) -> Value:
    keywords = dict(arguments.keywords)
    items: list[Value] = []
    for position, name in enumerate(field.name for field in fields):
        if position < len(arguments.positional):
            items.append(arguments.positional[position])
        else:
            items.append(keywords.get(name, Unknown(f"the default of `{name}` is not followed")))
    return named_tuple_value(definition, tuple(field.name for field in fields), tuple(items))


def named_tuple_value(definition: str, fields: tuple[str, ...], items: tuple[Value, ...]) -> Value:
    """An instance of a named tuple class."""
    name = definition.replace(":", ".")
    return Sequence(name if "." in name else f"collections.{name}", items, join_all(items), "", fields)
