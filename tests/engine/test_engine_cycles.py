"""Queries that need their own value."""

from collections import Counter

import pytest

from graphlift.engine import CycleError, Database, DivergenceError, input_query, query

EMPTY: frozenset[str] = frozenset()


@input_query
def edges(db, node: str) -> tuple[str, ...]:
    return ()


@input_query
def marks(db, node: str) -> frozenset[str]:
    return EMPTY


def always(value):
    return lambda *_: value


def nothing(db, node, approximation):
    assert approximation is None
    return EMPTY


@query(cycle=nothing)
def reach(db, node: str) -> frozenset[str]:
    """The marks of all nodes that can be reached."""
    found = set(marks(db, node))
    for target in edges(db, node):
        found |= reach(db, target)
    return frozenset(found)


@query
def count(db, node: str) -> int:
    return len(reach(db, node))


def graph(*arrows):
    """A database from "a>b c" for each node; every node is marked with its own name."""
    db = Database()
    db.log = True
    for arrow in arrows:
        node, targets = arrow.split(">")
        db.set(edges, node, tuple(targets.split()))
        db.set(marks, node, frozenset(node))
    return db


def reached(db, node):
    return "".join(sorted(reach(db, node)))


def ran(db):
    found = Counter(f"{name} {key}" for name, key in db.executed)
    db.clear_log()
    return found


def test_a_query_that_reads_itself_ends_at_its_fixpoint():
    db = graph("a>a b", "b>")
    assert reached(db, "a") == "ab"
    assert ran(db) == {"reach a": 2, "reach b": 1}


def test_every_member_of_a_cycle_is_final_after_it():
    db = graph("a>b", "b>c", "c>a")
    assert reached(db, "a") == "abc"
    assert ran(db) == {"reach a": 2, "reach b": 2, "reach c": 2}
    assert reached(db, "b") == reached(db, "c") == "abc"
    assert ran(db) == {}


def test_nested_cycles_are_iterated_by_the_outermost_one_alone():
    # a→b→c→b and c→a: b is entered twice and so is a; a owns the iteration.
    db = graph("a>b", "b>c", "c>b a")
    assert reached(db, "a") == "abc"
    runs = ran(db)
    assert runs["reach a"] == runs["reach b"] == runs["reach c"] <= 3
    assert reached(db, "b") == reached(db, "c") == "abc"
    assert ran(db) == {}


def test_an_inner_cycle_that_rests_on_nothing_outside_is_finished_once():
    # a→a, and a→b⇄c: the cycle of b and c knows nothing of a.
    db = graph("a>b a", "b>c", "c>b")
    assert reached(db, "a") == "abc"
    assert ran(db) == {"reach a": 2, "reach b": 2, "reach c": 2}


@pytest.mark.parametrize("start", "abcdef")
def test_overlapping_cycles_have_one_answer_whoever_asks_first(start):
    db = graph("a>b d", "b>c", "c>a e", "d>c", "e>f b", "f>e")
    assert reached(db, start) == "abcdef"
    for node in "abcdef":
        assert reached(db, node) == "abcdef"


def test_a_ladder_of_nested_cycles_does_not_blow_up():
    # Each rung reads the next one twice and all earlier ones: with each iterated on its own, 2**30 runs.
    names = [f"n{i}" for i in range(30)]
    db = Database()
    db.log = True
    for i, name in enumerate(names):
        later = names[i + 1 : i + 2] * 2
        db.set(edges, name, (*later, *names[: i + 1], *later))
        db.set(marks, name, frozenset([name]))
    assert len(reach(db, "n0")) == 30
    runs = ran(db)
    assert max(runs.values()) <= 4
    assert set(runs) == {f"reach {name}" for name in names}


def test_a_member_is_evaluated_once_per_iteration_however_often_it_is_read():
    # Many paths from a through two layers, all ending in a.
    layer1, layer2 = [f"p{i}" for i in range(6)], [f"q{i}" for i in range(6)]
    db = graph("a>" + " ".join(layer1))
    for node in layer1:
        db.set(edges, node, tuple(layer2))
    for node in layer2:
        db.set(edges, node, ("a",))
        db.set(marks, node, frozenset([node]))
    assert len(reach(db, "a")) == 7
    assert set(ran(db).values()) == {2}


def test_a_change_read_by_any_member_reaches_every_member():
    for changed in "abc":
        db = graph("a>b", "b>c", "c>a", "d>")
        for node in "abcd":
            assert count(db, node) == (1 if node == "d" else 3)
        ran(db)
        db.set(marks, changed, frozenset("xyz"))
        for node in "abc":
            assert count(db, node) == 5
        runs = ran(db)
        assert "reach d" not in runs
        assert "count d" not in runs


def test_a_change_outside_of_a_cycle_runs_nothing_in_it():
    db = graph("a>b", "b>a", "c>a")
    reach(db, "c")
    ran(db)
    db.set(marks, "c", frozenset("z"))
    assert reached(db, "c") == "abz"
    assert ran(db) == {"reach c": 1}


