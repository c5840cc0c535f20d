"""What a database recomputes, and what it leaves alone."""

import sys
import threading

import pytest

from graphlift.engine import CycleError, Database, input_query, query


@input_query
def text(db, path: str) -> str:
    return ""


@query
def words(db, path: str) -> tuple[str, ...]:
    return tuple(text(db, path).split())


@query
def longest(db, path: str) -> str:
    return max(words(db, path), key=len, default="")


@query
def both(db, first: str, second: str) -> str:
    return longest(db, first) + "+" + longest(db, second)


@query
def everything(db) -> str:
    return both(db, "a", "b").upper()


@query
def chosen(db, switch: str) -> str:
    return longest(db, "a") if text(db, switch) == "a" else longest(db, "b")


@pytest.fixture
def db():
    db = Database()
    db.log = True
    db.set(text, "a", "to be or not")
    db.set(text, "b", "that is")
    return db


def ran(db):
    found = list(db.executed)
    db.clear_log()
    return found


def test_a_value_is_computed_once_from_the_bottom_up(db):
    assert everything(db) == "NOT+THAT"
    assert ran(db) == [
        ("everything", ()),
        ("both", ("a", "b")),
        ("longest", "a"),
        ("words", "a"),
        ("longest", "b"),
        ("words", "b"),
    ]
    everything(db)
    assert ran(db) == []


def test_get_is_the_same_as_calling(db):
    assert db.get(both, "a", "b") == both(db, "a", "b") == "not+that"
    assert db.get(everything) == "NOT+THAT"
    assert db.get(text, "a") == "to be or not"


def test_only_what_read_the_changed_input_runs_again(db):
    everything(db)
    ran(db)
    db.set(text, "b", "question")
    assert everything(db) == "NOT+QUESTION"
    assert ran(db) == [("words", "b"), ("longest", "b"), ("both", ("a", "b")), ("everything", ())]


def test_an_equal_result_stops_the_wave(db):
    everything(db)
    ran(db)
    db.set(text, "b", "that   is")
    everything(db)
    assert ran(db) == [("words", "b")]
    db.set(text, "b", "that so")
    everything(db)
    assert ran(db) == [("words", "b"), ("longest", "b")]


def test_an_equal_result_keeps_the_old_object(db):
    old = words(db, "a")
    db.set(text, "a", "to be  or not")
    assert words(db, "a") is old


def test_setting_an_equal_value_is_no_revision(db):
    everything(db)
    before = db.revision
    db.set(text, "a", "to be or not")
    assert db.revision == before
    db.set(text, "a", "else")
    assert db.revision == before + 1


def test_a_change_that_nothing_read_runs_nothing(db):
    everything(db)
    ran(db)
    db.set(text, "c", "new")
    everything(db)
    assert ran(db) == []


def test_a_change_and_its_undoing_run_nothing(db):
    everything(db)
    ran(db)
    db.set(text, "a", "x")
    db.set(text, "a", "to be or not")
    everything(db)
    # The input has changed twice since; its words have not.
    assert ran(db) == [("words", "a")]


def test_dependencies_follow_the_branch_that_was_taken(db):
    db.set(text, "switch", "a")
    assert chosen(db, "switch") == "not"
    ran(db)
    db.set(text, "b", "unread")
    chosen(db, "switch")
    assert ran(db) == []
    db.set(text, "switch", "b")
    assert chosen(db, "switch") == "unread"
    assert ran(db) == [("chosen", "switch"), ("longest", "b"), ("words", "b")]
    db.set(text, "a", "forgotten")
    chosen(db, "switch")
    assert ran(db) == []


def test_verification_runs_nothing_that_the_body_would_no_longer_ask_for(db):
    db.set(text, "switch", "a")
    chosen(db, "switch")
    ran(db)
    db.set(text, "a", "changed too")
    db.set(text, "switch", "b")
    chosen(db, "switch")
    assert ran(db) == [("chosen", "switch"), ("longest", "b"), ("words", "b")]


def test_custom_equality_decides_what_counts_as_a_change(db):
    @query(equal=lambda old, new: len(old) == len(new))
    def shape(db, path: str) -> str:
        return text(db, path)

    @query
    def size(db, path: str) -> int:
        return len(shape(db, path))

    size(db, "a")
    ran(db)
    db.set(text, "a", "TO BE OR NOT")
    size(db, "a")
    assert ran(db) == [("shape", "a")]
    assert shape(db, "a") == "to be or not"


