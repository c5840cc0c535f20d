"""What each kind of statement does to the path: flow-sensitive, joins at merges, fixpoints at loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphlift.interp.arrays import used
from graphlift.interp.assign import assign, mutate, without_item
from graphlift.interp.attribute_paths import forget_paths, note_set
from graphlift.interp.augmented import augment
from graphlift.interp.expressions import evaluate
from graphlift.interp.first_calls import is_settled_at_once
from graphlift.interp.frame import Frame
from graphlift.interp.guards import is_first_call_guard
from graphlift.interp.merging import bound_names, check_branches, check_left_block, met, traced_scalars
from graphlift.interp.narrow import narrow
from graphlift.interp.operators import truth
from graphlift.interp.storing import note_deleted
from graphlift.interp.tapes import enter_tape, leave_tape
from graphlift.interp.unused import note_unused
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    NONE,
    KerasTensor,
    Never,
    Tensor,
    Unknown,
    Value,
    Variable,
    join,
    options,
)

Executor = Callable[[Frame, Any], None]
_EXECUTORS: dict[type, Executor] = {}

Env = dict[str, Value]


def executes(*kinds: type) -> Callable[[Executor], Executor]:
    """Register what executes statements of these kinds."""

    def register(function: Executor) -> Executor:
        for kind in kinds:
            _EXECUTORS[kind] = function
        return function

    return register


def run_body(frame: Frame, body: list[nodes.NodeNG]) -> None:
    """Execute statements in order while the path lives."""
    for statement in body:
        if not frame.alive:
            return
        executor = _EXECUTORS.get(type(statement))
        if executor is not None:
            executor(frame, statement)
        else:
            evaluate(frame, statement)


def join_env(left: Env, right: Env) -> Env:
    """What is known where two paths meet. A name that one of them does not bind keeps the other's value."""
    result = dict(left)
    for name, value in right.items():
        present = result.get(name)
        result[name] = value if present is None else join(present, value)
    return result


def meet(frame: Frame, states: list[tuple[Env, Env]]) -> None:
    """Continue where these paths (names, attribute paths) meet; nowhere when there is none."""
    if not states:
        frame.alive = False
        return
    env, paths = states[0]
    for other, other_paths in states[1:]:
        env = join_env(env, other)
        paths = {path: join(value, other_paths[path]) for path, value in paths.items() if path in other_paths}
    frame.env, frame.paths, frame.alive = env, paths, True


def _branch(frame: Frame, action: Callable[[], None]) -> tuple[Env, Env] | None:
    """Run `action` on a copy of the path; gives where it ends, `None` when it does not get to its end."""
    before, paths, alive = frame.env, frame.paths, frame.alive
    frame.env, frame.paths = dict(before), dict(paths)
    action()
    ended = (frame.env, frame.paths) if frame.alive else None
    frame.env, frame.paths, frame.alive = before, paths, alive
    return ended


def is_symbolic(frame: Frame, value: Value) -> bool:
    """Whether the value may be a symbolic tensor while the function is traced."""
    return not frame.plain and any(
        isinstance(o, Variable | KerasTensor) or (isinstance(o, Tensor) and not o.eager)
        for o in options(value)
    )


@executes(nodes.Expr)
def _expr(frame: Frame, node: nodes.Expr) -> None:
    value = evaluate(frame, node.value)
    note_unused(frame, node, value)


@executes(nodes.Assign)
def _assign(frame: Frame, node: nodes.Assign) -> None:
    value = evaluate(frame, node.value)
    note_unused(frame, node, value)
    for target in node.targets:
        assign(frame, target, value)


@executes(nodes.AnnAssign)
def _ann_assign(frame: Frame, node: nodes.AnnAssign) -> None:
    from graphlift.interp.annotations import annotated

    if node.value is not None:
        value = evaluate(frame, node.value)
        if isinstance(value, Unknown):
            hinted = annotated(frame, node.annotation)
            value = hinted if hinted is not None else value
        assign(frame, node.target, value)
    elif frame.is_class and isinstance(node.target, nodes.AssignName):
        hinted = annotated(frame, node.annotation)
        if hinted is not None:
            frame.write_cell(("classvar", frame.definition, node.target.name), hinted)


executes(nodes.AugAssign)(augment)


def leaves_python_loop(frame: Frame, loops: list[tuple[bool, int]]) -> bool:
    """Whether a tensor condition decides here that one of these Python loops is left."""
    return any(not symbolic and frame.tensor_condition > around for symbolic, around in loops)