def test_early_cut_off_holds_for_cycles_too():
    db = graph("a>b", "b>a", "c>a")
    count(db, "c")
    ran(db)
    db.set(marks, "a", frozenset("b"))
    db.set(marks, "b", frozenset("a"))
    assert count(db, "c") == 3
    runs = ran(db)
    assert "reach c" not in runs
    assert "count c" not in runs
    assert runs["reach a"] > 0


def test_a_broken_cycle_and_a_closed_one():
    db = graph("a>b", "b>c", "c>a")
    assert reached(db, "a") == "abc"
    db.set(edges, "b", ())
    assert [reached(db, node) for node in "abc"] == ["ab", "b", "abc"]
    ran(db)
    db.set(marks, "c", frozenset("z"))
    assert [reached(db, node) for node in "abc"] == ["ab", "b", "abz"]
    assert ran(db) == {"reach c": 1}
    db.set(edges, "b", ("c",))
    assert [reached(db, node) for node in "abc"] == ["abz"] * 3


def test_a_cycle_met_while_verifying_counts_for_who_began_it():
    db = graph("a>b", "b>")
    assert reached(db, "a") == "ab"
    # Verifying a runs b, which now asks for a.
    db.set(edges, "b", ("a",))
    assert reached(db, "a") == "ab"
    assert reached(db, "b") == "ab"


def test_a_head_alone_may_be_declared_when_it_is_asked_first_also_after_an_edit():
    @query(cycle=nothing)
    def head(db, node: str) -> frozenset[str]:
        return marks(db, node) | tail(db, node)

    @query
    def tail(db, node: str) -> frozenset[str]:
        return head(db, node) if edges(db, node) else EMPTY

    db = graph("a>")
    assert head(db, "a") == {"a"}
    # Verifying head runs tail first, which is then re-entered without a declaration.
    db.set(edges, "a", ("a",))
    assert head(db, "a") == {"a"}
    fresh = graph("a>a")
    assert head(fresh, "a") == {"a"}
    with pytest.raises(CycleError, match="declare `tail` with `cycle=`"):
        tail(graph("a>a"), "a")


def test_a_helper_between_members_is_part_of_the_cycle():
    @query
    def successors(db, node: str) -> frozenset[str]:
        return frozenset().union(*(closure(db, target) for target in edges(db, node)))

    @query(cycle=nothing)
    def closure(db, node: str) -> frozenset[str]:
        return marks(db, node) | successors(db, node)

    db = graph("a>b", "b>a")
    assert closure(db, "a") == {"a", "b"}
    assert successors(db, "b") == {"a", "b"}
    db.set(marks, "b", frozenset("z"))
    assert closure(db, "b") == {"a", "z"}
    assert successors(db, "b") == {"a", "z"}