def test_an_input_has_its_default_until_it_is_set_and_after_it_is_removed():
    disk = {"f": "one"}

    @input_query
    def content(db, path: str) -> str:
        return disk[path]

    @query
    def size(db, path: str) -> int:
        return len(content(db, path))

    db = Database()
    db.log = True
    assert size(db, "f") == 3
    disk["f"] = "three"
    assert content(db, "f") == "one", "an input is what it was first seen to be"
    db.set(content, "f", "buffer")
    assert size(db, "f") == 6
    db.remove(content, "f")
    assert size(db, "f") == 5
    ran(db)
    db.remove(content, "f")
    assert size(db, "f") == 5
    assert ran(db) == [], "the default is the same as before"


def test_a_value_that_equals_the_default_is_kept_as_one_that_was_set():
    disk = {"f": "one"}

    @input_query
    def content(db, path: str) -> str:
        return disk[path]

    db = Database()
    assert content(db, "f") == "one"
    db.set(content, "f", "one")
    disk["f"] = "two"
    db.sweep()
    db.set(content, "g", "next round")
    db.sweep()
    assert content(db, "f") == "one"


def test_an_input_whose_default_fails_can_be_set():
    @input_query(equal=lambda old, new: old.strip() == new.strip())
    def content(db, path: str) -> str:
        raise FileNotFoundError(path)

    db = Database()
    with pytest.raises(FileNotFoundError):
        content(db, "f")
    db.set(content, "f", "text")
    assert content(db, "f") == "text"


def test_removing_what_was_never_set_is_no_revision(db):
    before = db.revision
    db.remove(text, "nobody")
    assert db.revision == before


def test_the_default_of_an_input_may_not_depend_on_queries(db):
    @input_query
    def bad(db, path: str) -> str:
        return longest(db, path)

    with pytest.raises(TypeError, match=r"input `bad` reads `longest`"):
        bad(db, "a")


def test_inputs_may_not_change_while_a_query_runs(db):
    @query
    def writes(db, path: str) -> None:
        db.set(text, path, "x")

    with pytest.raises(RuntimeError, match="changed while `writes` ran"):
        writes(db, "a")
    assert text(db, "a") == "to be or not"


def test_misuse_is_told():
    with pytest.raises(TypeError, match="positional and without defaults"):

        @query
        def bad(db, path: str = "") -> str:
            return path

    db = Database()
    with pytest.raises(TypeError, match="is not an input"):
        db.set(words, "a", ())
    with pytest.raises(TypeError, match="key parts"):
        db.set(text, "a")
    with pytest.raises(TypeError, match="key parts"):
        both(db, "a")


def test_a_failure_leaves_no_memo_and_is_raised_again(db):
    @query
    def parsed(db, path: str) -> int:
        return int(text(db, path))

    @query
    def doubled(db, path: str) -> int:
        return 2 * parsed(db, path)

    for _ in range(2):
        with pytest.raises(ValueError, match="to be or not"):
            doubled(db, "a")
    assert ran(db) == [("doubled", "a"), ("parsed", "a")] * 2
    db.set(text, "a", "21")
    assert doubled(db, "a") == 42
    db.set(text, "a", "many")
    with pytest.raises(ValueError, match="many"):
        doubled(db, "a")
    db.set(text, "a", "21")
    assert doubled(db, "a") == 42


def test_who_catches_a_failure_depends_on_what_failed(db):
    @query
    def parsed(db, path: str) -> int:
        return int(words(db, path)[0])

    @query
    def guarded(db, path: str) -> int | None:
        try:
            return parsed(db, path)
        except ValueError:
            return None

    assert guarded(db, "a") is None
    ran(db)
    db.set(text, "b", "elsewhere")
    assert guarded(db, "a") is None
    assert ran(db) == []
    db.set(text, "a", "7 samurai")
    assert guarded(db, "a") == 7
    db.set(text, "a", "seven samurai")
    assert guarded(db, "a") is None


