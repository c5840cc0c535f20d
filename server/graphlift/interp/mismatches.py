"""Shapes and dtypes that cannot meet: where they do, under which conditions, and where each side comes from.

These raise wherever the line runs, traced or not. What the code expects to raise (`try`, `pytest.raises`) is no
mismatch, and of several alternatives all must fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from graphlift.index import MODULE_BODY, DefId
from graphlift.interp.frame import Frame, own_nodes
from graphlift.interp.summary import Effect, Origin, Outcome, Summary
from graphlift.models import contradictions
from graphlift.models.api import MISMATCHES, Hazard
from graphlift.source.span import Place
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    Dataset,
    External,
    Object,
    Tensor,
    Value,
    Variable,
    join_all,
    options,
)

BRANCH = "branch"
"""The target of a mismatch on a path that need not be taken, perhaps because of the very sizes: only possible."""

TRACE = "trace"
"""The target of a mismatch of a graph alone: under a tensor condition, of which eager code runs one branch, or with a
tensor for which eager code has a Python number."""

T = TypeVar("T")


def record(frame: Frame, node: nodes.NodeNG, hazard: Hazard) -> None:
    """Record a mismatch that a model saw at a node."""
    if frame.silent or not frame.alive:
        return
    path = _path(frame, node)
    if path is None:
        return
    if any(_is_number_in_python(frame, node, name) for name, _ in hazard.sides):
        path = path or TRACE
    origins = tuple(_origin(frame, node, name, text) for name, text in hazard.sides)
    frame.effect(hazard.kind, node, hazard.subject, target=path, certain=hazard.certain, origins=origins)


def take_mismatch(
    frame: Frame, effect: Effect, node: nodes.NodeNG, arguments: dict[str, nodes.NodeNG]
) -> None:
    """Make a callee's mismatch the caller's, whose call stands at `node` with these expressions as arguments."""
    if frame.silent or not frame.alive or effect.target == BRANCH:
        return
    path = _path(frame, node)
    if path is None:
        return
    origins = []
    for origin in effect.origins:
        given = arguments.get(origin.parameter) if origin.parameter else None
        origins.append(origin if given is None else came_from(frame, given, origin.text))
    frame.effect(
        effect.kind,
        node,
        effect.subject,
        target=path or effect.target,
        certain=effect.certain,
        via=(frame.place(node), *effect.via),
        place=effect.place,
        origins=tuple(origins),
    )


def each(frame: Frame, choices: Iterable[T], evaluate: Callable[[T], Value]) -> Value:
    """What any of several alternatives gives; a mismatch counts where every alternative has one."""
    tried = list(choices)
    if len(tried) == 1:
        return evaluate(tried[0])
    outer, found, results = frame.mismatches, [], []
    for choice in tried:
        frame.mismatches = []
        results.append(evaluate(choice))
        found.append(frame.mismatches)
    frame.mismatches = outer
    if found and all(found):
        for effect in found[0]:
            frame.admit(effect)
    return join_all(results) if results else NEVER


# Conditions


def _path(frame: Frame, node: nodes.NodeNG) -> str | None:
    """How sure it is that the line runs: empty, `BRANCH` or `TRACE`; `None` where an exception is expected."""
    if is_guarded(frame, node):
        return None
    delayed = frame.info is not None and (frame.info.is_generator or frame.info.is_async)
    found = _worse(BRANCH if delayed else "", _conditions(frame, node))
    return BRANCH if not found and _may_have_left(frame, node) else found


def _conditions(frame: Frame, node: nodes.NodeNG) -> str:
    """What all constructs around a node say about whether it runs."""
    found = ""
    child, parent = node, node.parent
    while parent is not None and child is not frame.node:
        found = _worse(found, _condition(frame, child, parent))
        child, parent = parent, parent.parent
    return found


def _worse(one: str, other: str) -> str:
    return BRANCH if BRANCH in (one, other) else one or other


def is_guarded(frame: Frame, node: nodes.NodeNG) -> bool:
    """Whether the code around a node expects exceptions: a `try` with handlers, `pytest.raises` and its like."""
    child, parent = node, node.parent
    while parent is not None and child is not frame.node:
        if isinstance(parent, nodes.Try | nodes.TryStar) and parent.handlers and child in parent.body:
            return True
        if isinstance(parent, nodes.With | nodes.AsyncWith) and child in parent.body:
            if parent not in frame.guards:
                frame.guards[parent] = _expects(frame, parent)
            if frame.guards[parent]:
                return True
        child, parent = parent, parent.parent
    return False


def _expects(frame: Frame, node: nodes.With) -> bool:
    from graphlift.interp.expressions import evaluate

    with frame.quietly():
        managers = [evaluate(frame, expression) for expression, _ in node.items]
    return not all(_lets_pass(option) for manager in managers for option in options(manager))


def _lets_pass(manager: Value) -> bool:
    """Whether a context manager certainly lets exceptions through: those of TensorFlow and Keras, and files."""
    name = (
        manager.cls if isinstance(manager, Object) else manager.name if isinstance(manager, External) else ""
    )
    return name.startswith(("tensorflow.", "keras.", "builtins.", "io."))


def _condition(frame: Frame, child: nodes.NodeNG, parent: nodes.NodeNG) -> str:
    """What one construct around the line says about whether it runs."""
    if isinstance(parent, nodes.If | nodes.IfExp | nodes.While) and child is not parent.test:
        return _of_test(frame, parent.test)
    if isinstance(parent, nodes.BoolOp) and child is not parent.values[0]:
        return BRANCH
    if isinstance(parent, nodes.ExceptHandler | nodes.MatchCase):
        return BRANCH
    if isinstance(parent, nodes.For | nodes.AsyncFor) and child in parent.orelse:
        return BRANCH
    if isinstance(parent, nodes.For) and child in parent.body and _counts_in_tensors(frame, parent.iter):
        return TRACE
    return ""


def _counts_in_tensors(frame: Frame, counted: nodes.NodeNG) -> bool:
    """Whether a loop's counter is a tensor in a graph and a Python number in eager code."""
    from graphlift.interp.expressions import evaluate

    name = (
        counted.func.name if isinstance(counted, nodes.Call) and isinstance(counted.func, nodes.Name) else ""
    )
    if name not in ("range", "enumerate"):
        return False
    with frame.quietly():
        return any(isinstance(o, Tensor | Dataset) for o in options(evaluate(frame, counted)))


