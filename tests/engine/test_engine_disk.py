"""What comes back from disk, what runs again, and what happens to files that are no good."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest

from graphlift.engine import Database, input_query, query
from graphlift.engine import disk as disk_module
from graphlift.engine.disk import MAX_AGE, load, save, unfaithful


class Summary(msgspec.Struct, frozen=True):
    words: tuple[str, ...]
    by_length: dict[int, frozenset[str]]


class Tree:
    """Stands for a value that can't be written."""

    def __init__(self, source: str) -> None:
        self.words = source.split()


def tree_digest(value: Tree) -> bytes:
    return " ".join(value.words).encode()


@input_query
def text(db, path: str) -> str:
    return ""


@query(digest=tree_digest)
def tree(db, path: str) -> Tree:
    return Tree(text(db, path))


@query(persist=True)
def summary(db, path: str) -> Summary:
    words = tree(db, path).words
    return Summary(tuple(words), {len(w): frozenset(v for v in words if len(v) == len(w)) for w in words})


@query
def size(db, path: str) -> int:
    return len(summary(db, path).words)


@query(persist=True)
def sizes(db, first: str, second: str) -> tuple[int, int]:
    return size(db, first), size(db, second)


TEXTS = {"a": "to be or not", "b": "that is"}


def opened(texts=TEXTS, path=None):
    """A database with these inputs, and the cache loaded when a path is given."""
    db = Database()
    db.log = True
    for name, content in texts.items():
        db.set(text, name, content)
    if path is not None:
        loaded = load(db, path, "v1")
        assert loaded.reason is None
    return db


def ran(db):
    found = [f"{name} {key}" for name, key in db.executed]
    db.clear_log()
    return found


@pytest.fixture
def path(tmp_path):
    """A cache with the sizes of `TEXTS` in it."""
    db = opened()
    assert sizes(db, "a", "b") == (4, 2)
    saved = save(db, tmp_path / "cache", "v1")
    assert (saved.memos, saved.skipped, saved.reason) == (3, {}, None)
    assert saved.size == (tmp_path / "cache").stat().st_size
    return tmp_path / "cache"


def test_with_the_same_inputs_nothing_runs(path):
    db = opened(path=path)
    assert sizes(db, "a", "b") == (4, 2)
    assert summary(db, "a").by_length == {2: {"to", "be", "or"}, 3: {"not"}}
    assert ran(db) == []


def test_inputs_may_be_set_after_loading(path):
    db = opened({}, path)
    before = db.revision
    for name, content in TEXTS.items():
        db.set(text, name, content)
    assert db.revision == before, "these are the inputs that everything was computed from"
    assert sizes(db, "a", "b") == (4, 2)
    assert ran(db) == []


def test_a_default_is_an_input_like_any_other(tmp_path):
    first = opened({"a": "x"})
    assert sizes(first, "a", "none") == (1, 0)
    save(first, tmp_path / "cache", "v1")
    second = opened({"a": "x"}, tmp_path / "cache")
    assert sizes(second, "a", "none") == (1, 0)
    assert ran(second) == []
    third = opened({"a": "x", "none": "now some"}, tmp_path / "cache")
    assert sizes(third, "a", "none") == (1, 2)


@pytest.mark.parametrize("when", ["before", "after"])
def test_only_what_rests_on_a_changed_input_runs_again(path, when):
    changed = {**TEXTS, "b": "that is new"}
    if when == "before":
        db = opened(changed, path)
    else:
        db = opened({}, path)
        for name, content in changed.items():
            db.set(text, name, content)
    assert sizes(db, "a", "b") == (4, 3)
    # `size a` is known to be unchanged, but its value was not written.
    assert ran(db) == ["tree b", "summary b", "size b", "sizes ('a', 'b')", "size a"]


def test_an_equal_value_that_is_not_on_disk_stops_the_wave(path):
    db = opened({**TEXTS, "b": "that    is"}, path)
    assert sizes(db, "a", "b") == (4, 2)
    assert ran(db) == ["tree b"]


def test_an_equal_value_that_is_on_disk_stops_the_wave(tmp_path):
    @query(persist=True)
    def count(db, path: str) -> int:
        return len(tree(db, path).words)

    @query(persist=True)
    def doubled(db, path: str) -> int:
        return 2 * count(db, path)

    first = opened()
    doubled(first, "a")
    save(first, tmp_path / "cache", "v1")
    second = opened({"a": "as many words here"}, tmp_path / "cache")
    assert doubled(second, "a") == 8
    assert ran(second) == ["tree a", "count a"]