def test_a_failure_while_verifying_is_met_only_if_the_body_still_asks(db):
    @query
    def number(db, path: str) -> int:
        return int(text(db, path))

    @query
    def total(db, path: str) -> int:
        return number(db, "n") + len(text(db, path))

    db.set(text, "n", "1")
    assert total(db, "a") == 13
    db.set(text, "n", "one")
    with pytest.raises(ValueError, match="one"):
        total(db, "a")
    db.set(text, "n", "2")
    assert total(db, "a") == 14


def test_a_persistent_failure_at_the_bottom_of_a_long_chain_runs_each_query_once():
    @query
    def chain(db, depth: int) -> int:
        return int(text(db, "n")) if depth == 0 else chain(db, depth - 1) + 1

    db = Database()
    db.log = True
    db.set(text, "n", "1")
    assert chain(db, 50) == 51
    ran(db)
    db.set(text, "n", "one")
    with pytest.raises(ValueError, match="one"):
        chain(db, 50)
    assert len(ran(db)) <= 2 * 51


def test_recursion_without_a_cycle_declaration_is_an_error_that_shows_the_way(db):
    @query
    def a(db, path: str) -> str:
        return b(db, path)

    @query
    def b(db, path: str) -> str:
        return c(db, path)

    @query
    def c(db, path: str) -> str:
        return b(db, path)

    with pytest.raises(CycleError) as caught:
        a(db, "x")
    assert (caught.value.query, caught.value.key) == ("b", "x")
    assert "b('x') → c('x') → b('x')" in str(caught.value)
    assert longest(db, "a") == "not"


def test_chains_may_be_as_deep_as_the_recursion_limit(db):
    depth = 3000

    @query
    def chain(db, depth: int) -> int:
        return len(text(db, "a")) if depth == 0 else chain(db, depth - 1) + 1

    results = []

    def main():
        results.append(chain(db, depth))
        db.set(text, "a", "to be or non")
        results.append(chain(db, depth))
        db.set(text, "a", "to be")
        results.append(chain(db, depth))

    old_limit, old_size = sys.getrecursionlimit(), threading.stack_size(256 << 20)
    sys.setrecursionlimit(depth * 5)
    try:
        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(old_limit)
        threading.stack_size(old_size)
    assert results == [depth + 12, depth + 12, depth + 5]


def test_verification_of_a_deep_chain_needs_no_stack(db):
    @query
    def chain(db, depth: int) -> int:
        return len(text(db, "a")) if depth == 0 else chain(db, depth - 1) + 1

    for depth in range(5000):
        chain(db, depth)
    ran(db)
    db.set(text, "b", "unread")
    assert chain(db, 4999) == 5011
    assert ran(db) == []
    db.set(text, "a", "to be or not!")
    assert chain(db, 4999) == 5012
    assert len(ran(db)) == 5000


def test_a_sweep_keeps_what_the_last_round_asked_for_and_what_that_rests_on(db):
    longest(db, "a")
    longest(db, "b")
    db.sweep()
    db.set(text, "a", "next round")
    longest(db, "a")
    assert db.sweep() == 2, "longest and words of b"
    ran(db)
    assert longest(db, "a") == "round"
    assert ran(db) == []
    assert longest(db, "b") == "that"
    assert ran(db) == [("longest", "b"), ("words", "b")]


def test_a_sweep_forgets_defaults_that_nobody_reads_but_never_inputs_that_were_set(db):
    asked = []

    @input_query
    def content(db, path: str) -> str:
        asked.append(path)
        return path

    content(db, "x")
    db.set(content, "y", "set")
    db.sweep()
    db.set(text, "a", "next round")
    db.sweep()
    assert content(db, "y") == "set"
    assert content(db, "x") == "x"
    assert asked == ["x", "x"]


def test_repeated_rounds_with_ever_new_keys_keep_a_bounded_number_of_memos(db):
    sizes = set()
    for step in range(20):
        db.set(text, "a", f"step {step}")
        for part in range(3):
            words(db, "a")
            db.set(text, "b", f"{step} {part}")
        key = f"key {step}"
        words(db, key)
        db.sweep()
        sizes.add(sum(len(table) for table in db._memos.values()))
    assert max(sizes) <= 10


def test_keys_of_one_tuple_and_of_two_parts_do_not_meet(db):
    @query
    def one(db, key: tuple[str, str]) -> str:
        return "one"

    @query
    def two(db, first: str, second: str) -> str:
        return "two"

    assert (one(db, ("a", "b")), two(db, "a", "b")) == ("one", "two")
