"""Cancellation at every point where it can strike."""

import pytest

from graphlift.engine import Cancelled, Database, input_query, query


@input_query
def cell(db, name: str) -> int:
    return 0


@query
def leaf(db, name: str) -> int:
    return cell(db, name) + 1


@query(cycle=lambda *_: 0)
def ring(db, place: int) -> int:
    return min(20, max(ring(db, (place + 1) % 4), ring(db, (place + 2) % 4), leaf(db, f"r{place}")))


@query
def total(db) -> int:
    return leaf(db, "a") + ring(db, 0) + leaf(db, "b") + ring(db, 3)


class Patience:
    """Says that an answer is no longer wanted from the n-th time it is asked on."""

    def __init__(self):
        self.left = None
        self.asked = 0

    def __call__(self):
        self.asked += 1
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0


def prepared():
    patience = Patience()
    db = Database(patience)
    db.log = True
    for name in "ab":
        db.set(cell, name, 0)
    for place in range(4):
        db.set(cell, f"r{place}", place)
    return db, patience


def edit(db):
    db.set(cell, "a", 10)
    db.set(cell, "r2", 7)


def asked_in_full(*, after_edit):
    db, patience = prepared()
    if after_edit:
        total(db)
        edit(db)
    patience.asked = 0
    return total(db), patience.asked


@pytest.mark.parametrize("after_edit", [False, True])
def test_wherever_it_strikes_the_next_answer_is_right(after_edit):
    right, points = asked_in_full(after_edit=after_edit)
    assert points > 10
    for point in range(points):
        db, patience = prepared()
        if after_edit:
            total(db)
            edit(db)
        patience.left = point
        with pytest.raises(Cancelled):
            total(db)
        assert not db._stack
        assert not db._trials
        assert not db._finished
        patience.left = None
        assert total(db) == right
        assert [ring(db, place) for place in range(4)] == [8 if after_edit else 4] * 4
        # And after a further change, too.
        db.set(cell, "r1", 15)
        assert total(db) == right + 2 * (16 - (8 if after_edit else 4))


def test_what_was_finished_before_stays():
    _, points = asked_in_full(after_edit=False)
    for point in range(points):
        db, patience = prepared()
        patience.left = point
        with pytest.raises(Cancelled):
            total(db)
        leaves = {step for step in db.executed if step[0] == "leaf"}
        db.clear_log()
        patience.left = None
        total(db)
        assert leaves.isdisjoint(db.executed)


def test_cancellations_at_every_point_make_progress_to_the_end():
    db, patience = prepared()
    answers = []
    for _ in range(100):
        patience.left = 12
        try:
            answers.append(total(db))
        except Cancelled:
            continue
        break
    assert answers == [asked_in_full(after_edit=False)[0]]


def test_a_body_that_swallows_it_has_no_value():
    @query
    def stubborn(db, name: str) -> int:
        try:
            return leaf(db, name)
        except Exception:  # noqa: BLE001 - what it must not do
            return -1

    @query
    def above(db, name: str) -> int:
        return stubborn(db, name)

    db, patience = prepared()
    patience.left = 2
    with pytest.raises(Cancelled):
        above(db, "a")
    patience.left = None
    assert above(db, "a") == 1


def test_bodies_can_ask_between_queries():
    @query
    def long(db, name: str) -> int:
        for _ in range(100):
            db.poll()
        return cell(db, name)

    db, patience = prepared()
    patience.left = 50
    with pytest.raises(Cancelled):
        long(db, "a")
    patience.left = None
    assert long(db, "a") == 0


def test_any_other_interruption_leaves_the_database_in_order():
    class Stop(BaseException):
        pass

    stop = [True]

    @query(cycle=lambda *_: 0)
    def loop(db, place: int) -> int:
        if place == 2 and stop:
            raise stop.pop() and Stop
        return max(loop(db, (place + 1) % 3), cell(db, "a"))

    db, _ = prepared()
    with pytest.raises(Stop):
        loop(db, 0)
    assert loop(db, 0) == 0
    db.set(cell, "a", 3)
    assert [loop(db, place) for place in range(3)] == [3, 3, 3]
