"""The memos of persistent queries in a file, to begin the next process with.

The file holds the graph: for each persistent memo its value, for everything it was computed from (directly
or not) the query, the key and a digest of the value, down to the inputs. Inputs are never restored from it.
A process that loads it asks its own inputs; as long as their digests are the written ones, the values hold,
and nothing runs. Where an input differs, what depends on it runs again when it is asked for, with early
cut-off by digest also for values that aren't in the file.

Where recursion has several fixpoints (its bodies aren't monotone, or `widen=` stepped in), members of a
cycle that come from the file may belong to another one than members that are computed anew. If that
matters, all queries that take part should be persistent.

A file can't run code: it is msgpack read as declared types. What is unusable in it (another fingerprint,
truncated, damaged, a value that doesn't decode) is computed anew. Several processes may use one path: each
writes a file of its own and renames it into place, so a reader sees a whole file, the one written last.
"""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from graphlift.engine import codec
from graphlift.engine.database import COMPONENT, Database
from graphlift.engine.errors import Step
from graphlift.engine.memo import ABSENT, Memo, Stored
from graphlift.engine.query import Spec, registry

MAGIC = b"memo-graph 1\n"
LIMIT = 256 << 20
"""The largest file that is written or read, in bytes, unless told otherwise."""
MAX_AGE = 20
"""How often a value that nobody needed is written again before it is left out."""
_ORPHAN_SECONDS = 3600
"""The age from which on a temporary file is taken for one whose process died while writing."""


class Loaded(msgspec.Struct, frozen=True):
    """How many persistent memos were taken over; `reason` says why none, when the file couldn't be used."""

    memos: int
    reason: str | None = None


class Saved(msgspec.Struct, frozen=True):
    """What was written.

    `memos` persistent memos in `size` bytes; `skipped` counts, by reason, what had to be left out; `reason`
    says why nothing was written at all.
    """

    memos: int
    size: int
    skipped: dict[str, int]
    reason: str | None = None


class _Node(msgspec.Struct, array_like=True):
    query: int
    """Index into `_File.queries`; -1 for what a cycle read from outside."""
    key: bytes
    deps: list[int]
    """Indices of earlier nodes."""
    digest: bytes | None
    value: bytes | None
    age: int


class _File(msgspec.Struct, array_like=True):
    fingerprint: str
    queries: list[str]
    nodes: list[_Node]


class _Unusable(Exception):  # noqa: N818 - carries a reason to the one place that reports it
    """A file that can't be used, and why."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_File)


def load(db: Database, path: str | os.PathLike[str], fingerprint: str, *, limit: int = LIMIT) -> Loaded:
    """Take over the memos in a file. To be called before the first query; inputs may be set before or after.

    The modules that declare the queries must have been imported. `fingerprint` names all that values depend
    on beside the inputs (versions of the code and its tables); a file with another one isn't used. Raises
    `TypeError` when a query's annotations can't be written as msgpack (a mistake in its declaration), and
    nothing else.
    """
    if any(table for spec, table in db._memos.items() if not spec.is_input):
        return Loaded(0, "queries have run before the cache was loaded")
    try:
        nodes = _read(Path(path), fingerprint, limit)
        memos = _revive(db, nodes)
    except _Unusable as unusable:
        return Loaded(0, str(unusable))
    count = 0
    for memo in memos:
        if memo is not None and _has_place(memo) and memo.key not in db._memos[memo.spec]:
            db._dormant[memo.spec][memo.key] = memo
            count += memo.spec.persist
    return Loaded(count)


def _has_place(memo: Memo) -> bool:
    """Whether it is the memo of its key, and not one that only others know of."""
    return memo.spec is not COMPONENT and not memo.is_ghost


def _read(path: Path, fingerprint: str, limit: int) -> _File:
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        raise _Unusable("there is no cache yet") from None
    except OSError as error:
        raise _Unusable(f"the cache can't be read: {error.strerror or error}") from error
    if len(data) > limit:
        raise _Unusable(f"the cache is larger than {limit} bytes")
    body = memoryview(data)[len(MAGIC) + codec.DIGEST_SIZE :]
    if not data.startswith(MAGIC):
        raise _Unusable("the cache is of another format")
    if codec.digest_bytes(body) != data[len(MAGIC) : len(MAGIC) + codec.DIGEST_SIZE]:
        raise _Unusable("the cache is damaged")
    try:
        file = _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _Unusable(f"the cache is damaged: {error}") from error
    if file.fingerprint != fingerprint:
        raise _Unusable(f"the cache was made by another version ({file.fingerprint})")
    return file


def _revive(db: Database, file: _File) -> list[Memo | None]:
    """A memo for each node, or `None` where it or what it depends on can't be used."""
    memos: list[Memo | None] = []
    seen: set[Step] = set()
    for node in file.nodes:
        if not all(0 <= dep < len(memos) for dep in node.deps) or not -1 <= node.query < len(file.queries):
            raise _Unusable("the cache is damaged: its graph has no order")
        deps = tuple(memo for dep in node.deps if (memo := memos[dep]) is not None)
        memo = None if len(deps) < len(node.deps) else _memo(db, file, node, deps)
        if memo is not None and _has_place(memo):
            step = memo.spec.qualified, memo.key
            if step in seen:
                raise _Unusable("the cache is damaged: it has two values for one key")
            seen.add(step)
        memos.append(memo)
    return memos


