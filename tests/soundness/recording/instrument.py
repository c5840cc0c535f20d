"""Source text to source text that notes the value of every expression, bound name, parameter and result.

Each place gets a number; `__see__(number, value)` notes the value and gives it back. The new text is what runs and what
AutoGraph reads, so that a function is recorded alike whether it is run or traced.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

SEE = "__see__"

_NEEDS_ITS_NAME = frozenset({"super", "locals", "globals", "vars", "eval", "exec", "dir", "reveal_type"})
"""Functions that look at their caller or are known by their name to whoever reads the text."""

_SEEN = (
    ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp,
    ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.JoinedStr, ast.NamedExpr,
    ast.Await,
)  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A place in the original text. Lines count from 1, columns from 0 in code points, as spans do.

    `kind` is `expression`, `binding`, `parameter` or `return`; a `return` stands where its function stands.
    """

    kind: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def instrument(text: str, points: list[Point]) -> str:
    """The text with every place noted; the places are added to `points`, and their numbers are positions in it."""
    tree = _Instrumenter(text, points).visit(ast.parse(text))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Instrumenter(ast.NodeTransformer):
    def __init__(self, text: str, points: list[Point]) -> None:
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.points = points
        self.functions: list[ast.FunctionDef | ast.AsyncFunctionDef | None] = [None]

    # Points

    def point(self, kind: str, node: ast.expr | ast.stmt, text: str) -> int:
        end_line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        place = (node.lineno, self.column(node.lineno, node.col_offset), end_line, self.column(end_line, end))
        self.points.append(Point(kind, *place, text))
        return len(self.points) - 1

    def column(self, line: int, byte_column: int) -> int:
        return len(self.lines[line - 1].encode()[:byte_column].decode("utf-8", "ignore"))

    def seen(self, number: int, value: ast.expr) -> ast.Call:
        return ast.Call(ast.Name(SEE, ast.Load()), [ast.Constant(number), value], [])

    def noted(self, kind: str, node: ast.expr | ast.arg, name: str) -> ast.stmt:
        column = self.column(
            node.lineno, node.col_offset
        )  # A parameter's annotation is no part of its place.
        self.points.append(Point(kind, node.lineno, column, node.lineno, column + len(name), name))
        return ast.Expr(self.seen(len(self.points) - 1, ast.Name(name, ast.Load())))

    # Expressions

    def generic_visit(self, node: ast.AST) -> ast.AST:
        inner = super().generic_visit(node)
        if not isinstance(node, _SEEN) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return inner
        if isinstance(node, ast.Tuple) and any(isinstance(each, ast.Slice) for each in node.elts):
            return inner  # `x[:, 0]`: slices stand in subscripts alone.
        assert isinstance(inner, ast.expr)
        return self.seen(self.point("expression", node, ""), inner)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in _NEEDS_ITS_NAME:
            node.args = [self.visit(each) for each in node.args]
            return self.seen(self.point("expression", node, ""), node)
        return self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return self.seen(
            self.point("expression", node, ""), node
        )  # Its parts have no reliable positions before 3.12.

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.functions.append(None)
        node.body = self.visit(node.body)
        self.functions.pop()
        return node

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.generic_visit(node)

    def visit_pattern(self, node: ast.AST) -> ast.AST:
        return node

    visit_MatchValue = visit_MatchSingleton = visit_MatchSequence = visit_MatchMapping = visit_pattern  # noqa: N815
    visit_MatchClass = visit_MatchStar = visit_MatchAs = visit_MatchOr = visit_pattern  # noqa: N815

    # Statements that bind names

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        names = [name for target in node.targets for name in _names(target)]
        return [self._visited(node), *(self.noted("binding", name, name.id) for name in names)]

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        return [self._visited(node), *(self.noted("binding", name, name.id) for name in _names(node.target))]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        names = _names(node.target) if node.value is not None else []
        if node.value is not None:
            node.value = self.visit(node.value)
        return [node, *(self.noted("binding", name, name.id) for name in names)]

    def visit_For(self, node: ast.For) -> ast.stmt:
        return self._with_body(node, _names(node.target))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.stmt:
        return self._with_body(node, _names(node.target))

    def visit_With(self, node: ast.With) -> ast.stmt:
        return self._with_body(node, [n for item in node.items for n in _names(item.optional_vars)])

    def _with_body(self, node: ast.For | ast.AsyncFor | ast.With, names: list[ast.Name]) -> ast.stmt:
        visited = self._visited(node)
        assert isinstance(visited, ast.For | ast.AsyncFor | ast.With)
        visited.body = [*(self.noted("binding", name, name.id) for name in names), *visited.body]
        return visited

    def _visited(self, node: ast.stmt) -> ast.stmt:
        visited = super().generic_visit(node)
        assert isinstance(visited, ast.stmt)
        return visited

    # Definitions

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.functions.append(None)
        node.body = self._body(node.body)
        self.functions.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        inputs = node.args
        every = [*inputs.posonlyargs, *inputs.args, inputs.vararg, *inputs.kwonlyargs, inputs.kwarg]
        noted = [self.noted("parameter", each, each.arg) for each in every if each is not None]
        documented = ast.get_docstring(node, clean=False) is not None
        head, body = node.body[: int(documented)], node.body[int(documented) :]
        gives = not _is_generator(node)
        self.functions.append(node if gives else None)
        result = self._body(body)
        self.functions.pop()
        if gives and not isinstance(body[-1] if body else None, ast.Return | ast.Raise):
            result.append(ast.Return(self.seen(self.point("return", node, node.name), ast.Constant(None))))
        node.body = [*head, *noted, *result]
        return node

    def _body(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in statements:
            visited = self.visit(statement)
            result.extend(visited if isinstance(visited, list) else [visited])
        return result

    def visit_Return(self, node: ast.Return) -> ast.AST:
        function = self.functions[-1]
        if function is None:
            return self._visited(node)
        number = self.point("return", function, function.name)
        node.value = self.seen(number, ast.Constant(None) if node.value is None else self.visit(node.value))
        return node


def _names(target: ast.expr | None) -> list[ast.Name]:
    """The names that an assignment target binds."""
    if isinstance(target, ast.Name):
        return [target]
    if isinstance(target, ast.Starred):
        return _names(target.value)
    if isinstance(target, ast.Tuple | ast.List):
        return [name for each in target.elts for name in _names(each)]
    return []


def _is_generator(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(node))
    return False