def test_a_value_without_digest_counts_as_changed_when_it_ran_again(tmp_path):
    @query
    def opaque(db, path: str) -> Tree:
        return Tree(text(db, path))

    @query(persist=True)
    def count(db, path: str) -> int:
        return len(opaque(db, path).words)

    first = opened()
    count(first, "a")
    save(first, tmp_path / "cache", "v1")
    second = opened(path=tmp_path / "cache")
    assert count(second, "a") == 4
    assert ran(second) == []
    third = opened({"a": "to be or  not"}, tmp_path / "cache")
    assert count(third, "a") == 4
    assert ran(third) == ["opaque a", "count a"]


def test_a_value_found_equal_by_another_way_is_followed_along_that_way(tmp_path):
    @query(digest=str.encode)
    def chosen(db, switch: str) -> str:
        return text(db, text(db, switch))

    @query(persist=True)
    def shouted(db, switch: str) -> str:
        return chosen(db, switch).upper()

    texts = {"switch": "a", "a": "same", "b": "same"}
    first = opened(texts)
    assert shouted(first, "switch") == "SAME"
    save(first, tmp_path / "cache", "v1")
    second = opened({**texts, "switch": "b"}, tmp_path / "cache")
    assert shouted(second, "switch") == "SAME"
    assert ran(second) == ["chosen switch"]
    second.set(text, "a", "of no interest")
    assert shouted(second, "switch") == "SAME"
    assert ran(second) == []
    second.set(text, "b", "other")
    assert shouted(second, "switch") == "OTHER"


def test_a_failure_while_comparing_with_the_disk_is_met_only_by_who_asks(tmp_path):
    @query(digest=tree_digest)
    def strict_tree(db, path: str) -> Tree:
        if "!" in text(db, path):
            raise ValueError(path)
        return Tree(text(db, path))

    @query
    def strict_size(db, path: str) -> int:
        return len(strict_tree(db, path).words)

    @query(persist=True)
    def one(db, path: str) -> int:
        return strict_size(db, path)

    @query(persist=True)
    def other(db, path: str) -> int:
        return -strict_size(db, path)

    first = opened()
    assert (one(first, "a"), other(first, "a")) == (4, -4)
    save(first, tmp_path / "cache", "v1")
    db = opened({"a": "broken!"}, tmp_path / "cache")
    for asked in (one, other):
        with pytest.raises(ValueError, match="a"):
            asked(db, "a")
    ran(db)
    db.set(text, "a", "mended now")
    assert (one(db, "a"), other(db, "a")) == (2, -2)
    assert sorted(ran(db)) == ["one a", "other a", "strict_size a", "strict_tree a"]


def test_edits_after_loading_behave_as_ever(path):
    db = opened(path=path)
    sizes(db, "a", "b")
    db.set(text, "a", "to be")
    assert sizes(db, "a", "b") == (2, 2)
    ran(db)
    db.set(text, "a", "to be or not")
    assert sizes(db, "a", "b") == (4, 2)
    assert ran(db) == ["tree a", "summary a", "size a", "sizes ('a', 'b')"]


def test_a_removed_input_is_compared_with_its_default(path):
    db = opened(path=path)
    db.remove(text, "b")
    assert sizes(db, "a", "b") == (4, 0)


def test_cycles_come_back(tmp_path):
    @query(persist=True, cycle=lambda *_: 0)
    def greatest(db, node: int) -> int:
        return max(len(text(db, str(node))), greatest(db, (node + 1) % 3))

    first = opened({"0": "x", "1": "xyz", "2": "xy"})
    assert greatest(first, 0) == 3
    assert save(first, tmp_path / "cache", "v1").memos == 3
    second = opened({"0": "x", "1": "xyz", "2": "xy"}, tmp_path / "cache")
    assert [greatest(second, node) for node in range(3)] == [3, 3, 3]
    assert ran(second) == []
    third = opened({"0": "x", "1": "xyz", "2": "xyzw"}, tmp_path / "cache")
    assert [greatest(third, node) for node in range(3)] == [4, 4, 4]
    assert ran(third) != []


def test_a_session_that_needed_little_hands_the_rest_on(path):
    db = opened({"a": TEXTS["a"]}, path)
    assert size(db, "a") == 4
    assert save(db, path, "v1").memos == 3
    db = opened(path=path)
    sizes(db, "a", "b")
    assert ran(db) == []


def test_what_an_edit_made_wrong_is_not_handed_on(path):
    db = opened({**TEXTS, "b": "else"}, path)
    # Only what rests on "a" still holds, and nobody has asked for anything.
    assert save(db, path, "v1").memos == 1
    db = opened(path=path)
    assert sizes(db, "a", "b") == (4, 2)
    assert "summary b" in ran(db)


