"""The generated tables: every public name that a model knows, with what is recorded of it.

The files under `data/` are made by `scripts/make_models.py` from the installed releases: one JSON object per line,
sorted by name. A table is read on first use (about 10 ms for TensorFlow) and kept.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One public name of a library.

    `kind` is `function`, `class`, `module`, `constant`, `method` or `property` (the last two are named
    `CLASS.MEMBER`). `params` are the parameters as in a `def` (`axis=None`, `*args`, `*` before keyword-only
    ones); a default that is not a plain constant reads `=...`. `returns` is an expression in the vocabulary of
    `rules` that gives the result; it is empty when nothing is known. `flags` are kinds of `api.HAZARDS` that each
    call brings, and marks: `random`, `stateful`, `callback:PARAMETER`. `ops` is the number of TensorFlow ops
    that an eager call dispatches. `aliases` are other spellings. `bases` are the public library classes that a
    class derives from, nearest first. `untested` are parameters with a default that no check varied: where one of
    them is given, dtypes and shapes are not stated. `fitted` is true when `returns` was found and checked by running.
    """

    name: str
    kind: str
    params: tuple[str, ...] = ()
    returns: str = ""
    flags: tuple[str, ...] = ()
    ops: int = 0
    aliases: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    fitted: bool = False


class Table(msgspec.Struct, frozen=True):
    """One library's entries by canonical name, and the canonical name of every other spelling."""

    release: str
    entries: dict[str, Entry]
    aliases: dict[str, str]


FILES = ("tensorflow", "keras3", "keras2", "numpy", "libraries")


class _Header(msgspec.Struct, frozen=True):
    release: str


@cache
def load(file: str) -> Table:
    """The table in `data/FILE.jsonl`."""
    lines = (resources.files("graphlift.models") / "data" / f"{file}.jsonl").read_bytes().splitlines()
    header = msgspec.json.decode(lines[0], type=_Header)
    decoder = msgspec.json.Decoder(Entry)
    entries: dict[str, Entry] = {}
    aliases: dict[str, str] = {}
    for line in lines[1:]:
        entry = decoder.decode(line)
        entries[entry.name] = entry
        for alias in entry.aliases:
            aliases[alias] = entry.name
    return Table(header.release, entries, aliases)


def keras_tables(keras: int) -> tuple[Table, ...]:
    """The Keras tables, the one for the major version `keras` first."""
    order = ("keras2", "keras3") if keras == 2 else ("keras3", "keras2")
    return tuple(load(file) for file in order)


def tables_for(name: str, keras: int) -> tuple[Table, ...]:
    """The tables that may hold a name, by its first component."""
    head = name.partition(".")[0]
    if head == "tensorflow":
        return (load("tensorflow"),)
    if head in ("keras", "tf_keras"):
        return keras_tables(keras)
    if head == "numpy":
        return (load("numpy"),)
    return (load("libraries"),)


@cache
def find(name: str, keras: int = 3) -> Entry | None:
    """The entry with this canonical name."""
    for table in tables_for(name, keras):
        entry = table.entries.get(name)
        if entry is not None:
            return entry
    return None


@cache
def alias(name: str, keras: int = 3) -> str | None:
    """The canonical name of another spelling, or `None` where it is not known as one."""
    for table in tables_for(name, keras):
        target = table.aliases.get(name)
        if target is not None:
            return target
    return None


@cache
def line_of(name: str, keras: int = 3) -> tuple[str, ...]:
    """A library class and its public library bases, nearest first."""
    entry = find(name, keras)
    return (name,) if entry is None else (name, *entry.bases)


@cache
def find_member(cls: str, name: str, keras: int = 3) -> Entry | None:
    """The method, property or class attribute `name` of a library class or of one of its bases.

    An override of which nothing is said does what the nearest base's member of that name is said to do.
    """
    first: Entry | None = None
    for owner in line_of(cls, keras):
        entry = find(f"{owner}.{name}", keras)
        if entry is None:
            continue
        if entry.returns:
            return entry
        first = first or entry
    return first
