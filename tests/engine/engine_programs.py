"""Random programs of queries, and what they mean by definition: the yardstick of the engine's tests.

A program gives each node a body: steps that read an input or another node, each perhaps only if a mark was
found before. The value of a node is the set of marks that its steps found. These steps are monotone, so the
least fixpoint is the one meaning of recursion, whoever is asked first. With steps that are taken only if a mark
was not found, a program may have several fixpoints or none.
"""

import graphlib

import msgspec
from hypothesis import strategies as st

from graphlift.engine import Database, input_query, query
from graphlift.engine.memo import Memo, reachable

INPUTS = 4
MARKS = 6


class Step(msgspec.Struct, frozen=True, array_like=True):
    """Read an input (`kind` 0) or a node (1), if `guard` was found before and `unless` wasn't (-1: no matter)."""

    kind: int
    target: int
    guard: int
    unless: int = -1


Body = tuple[Step, ...]
Marks = tuple[int, ...]


@input_query
def marks(db, key: int) -> Marks:
    return ()


@input_query
def body(db, node: int) -> Body:
    return ()


def follow(steps, read_input, read_node):
    found = set()
    for step in steps:
        if (step.guard < 0 or step.guard in found) and step.unless not in found:
            found.update(read_node(step.target) if step.kind else read_input(step.target))
    return found


def interpret(db, node):
    return follow(body(db, node), lambda key: marks(db, key), lambda target: ask(db, target))


def bottom(db, node, approximation):
    return ()


@query(cycle=bottom)
def plain(db, node: int) -> Marks:
    return tuple(sorted(interpret(db, node)))


@query(cycle=bottom, digest=lambda value: bytes(value))
def even(db, node: int) -> Marks:
    """Rounds down, so that many changes of what it reads don't change it."""
    return tuple(sorted({mark // 2 * 2 for mark in interpret(db, node)}))


@query(persist=True, cycle=bottom)
def kept(db, node: int) -> Marks:
    return tuple(sorted(interpret(db, node)))


KINDS = (plain, even, kept)


def ask(db, node):
    return KINDS[node % len(KINDS)](db, node)


class World:
    """What a program's inputs are at the moment, and what each node means."""

    def __init__(self, bodies):
        self.bodies = dict(enumerate(bodies))
        self.inputs = dict.fromkeys(range(INPUTS), ())

    def install(self, db):
        for node, steps in self.bodies.items():
            db.set(body, node, steps)
        for key, value in self.inputs.items():
            db.set(marks, key, value)

    def edit(self, db, edit):
        """Change one input here and there; returns its name."""
        what, key, value = edit
        if what == "body":
            key %= len(self.bodies)
            self.bodies[key] = value
            db.set(body, key, value)
        else:
            self.inputs[key] = value
            if value:
                db.set(marks, key, value)
            else:
                db.remove(marks, key)
        return what, key

    def meaning(self):
        """The least fixpoint of a monotone program: each node's value."""
        values = dict.fromkeys(self.bodies, ())
        while True:
            following = {node: self.evaluate(node, values.__getitem__) for node in self.bodies}
            if following == values:
                return values
            values = following

    def evaluate(self, node, read_node):
        """A node's value from those of the nodes it reads."""
        found = follow(self.bodies[node], self.inputs.__getitem__, read_node)
        if KINDS[node % len(KINDS)] is even:
            found = {mark // 2 * 2 for mark in found}
        return tuple(sorted(found))


def bodies(nodes, *, acyclic=False, monotone=True):
    unless = st.just(-1) if monotone else st.integers(-2, MARKS - 1).map(lambda mark: max(mark, -1))

    def of(node):
        steps = st.builds(Step, st.just(0), st.integers(0, INPUTS - 1), st.integers(-2, MARKS - 1), unless)
        if node or not acyclic:
            targets = st.integers(0, node - 1 if acyclic else nodes - 1)
            reads = st.builds(Step, st.just(1), targets, st.integers(-4, MARKS - 1), unless)
            steps = st.one_of(reads, reads, steps)
        return st.lists(steps, min_size=1, max_size=4).map(tuple)

    return [of(node) for node in range(nodes)]


some_marks = st.lists(st.integers(0, MARKS - 1), max_size=3, unique=True).map(lambda m: tuple(sorted(m)))


@st.composite
def stories(draw, *, acyclic=False, monotone=True, rounds=6):
    """A program, and rounds of edits and questions: `(bodies, [([edit…], [node…])…])`."""
    nodes = draw(st.integers(2, 9))
    by_node = bodies(nodes, acyclic=acyclic, monotone=monotone)
    program = [draw(one) for one in by_node]
    body_edits = st.integers(0, nodes - 1).flatmap(
        lambda node: st.tuples(st.just("body"), st.just(node), by_node[node])
    )
    input_edits = st.tuples(st.just("marks"), st.integers(0, INPUTS - 1), some_marks)
    round_ = st.tuples(
        st.lists(st.one_of(body_edits, input_edits, input_edits), min_size=1, max_size=3),
        st.lists(st.integers(0, nodes - 1), min_size=1, max_size=nodes),
    )
    return program, draw(st.lists(round_, min_size=1, max_size=rounds))


def at_rest(db: Database):
    """Nothing of an execution is left over, and no memo rests on itself."""
    tables = [*db._memos.values(), *db._dormant.values()]
    assert not db._stack
    assert not db._finished
    assert not db._trials
    assert db._deps is None
    memos = reachable(memo for table in tables for memo in table.values())
    assert all(memo.frame is None and memo.trial is None for memo in memos)
    graphlib.TopologicalSorter({memo: memo.deps or () for memo in memos}).prepare()


def inputs_read(memo: Memo):
    """The inputs that a memo's value rests on, as `World.edit` names them."""
    return {dep.step for dep in reachable([memo]) if dep.spec.is_input}
