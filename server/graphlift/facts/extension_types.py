"""Results that are extension types of the program: a graph gives them back as it does tensors."""

from __future__ import annotations

from graphlift.engine import Database
from graphlift.index import DefId
from graphlift.resolve import mro
from graphlift.values import Instance, Value, options, parts

MAX_DEPTH = 4


def extension_types(db: Database, result: Value) -> tuple[DefId, ...]:
    """The classes of extension types in a result, by name."""
    return tuple(sorted(d for d in _classes(result, 0) if _is_extension_type(db, d)))


def _classes(value: Value, depth: int) -> set[DefId]:
    found = {option.definition for option in options(value) if isinstance(option, Instance)}
    if depth < MAX_DEPTH:
        for option in options(value):
            for part in parts(option):
                found |= _classes(part, depth + 1)
    return found


def _is_extension_type(db: Database, definition: DefId) -> bool:
    bases = (entry.target for entry in mro(db, definition) if entry is not None and entry.kind == "external")
    return any(base.endswith(("ExtensionType", ".BatchableExtensionType")) for base in bases)
