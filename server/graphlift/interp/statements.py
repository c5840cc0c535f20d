"""What each kind of statement does to the path: flow-sensitive, joins at merges, fixpoints at loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from graphlift.interp.assign import assign, forget_paths, mutate
from graphlift.interp.expressions import evaluate, iteration, known_length
from graphlift.interp.frame import Frame, external
from graphlift.interp.guards import is_first_call_guard
from graphlift.interp.merging import bound_names, check_branches, traced_scalars
from graphlift.interp.narrow import narrow
from graphlift.interp.operators import binary, truth
from graphlift.interp.places import global_at
from graphlift.interp.static_shapes import note_loop
from graphlift.interp.unrolling import leaves_early, loop_items
from graphlift.syntax import nodes
from graphlift.values import (
    NONE,
    Dataset,
    Iterator,
    KerasTensor,
    Module,
    Never,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    join,
    options,
    widen_loop,
)

Executor = Callable[[Frame, Any], None]
_EXECUTORS: dict[type, Executor] = {}
MAX_LOOP_PASSES = 4
ASSUMED_ITERATIONS = 4
"""How often a loop of unknown length is taken to run when work is estimated; stated in the documentation."""

Env = dict[str, Value]


def _for(*kinds: type) -> Callable[[Executor], Executor]:
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


def _meet(frame: Frame, states: list[tuple[Env, Env]]) -> None:
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


@_for(nodes.Expr)
def _expr(frame: Frame, node: nodes.Expr) -> None:
    value = evaluate(frame, node.value)
    call = node.value
    if (
        isinstance(call, nodes.Call)
        and isinstance(call.func, nodes.Attribute)
        and call.func.attrname in ("write", "scatter", "unstack")
    ):
        from graphlift.values import TensorArray

        if isinstance(value, TensorArray):
            frame.effect("array-write", node, f"`{call.func.as_string()}`")


@_for(nodes.Assign)
def _assign(frame: Frame, node: nodes.Assign) -> None:
    value = evaluate(frame, node.value)
    for target in node.targets:
        assign(frame, target, value)


@_for(nodes.AnnAssign)
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


@_for(nodes.AugAssign)
def _aug_assign(frame: Frame, node: nodes.AugAssign) -> None:
    target = node.target
    before = _current(frame, target)
    operand = evaluate(frame, node.value)
    result = binary(frame, node.op[:-1], before, operand, node)
    for option in options(before):
        if isinstance(option, Sequence) and option.type == "list":
            grown = Sequence("list", None, join(option.element, iteration(frame, operand, node)), option.site)
            mutate(frame, _readable(target), option, grown, node, operand)
            frame.note(target, grown)
    if any(isinstance(o, Sequence) and o.type == "list" for o in options(before)) and isinstance(
        target, nodes.AssignName
    ):
        return
    assign(frame, target, result)


def _readable(target: nodes.NodeNG) -> nodes.NodeNG:
    """An augmented target as an expression to find its root by; the node classes share their shape."""
    return target


def _current(frame: Frame, target: nodes.NodeNG) -> Value:
    from graphlift.interp.expressions import path_text
    from graphlift.interp.objects import attribute
    from graphlift.interp.operators import subscript

    if isinstance(target, nodes.AssignName):
        return frame.lookup(target.name, target)
    if isinstance(target, nodes.AssignAttr):
        path = path_text(target)
        if path in frame.paths:
            return frame.paths[path]
        return attribute(frame, evaluate(frame, target.expr), target.attrname, target)
    if isinstance(target, nodes.Subscript):
        return subscript(frame, evaluate(frame, target.value), evaluate(frame, target.slice), target)
    return Unknown("the target of an augmented assignment is not followed")


@_for(nodes.Return)
def _return(frame: Frame, node: nodes.Return) -> None:
    value = NONE if node.value is None else evaluate(frame, node.value)
    if frame.tensor_loop:
        frame.effect("autograph-syntax", node, "`return` inside a loop over a tensor", certain=False)
    frame.returns = join(frame.returns, value)
    if frame.tensor_condition and not frame.silent:
        frame.conditional_returns.append((value, node))
    frame.alive = False


@_for(nodes.If)
def _if(frame: Frame, node: nodes.If) -> None:
    test = evaluate(frame, node.test)
    decided = truth(frame, test, node.test)
    symbolic = is_symbolic(frame, test)
    if symbolic:
        frame.effect("tensor-control", node, "if")
    ops = frame.ops

    def branch(body: list[nodes.NodeNG], positive: bool) -> None:
        narrow(frame, node.test, positive)
        run_body(frame, body)

    frame.tensor_condition += symbolic
    once = is_first_call_guard(node)
    states = []
    most = ops
    for positive, body in ((True, node.body), (False, node.orelse)):
        if decided is (not positive):
            continue
        frame.ops = ops
        frame.once += once and positive
        ended = _branch(frame, lambda body=body, positive=positive: branch(body, positive))  # type: ignore[misc]
        frame.once -= once and positive
        most = max(most, frame.ops)
        if ended is not None:
            states.append(ended)
    frame.ops = most
    frame.tensor_condition -= symbolic
    if symbolic and len(states) == 2:
        check_branches(frame, node, states[0][0], states[1][0])
    _meet(frame, states)
    if symbolic and len(states) == 2:
        for name in bound_names([*node.body, *node.orelse]):
            if states[0][0].get(name) != states[1][0].get(name) and name in frame.env:
                frame.env[name] = traced_scalars(frame.env[name])


@_for(nodes.While)
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


@_for(nodes.For, nodes.AsyncFor)
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
    advances = any(isinstance(o, Iterator) and o.source == "python" for o in options(source))
    if advances and not isinstance(node.iter, nodes.Call):
        frame.effect("python-iterator", node.iter, node.iter.as_string(), certain=False)
    if frame.unrolling and not symbolic:
        items = loop_items(source)
        if items is not None:
            _unrolled(frame, node, items)
            return
    element = iteration(frame, source, node.iter)

    def start() -> None:
        assign(frame, node.target, element)

    if count is not None and not (frame.unrolling and leaves_early(node)):
        _loop(frame, node, start, symbolic, count, lambda: False)
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
    _meet(frame, exits)


def _loop(
    frame: Frame,
    node: nodes.For | nodes.While,
    start: Callable[[], None],
    symbolic: bool,
    iterations: int,
    forever: Callable[[], bool],
) -> None:
    """Run a loop body to a fixpoint of the names it binds, then once more to record what it does.

    `forever` tells, from what holds before every pass, that the loop ends by `break` alone.
    """
    frame.tensor_loop += symbolic
    if symbolic:
        frame.effect("tensor-control", node, "a loop")
    if node.orelse:
        frame.effect("autograph-syntax", node, "the `else` of a loop", certain=False)
    exits: list[tuple[Env, Env]] = []
    head, paths = dict(frame.env), dict(frame.paths)
    previous = entry = head
    for _ in range(MAX_LOOP_PASSES):
        with frame.quietly():
            ended, _ = _pass(frame, node, start, head, paths)
        if ended is None:
            break
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
    normal: list[tuple[Env, Env]] = [] if endless else [(head, paths)]
    if ended is not None and not endless:
        normal.append(ended)
    if node.orelse and normal:
        _meet(frame, normal)
        run_body(frame, node.orelse)
        normal = [(frame.env, frame.paths)] if frame.alive else []
    exits = normal + breaks
    _meet(frame, exits)


def _pass(
    frame: Frame, node: nodes.For | nodes.While, start: Callable[[], None], head: Env, paths: Env
) -> tuple[tuple[Env, Env] | None, list[tuple[Env, Env]]]:
    """One pass over a loop body from `head`: where it ends (also through `continue`), and where it breaks out."""
    breaks: list[tuple[Env, Env]] = []
    continues: list[tuple[Env, Env]] = []
    frame.loop_exits.append(breaks)  # type: ignore[arg-type]
    frame.loop_heads.append(continues)  # type: ignore[arg-type]
    before, before_paths, alive = frame.env, frame.paths, frame.alive
    frame.env, frame.paths = dict(head), dict(paths)
    start()
    run_body(frame, node.body)
    ends = [*continues, *([(frame.env, frame.paths)] if frame.alive else [])]
    if ends:
        _meet(frame, ends)
        ended: tuple[Env, Env] | None = (frame.env, frame.paths)
    else:
        ended = None
    frame.env, frame.paths, frame.alive = before, before_paths, alive
    frame.loop_exits.pop()
    frame.loop_heads.pop()
    return ended, breaks


@_for(nodes.Break)
def _break(frame: Frame, node: nodes.Break) -> None:
    if frame.loop_exits:
        frame.loop_exits[-1].append((frame.env, frame.paths))  # type: ignore[arg-type]
    if frame.tensor_condition and not frame.tensor_loop:
        frame.effect("autograph-syntax", node, "`break` on a tensor condition in a Python loop")
    frame.alive = False


@_for(nodes.Continue)
def _continue(frame: Frame, node: nodes.Continue) -> None:
    if frame.loop_heads:
        frame.loop_heads[-1].append((frame.env, frame.paths))  # type: ignore[arg-type]
    frame.alive = False


@_for(nodes.Raise)
def _raise(frame: Frame, node: nodes.Raise) -> None:
    if frame.tensor_condition:
        frame.effect("raise-on-tensor", node, "raise")
    with frame.quietly():
        if node.exc is not None:
            evaluate(frame, node.exc)
    frame.alive = False


@_for(nodes.Assert)
def _assert(frame: Frame, node: nodes.Assert) -> None:
    test = evaluate(frame, node.test)
    if is_symbolic(frame, test):
        frame.effect("assert-on-tensor", node, "assert")
    truth(frame, test, node.test)
    narrow(frame, node.test, True)


@_for(nodes.With, nodes.AsyncWith)
def _with(frame: Frame, node: nodes.With) -> None:
    from graphlift.interp.instances import enter_context, exit_context

    managers: list[Value] = []
    for expression, target in node.items:
        manager = evaluate(frame, expression)
        managers.append(manager)
        value = enter_context(frame, manager, expression)
        if target is not None:
            assign(frame, target, value)
    run_body(frame, node.body)
    if frame.alive:
        for manager in managers:
            exit_context(frame, manager, node)


@_for(nodes.Try, nodes.TryStar)
def _try(frame: Frame, node: nodes.Try) -> None:
    before, before_paths = dict(frame.env), dict(frame.paths)
    if node.handlers:
        frame.effect("catches", node, _handled(node), certain=False)
    body = _branch(frame, lambda: run_body(frame, node.body))
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
    _meet(frame, states)
    run_body(frame, node.finalbody)
    if dead:
        frame.alive = False


def _handled(node: nodes.Try) -> str:
    kinds = [h.type.as_string() if h.type is not None else "everything" for h in node.handlers]
    return ", ".join(kinds)


def _partial(frame: Frame, node: nodes.Try, before: Env, after: Env | None) -> Env:
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


@_for(nodes.Delete)
def _delete(frame: Frame, node: nodes.Delete) -> None:
    for target in node.targets:
        if isinstance(target, nodes.DelName):
            frame.env.pop(target.name, None)
            forget_paths(frame, target.name)
        elif isinstance(target, nodes.DelAttr | nodes.Subscript):
            receiver = target.value if isinstance(target, nodes.Subscript) else target.expr
            value = evaluate(frame, receiver)
            for option in options(value):
                if not isinstance(option, Tensor | Never):
                    mutate(frame, receiver, option, option, target)


@_for(nodes.FunctionDef, nodes.AsyncFunctionDef)
def _function(frame: Frame, node: nodes.FunctionDef) -> None:
    from graphlift.interp.definitions import define_function

    value = define_function(frame, node)
    frame.env[node.name] = value
    _bind_definition(frame, node.name, value)


@_for(nodes.ClassDef)
def _class(frame: Frame, node: nodes.ClassDef) -> None:
    from graphlift.interp.definitions import define_class

    value = define_class(frame, node)
    frame.env[node.name] = value
    _bind_definition(frame, node.name, value)


def _bind_definition(frame: Frame, name: str, value: Value) -> None:
    if frame.is_module:
        frame.write_cell(("global", frame.module, name), value)


@_for(nodes.Import)
def _import(frame: Frame, node: nodes.Import) -> None:
    for dotted, alias in node.names:
        target = dotted if alias else dotted.partition(".")[0]
        reference = frame.analysis.query("find_module", frame.module, target)
        value = (
            Unknown(f"module `{target}` cannot be found")
            if reference is None
            else frame.reference_value(reference)
        )
        _bind_import(frame, alias or target, value)


@_for(nodes.ImportFrom)
def _import_from(frame: Frame, node: nodes.ImportFrom) -> None:
    dotted = "." * (node.level or 0) + (node.modname or "")
    reference = frame.analysis.query("find_module", frame.module, dotted)
    for attribute, alias in node.names:
        if attribute == "*":
            continue
        value = _imported(frame, reference, dotted, attribute)
        _bind_import(frame, alias or attribute, value)


def _imported(frame: Frame, reference: Any, dotted: str, attribute: str) -> Value:
    if reference is None:
        return Unknown(f"module `{dotted}` cannot be found")
    if reference.kind == "external":
        return external(f"{reference.target}.{attribute}", frame.analysis.keras)
    found = global_at(frame, reference.target, attribute)
    if found is not None:
        return found[0]
    child = frame.analysis.query(
        "find_module", frame.module, f"{dotted.rstrip('.')}.{attribute}".replace("..", ".", 0)
    )
    if child is None and dotted.endswith("."):
        child = frame.analysis.query("find_module", frame.module, f"{dotted}{attribute}")
    if child is not None and child.kind == "module":
        return Module(child.target)
    return Unknown(f"`{attribute}` is not bound in module `{dotted}`")


def _bind_import(frame: Frame, name: str, value: Value) -> None:
    frame.env[name] = value
    if frame.is_module:
        frame.write_cell(("global", frame.module, name), value)
    elif frame.is_class:
        frame.write_cell(("classvar", frame.definition, name), value)


@_for(nodes.Match)
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
    _meet(frame, states)


@_for(nodes.Global, nodes.Nonlocal, nodes.Pass)
def _nothing(frame: Frame, node: nodes.NodeNG) -> None:
    del frame, node