def _memo(db: Database, file: _File, node: _Node, deps: tuple[Memo, ...]) -> Memo | None:
    if node.query < 0:
        memo = Memo(COMPONENT, ())
    else:
        spec = registry.get(file.queries[node.query])
        if spec is None:
            return None
        codec.check(spec)
        try:
            key = codec.unpack_key(spec, node.key)
            known = db._memos[spec].get(key)
        except (msgspec.MsgspecError, TypeError):
            return None
        if known is not None:
            # Nothing was computed from it yet, so it may count as unchanged since the file was written.
            if node.digest is not None and codec.digest(spec, known.value) == node.digest:
                known.changed_at = 0
            return known
        memo = Memo(spec, key)
        memo.value = Stored(node.value if spec.persist else None, node.digest, node.age)
        if spec.is_input:
            return memo
    memo.deps = deps
    memo.verified_at = 0
    return memo


def save(db: Database, path: str | os.PathLike[str], fingerprint: str, *, limit: int = LIMIT) -> Saved:
    """Write the persistent memos that hold for the inputs as they are, without running anything.

    Values that were loaded and not needed since are written again, but not more than `MAX_AGE` times in a
    row. When the file would be larger than `limit` bytes, the largest values are left out. Raises nothing
    but `TypeError`, as `load`.
    """
    plan = _Plan()
    for memo in _persistent(db):
        plan.add(memo)
    nodes = plan.nodes
    data = _encode(fingerprint, plan.queries, _pruned(nodes))
    if len(data) > limit:
        excess = len(data) - limit
        for node in sorted(nodes, key=lambda node: len(node.value or b""), reverse=True):
            if excess <= 0 or node.value is None:
                break
            excess -= len(node.value)
            node.value = None
            plan.skipped["the cache would be too large"] += 1
        data = _encode(fingerprint, plan.queries, _pruned(nodes))
    skipped = dict(plan.skipped)
    if len(data) > limit:
        return Saved(0, 0, skipped, f"the cache would be larger than {limit} bytes even without values")
    try:
        _write(Path(path), data)
    except OSError as error:
        return Saved(0, 0, skipped, f"the cache can't be written: {error.strerror or error}")
    return Saved(sum(node.value is not None for node in nodes), len(data), skipped)


def unfaithful(db: Database) -> list[Step]:
    """The persistent memos in memory whose key or value doesn't come back from its bytes as it was."""
    found = []
    for memo in _persistent(db):
        spec, value = memo.spec, memo.value
        codec.check(spec)
        if isinstance(value, Stored) or memo.deps is None:
            continue
        try:
            same = spec.equal(codec.unpack(spec, codec.pack(spec, value)), value)
            same = same and codec.unpack_key(spec, codec.pack_key(memo.key)) == memo.key
        except codec.UNPACKABLE:
            same = False
        if not same:
            found.append(memo.step)
    return found


def _persistent(db: Database) -> Iterator[Memo]:
    for tables in (db._memos, db._dormant):
        for spec, table in tables.items():
            if spec.persist:
                yield from table.values()