@query(cycle=lambda _, start, __: start, widen=lambda _, __, value: min(value, 10**6) // 1000 * 1000)
def counter(db, start: int) -> int:
    return min(counter(db, start) + 1, 10**9)


def test_widening_ends_what_would_climb_for_ever():
    db = Database()
    db.log = True
    assert counter(db, 5) == 0
    assert len(db.executed) <= 9


def test_a_widened_value_is_what_every_member_has_read():
    top = 10**9

    @query(cycle=always(0), widen=lambda _, __, value: top if value > 3 else value, max_iterations=4)
    def up(db, n: int) -> int:
        return down(db, n) + 1

    @query(cycle=always(0), widen=lambda _, __, value: top + 1 if value > 3 else value, max_iterations=4)
    def down(db, n: int) -> int:
        return max(up(db, n) - 1, up(db, n) + 1) if n else 0

    db = Database()
    assert up(db, 1) == top
    assert down(db, 1) == top + 1


def test_divergence_names_what_still_changes():
    @query(cycle=always(0))
    def rising(db, n: int) -> int:
        return rising(db, n) + 1

    db = Database()
    with pytest.raises(DivergenceError, match=r"still changing: rising\(7\); .*`widen=`") as caught:
        rising(db, 7)
    assert caught.value.iterations == 106
    assert count(db, "a") == 0


def test_a_failure_inside_a_cycle_takes_everything_back():
    @query(cycle=nothing)
    def strict(db, node: str) -> frozenset[str]:
        found = set(marks(db, node))
        for target in edges(db, node):
            found |= strict(db, target)
        if "!" in found:
            raise ValueError(node)
        return frozenset(found)

    db = graph("a>b", "b>a c", "c>a")
    db.set(marks, "c", frozenset("!"))
    for _ in range(2):
        with pytest.raises(ValueError, match="c"):
            strict(db, "a")
    db.set(marks, "c", frozenset("c"))
    assert [strict(db, node) for node in "abc"] == [{"a", "b", "c"}] * 3


def test_a_failure_caught_inside_a_cycle_is_part_of_what_the_cycle_read():
    @query(cycle=nothing)
    def lenient(db, node: str) -> frozenset[str]:
        found = set(marks(db, node))
        for target in edges(db, node):
            try:
                found |= lenient(db, target)
            except ValueError:
                found.add("?")
        if "!" in found:
            raise ValueError(node)
        return frozenset(found)

    db = graph("a>b", "b>a c", "c>a b")
    db.set(marks, "c", frozenset("!"))
    assert lenient(db, "a") == lenient(db, "b") == {"a", "b", "?"}
    db.set(marks, "c", frozenset("c"))
    assert lenient(db, "a") == lenient(db, "b") == {"a", "b", "c"}


def test_a_failure_that_rests_on_an_approximation_is_not_the_last_word():
    @query(cycle=nothing)
    def head(db, node: str) -> frozenset[str]:
        return marks(db, node) | careful(db, node)

    @query
    def careful(db, node: str) -> frozenset[str]:
        try:
            return strict(db, node)
        except ValueError:
            return frozenset("?")

    @query
    def strict(db, node: str) -> frozenset[str]:
        known = head(db, node)
        if not known:
            raise ValueError(node)
        return known

    db = graph("a>")
    assert head(db, "a") == careful(db, "a") == strict(db, "a") == {"a", "?"}
    db.set(marks, "a", frozenset("b"))
    assert head(db, "a") == careful(db, "a") == {"b", "?"}


def test_what_was_computed_under_a_failed_execution_is_computed_anew():
    """In the second iteration `shaky` fails after `steady` has used its approximation."""

    @query(cycle=nothing)
    def head(db, node: str) -> frozenset[str]:
        return marks(db, node) | careful(db, node)

    @query(cycle=nothing)
    def careful(db, node: str) -> frozenset[str]:
        try:
            first = shaky(db, node)
        except ValueError:
            first = frozenset("?")
        return first | steady(db, node)

    @query(cycle=nothing)
    def shaky(db, node: str) -> frozenset[str]:
        found = steady(db, node)
        if "x" in head(db, node):
            raise ValueError(node)
        return found

    @query(cycle=nothing)
    def steady(db, node: str) -> frozenset[str]:
        try:
            return shaky(db, node) | {"s"}
        except ValueError:
            return frozenset("f")

    db = graph("x>")
    assert head(db, "x") == {"x", "?", "f"}
    assert steady(db, "x") == {"f"}


def test_a_failed_memo_that_comes_back_in_a_cycle_is_seen_by_its_old_readers():
    @query(cycle=nothing)
    def head(db, node: str) -> frozenset[str]:
        return marks(db, node) | reader(db, node)

    @query(cycle=nothing)
    def reader(db, node: str) -> frozenset[str]:
        return moody(db, node)

    @query(cycle=nothing)
    def moody(db, node: str) -> frozenset[str]:
        (mood,) = edges(db, node)
        if mood == "fail":
            raise ValueError(node)
        return head(db, node) if mood == "loop" else frozenset("m")

    @query
    def other(db, node: str) -> frozenset[str]:
        return moody(db, node)

    db = graph("a>constant")
    assert head(db, "a") == {"a", "m"}
    assert other(db, "a") == {"m"}
    db.set(edges, "a", ("fail",))
    with pytest.raises(ValueError, match="a"):
        other(db, "a")
    db.set(edges, "a", ("loop",))
    db.set(marks, "a", frozenset("b"))
    assert head(db, "a") == reader(db, "a") == moody(db, "a") == other(db, "a") == {"b"}


def test_an_old_reader_of_a_running_query_becomes_part_of_its_cycle():
    db = graph("x>a", "a>")
    assert reached(db, "x") == "ax"
    ran(db)
    db.set(edges, "a", ("x",))
    assert reached(db, "a") == "ax"
    assert ran(db) == {"reach a": 2, "reach x": 2}


def test_a_cycle_may_fall_apart_while_it_is_iterated():
    """The inner query asks for the outer one only as long as it knows nothing."""

    @query(cycle=nothing)
    def outer(db, node: str) -> frozenset[str]:
        return marks(db, node) | inner(db, node)

    @query(cycle=nothing)
    def inner(db, node: str) -> frozenset[str]:
        return inner(db, node) or outer(db, node) | {"i"}

    db = graph("a>")
    for mark in "abc":
        db.set(marks, "a", frozenset(mark))
        assert outer(db, "a") == {mark, "i"}
        assert inner(db, "a") == {"i"}
        assert not db._trials
        assert not db._finished
        ran(db)
        outer(db, "a")
        assert ran(db) == {}


def test_results_do_not_depend_on_an_earlier_cycle_of_the_same_execution():
    @query
    def everything(db) -> tuple[str, ...]:
        return tuple(reached(db, node) for node in "abcd")

    db = graph("a>b", "b>a", "c>d a", "d>c")
    assert everything(db) == ("ab", "ab", "abcd", "abcd")
    ran(db)
    db.set(marks, "d", frozenset("z"))
    assert everything(db) == ("ab", "ab", "abcz", "abcz")
    assert set(ran(db)) == {"everything ()", "reach c", "reach d"}