def turned_tensor(frame: Frame, value: Value) -> bool:
    """Whether the value is certainly a symbolic tensor while the function is traced."""
    return all(is_symbolic(frame, option) for option in options(value)) and is_symbolic(frame, value)


@executes(nodes.Return)
def _return(frame: Frame, node: nodes.Return) -> None:
    value = NONE if node.value is None else evaluate(frame, node.value)
    used(frame, value, node)
    if frame.tensor_loop:
        frame.effect("autograph-syntax", node, "`return` inside a loop over a tensor", certain=False)
    elif leaves_python_loop(frame, frame.loops):
        frame.effect("autograph-syntax", node, "`return` on a tensor condition in a Python loop")
    frame.returns = join(frame.returns, value)
    if frame.tensor_condition and not frame.silent:
        frame.conditional_returns.append((value, node))
    frame.alive = False


@executes(nodes.If)
def _if(frame: Frame, node: nodes.If) -> None:
    test = evaluate(frame, node.test)
    decided = truth(frame, test, node.test)
    symbolic = is_symbolic(frame, test)
    if symbolic:
        frame.effect("tensor-control", node, "if")
    ops = frame.ops

    def branch(body: list[nodes.NodeNG], positive: bool) -> None:
        narrow(frame, node.test, positive)
        returned = len(frame.conditional_returns)
        run_body(frame, body)
        check_left_block(frame, returned, "`if`")

    def attempt() -> None:
        for positive, body in ((True, node.body), (False, node.orelse)):
            _branch(frame, lambda body=body, positive=positive: branch(body, positive))  # type: ignore[misc]

    conditions = frame.tensor_condition
    guards = is_first_call_guard(node)
    once = guards and is_settled_at_once(frame, node, attempt)
    states = []
    around = []
    most = ops
    for positive, body in ((True, node.body), (False, node.orelse)):
        if decided is (not positive):
            continue
        frame.ops = ops
        frame.tensor_condition = conditions + symbolic
        frame.traced_blocks += [node] * symbolic
        frame.guarded += guards and positive
        frame.once += once and positive
        ended = _branch(frame, lambda body=body, positive=positive: branch(body, positive))  # type: ignore[misc]
        frame.guarded -= guards and positive
        frame.once -= once and positive
        if symbolic:
            frame.traced_blocks.pop()
        most = max(most, frame.ops)
        if ended is not None:
            states.append(ended)
            around.append(frame.tensor_condition - symbolic)
    frame.ops = most
    # What follows a branch that leaves by `return`, `break` or `continue` runs under the condition, too.
    frame.tensor_condition = max(around, default=conditions) + (symbolic and len(states) == 1)
    if symbolic and len(states) == 2:
        check_branches(frame, node, states[0][0], states[1][0])
    meet(frame, states)
    if symbolic and len(states) == 2:
        for name in bound_names([*node.body, *node.orelse]):
            if name in frame.env:
                frame.env[name] = met(*(traced_scalars(state[0].get(name, NEVER)) for state in states))


@executes(nodes.Raise)
def _raise(frame: Frame, node: nodes.Raise) -> None:
    if frame.tensor_condition or frame.tensor_loop:
        frame.effect("raise-on-tensor", node, "raise")
    with frame.quietly():
        if node.exc is not None:
            evaluate(frame, node.exc)
    frame.alive = False


@executes(nodes.Assert)
def _assert(frame: Frame, node: nodes.Assert) -> None:
    test = evaluate(frame, node.test)
    if is_symbolic(frame, test):
        frame.effect("assert-on-tensor", node, "assert")
    truth(frame, test, node.test)
    narrow(frame, node.test, True)


@executes(nodes.With, nodes.AsyncWith)
def _with(frame: Frame, node: nodes.With) -> None:
    from graphlift.interp.instances import enter_context, exit_context

    managers: list[Value] = []
    for expression, target in node.items:
        manager = evaluate(frame, expression)
        managers.append(manager)
        value = enter_context(frame, manager, expression)
        if target is not None:
            assign(frame, target, value)
        enter_tape(frame, value, target)
    returned = len(frame.conditional_returns)
    before, before_paths = dict(frame.env), dict(frame.paths)
    run_body(frame, node.body)
    check_left_block(frame, returned, "`with`")
    for _, target in node.items:
        leave_tape(frame, target)
    ended, left = frame.alive, (frame.env, frame.paths)
    if not ended:  # By an exception, or by a `return` that it may take the place of.
        frame.env, frame.paths, frame.alive = _partial(frame, node, before, None), {}, True
    swallowed = False
    for manager in managers:
        swallowed = exit_context(frame, manager, node, ended) or swallowed
    if swallowed:
        middle = _partial(frame, node, before, left[0]) if ended else frame.env
        kept = {path: value for path, value in before_paths.items() if left[1].get(path) == value}
        meet(frame, [(middle, kept), left] if ended else [(middle, kept)])
    elif not ended:
        frame.env, frame.paths, frame.alive = *left, False