class _Plan:
    """The nodes to write, each after its dependencies."""

    def __init__(self) -> None:
        self.nodes: list[_Node] = []
        self.queries: list[str] = []
        self.skipped: Counter[str] = Counter()
        self._numbers: dict[Spec, int] = {COMPONENT: -1}
        self._indices: dict[Memo, int | None] = {}

    def add(self, root: Memo) -> None:
        """Plan to write a memo and all that it depends on, as far as that holds for the present inputs."""
        if isinstance(root.value, Stored) and root.verified_at == 0 and root.value.age >= MAX_AGE:
            return
        path = [(root, iter(root.deps or ()))]
        while path:
            memo, deps = path[-1]
            for dep in deps:
                if dep not in self._indices:
                    path.append((dep, iter(dep.deps or ())))
                    break
            else:
                path.pop()
                if memo not in self._indices:
                    self._indices[memo] = self._place(memo)

    def _place(self, memo: Memo) -> int | None:
        """The index of a memo's node, or `None` where it can't be written."""
        deps = [index for dep in memo.deps or () if (index := self._indices[dep]) is not None]
        if not self._holds(memo) or len(deps) < len(memo.deps or ()):
            return None
        number = self._number(memo.spec)
        node = _Node(number, b"", deps, None, None, 0)
        if memo.spec is not COMPONENT and not self._fill(node, memo):
            return None
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _holds(self, memo: Memo) -> bool:
        """Whether a memo was computed from the present values of its dependencies."""
        if memo.deps is None:
            # What was computed from an input that isn't looked at since still belongs to the value it had.
            return memo.spec.is_input and memo.value is not ABSENT
        return all(dep.changed_at <= memo.verified_at for dep in memo.deps)

    def _fill(self, node: _Node, memo: Memo) -> bool:
        """Write a memo's key and value into its node; says whether anything could be made of it later."""
        spec, value = memo.spec, memo.value
        try:
            node.key = codec.pack_key(memo.key)
        except codec.UNPACKABLE as error:
            self.skipped[f"`{spec.name}`: a key can't be written: {error}"] += 1
            return False
        if isinstance(value, Stored):
            node.digest, node.value = value.digest, value.packed
            node.age = value.age + 1 if memo.verified_at == 0 else 0
        elif spec.persist:
            try:
                node.value = codec.pack(spec, value)
            except codec.UNPACKABLE as error:
                self.skipped[f"`{spec.name}`: a value can't be written: {error}"] += 1
            else:
                node.digest = codec.digest(spec, value, node.value)
        else:
            node.digest = codec.digest(spec, value)
        if spec.is_input and node.digest is None:
            self.skipped[f"`{spec.name}`: an input has no digest"] += 1
            return False
        return True

    def _number(self, spec: Spec) -> int:
        if spec not in self._numbers:
            codec.check(spec)
            self._numbers[spec] = len(self.queries)
            self.queries.append(spec.qualified)
        return self._numbers[spec]


def _pruned(nodes: list[_Node]) -> list[_Node]:
    """The nodes that have a value or that one with a value depends on."""
    needed = [node.value is not None for node in nodes]
    for index in range(len(nodes) - 1, -1, -1):
        if needed[index]:
            for dep in nodes[index].deps:
                needed[dep] = True
    places = list(itertools.accumulate(needed, initial=0))
    return [
        _Node(n.query, n.key, [places[dep] for dep in n.deps], n.digest, n.value, n.age)
        for n, wanted in zip(nodes, needed, strict=True)
        if wanted
    ]


def _encode(fingerprint: str, queries: list[str], nodes: list[_Node]) -> bytes:
    body = _encoder.encode(_File(fingerprint, queries, nodes))
    return MAGIC + codec.digest_bytes(body) + body


def _write(path: Path, data: bytes) -> None:
    """Put a whole file in place, or raise `OSError` and leave the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_orphans(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _remove_orphans(path: Path) -> None:
    """Delete what processes left that died while writing."""
    for orphan in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        # Another process may be faster, or still own it.
        with contextlib.suppress(OSError):
            if time.time() - orphan.stat().st_mtime > _ORPHAN_SECONDS:
                orphan.unlink()