def test_what_nobody_needs_for_long_is_left_out_in_the_end(path):
    for _ in range(MAX_AGE):
        db = opened({"a": TEXTS["a"]}, path)
        summary(db, "a")
        assert save(db, path, "v1").memos == 3
    db = opened({"a": TEXTS["a"]}, path)
    summary(db, "a")
    assert save(db, path, "v1").memos == 1


def test_a_sweep_leaves_out_what_was_loaded_and_not_needed(path):
    db = opened({"a": TEXTS["a"]}, path)
    summary(db, "a")
    db.sweep()
    db.set(text, "c", "next round")
    summary(db, "a")
    assert db.sweep() > 0
    assert save(db, path, "v1").memos == 1


def test_own_codecs(tmp_path):
    codec = (lambda value: ",".join(value.words).encode(), lambda data: Tree(data.decode().replace(",", " ")))

    @query(persist=True, codec=codec, equal=lambda old, new: old.words == new.words)
    def parsed(db, path: str) -> Tree:
        return Tree(text(db, path))

    first = opened()
    parsed(first, "a")
    assert unfaithful(first) == []
    save(first, tmp_path / "cache", "v1")
    second = opened(path=tmp_path / "cache")
    assert parsed(second, "a").words == ["to", "be", "or", "not"]
    assert ran(second) == []


def test_values_that_do_not_come_back_as_they_were_are_found():
    @query(persist=True)
    def loose(db, path: str) -> object:
        return tuple(text(db, path).split())

    db = opened()
    loose(db, "a")
    summary(db, "a")
    assert unfaithful(db) == [("loose", "a")]


def test_what_cannot_be_written_is_left_out_and_told(tmp_path):
    @query(persist=True)
    def huge(db, path: str) -> int:
        return 10**30

    @query(persist=True)
    def above(db, path: str) -> int:
        return huge(db, path) % 7 + size(db, path)

    db = opened()
    above(db, "a")
    saved = save(db, tmp_path / "cache", "v1")
    assert saved.memos == 2, "above and summary"
    assert [reason.split(":")[:2] for reason in saved.skipped] == [["`huge`", " a value can't be written"]]
    db = opened(path=tmp_path / "cache")
    above(db, "a")
    assert ran(db) == []


def test_an_input_without_digest_keeps_what_rests_on_it_off_the_disk(tmp_path):
    @input_query
    def setting(db, name: str) -> object:
        return object()

    @query(persist=True)
    def depending(db, path: str) -> bool:
        return setting(db, path) is not None

    db = opened()
    depending(db, "a")
    summary(db, "a")
    saved = save(db, tmp_path / "cache", "v1")
    assert saved.memos == 1
    assert saved.skipped == {"`setting`: an input has no digest": 1}


def test_declarations_that_cannot_be_read_again_are_mistakes(tmp_path):
    @query(persist=True)
    def untyped(db, path):
        return 1

    db = opened()
    untyped(db, "a")
    with pytest.raises(TypeError, match="isn't annotated"):
        save(db, tmp_path / "cache", "v1")

    @query(persist=True)
    def hopeless(db, path: str) -> "list[Summary | Tree]":
        return []

    db = opened()
    hopeless(db, "a")
    with pytest.raises(TypeError, match=r"hopeless.* can't be written to disk"):
        save(db, tmp_path / "cache", "v1")


# Files that are no good


def cold(path, **options):
    """Why a file isn't used; and that a database works all the same."""
    db = opened()
    loaded = load(db, path, "v1", **options)
    assert loaded.memos == 0
    assert sizes(db, "a", "b") == (4, 2)
    assert len(ran(db)) == 7
    return loaded.reason


def test_no_file(tmp_path):
    assert cold(tmp_path / "none") == "there is no cache yet"


def test_another_fingerprint(path):
    loaded = load(opened(), path, "v2")
    assert (loaded.memos, loaded.reason) == (0, "the cache was made by another version (v1)")


def test_something_else_entirely(path):
    path.write_bytes(b"hello")
    assert cold(path) == "the cache is of another format"


def test_a_directory_in_its_place(tmp_path):
    assert cold(tmp_path).startswith("the cache can't be read: ")


def test_too_large(path):
    assert cold(path, limit=50) == "the cache is larger than 50 bytes"


def test_truncated_anywhere(path):
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        assert load(opened(), path, "v1").reason in {"the cache is damaged", "the cache is of another format"}


def test_damaged_anywhere(path):
    data = path.read_bytes()
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        assert load(opened(), path, "v1").reason in {"the cache is damaged", "the cache is of another format"}


def forged(path, change):
    """Rewrite the content of a file, and make its checksum right again."""
    head = len(disk_module.MAGIC) + 16
    content = msgspec.msgpack.decode(path.read_bytes()[head:])
    change(content)
    body = msgspec.msgpack.encode(content)
    path.write_bytes(disk_module.MAGIC + disk_module.codec.digest_bytes(body) + body)


