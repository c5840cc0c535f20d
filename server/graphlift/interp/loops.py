"""Loops: passes to a fixpoint, or one by one where calls are followed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from graphlift.interp.assign import assign
from graphlift.interp.expressions import evaluate, iteration, known_length
from graphlift.interp.frame import Frame
from graphlift.interp.graph_loops import carried_names, check_carried, entered, traced_pass
from graphlift.interp.merging import bound_names
from graphlift.interp.narrow import narrow
from graphlift.interp.operators import truth
from graphlift.interp.statements import (
    Env,
    executes,
    is_symbolic,
    leaves_python_loop,
    meet,
    run_body,
    turned_tensor,
)
from graphlift.interp.static_shapes import note_loop
from graphlift.interp.unrolling import leaves_early, loop_items
from graphlift.syntax import nodes
from graphlift.values import (
    Dataset,
    Iterator,
    Sequence,
    Unknown,
    Value,
    options,
    widen_loop,
    without_leaves,
)

MAX_LOOP_PASSES = 4
ASSUMED_ITERATIONS = 4
"""How often a loop of unknown length is taken to run when work is estimated; stated in the documentation."""


@executes(nodes.While)
def _while(frame: Frame, node: nodes.While) -> None:
    def start() -> None:
        test = evaluate(frame, node.test)
        truth(frame, test, node.test)
        narrow(frame, node.test, True)

    with frame.quietly():
        first = evaluate(frame, node.test)
    if truth(frame, first, node.test, quiet=True) is False:
        run_body(frame, node.orelse)
        return

    def endless() -> bool:
        with frame.quietly():
            return truth(frame, evaluate(frame, node.test), node.test, quiet=True) is True

    with frame.open_ended():
        _loop(frame, node, start, is_symbolic(frame, first), _assumed_iterations(frame), endless)
    if frame.alive:
        narrow(frame, node.test, False)


@executes(nodes.For, nodes.AsyncFor)
def _for_loop(frame: Frame, node: nodes.For) -> None:
    source = evaluate(frame, node.iter)
    if isinstance(node, nodes.AsyncFor):
        frame.effect("awaits", node, "async for")
    count = known_length(source)
    if count == 0 and isinstance(source, Sequence) and not source.site:
        run_body(frame, node.orelse)
        return
    traced = any(
        isinstance(o, Dataset) or (isinstance(o, Iterator) and o.source == "dataset") for o in options(source)
    )
    symbolic = is_symbolic(frame, source) or traced
    if symbolic and frame.unconverted:
        frame.effect("tensor-iteration", node.iter, "a loop that AutoGraph does not convert")
        frame.effect("unconverted", node.iter, "a loop")
    if frame.unrolling and not symbolic:
        items = loop_items(source)
        if items is not None:
            _unrolled(frame, node, items)
            return
    element = iteration(frame, source, node.iter)

    def start() -> None:
        assign(frame, node.target, element)

    if count is not None and not (frame.unrolling and leaves_early(node)):
        _loop(frame, node, start, symbolic, count, lambda: False, certain_pass=count > 0)
        return
    with frame.open_ended():
        _loop(frame, node, start, symbolic, _assumed_iterations(frame), lambda: False)


def _assumed_iterations(frame: Frame) -> int:
    """How often a loop of unknown length runs; where calls are counted, only what is certain counts."""
    return 1 if frame.unrolling else ASSUMED_ITERATIONS


def _unrolled(frame: Frame, node: nodes.For, items: tuple[Value, ...]) -> None:
    """Run a short loop pass by pass, each with its own element."""
    exits: list[tuple[Env, Env]] = []
    passes = frame.passes
    for number, item in enumerate(items):
        frame.passes = (*passes, number)
        ended, breaks = _pass(frame, node, partial(assign, frame, node.target, item), frame.env, frame.paths)
        exits += breaks
        if ended is None:
            frame.alive = False
            break
        frame.env, frame.paths = ended
    frame.passes = passes
    if frame.alive:
        run_body(frame, node.orelse)
    if frame.alive:
        exits.append((frame.env, frame.paths))
    meet(frame, exits)


def _loop(
    frame: Frame,
    node: nodes.For | nodes.While,
    start: Callable[[], None],
    symbolic: bool,
    iterations: int,
    forever: Callable[[], bool],
    certain_pass: bool = False,
) -> None:
    """Run a loop body to a fixpoint of the names it binds, then once more to record what it does.

    `forever` tells, from what holds before every pass, that the loop ends by `break` alone; `certain_pass` says that
    there is one pass at least.
    """
    symbolic = symbolic and not frame.plain  # Plain Python knows no loops of a graph.
    if symbolic:
        frame.effect("tensor-control", node, "a loop")
    if node.orelse:
        frame.effect("autograph-syntax", node, "the `else` of a loop", certain=False)
    frame.tensor_loop += symbolic
    frame.loops.append((symbolic, frame.tensor_condition))
    frame.traced_blocks += [node] * symbolic
    exits: list[tuple[Env, Env]] = []
    head, paths = dict(frame.env), dict(frame.paths)
    carried = carried_names(frame, node) if symbolic else []
    previous = entry = head = entered(head, carried)
    for number in range(MAX_LOOP_PASSES):
        with traced_pass(frame) if symbolic and number == 0 else frame.quietly():
            ended, left = _pass(frame, node, start, head, paths)
        if symbolic and number == 0:
            ends = [env for env, _ in ([ended] if ended is not None else []) + left]
            check_carried(frame, node, carried, entry, ends, may_be_empty=not certain_pass)
        if ended is None:
            break
        if isinstance(node, nodes.While) and not symbolic and number == 0:
            _check_condition(frame, node, ended)
        after = {
            name: widen_loop(head[name], ended[0][name]) if name in head else ended[0][name]
            for name in ended[0]
        }
        paths = {p: v for p, v in paths.items() if ended[1].get(p) == v}
        if all(head.get(name) == value for name, value in after.items()):
            break
        previous, head = head, after
    else:
        unsettled = Unknown("it takes ever new values in a loop")
        head = {name: value if previous.get(name) == value else unsettled for name, value in head.items()}
    frame.env, frame.paths = dict(head), dict(paths)
    endless = forever()
    multiplier = frame.multiplier
    frame.multiplier = min(multiplier * max(iterations, 1), 100_000)
    ended, breaks = _pass(frame, node, start, head, paths)
    frame.multiplier = multiplier
    if symbolic and ended is not None:
        note_loop(frame, node, bound_names(node.body), entry, ended[0])
    frame.tensor_loop -= symbolic
    frame.loops.pop()
    if symbolic:
        frame.traced_blocks.pop()
    normal: list[tuple[Env, Env]] = [] if endless or (certain_pass and ended is not None) else [(head, paths)]
    if ended is not None and not endless:
        normal.append(ended)
    if node.orelse and normal:
        meet(frame, normal)
        run_body(frame, node.orelse)
        normal = [(frame.env, frame.paths)] if frame.alive else []
    exits = normal + breaks
    meet(frame, exits)
    frame.env.update((name, without_leaves(frame.env[name])) for name in carried if name in frame.env)


def _check_condition(frame: Frame, node: nodes.While, after: tuple[Env, Env]) -> None:
    """Report a `while` that starts on a Python value and goes on with a tensor: AutoGraph has chosen by then."""
    before, paths = frame.env, frame.paths
    frame.env, frame.paths = dict(after[0]), dict(after[1])
    with frame.quietly():
        turned = evaluate(frame, node.test)
    frame.env, frame.paths = before, paths
    if turned_tensor(frame, turned):
        frame.effect("autograph-syntax", node, "a `while` whose condition becomes a tensor in the loop")


def _pass(
    frame: Frame, node: nodes.For | nodes.While, start: Callable[[], None], head: Env, paths: Env
) -> tuple[tuple[Env, Env] | None, list[tuple[Env, Env]]]:
    """One pass over a loop body from `head`: where it ends (also through `continue`), and where it breaks out."""
    breaks: list[tuple[Env, Env]] = []
    continues: list[tuple[Env, Env]] = []
    frame.loop_exits.append(breaks)  # type: ignore[arg-type]
    frame.loop_heads.append(continues)  # type: ignore[arg-type]
    before, before_paths, alive = frame.env, frame.paths, frame.alive
    conditions = frame.tensor_condition
    frame.env, frame.paths = dict(head), dict(paths)
    start()
    run_body(frame, node.body)
    frame.tensor_condition = conditions
    ends = [*continues, *([(frame.env, frame.paths)] if frame.alive else [])]
    if ends:
        meet(frame, ends)
        ended: tuple[Env, Env] | None = (frame.env, frame.paths)
    else:
        ended = None
    frame.env, frame.paths, frame.alive = before, before_paths, alive
    frame.loop_exits.pop()
    frame.loop_heads.pop()
    return ended, breaks


@executes(nodes.Break)
def _break(frame: Frame, node: nodes.Break) -> None:
    if frame.loop_exits:
        frame.loop_exits[-1].append((frame.env, frame.paths))  # type: ignore[arg-type]
    if frame.loops and leaves_python_loop(frame, frame.loops[-1:]):
        frame.effect("autograph-syntax", node, "`break` on a tensor condition in a Python loop")
    frame.alive = False


@executes(nodes.Continue)
def _continue(frame: Frame, node: nodes.Continue) -> None:
    if frame.loop_heads:
        frame.loop_heads[-1].append((frame.env, frame.paths))  # type: ignore[arg-type]
    frame.alive = False