@executes(nodes.Try, nodes.TryStar)
def _try(frame: Frame, node: nodes.Try) -> None:
    before, before_paths = dict(frame.env), dict(frame.paths)
    if node.handlers:
        frame.effect("catches", node, _handled(node), certain=False)

    def attempt() -> None:
        returned = len(frame.conditional_returns)
        run_body(frame, node.body)
        check_left_block(frame, returned, "`try`")

    body = _branch(frame, attempt)
    states: list[tuple[Env, Env]] = []
    if body is not None:
        frame.env, frame.paths = body
        ended = _branch(frame, lambda: run_body(frame, node.orelse))
        if ended is not None:
            states.append(ended)
    middle = _partial(frame, node, before, None if body is None else body[0])
    kept = {} if body is None else {p: v for p, v in before_paths.items() if body[1].get(p) == v}
    for handler in node.handlers:
        frame.env, frame.paths, frame.alive = dict(middle), dict(kept), True
        if handler.type is not None:
            with frame.quietly():
                evaluate(frame, handler.type)
        if handler.name is not None:
            assign(frame, handler.name, Unknown("an exception object is not followed"))
        run_body(frame, handler.body)
        if frame.alive:
            states.append((frame.env, frame.paths))
    dead = not states
    if dead:
        states = [(middle, kept)]
    meet(frame, states)
    run_body(frame, node.finalbody)
    if dead:
        frame.alive = False


def _handled(node: nodes.Try) -> str:
    kinds = [h.type.as_string() if h.type is not None else "everything" for h in node.handlers]
    return ", ".join(kinds)


def _partial(frame: Frame, node: nodes.Try | nodes.With, before: Env, after: Env | None) -> Env:
    """What may hold in a handler, which is entered from anywhere in the body.

    A name holds what it held before or after the body, unless the body binds it several times or never gets to its end.
    """
    result = dict(before) if after is None else join_env(before, after)
    counts: dict[str, int] = {}
    for statement in node.body:
        for target in statement.nodes_of_class(nodes.AssignName):
            counts[target.name] = counts.get(target.name, 0) + 1
    for name, count in counts.items():
        if count > 1 or after is None:
            result[name] = Unknown(f"`{name}` may not be assigned yet")
    return result


@executes(nodes.Delete)
def _delete(frame: Frame, node: nodes.Delete) -> None:
    for target in node.targets:
        if isinstance(target, nodes.DelName):
            frame.env.pop(target.name, None)
            forget_paths(frame, target.name)
        elif isinstance(target, nodes.DelAttr | nodes.Subscript):
            receiver = target.value if isinstance(target, nodes.Subscript) else target.expr
            value = evaluate(frame, receiver)
            index = evaluate(frame, target.slice) if isinstance(target, nodes.Subscript) else None
            if isinstance(target, nodes.DelAttr):
                note_deleted(frame, value, target.attrname)
                note_set(frame, target.attrname, fresh=False)
            for option in options(value):
                if not isinstance(option, Tensor | Never):
                    after = option if index is None else without_item(option, index)
                    mutate(frame, receiver, option, after, target)


@executes(nodes.Match)
def _match(frame: Frame, node: nodes.Match) -> None:
    from graphlift.interp.patterns import bind_pattern

    subject = evaluate(frame, node.subject)
    frame.effect("autograph-syntax", node, "`match`", certain=False)
    states: list[tuple[Env, Env]] = []

    def case(option: Any) -> None:
        bind_pattern(frame, option.pattern, subject)
        if option.guard is not None:
            truth(frame, evaluate(frame, option.guard), option.guard)
        run_body(frame, option.body)

    for option in node.cases:
        ended = _branch(frame, lambda option=option: case(option))  # type: ignore[misc]
        if ended is not None:
            states.append(ended)
    states.append((dict(frame.env), dict(frame.paths)))
    meet(frame, states)


@executes(nodes.Global, nodes.Nonlocal, nodes.Pass)
def _nothing(frame: Frame, node: nodes.NodeNG) -> None:
    del frame, node
