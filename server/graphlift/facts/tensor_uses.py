"""Who takes what a `tf.function` returns for a tensor: `rate(3).numpy()`, where the function itself returns a number.

A graph gives tensors for Python numbers and text. Without the `tf.function` they are what they were, and have no
`.numpy()`. What a caller does with the result is read off its code: names that the result goes to, and items of these.
What another function of the program is given is followed into it, as far as its parameter goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphlift.callgraph import Call, CallGraph
from graphlift.index import DefId
from graphlift.interp.solver import Solver
from graphlift.resolve import unit
from graphlift.syntax import nodes
from graphlift.values import Const, Mapping, Py, Sequence, Unknown, Value, options

TENSOR_MEMBERS = frozenset(
    {"numpy", "dtype", "shape", "get_shape", "device", "ref", "op", "graph", "set_shape"}
)
"""Members of a tensor that a Python number or text does not have."""

MOST_CALLS = 4
"""How many calls deep a result is followed."""


def holds_python(value: Value) -> bool:
    """Whether a value is, or holds, what may be a Python number or text: a graph returns that as a tensor."""
    for option in options(value):
        match option:
            case Const(type="None"):
                continue
            case Const() | Py() | Unknown():
                return True
            case Sequence() if any(map(holds_python, option.items or (option.element,))):
                return True
            case Mapping() if holds_python(option.value):
                return True
    return False


def user_of_tensor(solver: Solver, graph: CallGraph, definition: DefId) -> DefId:
    """A function that takes the result of another one for a tensor; empty where none is seen to."""
    for call in graph.callers_of(definition):
        found = _Reader(solver, graph).after(call)
        if found:
            return found
    return ""


class _Reader:
    def __init__(self, solver: Solver, graph: CallGraph) -> None:
        self._solver = solver
        self._graph = graph
        self._read: set[tuple[DefId, str]] = set()

    def after(self, call: Call) -> DefId:
        """The function in which the result of a call is used as a tensor."""
        scope = self._scope(call.caller)
        node = None if scope is None else self._called(call, scope)
        if scope is None or node is None:
            return ""
        return self._used(call.caller, scope, {id(node)}, set(), MOST_CALLS)

    def _scope(self, definition: DefId) -> nodes.Scope | None:
        return unit(self._solver.db, definition.partition(":")[0]).nodes.get(definition)

    def _called(self, call: Call, scope: nodes.Scope) -> nodes.Call | None:
        found = unit(self._solver.db, call.caller.partition(":")[0])
        first = found.layouts[call.caller].first_line if call.caller in found.layouts else 1
        for node in scope.nodes_of_class(nodes.Call):
            if found.parsed.span(node).shifted(1 - first) == call.place.span:
                return node
        return None

    def _used(
        self, definition: DefId, scope: nodes.Scope, marked: set[int], names: set[str], depth: int
    ) -> DefId:
        for _ in range(3):  # What is bound may be bound again.
            names |= set(_bound(scope, marked, names))
        names -= _settled(scope, names)
        if any(_holds(shown, marked, names) for shown in _shown(scope)):
            return definition
        if any(_holds(m.expr, marked, names) and not _asked(m, names) for m in _members(scope)):
            return definition
        if not depth:
            return ""
        for call in self._graph.calls_of(definition):
            node = self._called(call, scope)
            target = self._scope(call.callee)
            if node is None or not isinstance(target, nodes.FunctionDef):
                continue
            for name in _parameters(node, target, marked, names):
                if (call.callee, name) not in self._read:
                    self._read.add((call.callee, name))
                    found = self._used(call.callee, target, set(), {name}, depth - 1)
                    if found:
                        return found
        return ""


def _bound(scope: nodes.Scope, marked: set[int], names: set[str]) -> Iterator[str]:
    """The names that something marked, or an item of it, is bound to."""
    for node in scope.nodes_of_class((nodes.Assign, nodes.For, nodes.Comprehension)):
        source = node.value if isinstance(node, nodes.Assign) else node.iter
        if _holds(source, marked, names):
            targets = node.targets if isinstance(node, nodes.Assign) else [node.target]
            for target in targets:
                yield from (each.name for each in target.nodes_of_class(nodes.AssignName))


def _settled(scope: nodes.Scope, names: set[str]) -> set[str]:
    """The names that a choice makes plain: `x = x.numpy().decode() if tf.is_tensor(x) else x`."""
    return {
        target.name
        for node in scope.nodes_of_class(nodes.Assign)
        if isinstance(node.value, nodes.IfExp)
        for target in node.targets
        if isinstance(target, nodes.AssignName) and target.name in names
        if any(each.name == target.name for each in node.value.test.nodes_of_class(nodes.Name))
        if all(_asked(each, names) for each in _members(node.value))
    }


def _members(node: nodes.NodeNG) -> list[nodes.Attribute]:
    return [each for each in node.nodes_of_class(nodes.Attribute) if each.attrname in TENSOR_MEMBERS]


def _holds(node: nodes.NodeNG, marked: set[int], names: set[str]) -> bool:
    """Whether an expression is something marked, or an item or one of the alternatives of it."""
    if id(node) in marked or (isinstance(node, nodes.Name) and node.name in names):
        return True
    match node:
        case nodes.Subscript():
            return _holds(node.value, marked, names)
        case nodes.IfExp():
            return _holds(node.body, marked, names) or _holds(node.orelse, marked, names)
        case nodes.Tuple() | nodes.List():
            return any(_holds(each, marked, names) for each in node.elts)
        case nodes.Call(func=nodes.Attribute(attrname="items" | "values", expr=inner)):
            return _holds(inner, marked, names)
        case nodes.Call(func=nodes.Name(name="enumerate" | "zip" | "list" | "tuple" | "reversed")):
            return any(_holds(each, marked, names) for each in node.args)
    return False


def _shown(scope: nodes.Scope) -> Iterator[nodes.NodeNG]:
    """What a function prints or makes text of: a tensor is not shown as the number is."""
    for node in scope.nodes_of_class((nodes.Call, nodes.FormattedValue)):
        if isinstance(node, nodes.FormattedValue):
            yield node.value
        elif isinstance(node.func, nodes.Name) and node.func.name in _SHOWING:
            yield from node.args


_SHOWING = frozenset({"print", "str", "repr", "format"})


def _asked(node: nodes.Attribute, names: set[str]) -> bool:
    """Whether a place makes of a tensor what eager code has, and asks first whether it has one."""
    call = node.parent
    plain = isinstance(call, nodes.Call) and isinstance(call.parent, nodes.Attribute | nodes.Call)
    if not plain or not _is_plain(call.parent):
        return False
    inner: nodes.NodeNG = node
    while inner.parent is not None and not isinstance(inner, nodes.FunctionDef):
        inner = inner.parent
        if isinstance(inner, nodes.If | nodes.IfExp):
            asked = {each.name for each in inner.test.nodes_of_class(nodes.Name)}
            if asked & names:
                return True
    return False


def _is_plain(node: nodes.NodeNG) -> bool:
    """Whether a NumPy value becomes a Python one at once: `x.numpy().decode()`, `int(x.numpy())`."""
    if isinstance(node, nodes.Attribute):
        return node.attrname in ("decode", "item", "tolist")
    return isinstance(node.func, nodes.Name) and node.func.name in ("bool", "int", "float")


def _parameters(
    call: nodes.Call, target: nodes.FunctionDef, marked: set[int], names: set[str]
) -> Iterable[str]:
    """The parameters that something marked is passed to."""
    positional = [each.name for each in (*target.args.posonlyargs, *(target.args.args or ()))]
    offset = int(
        bool(positional) and positional[0] in ("self", "cls") and isinstance(call.func, nodes.Attribute)
    )
    for name, given in zip(positional[offset:], call.args, strict=False):
        if _holds(given, marked, names):
            yield name
    for keyword in call.keywords:
        if keyword.arg and _holds(keyword.value, marked, names):
            yield keyword.arg