def _of_test(frame: Frame, test: nodes.NodeNG) -> str:
    from graphlift.interp.expressions import evaluate
    from graphlift.interp.operators import truth

    with frame.quietly():
        value = evaluate(frame, test)
        if any(isinstance(o, Variable) or (isinstance(o, Tensor) and not o.eager) for o in options(value)):
            return TRACE
        return "" if truth(frame, value, test, quiet=True) is not None else BRANCH


_LEAVES = (nodes.Return, nodes.Raise, nodes.Break, nodes.Continue)


def _may_have_left(frame: Frame, node: nodes.NodeNG) -> bool:
    """Whether the scope's own code may be left before it gets to the line; where it certainly is not, it may not."""
    scope = frame.node
    if scope is None:
        return False
    leaves = (n for n in own_nodes(scope) if isinstance(n, _LEAVES) and n.lineno < node.lineno)
    return any(_conditions(frame, leaf) for leaf in leaves)


def _is_number_in_python(frame: Frame, node: nodes.NodeNG, name: str) -> bool:
    """Whether a side of an operation is a tensor in a graph alone: eager code has a Python number or string there."""
    from graphlift.interp.expressions import evaluate

    expression = _operand(node, name)
    if expression is None or isinstance(expression, nodes.AssignName):
        value = frame.env.get(expression.name) if expression is not None else None
    else:
        with frame.quietly():
            value = evaluate(frame, expression)
    return value is not None and any(isinstance(o, Tensor) and o.python for o in options(value))


# Origins


def _origin(frame: Frame, node: nodes.NodeNG, name: str, text: str) -> Origin:
    """Where the side called `name` (see `models.api.Hazard`) of the operation at `node` comes from."""
    expression = _operand(node, name)
    if expression is None or not _holds(frame, expression, text):
        return Origin(frame.place(node), text)
    return came_from(frame, expression, text)


def _operand(node: nodes.NodeNG, name: str) -> nodes.NodeNG | None:
    if isinstance(node, nodes.BinOp):
        return node.left if name == "left" else node.right
    if isinstance(node, nodes.AugAssign):
        return node.target if name == "left" else node.value
    if isinstance(node, nodes.Subscript):
        return node.value if name == "left" else node.slice
    if isinstance(node, nodes.Compare) and len(node.ops) == 1:
        return node.left if name == "left" else node.ops[0][1]
    if not isinstance(node, nodes.Call):
        return None
    head, _, member = name.removesuffix("]").partition("[")
    found: nodes.NodeNG | None = None
    if head.startswith("#"):
        place = int(head[1:])
        plain = place < len(node.args) and not any(isinstance(a, nodes.Starred) for a in node.args)
        found = node.args[place] if plain else None
    elif head == "self":
        found = node.func.expr if isinstance(node.func, nodes.Attribute) else None
    else:
        found = next((keyword.value for keyword in node.keywords if keyword.arg == head), None)
    if member and isinstance(found, nodes.List | nodes.Tuple) and int(member) < len(found.elts):
        return found.elts[int(member)]
    return None if member else found