QUERY, KEY, DEPS, DIGEST, VALUE, AGE = range(6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: f.pop(), "missing|length"),
        (lambda f: f[2][0][DEPS].append(0), "its graph has no order"),
        (lambda f: f[2][0][DEPS].append(-1), "its graph has no order"),
        (lambda f: f[2][1].__setitem__(QUERY, 99), "its graph has no order"),
        (lambda f: f[2][1].__setitem__(KEY, "not bytes"), "damaged"),
        (lambda f: f[2].append(f[2][0]), "two values for one key"),
    ],
)
def test_forged_structure(path, change, reason):
    forged(path, change)
    assert re.search(reason, cold(path))


def test_nodes_that_mean_nothing_here_are_left_out_with_what_rests_on_them(path):
    def rename(content):
        content[1] = [name.replace("tree", "bush") for name in content[1]]

    forged(path, rename)
    db = opened()
    loaded = load(db, path, "v1")
    assert (loaded.memos, loaded.reason) == (0, None)
    assert sizes(db, "a", "b") == (4, 2)


def test_values_and_keys_of_another_type_are_computed_anew(path):
    def garble(content):
        for node in content[2]:
            if node[VALUE] is not None:
                node[VALUE] = msgspec.msgpack.encode({"no": "summary"})

    forged(path, garble)
    db = opened(path=path)
    assert sizes(db, "a", "b") == (4, 2)
    assert len(ran(db)) == 7


def test_loading_after_queries_have_run_is_refused(path):
    db = opened()
    size(db, "a")
    assert load(db, path, "v1").reason == "queries have run before the cache was loaded"


# Writing


def test_the_largest_values_are_left_out_of_a_file_that_would_be_too_large(tmp_path):
    db = opened({"a": "word " * 1000, "b": "that is"})
    sizes(db, "a", "b")
    whole = save(db, tmp_path / "whole", "v1").size
    saved = save(db, tmp_path / "cache", "v1", limit=whole // 2)
    assert saved.memos == 2
    assert saved.skipped == {"the cache would be too large": 1}
    assert saved.size <= whole // 2
    db = opened({"a": "word " * 1000, "b": "that is"}, tmp_path / "cache")
    assert sizes(db, "a", "b") == (1000, 2)
    assert ran(db) == []
    assert save(db, tmp_path / "tiny", "v1", limit=10).reason == (
        "the cache would be larger than 10 bytes even without values"
    )
    assert not (tmp_path / "tiny").exists()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    old = path.read_bytes()

    def fail(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    db = opened({"a": "new"})
    summary(db, "a")
    assert save(db, path, "v1").reason == "the cache can't be written: No space left on device"
    assert path.read_bytes() == old
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written_is_a_reason(path):
    db = opened()
    summary(db, "a")
    assert save(db, path / "below" / "a-file", "v1").reason.startswith("the cache can't be written: ")


def test_missing_directories_are_made(tmp_path):
    db = opened()
    summary(db, "a")
    assert save(db, tmp_path / "x" / "y" / "cache", "v1").reason is None
    opened(path=tmp_path / "x" / "y" / "cache")


def test_leftovers_of_dead_writers_are_removed_and_those_of_living_ones_are_not(path):
    dead, living = path.parent / f".{path.name}.1.tmp", path.parent / f".{path.name}.2.tmp"
    for leftover in (dead, living):
        leftover.write_bytes(b"half")
    os.utime(dead, (0, 0))
    save(opened(), path, "v1")
    assert not dead.exists()
    assert living.exists()


def test_two_processes_at_once(tmp_path):
    """Both write their own again and again; a reader only ever finds whole files."""
    script = tmp_path / "writer.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        from graphlift.engine import Database, input_query, query
        from graphlift.engine.disk import load, save

        @input_query
        def text(db, path: str) -> str:
            return ""

        @query(persist=True)
        def size(db, path: str) -> int:
            return len(text(db, path))

        cache, own = sys.argv[1:]
        db = Database()
        for round in range(60):
            db.set(text, own, "x" * round)
            assert size(db, own) == round
            assert save(db, cache, "v1").reason is None
            fresh = Database()
            loaded = load(fresh, cache, "v1")
            assert (loaded.memos, loaded.reason) == (1, None), loaded
        """)
    )
    writers = [
        subprocess.Popen([sys.executable, script, tmp_path / "cache", own], stderr=subprocess.PIPE)
        for own in ("a", "b")
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert (writer.returncode, errors) == (0, b"")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cache", "writer.py"]
