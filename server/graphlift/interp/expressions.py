"""What each kind of expression evaluates to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphlift import models
from graphlift.interp.frame import Frame
from graphlift.interp.objects import attribute, loaded
from graphlift.interp.operators import binary, compare, subscript, truth, unary
from graphlift.interp.static_shapes import note_shape, with_dynamic_sizes
from graphlift.interp.summary import Revealed
from graphlift.models.answer import as_new
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    NONE,
    Const,
    Dataset,
    Iterator,
    Mapping,
    Never,
    Py,
    Sequence,
    SetOf,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
    display,
    join,
    join_all,
    options,
    present,
)

Evaluator = Callable[[Frame, Any], Value]
_EVALUATORS: dict[type, Evaluator] = {}


def evaluates(*kinds: type) -> Callable[[Evaluator], Evaluator]:
    """Register what gives the value of these kinds of expressions."""

    def register(function: Evaluator) -> Evaluator:
        for kind in kinds:
            _EVALUATORS[kind] = function
        return function

    return register


def evaluate(frame: Frame, node: nodes.NodeNG) -> Value:
    """The value of an expression on the current path."""
    evaluator = _EVALUATORS.get(type(node))
    if evaluator is None:
        return Unknown(f"`{type(node).__name__}` expressions are not interpreted")
    value = evaluator(frame, node)
    if frame.seen is not None:
        frame.note(node, value)
    return value


@evaluates(nodes.Const)
def _const(frame: Frame, node: nodes.Const) -> Value:
    value = node.value
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return const(value)
    return Py("complex" if isinstance(value, complex) else "ellipsis")


@evaluates(nodes.Name)
def _name(frame: Frame, node: nodes.Name) -> Value:
    return frame.lookup(node.name, node)


@evaluates(nodes.Attribute)
def _attribute(frame: Frame, node: nodes.Attribute) -> Value:
    receiver = evaluate(frame, node.expr)
    path = path_text(node)
    if path and path in frame.paths:
        return frame.paths[path]
    name = node.attrname
    if name.startswith("__") and not name.endswith("__") and frame.info is not None:
        frame.effect("autograph-syntax", node, f"the private name `{name}`", certain=False)
    value = attribute(frame, receiver, name, node)
    if name in ("shape", "get_shape"):
        note_shape(frame, node, receiver)
    narrowed = frame.paths.get(f"?{path}") if path else None
    found = narrowed if narrowed is not None else value
    if isinstance(node.expr, nodes.Call):
        _note_temporary(frame, node, receiver, found)
    called = isinstance(node.parent, nodes.Call) and node.parent.func is node
    return found if called else loaded(frame, found)


def _note_temporary(frame: Frame, node: nodes.Attribute, receiver: Value, method: Value) -> None:
    """A method is taken from an object that nothing else holds: a graph holds its object weakly."""
    from graphlift.interp.places import mark_of
    from graphlift.values import Bound, Function, GraphFunction, Instance

    for option in options(method):
        function = option.function if isinstance(option, Bound) else None
        while isinstance(function, GraphFunction):
            function = function.function
        if isinstance(function, Function) and all(
            isinstance(o, Instance) and o.site for o in options(receiver)
        ):
            frame.write_cell(("temporary", function.definition), const(mark_of(frame, node)))


def path_text(node: nodes.NodeNG) -> str:
    """`a.b.c` for an access path of plain names, else empty."""
    parts: list[str] = []
    while isinstance(node, nodes.Attribute | nodes.AssignAttr):
        parts.append(node.attrname)
        node = node.expr
    if not isinstance(node, nodes.Name | nodes.AssignName):
        return ""
    return ".".join([node.name, *reversed(parts)]) if parts else ""


@evaluates(nodes.Call)
def _call(frame: Frame, node: nodes.Call) -> Value:
    if isinstance(node.func, nodes.Name) and node.func.name == "reveal_type" and node.args:
        value = evaluate(frame, node.args[0])
        if not frame.silent:
            frame.revealed.append(Revealed(frame.place(node), display(value)))
        return value
    from graphlift.interp.calls import call

    return call(frame, node)


@evaluates(nodes.BinOp)
def _binop(frame: Frame, node: nodes.BinOp) -> Value:
    return binary(frame, node.op, evaluate(frame, node.left), evaluate(frame, node.right), node)


@evaluates(nodes.UnaryOp)
def _unary(frame: Frame, node: nodes.UnaryOp) -> Value:
    return unary(frame, node.op, evaluate(frame, node.operand), node)


@evaluates(nodes.BoolOp)
def _boolop(frame: Frame, node: nodes.BoolOp) -> Value:
    from graphlift.interp.narrow import narrowed

    values: list[Value] = []
    result: Value = NEVER
    with narrowed(frame) as narrow:
        for position, operand in enumerate(node.values):
            value = evaluate(frame, operand)
            values.append(value)
            last = position == len(node.values) - 1
            decided = None if last else truth(frame, value, operand, quiet=True)
            if decided is None:
                result = join(result, value)
            elif decided is (node.op == "or"):
                return join(result, value)
            if not last:
                narrow(operand, node.op == "and")
    if not frame.plain and any(isinstance(o, Tensor) for v in values for o in options(v)):
        if frame.unconverted:
            frame.effect("tensor-as-bool", node, node.op)
            frame.effect("unconverted", node, node.op)
        if any(isinstance(o, Tensor) and not o.eager for v in values for o in options(v)):
            frame.effect("tensor-control", node, node.op)
        frame.work(1)
        return join(result, Tensor("bool", None)) if not _all_tensors(values) else Tensor("bool", None)
    return result


def _all_tensors(values: list[Value]) -> bool:
    return all(isinstance(o, Tensor) for v in values for o in options(v))


@evaluates(nodes.Compare)
def _compare(frame: Frame, node: nodes.Compare) -> Value:
    left = evaluate(frame, node.left)
    result: Value = NEVER
    for op, right_node in node.ops:
        right = evaluate(frame, right_node)
        result = compare(frame, op, left, right, node)
        left = right
    return result


@evaluates(nodes.Subscript)
def _subscript(frame: Frame, node: nodes.Subscript) -> Value:
    receiver = evaluate(frame, node.value)
    index = evaluate(frame, node.slice)
    return subscript(frame, receiver, index, node)


@evaluates(nodes.Slice)
def _slice(frame: Frame, node: nodes.Slice) -> Value:
    from graphlift.values import Object

    parts = [("start", node.lower), ("step", node.step), ("stop", node.upper)]
    config = tuple((name, evaluate(frame, part) if part is not None else NONE) for name, part in parts)
    return Object("builtins.slice", config)


@evaluates(nodes.IfExp)
def _ifexp(frame: Frame, node: nodes.IfExp) -> Value:
    from graphlift.interp.narrow import narrowed

    test = evaluate(frame, node.test)
    decided = truth(frame, test, node.test)
    symbolic = any(isinstance(o, Tensor) and not o.eager for o in options(test))
    frame.tensor_condition += symbolic
    with narrowed(frame) as narrow:
        narrow(node.test, True)
        body = NEVER if decided is False else evaluate(frame, node.body)
    with narrowed(frame) as narrow:
        narrow(node.test, False)
        orelse = NEVER if decided is True else evaluate(frame, node.orelse)
    frame.tensor_condition -= symbolic
    if symbolic and not frame.plain:
        frame.effect("tensor-control", node, "a conditional expression")
        from graphlift.interp.merging import check_choice, met, traced_scalars

        check_choice(frame, node, body, orelse)
        return met(traced_scalars(body), traced_scalars(orelse))
    return join(body, orelse)


@evaluates(nodes.Tuple)
def _tuple(frame: Frame, node: nodes.Tuple) -> Value:
    items = _elements(frame, node.elts)
    if items is None:
        return Sequence("tuple", None, join_all(_loose(frame, node.elts)))
    return Sequence("tuple", items, join_all(items))


@evaluates(nodes.List)
def _list(frame: Frame, node: nodes.List) -> Value:
    site = frame.site(node)
    items = _elements(frame, node.elts)
    if items is None:
        return Sequence("list", None, join_all(_loose(frame, node.elts)), site)
    return Sequence("list", items, join_all(items), site)


@evaluates(nodes.Set)
def _set(frame: Frame, node: nodes.Set) -> Value:
    return SetOf("set", join_all(_loose(frame, node.elts)), frame.site(node))


def _elements(frame: Frame, elements: list[nodes.NodeNG]) -> tuple[Value, ...] | None:
    """The values of display elements in order, `None` when a star makes their number unknown."""
    found: list[Value] = []
    for element in elements:
        if isinstance(element, nodes.Starred):
            inner = evaluate(frame, element.value)
            if not isinstance(inner, Sequence) or inner.items is None:
                return None
            found.extend(inner.items)
        else:
            found.append(evaluate(frame, element))
    return tuple(found)


def _loose(frame: Frame, elements: list[nodes.NodeNG]) -> list[Value]:
    return [
        iteration(frame, evaluate(frame, e.value), e) if isinstance(e, nodes.Starred) else evaluate(frame, e)
        for e in elements
    ]


@evaluates(nodes.Dict)
def _dict(frame: Frame, node: nodes.Dict) -> Value:
    items: dict[Const, Value] | None = {}
    keys: list[Value] = []
    values: list[Value] = []
    for key_node, value_node in node.items:
        if isinstance(key_node, nodes.DictUnpack):
            inner = evaluate(frame, value_node)
            items = _unpacked(items, inner)
            if isinstance(inner, Mapping):
                keys.append(inner.key)
                values.append(inner.value)
            else:
                keys.append(Unknown("a mapping of unknown contents is unpacked"))
                values.append(Unknown("a mapping of unknown contents is unpacked"))
            continue
        key, value = evaluate(frame, key_node), evaluate(frame, value_node)
        if isinstance(key, Tensor):
            frame.effect("tensor-key", key_node, "a dict key")
        keys.append(key)
        values.append(value)
        if items is not None and isinstance(key, Const):
            items[key] = value
        else:
            items = None
    entries = tuple(items.items()) if items is not None else None
    return Mapping("dict", entries, join_all(keys), join_all(values), frame.site(node))


def _unpacked(items: dict[Const, Value] | None, inner: Value) -> dict[Const, Value] | None:
    if items is None or not isinstance(inner, Mapping) or inner.items is None:
        return None
    return {**items, **dict(inner.items)}


@evaluates(nodes.JoinedStr)
def _fstring(frame: Frame, node: nodes.JoinedStr) -> Value:
    from graphlift.interp.instances import call_text

    for part in node.values:
        if isinstance(part, nodes.FormattedValue):
            value = evaluate(frame, part.value)
            if any(isinstance(o, Tensor) and not o.eager for o in options(value)):
                given = part.format_spec is not None and not _CONVERSIONS.get(_conversion(part))
                frame.effect("formats-tensor", part, f"an f-string{WITH_FORMAT if given else ''}")
            call_text(frame, value, part.value, _CONVERSIONS.get(_conversion(part), "__format__"))
            if part.format_spec is not None:
                evaluate(frame, part.format_spec)
    return Py("str")


WITH_FORMAT = " with a format"
"""Ends the subject of an effect where a symbolic tensor would have to be formatted, which raises."""

_CONVERSIONS = {"r": "__repr__", "a": "__repr__", "s": "__str__"}


def _conversion(node: nodes.FormattedValue) -> str:
    """`r`, `s` or `a` of `{value!r}`; empty without one."""
    return chr(node.conversion) if node.conversion is not None and node.conversion > 0 else ""


@evaluates(nodes.Lambda)
def _lambda(frame: Frame, node: nodes.Lambda) -> Value:
    from graphlift.values import Function

    definition = frame.unit.ids.get(id(node))
    if definition is None:
        return Unknown("the lambda is not indexed")
    captured = frame.captured(node)
    for name, held in captured:
        frame.write_cell(("closure", definition, name), held)
    return Function(definition, captured)


@evaluates(nodes.NamedExpr)
def _walrus(frame: Frame, node: nodes.NamedExpr) -> Value:
    from graphlift.interp.assign import assign

    value = evaluate(frame, node.value)
    assign(frame, node.target, value)
    frame.effect("autograph-syntax", node, "the `:=` operator", certain=False)
    return value


@evaluates(nodes.Starred)
def _starred(frame: Frame, node: nodes.Starred) -> Value:
    return evaluate(frame, node.value)


@evaluates(nodes.Await)
def _await(frame: Frame, node: nodes.Await) -> Value:
    evaluate(frame, node.value)
    frame.effect("awaits", node, "await")
    return Unknown("the result of `await` is not followed")


@evaluates(nodes.Yield)
def _yield(frame: Frame, node: nodes.Yield) -> Value:
    value = evaluate(frame, node.value) if node.value is not None else NONE
    frame.yields = join(frame.yields, value)
    return NONE


@evaluates(nodes.YieldFrom)
def _yield_from(frame: Frame, node: nodes.YieldFrom) -> Value:
    frame.yields = join(frame.yields, iteration(frame, evaluate(frame, node.value), node))
    return NONE


# Iteration


def known_length(value: Value) -> int | None:
    """How many elements iterating gives, where that is known."""
    if isinstance(value, Sequence) and value.items is not None:
        return len(value.items)
    if isinstance(value, Mapping) and value.items is not None:
        return len(value.items)
    if isinstance(value, Tensor | Variable) and value.shape and isinstance(value.shape[0], int):
        return value.shape[0]
    from graphlift.values import Object, const_value

    if isinstance(value, Object) and value.cls == "builtins.range":
        bounds = dict(value.config)
        numbers = [bounds.get(name) for name in ("start", "stop", "step")]
        if all(isinstance(n, Const) and n.type == "int" for n in numbers):
            start, stop, step = (int(const_value(n) or 0) for n in numbers if isinstance(n, Const))
            return len(range(start, stop, step)) if step else None
    return None


def iteration(frame: Frame, value: Value, node: nodes.NodeNG, *, comprehension: bool = False) -> Value:
    """What one element of iterating over a value is."""
    return join_all(_iterate(frame, option, node) for option in present(value))


def note_advance(frame: Frame, iterator: Iterator, node: nodes.NodeNG) -> None:
    """An iterator that was there before is advanced: a graph goes on with what it gave while tracing."""
    from graphlift.interp.targets import target_of

    if iterator.source in ("python", "unseen"):
        target, certain = target_of(frame, node, iterator), iterator.source == "python"
        frame.effect("python-iterator", node, node.as_string(), target=target, certain=certain)


def _iterate(frame: Frame, value: Value, node: nodes.NodeNG) -> Value:
    from graphlift.values import Instance, Object

    match value:
        case Sequence():
            return value.element
        case Mapping():
            return value.key
        case SetOf():
            return value.element
        case Iterator():
            note_advance(frame, value, node)
            return _anew(frame, value.element, node) if value.source == "dataset" else value.element
        case Const() if value.type in ("str", "bytes"):
            return Py("str" if value.type == "str" else "int")
        case Py() if value.type in ("str", "bytes", "range"):
            return Py("str" if value.type == "str" else "int")
        case Object() if value.cls == "builtins.range":
            return Py("int")
        case Instance():
            from graphlift.interp.instances import iterate_instance

            return iterate_instance(frame, value, node)
        case Never():
            return NEVER
        case Unknown():
            return Unknown(f"an element of something unknown: {value.reason}", value.within)
        case _:
            found = models.iterate(value)
            if found is None:
                return Unknown(f"iterating `{display(value)}` is not modelled")
            if isinstance(value, Dataset):
                found = _anew(frame, found, node)
            return with_dynamic_sizes(frame, found, (value,), False)


def _anew(frame: Frame, element: Value, node: nodes.NodeNG) -> Value:
    """An element of a dataset, whose lists and dictionaries are new ones each time."""
    return join_all(frame.made_here(as_new(option, always=True), node) for option in options(element))
