"""Random programs, random edits: the same values as from scratch, and no work for nothing."""

import functools
import tempfile
from pathlib import Path

from engine_programs import KINDS, World, ask, at_rest, inputs_read, kept, stories
from hypothesis import given
from hypothesis import strategies as st

from graphlift.engine import Cancelled, Database, DivergenceError
from graphlift.engine.disk import load, save, unfaithful

RESTARTS = st.sampled_from(["go on", "restart", "restart and load late"])


def computed(db):
    """For all that has been computed: the inputs it rests on, and when it was last known to hold."""
    memos = [memo for kind in KINDS for memo in db._memos[kind.spec].values() if memo.deps is not None]
    return {memo.step: (inputs_read(memo), memo.verified_at) for memo in memos}


def tell(story, *, sweeping=False):
    """Play a story on one database; yields the world after each round of edits, and the questions.

    Also the inputs with the revision of their last change, and what had been computed before this round's.
    """
    program, rounds = story
    db = Database()
    db.log = True
    world = World(program)
    world.install(db)
    changes = {}
    for edits, questions in rounds:
        before = computed(db)
        for edit in edits:
            old = db.revision
            name = world.edit(db, edit)
            if db.revision > old:
                changes[name] = db.revision
        db.clear_log()
        yield db, world, questions, before, changes
        if sweeping:
            db.sweep()


@given(stories())
def test_values_are_those_from_scratch(story):
    for db, world, questions, _, _ in tell(story):
        meaning = world.meaning()
        for node in questions:
            assert ask(db, node) == meaning[node]
        at_rest(db)


@given(stories())
def test_values_are_those_from_scratch_with_sweeps(story):
    for db, world, questions, _, _ in tell(story, sweeping=True):
        meaning = world.meaning()
        for node in questions:
            assert ask(db, node) == meaning[node]


@given(stories())
def test_nothing_runs_that_does_not_rest_on_a_changed_input(story):
    for db, _, questions, before, changes in tell(story):
        for node in questions:
            ask(db, node)
        for step in db.executed:
            if step in before:
                inputs, since = before[step]
                assert any(changes.get(name, 0) > since for name in inputs)
        db.clear_log()
        for node in questions:
            ask(db, node)
        assert db.executed == []


@given(stories(acyclic=True))
def test_without_recursion_nothing_runs_twice_in_a_revision(story):
    for db, _, questions, _, _ in tell(story):
        for node in questions:
            ask(db, node)
        assert len(db.executed) == len(set(db.executed))


@given(stories(acyclic=True))
def test_what_runs_reads_something_that_changed_or_is_new(story):
    """Early cut-off, exactly: each execution of a known query has a direct dependency with another value."""
    for db, _, questions, before, _ in tell(story):
        seen = {
            memo.step: (memo.deps, memo.verified_at)
            for kind in KINDS
            for memo in db._memos[kind.spec].values()
        }
        for node in questions:
            ask(db, node)
        for step in db.executed:
            if step in before:
                deps, verified_at = seen[step]
                assert any(dep.changed_at > verified_at for dep in deps)


@given(stories(), st.lists(st.integers(0, 12), min_size=1, max_size=20))
def test_values_are_right_after_any_cancellations(story, patience):
    left = [0]

    def cancelled():
        left[0] -= 1
        return left[0] < 0

    waits = list(patience)
    for db, world, questions, _, _ in tell(story):
        db.cancelled = cancelled
        meaning = world.meaning()
        for node in questions:
            left[0] = waits.pop() if waits else 10**6
            try:
                assert ask(db, node) == meaning[node]
            except Cancelled:
                at_rest(db)
        left[0] = 10**6
        for node in questions:
            assert ask(db, node) == meaning[node]


@given(stories(monotone=False))
def test_answers_that_are_given_are_fixpoints_of_any_program(story):
    """Where the least fixpoint isn't the only one, or there is none: what is final agrees with all it has read."""
    for db, world, questions, _, _ in tell(story):
        for node in questions:
            try:
                ask(db, node)
            except DivergenceError:
                at_rest(db)
        at_rest(db)
        memos = [memo for kind in KINDS for memo in db._memos[kind.spec].values()]
        final = [memo for memo in memos if memo.verified_at == db.revision]
        db.clear_log()
        for memo in final:
            assert memo.value == world.evaluate(memo.key, functools.partial(ask, db))
        assert db.executed == []


@given(stories(rounds=8), st.lists(RESTARTS, min_size=8))
def test_sessions_with_a_cache_between_give_the_values_from_scratch(story, between):
    """What comes back after a restart is right, and runs again only for a reason."""
    program, rounds = story
    db = Database()
    world = World(program)
    world.install(db)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "cache"
        for (edits, questions), what in zip(rounds, between, strict=False):
            held = {}
            if what != "go on":
                assert save(db, path, "v").reason is None
                db = Database()
                if what == "restart":
                    world.install(db)
                assert load(db, path, "v").reason is None
                if what != "restart":
                    world.install(db)
                held = {memo.step: inputs_read(memo) for memo in db._dormant[kept.spec].values()}
            db.log = True
            changed = {world.edit(db, edit) for edit in edits}
            meaning = world.meaning()
            for node in questions:
                assert ask(db, node) == meaning[node]
            at_rest(db)
            assert unfaithful(db) == []
            for step in db.executed:
                if step in held:
                    assert held[step] & changed
            db.clear_log()