def _holds(frame: Frame, expression: nodes.NodeNG, text: str) -> bool:
    """Whether the expression is what the model was given: a call through `functools.partial` shifts arguments."""
    from graphlift.interp.expressions import evaluate

    if isinstance(expression, nodes.AssignName):
        return True
    with frame.quietly():
        return any(contradictions.described(o, text) for o in options(evaluate(frame, expression)))


def came_from(frame: Frame, expression: nodes.NodeNG, text: str) -> Origin:
    """The line that gave an expression its value: an assignment, a parameter, or the expression itself."""
    if isinstance(expression, nodes.Name | nodes.AssignName):
        return _name_origin(frame, expression, text)
    if isinstance(expression, nodes.Attribute):
        return _attribute_origin(frame, expression, text)
    return Origin(frame.place(expression), text)


def _name_origin(frame: Frame, node: nodes.Name | nodes.AssignName, text: str) -> Origin:
    name = node.name
    if frame.node is None or name in frame.global_names:
        return Origin(frame.place(node), text)
    if name in frame.scope_names or frame.is_module:
        bound = [n for n in own_nodes(frame.node) if isinstance(n, nodes.AssignName) and n.name == name]
        before = [n for n in bound if (n.lineno, n.col_offset) < (node.lineno, node.col_offset)]
        if before:
            last = max(before, key=lambda n: (n.lineno, n.col_offset))
            known = _always_before(last, node) or len(before) == 1
            return Origin(frame.place(_value_of(last)) if known else frame.place(node), text)
        parameter = _parameter(frame.node, name)
        if parameter is not None:
            return Origin(frame.place(parameter), text, name)
        return Origin(frame.place(node), text)
    outside = frame.unit.nodes.get(f"{frame.module}:{MODULE_BODY}")
    if outside is None or name in frame.closure:
        return Origin(frame.place(node), text)
    given = [n for n in own_nodes(outside) if isinstance(n, nodes.AssignName) and n.name == name]
    if len(given) != 1:
        return Origin(frame.place(node), text)
    return Origin(_place_in(frame, f"{frame.module}:{MODULE_BODY}", _value_of(given[0])), text)


def _parameter(scope: nodes.NodeNG, name: str) -> nodes.NodeNG | None:
    arguments = getattr(scope, "args", None)
    if arguments is None:
        return None
    every = [*(arguments.posonlyargs or []), *(arguments.args or []), *(arguments.kwonlyargs or [])]
    return next((argument for argument in every if argument.name == name), None)


def _always_before(binding: nodes.NodeNG, use: nodes.NodeNG) -> bool:
    """Whether a binding stands in a block that is around the use, so that the path to the use passes it."""
    around = set()
    while use is not None:
        around.add(id(use))
        use = use.parent
    return id(binding.statement().parent) in around


def _value_of(binding: nodes.NodeNG) -> nodes.NodeNG:
    """The expression that a name is bound to, where the binding says it; else the name itself."""
    statement = binding.statement()
    if isinstance(statement, nodes.Assign) and any(target is binding for target in statement.targets):
        return statement.value
    return binding


def _attribute_origin(frame: Frame, node: nodes.Attribute, text: str) -> Origin:
    """`self.w`: the only assignment to it in the methods of the class, where there is just one."""
    info = frame.info
    receiver = node.expr
    here = Origin(frame.place(node), text)
    if info is None or not info.in_class or not info.parameters or not isinstance(receiver, nodes.Name):
        return here
    if receiver.name != info.parameters[0].name:
        return here
    found: list[tuple[DefId, nodes.NodeNG]] = []
    for definition, method in frame.unit.functions.items():
        scope = frame.unit.nodes.get(definition)
        if method.parent != info.parent or not method.parameters or scope is None:
            continue
        found += [
            (definition, child)
            for child in own_nodes(scope)
            if isinstance(child, nodes.AssignAttr)
            and child.attrname == node.attrname
            and isinstance(child.expr, nodes.Name)
            and child.expr.name == method.parameters[0].name
        ]
    if len(found) != 1:
        return here
    definition, binding = found[0]
    return Origin(_place_in(frame, definition, _value_of(binding)), text)


def _place_in(frame: Frame, definition: DefId, node: nodes.NodeNG) -> Place:
    layout = frame.unit.layouts.get(definition)
    base = layout.first_line if layout is not None else 1
    return Place(definition, frame.unit.parsed.span(node).shifted(1 - base))


def unproven(found: Outcome, without: Summary) -> Outcome:
    """The outcome with its mismatches uncertain that are not there `without` what was assumed of the parameters."""
    sure = {(effect.kind, effect.place) for effect in without.effects}
    effects = tuple(
        msgspec.structs.replace(effect, certain=False)
        if effect.kind in MISMATCHES and (effect.kind, effect.place) not in sure
        else effect
        for effect in found.summary.effects
    )
    return msgspec.structs.replace(found, summary=msgspec.structs.replace(found.summary, effects=effects))
