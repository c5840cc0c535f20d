"""One run: from a definition and a context to an outcome."""

from __future__ import annotations

from graphlift.index import FunctionInfo
from graphlift.interp import (  # noqa: F401 - fill the tables of statements and calls
    builtin_iterators,
    builtin_numbers,
    builtin_objects,
    comprehensions,
    loops,
    operator_calls,
    scopes,
    special_calls,
)
from graphlift.interp.annotations import annotated_text
from graphlift.interp.definitions import apply_decorator
from graphlift.interp.expressions import evaluate
from graphlift.interp.frame import Analysis, Frame
from graphlift.interp.guards import refused_syntax
from graphlift.interp.merging import check_returns
from graphlift.interp.places import cell_of, held_at, held_places
from graphlift.interp.statements import run_body
from graphlift.interp.storing import stored
from graphlift.interp.summary import Context, Outcome
from graphlift.syntax import nodes
from graphlift.values import (
    FALSE,
    NEVER,
    NONE,
    Function,
    GraphFunction,
    Iterator,
    Mapping,
    Sequence,
    Unknown,
    Value,
    join,
)


def run(analysis: Analysis, definition: str, context: Context) -> Outcome:
    """Interpret a definition's own code in a context."""
    frame = Frame(analysis, definition, context)
    node = frame.node
    if node is None:
        return Outcome()
    if isinstance(node, nodes.Lambda) and not isinstance(node, nodes.FunctionDef):
        _bind_parameters(frame)
        frame.returns = evaluate(frame, node.body)
        return frame.outcome()
    if isinstance(node, nodes.FunctionDef):
        _function(frame, node)
        return frame.outcome()
    run_body(frame, node.body)
    frame.returns = NONE
    return frame.outcome()


def _function(frame: Frame, node: nodes.FunctionDef) -> None:
    _bind_parameters(frame)
    info = frame.info
    assert info is not None
    if _switches_autograph_off(frame, info):
        frame.unconverted += 1
    refused = refused_syntax(node)
    frame.refused = bool(refused)
    for found in refused:
        if found.scope() is not node:
            frame.effect("autograph-syntax", found, "the syntax of what is defined inside it", certain=False)
    run_body(frame, node.body)
    ended = frame.alive
    if info.is_generator:
        frame.alive = True
        frame.effect("yields", node, info.name)
        frame.returns = Iterator(frame.yields, "fresh")
    elif frame.alive:
        frame.returns = join(frame.returns, NONE)
    frame.alive = True
    check_returns(frame)
    frame.alive = ended
    if isinstance(frame.returns, Unknown) and info.returns:
        hinted = annotated_text(frame, info.returns)
        if hinted is not None:
            frame.alive = True
            frame.effect("trusts-annotation", node, frame.returns.reason, target=f"annotation:{info.id}")
            frame.alive = ended
            frame.returns = hinted


def _switches_autograph_off(frame: Frame, info: FunctionInfo) -> bool:
    """Whether a decorator keeps AutoGraph from converting the function, however it says so."""
    if any("autograph=False" in text or text.endswith("do_not_convert") for text in info.decorators):
        return True
    decorated = frame.analysis.cell(("def", info.id)) if info.decorators else NONE
    return isinstance(decorated, GraphFunction) and dict(decorated.options).get("autograph") == FALSE


def _bind_parameters(frame: Frame) -> None:
    info, node = frame.info, frame.node
    if info is None or node is None:
        return
    given = dict(frame.context.bindings)
    for parameter in info.parameters:
        value = given.get(parameter.name)
        if value is None:
            value = _absent(frame, info, parameter.name, parameter.kind)
        if parameter.has_default and held_places(value):
            _read_default(frame, node, info, parameter.name, value)
        frame.env[parameter.name] = value
    if frame.seen is not None:
        _note_parameters(frame)


def _read_default(frame: Frame, node: nodes.NodeNG, info: FunctionInfo, name: str, value: Value) -> None:
    """A default that holds containers is one object for all calls, which anybody who has it may change."""
    default = default_value(frame, info, name)
    shared = set() if default is None else set(held_places(default))
    for place in held_places(value):
        if place in shared:
            frame.effect("reads-state", node, place, target="heap")


def _note_parameters(frame: Frame) -> None:
    node = frame.node
    if isinstance(node, nodes.FunctionDef | nodes.Lambda):
        for argument in node.args.nodes_of_class(nodes.AssignName):
            if argument.parent is node.args and argument.name in frame.env:
                frame.note(argument, frame.env[argument.name])
        for argument in (node.args.vararg_node, node.args.kwarg_node):
            if argument is not None and argument.name in frame.env:
                frame.note(argument, frame.env[argument.name])


def _absent(frame: Frame, info: FunctionInfo, name: str, kind: str) -> Value:
    if kind == "vararg":
        return Sequence("tuple", (), NEVER)
    if kind == "kwarg":
        return Mapping("dict", (), NEVER, NEVER, f"@{name}")
    default = default_value(frame, info, name)
    return default if default is not None else Unknown(f"`{name}` is not given")


def default_value(frame: Frame, info: FunctionInfo, name: str) -> Value | None:
    """The value of a parameter's default, evaluated in the scope around the function; `None` without one."""
    node = frame.node
    if not isinstance(node, nodes.FunctionDef | nodes.Lambda):
        return None
    expression = _default_node(node, name)
    if expression is None:
        return None
    if isinstance(expression, nodes.Const):
        return evaluate(frame, expression)
    outer = Frame(frame.analysis, info.parent, Context(closure=frame.context.closure))
    with outer.quietly():
        value = stored(evaluate(outer, expression))
    place = f"default {info.id}.{name}"
    if place not in held_places(held := held_at(value, place)):
        return value
    cell = cell_of(place)
    return held if cell is None else join(held, frame.analysis.cell(cell))


def _default_node(node: nodes.FunctionDef | nodes.Lambda, name: str) -> nodes.NodeNG | None:
    args = node.args
    positional = [*(args.posonlyargs or []), *(args.args or [])]
    defaults = list(args.defaults or [])
    for argument, default in zip(positional[len(positional) - len(defaults) :], defaults, strict=True):
        if argument.name == name:
            return default
    for argument, default in zip(args.kwonlyargs or [], args.kw_defaults or [], strict=True):
        if argument.name == name:
            found: nodes.NodeNG | None = default
            return found
    return None


def run_decorators(analysis: Analysis, definition: str) -> Value:
    """The value that a decorated `def` binds, its decorators evaluated in the scope around it."""
    unit = analysis.unit(definition.partition(":")[0])
    info = unit.functions.get(definition)
    node = unit.nodes.get(definition)
    value: Value = Function(definition)
    if info is None or not isinstance(node, nodes.FunctionDef) or node.decorators is None:
        return value
    outer = Frame(analysis, info.parent, Context())
    for decorator in reversed(node.decorators.nodes):
        value = apply_decorator(outer, decorator, value)
    return value
