"""Arguments that a `tf.function` cannot tell apart: sets and their like, objects with an equality and no hash.

Tracing looks arguments up in a dictionary. Python takes the hash from a class that defines `__eq__` alone, which is
what `@dataclass` does unless it is frozen; TensorFlow then raises `TypeError`, for `self` as for any other argument.
`self` is held by a weak reference besides, which tuples and objects with `__slots__` do not take.
"""

from __future__ import annotations

import ast

import msgspec

from graphlift.engine import Database
from graphlift.interp.entry import ParameterEvidence
from graphlift.resolve import class_info, mro
from graphlift.values import (
    Instance,
    Mapping,
    Object,
    Py,
    Sequence,
    SetOf,
    Value,
    elements,
    mixed_keys,
    options,
)

MAX_DEPTH = 4


class Unhashable(msgspec.Struct, frozen=True):
    """A parameter that is given something without a hash: what that is, and whether every caller gives such a thing."""

    parameter: str
    what: str
    certain: bool


def unhashable(db: Database, parameters: tuple[ParameterEvidence, ...]) -> tuple[Unhashable, ...]:
    """The parameters of a function that tracing cannot take."""
    found = []
    for parameter in parameters:
        kinds = [
            _without_hash(db, option, 0) or (_not_held(db, option) if parameter.source == "self" else "")
            for option in options(parameter.value)
        ]
        named = [kind for kind in kinds if kind]
        if named:
            certain = len(named) == len(kinds) and not parameter.assumed
            found.append(Unhashable(parameter.name, named[0], certain))
    return tuple(found)


def _not_held(db: Database, value: Value) -> str:
    """What an object is that takes no weak reference."""
    if not isinstance(value, Instance):
        return ""
    name = value.definition.partition(":")[2]
    slots = []
    for entry in mro(db, value.definition):
        if entry is None:
            return ""
        if entry.kind == "class":
            info = class_info(db, entry.target)
            slots.append(info is not None and info.slots)
        elif entry.target in _TUPLES:
            return f"a tuple (`{name}`), which takes no weak reference"
        else:
            return ""
    return f"an object of `{name}`, which has `__slots__` and takes no weak reference" if all(slots) else ""


_TUPLES = frozenset({"typing.NamedTuple", "builtins.tuple"})


_HASHLESS = {
    "argparse.Namespace": "an `argparse.Namespace`",
    "array.array": "an `array.array`",
    "builtins.slice": "a slice",
    "bytearray": "a `bytearray`",
    "collections.UserList": "a `UserList`",
    "deque": "a `deque`",
    "dict_items": "a view of a dict's items",
    "dict_keys": "a view of a dict's keys",
    "types.SimpleNamespace": "a `SimpleNamespace`",
}
"""Types of Python's own that tracing refuses with `TypeError`; tried with TensorFlow 2.21."""


def _without_hash(db: Database, value: Value, depth: int) -> str:
    if isinstance(value, Object) and value.cls in _HASHLESS:
        return _HASHLESS[value.cls]
    if isinstance(value, Sequence | Py) and value.type in _HASHLESS:
        return _HASHLESS[value.type]
    if isinstance(value, SetOf):
        return "a set" if value.type == "set" else ""
    if isinstance(value, Instance):
        name = value.definition.partition(":")[2]
        return (
            f"an object of `{name}`, which has `__eq__` and no hash"
            if _loses_hash(db, value.definition)
            else ""
        )
    if isinstance(value, Mapping) and mixed_keys(value):
        return "a dict whose keys cannot be sorted"
    if depth >= MAX_DEPTH:
        return ""
    parts = (_without_hash(db, option, depth + 1) for part in elements(value) for option in options(part))
    return next(filter(None, parts), "")


def compares_by_value(db: Database, definition: str) -> bool:
    """Whether two objects of a class may be equal, so that a graph takes one for the other."""
    for entry in mro(db, definition):
        info = class_info(db, entry.target) if entry is not None and entry.kind == "class" else None
        if info is not None:
            names = {name for name, _ in info.members}
            if names & {"__eq__", "__tf_tracing_type__"} or any(
                not _is_plain(text) for text in info.decorators
            ):
                return True
    return False


def _is_plain(decorator: str) -> bool:
    """Whether a decorator of a class leaves alone how its objects are compared."""
    return decorator.rpartition(".")[2].partition("(")[0] == "register_keras_serializable"


def _loses_hash(db: Database, definition: str) -> bool:
    """Whether the nearest class that says anything of equality says nothing of hashing."""
    for entry in mro(db, definition):
        if entry is None or entry.kind != "class":
            return False
        info = class_info(db, entry.target)
        if info is None:
            return False
        names = {name for name, _ in info.members}
        if names & {"__hash__", "__tf_tracing_type__"}:
            return False
        if "__eq__" in names or any(_compares(text) for text in info.decorators):
            return True
    return False


def _compares(decorator: str) -> bool:
    """Whether a decorator is a `dataclass` that defines equality and leaves its objects without a hash."""
    try:
        node = ast.parse(decorator, mode="eval").body
    except SyntaxError:
        return False
    called = node.func if isinstance(node, ast.Call) else node
    if ast.unparse(called).rpartition(".")[2] != "dataclass":
        return False
    given = {k.arg: ast.unparse(k.value) for k in node.keywords} if isinstance(node, ast.Call) else {}
    return given.get("eq", "True") == "True" and not {given.get("frozen"), given.get("unsafe_hash")} & {
        "True"
    }
