"""Conditions that hold at the first call only, such as `if not self.ready:` and `if self.w is None:`."""

from __future__ import annotations

from graphlift.interp.frame import memoised, own_nodes
from graphlift.syntax import nodes


@memoised
def refused_syntax(function: nodes.FunctionDef) -> tuple[nodes.NodeNG, ...]:
    """The syntax for which AutoGraph leaves a whole function as it is, in it and in what is defined inside it."""
    return tuple(node for node in function.nodes_of_class(_SUSPECTS) if _is_refused(node))


_SUSPECTS = (nodes.Match, nodes.NamedExpr, nodes.For, nodes.While, nodes.Attribute, nodes.AssignAttr)


@memoised
def has_double(node: nodes.Lambda) -> bool:
    """Whether another lambda with the same parameters begins on the same line."""
    names = node.args.as_string()
    return any(
        other is not node and other.lineno == node.lineno and other.args.as_string() == names
        for other in node.root().nodes_of_class(nodes.Lambda)
        if not isinstance(other, nodes.FunctionDef)
    )


def _is_refused(node: nodes.NodeNG) -> bool:
    if isinstance(node, nodes.For | nodes.While):
        return bool(node.orelse)
    if isinstance(node, nodes.Attribute | nodes.AssignAttr):
        return bool(node.attrname.startswith("__") and not node.attrname.endswith("__"))
    return True


def is_first_call_guard(node: nodes.If) -> bool:
    """Whether an `if` asks for something unset which its body then sets, so that it never holds again."""
    wanted = _unset(node.test)
    return bool(wanted) and any(_sets(statement, wanted) for statement in node.body)


def _unset(test: nodes.NodeNG) -> str:
    """The attribute path that a condition finds unset, empty for other conditions."""
    if isinstance(test, nodes.UnaryOp) and test.op == "not":
        operand = test.operand
        if isinstance(operand, nodes.Attribute):
            return str(operand.as_string())
        if (
            isinstance(operand, nodes.Call)
            and isinstance(operand.func, nodes.Name)
            and operand.func.name == "hasattr"
            and len(operand.args) == 2
            and isinstance(operand.args[1], nodes.Const)
        ):
            return f"{operand.args[0].as_string()}.{operand.args[1].value}"
    if isinstance(test, nodes.Compare) and isinstance(test.left, nodes.Attribute):
        op, right = test.ops[0]
        if op == "is" and isinstance(right, nodes.Const) and right.value is None:
            return str(test.left.as_string())
    return ""


def _sets(statement: nodes.NodeNG, path: str) -> bool:
    """Whether a statement surely assigns something else than nothing to the path, or puts something into it."""
    if isinstance(statement, nodes.Expr):
        func = getattr(statement.value, "func", None)
        return (
            isinstance(func, nodes.Attribute) and func.attrname in _FILLING and func.expr.as_string() == path
        )
    if not isinstance(statement, nodes.Assign):
        return False
    if any(
        isinstance(each, nodes.Subscript) and each.value.as_string() == path for each in statement.targets
    ):
        return True
    empty = isinstance(statement.value, nodes.Const) and not statement.value.value
    return not empty and any(
        isinstance(target, nodes.AssignAttr) and target.as_string() == path for target in statement.targets
    )


_FILLING = frozenset({"append", "appendleft", "extend", "insert", "add", "update", "setdefault"})
"""What fills a container. With nothing to put in, nothing was done at that call either."""


def assignment_lines(scope: nodes.Scope, name: str) -> list[int | None]:
    """The lines at which a scope's own code assigns a name or an attribute so named; `None` for one in a loop."""
    return list(_assignments(scope).get(name, ()))


@memoised
def _assignments(scope: nodes.Scope) -> dict[str, list[int | None]]:
    """The lines of all assignments in a scope's own code, by the name or the attribute."""
    found: dict[str, list[int | None]] = {}
    for node in own_nodes(scope):
        if isinstance(node, nodes.AssignName | nodes.AssignAttr):
            name = node.name if isinstance(node, nodes.AssignName) else node.attrname
            found.setdefault(name, []).append(None if loop_around(node, scope) else node.lineno)
    return found


def in_loop(scope: nodes.Scope, line: int) -> bool:
    """Whether a line of a scope's own code is inside a loop."""
    return any(first <= line <= last for first, last in _loops(scope))


@memoised
def _loops(scope: nodes.Scope) -> list[tuple[int, int]]:
    """The first and last lines of the loops in a scope's own code."""
    return [
        (node.lineno, node.end_lineno or node.lineno)
        for node in own_nodes(scope)
        if isinstance(node, nodes.For | nodes.While)
    ]


def loop_around(node: nodes.NodeNG, scope: nodes.Scope) -> nodes.For | nodes.While | None:
    """The innermost loop of the scope's own code around a node."""
    while node.parent is not None and node is not scope:
        node = node.parent
        if isinstance(node, nodes.For | nodes.While):
            return node
    return None
