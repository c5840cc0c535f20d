"""What a condition says about values on the path where it holds, and on the path where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from graphlift.interp.arrays import either
from graphlift.interp.frame import Frame
from graphlift.interp.kinds import isinstance_answer
from graphlift.syntax import nodes
from graphlift.values import (
    NONE,
    Array,
    Const,
    External,
    Mapping,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    join_all,
    options,
)

Test = Callable[[Value], bool | None]


@contextmanager
def narrowed(frame: Frame) -> Iterator[Callable[[nodes.NodeNG, bool], None]]:
    """A scope in which `narrow` may be applied; what the path knew before is restored at its end.

    Names that are bound inside (`:=`, comprehension targets) stay bound. What is evaluated inside may not be reached
    at all: containers that it changes hold what they held before, or that.
    """
    before, paths = dict(frame.env), dict(frame.paths)
    touched: set[str] = set()
    narrowed_to: dict[str, Value] = {}

    def apply(test: nodes.NodeNG, positive: bool) -> None:
        touched.update(narrow(frame, test, positive))
        narrowed_to.update((name, frame.env[name]) for name in touched if name in frame.env)

    yield apply
    for name, value in before.items():
        now = frame.env.get(name, value)
        if name in narrowed_to and now == narrowed_to[name]:
            frame.env[name] = value
        elif now != value:
            frame.env[name] = either(value, now)
    frame.paths = {
        path: either(value, frame.paths[path]) if not path.startswith("?") else value
        for path, value in paths.items()
        if path in frame.paths
    }


def narrow(frame: Frame, test: nodes.NodeNG, positive: bool) -> set[str]:
    """Apply a condition to the current path; gives the local names whose values it narrowed."""
    if isinstance(test, nodes.UnaryOp) and test.op == "not":
        return narrow(frame, test.operand, not positive)
    if isinstance(test, nodes.BoolOp):
        if (test.op == "and") is positive:
            return set().union(*(narrow(frame, part, positive) for part in test.values))
        return set()
    if isinstance(test, nodes.NamedExpr):
        return _apply(frame, test.target, positive, _truthy)
    if isinstance(test, nodes.Name | nodes.Attribute):
        return _apply(frame, test, positive, _truthy)
    if isinstance(test, nodes.Compare) and len(test.ops) == 1:
        return _comparison(frame, test, positive)
    if isinstance(test, nodes.Call):
        return _call(frame, test, positive)
    return set()


def _comparison(frame: Frame, test: nodes.Compare, positive: bool) -> set[str]:
    op, right = test.ops[0]
    if op in ("is not", "!="):
        positive = not positive
    if op not in ("is", "is not", "==", "!="):
        return set()
    left = test.left
    if isinstance(left, nodes.Const):
        left, right = right, left
    if not isinstance(right, nodes.Const):
        return set()
    from graphlift.interp.expressions import evaluate

    with frame.quietly():
        wanted = evaluate(frame, right)
    if op in ("is", "is not") or wanted == NONE:
        return _apply(frame, left, positive, lambda v: _is_constant(v, wanted))
    if isinstance(wanted, Const):
        return _apply(frame, left, positive, lambda v: _equals(v, wanted))
    return set()


def _is_constant(value: Value, wanted: Value) -> bool | None:
    if isinstance(value, Unknown):
        return None
    if wanted == NONE:
        return value == NONE
    if isinstance(value, Py) and isinstance(wanted, Const) and value.type == wanted.type:
        return None
    return value == wanted


def _equals(value: Value, wanted: Const) -> bool | None:
    if isinstance(value, Const):
        return value == wanted or (None if value.type != wanted.type else False)
    return None


def _truthy(value: Value) -> bool | None:
    from graphlift.interp.operators import decided_truth

    return decided_truth(value)


def _call(frame: Frame, test: nodes.Call, positive: bool) -> set[str]:
    from graphlift.interp.expressions import evaluate

    if not test.args:
        return set()
    tensor, refined = False, None
    with frame.quietly():
        function = evaluate(frame, test.func)
        if not isinstance(function, External):
            return set()
        if function.name == "builtins.isinstance" and len(test.args) == 2:
            kinds = evaluate(frame, test.args[1])
            tensor = isinstance_answer(frame, Tensor(), kinds) is True
            refined = partial(_of_kinds, frame, kinds)
    if function.name == "builtins.isinstance" and len(test.args) == 2:
        _note_test(frame, test.args[0], "tensor" if tensor else "other")
        return _apply(frame, test.args[0], positive, lambda v: isinstance_answer(frame, v, kinds), refined)
    if function.name == "builtins.callable":
        return _apply(frame, test.args[0], positive, _callable)
    if function.name in ("tensorflow.is_tensor", "keras.backend.is_keras_tensor", "keras.ops.is_tensor"):
        _note_test(frame, test.args[0], "tensor")
        return _apply(frame, test.args[0], positive, _is_tensor)
    return set()


def _note_test(frame: Frame, node: nodes.NodeNG, target: str) -> None:
    """Record that the code asks what an unknown value is; it takes values of other kinds too, then."""
    from graphlift.interp.expressions import evaluate

    with frame.quietly():
        value = evaluate(frame, node)
    for option in options(value):
        if isinstance(option, Unknown):
            frame.effect("tests-kind", node, option.reason, target=target)


def _of_kinds(frame: Frame, kinds: Value, value: Unknown) -> Value:
    """What an unknown value is once `isinstance(value, kinds)` holds; unknown still where that says too little.

    NumPy's classes say nothing here: while tracing, what was such an array is a tensor already.
    """
    from graphlift.interp.annotations import instance_of

    alternatives = kinds.items if isinstance(kinds, Sequence) and kinds.items is not None else (kinds,)
    flat = [option for alternative in alternatives for option in options(alternative)]
    return join_all(instance_of(kind, value) for kind in flat) if flat else value


def _callable(value: Value) -> bool | None:
    if isinstance(value, Const | Py | Tensor | Variable | Array | Sequence | Mapping):
        return False
    return None


def _is_tensor(value: Value) -> bool | None:
    if isinstance(value, Unknown):
        return None
    return isinstance(value, Tensor | Variable)


def _apply(
    frame: Frame,
    node: nodes.NodeNG,
    positive: bool,
    test: Test,
    refined: Callable[[Unknown], Value] | None = None,
) -> set[str]:
    """Keep the alternatives of an access path for which `test` can be `positive`.

    `refined` says what an unknown value is where the test holds.
    """
    from graphlift.interp.expressions import evaluate

    if not isinstance(node, nodes.Name | nodes.AssignName | nodes.Attribute):
        return set()
    with frame.quietly():
        value = (
            frame.env.get(node.name) or frame.lookup(node.name, node)
            if isinstance(node, nodes.AssignName)
            else evaluate(frame, node)
        )
    kept = [option for option in options(value) if test(option) in (positive, None)]
    if positive and refined is not None:
        kept = [refined(option) if isinstance(option, Unknown) else option for option in kept]
    if tuple(kept) == options(value):
        return set()
    return hold(frame, node, join_all(kept))


def hold(frame: Frame, node: nodes.NodeNG, value: Value) -> set[str]:
    """Let an access path hold a value on the current path of execution; gives the local names that do."""
    from graphlift.interp.expressions import path_text

    if isinstance(node, nodes.Attribute):
        frame.paths[f"?{path_text(node)}"] = value
        return set()
    if isinstance(node, nodes.Name | nodes.AssignName) and node.name in frame.env:
        frame.env[node.name] = value
        return {node.name}
    return set()
