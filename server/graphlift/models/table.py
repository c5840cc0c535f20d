"""The generated tables: every public name that a model knows, with what is recorded of it.

The files under `data/` are made by `scripts/make_models.py` from the installed releases: one JSON object per line,
sorted by name. A table is read on first use (about 10 ms for TensorFlow) and kept.

They describe the newest supported release. `NAME-2.15.jsonl` holds what is different in the oldest one, TensorFlow
2.15 with Keras 2: names that it lacks, names that it alone has, entries that read differently. `use_release` says which
one is analysed for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any, TypeVar, cast

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


FILES = ("tensorflow", "keras3", "keras2", "numpy", "probability", "libraries")


OLDEST = "2.15"
"""The oldest supported release of TensorFlow: the last whose `tf.keras` is Keras 2."""
DIFFERING = ("tensorflow", "keras2")
"""The tables that have differences for the oldest release."""


class _Header(msgspec.Struct, frozen=True):
    release: str
    missing: tuple[str, ...] = ()
    """In a table of differences: the names that the release does not have."""


class _Selection:
    """Which release the tables answer for."""

    oldest = False


_CLEAR: list[Callable[[], None]] = []
F = TypeVar("F", bound=Callable[..., Any])


def remembered(function: F) -> F:
    """`functools.cache` for an answer that follows from the tables: forgotten when another release is analysed for."""
    kept = cache(function)
    _CLEAR.append(kept.cache_clear)
    return cast("F", kept)


def use_release(tensorflow: str | None) -> None:
    """Answer for this release of TensorFlow from now on: the oldest supported one up to 2.15, else the newest.

    The tables are the process's: one process analyses for one environment at a time. The call is cheap where
    nothing changes.
    """
    oldest = tensorflow is not None and release_number(tensorflow) <= release_number(OLDEST)
    if oldest is not _Selection.oldest:
        _Selection.oldest = oldest
        for clear in _CLEAR:
            clear()


def release_number(text: str) -> tuple[int, ...]:
    """The first two numbers of a release: (2, 15) of `2.15.1`."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


@remembered
def load(file: str) -> Table:
    """The table in `data/FILE.jsonl`, as it is for the release that is analysed for."""
    header, entries = read(file)
    if _Selection.oldest and file in DIFFERING:
        older, different = read(f"{file}-{OLDEST}")
        dropped = frozenset(older.missing)
        entries = {name: entry for name, entry in entries.items() if name not in dropped} | different
        entries = dict(sorted(entries.items()))
        header = older
    aliases = {alias: entry.name for entry in entries.values() for alias in entry.aliases}
    return Table(header.release, entries, aliases)


@cache
def read(file: str) -> tuple[_Header, dict[str, Entry]]:
    """A data file as it is: its header, and its entries by name."""
    lines = (resources.files("graphlift.models") / "data" / f"{file}.jsonl").read_bytes().splitlines()
    decoder = msgspec.json.Decoder(Entry)
    entries = (decoder.decode(line) for line in lines[1:])
    return msgspec.json.decode(lines[0], type=_Header), {entry.name: entry for entry in entries}


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
    if head == "tensorflow_probability":
        return (load("probability"),)
    return (load("libraries"),)


@remembered
def find(name: str, keras: int = 3) -> Entry | None:
    """The entry with this canonical name."""
    for table in tables_for(name, keras):
        entry = table.entries.get(name)
        if entry is not None:
            return entry
    return None


@remembered
def alias(name: str, keras: int = 3) -> str | None:
    """The canonical name of another spelling, or `None` where it is not known as one."""
    for table in tables_for(name, keras):
        target = table.aliases.get(name)
        if target is not None:
            return target
    return None


@remembered
def line_of(name: str, keras: int = 3) -> tuple[str, ...]:
    """A library class and its public library bases, nearest first."""
    entry = find(name, keras)
    return (name,) if entry is None else (name, *entry.bases)


@remembered
def find_member(cls: str, name: str, keras: int = 3) -> Entry | None:
    """The method, property or class attribute `name` of a library class or of one of its bases.

    An override of which nothing is said does what the nearest base's member of that name is said to do.
    """
    first: Entry | None = None
    for owner in line_of(cls, keras):
        entry = find(f"{owner}.{name}", keras)
        if entry is None or not entry.returns:
            # `RandomState.normal` is described where its bound twin `np.random.normal` is.
            same = alias(f"{owner}.{name}", keras)
            entry = (find(same, keras) if same is not None else None) or entry
        if entry is None:
            continue
        if entry.returns:
            return entry
        first = first or entry
    return first
