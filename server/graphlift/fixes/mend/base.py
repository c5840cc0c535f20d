"""What a mending is made from, and what it says.

A mending is *safe* when eager execution gives the same values of the same types, raises the same exceptions and prints
the same, and the graph does what eager execution does. Numbers may differ by rounding, and NumPy's warnings about
overflow and invalid values are its own. Whatever cannot be seen to be so is unsafe and says what changes; where the
edit would break the code there is none.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeAlias, TypeVar

import msgspec

from graphlift.fixes.layout import Function, Layout, own_nodes
from graphlift.fixes.scope import scopes_at
from graphlift.source.span import Span
from graphlift.values import External, Tensor, Unknown, Value

Sight: TypeAlias = Callable[[Span], Value]
"""What the expression at a span holds in eager execution."""

N = TypeVar("N", bound=ast.expr | ast.stmt)


class Blocker(msgspec.Struct, frozen=True):
    """What stands in the way: the rule, the code that it points to, and the function that this code is in.

    `blocked` is the qualified name of the function that cannot be converted, or is wrong as a graph: the one that holds
    the code or one that calls it.
    """

    rule: str
    at: Span
    function: str
    blocked: str
    message: str = ""
    calls: tuple[Span, ...] | None = None
    """Every call of the function that holds the code, where all of them are in this file."""


class Replacement(msgspec.Struct, frozen=True):
    """Put `text` in the place of a node: an expression for an expression, statements for a statement.

    A statement gives way to no text with the lines that it stands on.
    """

    node: ast.expr | ast.stmt
    text: str


class Insertion(msgspec.Struct, frozen=True):
    """Put a statement on a line of its own above a statement (decorators and all), or below it."""

    beside: ast.stmt
    text: str
    after: bool = False


class Mending(msgspec.Struct, frozen=True):
    """An edit: `unsafe` says what it may change, and is empty for a safe one."""

    title: str
    edits: tuple[Replacement | Insertion, ...]
    unsafe: str = ""


class Site:
    """The code around a blocker, with what its expressions hold."""

    def __init__(
        self, layout: Layout, function: Function, blocker: Blocker, sight: Sight, differentiated: bool
    ) -> None:
        self.layout = layout
        self.function = function
        self.blocker = blocker
        self.differentiated = differentiated
        """Whether anything in the program may ask for gradients: they end at NumPy, and pass through an op."""
        self._sight = sight

    @cached_property
    def tf(self) -> str:
        """How TensorFlow is called here (`tf`); empty where it has no name that is certainly bound."""
        spelling = scopes_at(self.layout, self.function).spelling()
        if spelling is None or not spelling.endswith(".function"):
            return ""
        name = spelling.removesuffix(".function")
        return "" if name in self.bound else name

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that the function, or anything inside it, binds."""
        names = set()
        for node in ast.walk(self.function.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                names.add(node.id)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.alias):
                names.add(node.asname or node.name.partition(".")[0])
            elif isinstance(
                node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler | ast.MatchAs | ast.MatchStar
            ):
                names.add(node.name or "")
        return frozenset(names - {self.function.node.name})

    @cached_property
    def own(self) -> tuple[ast.AST, ...]:
        """The nodes that run in the function's own scope."""
        return tuple(own_nodes(self.function.node.body))

    @cached_property
    def _parents(self) -> dict[int, ast.AST]:
        return {
            id(child): parent
            for parent in ast.walk(self.function.node)
            for child in ast.iter_child_nodes(parent)
        }

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that a node of the function stands in."""
        return self._parents.get(id(node))

    def found(self, kind: type[N]) -> N | None:
        """The node of this kind that the blocker points to."""
        for node in ast.walk(self.function.node):
            if isinstance(node, kind) and self.layout.span(node) == self.blocker.at:
                return node
        return None

    def text(self, node: ast.expr | ast.stmt) -> str:
        """The source of a node."""
        return self.layout.lines.slice(self.layout.span(node))

    def value(self, node: ast.expr) -> Value:
        """What an expression holds in eager execution."""
        if isinstance(node, ast.Constant):
            from graphlift.values import const

            plain = isinstance(node.value, bool | int | float | str | bytes | None)
            return const(node.value) if plain else Unknown("a constant")  # type: ignore[arg-type]
        return self._sight(self.layout.span(node))

    def tensor(self, node: ast.expr) -> Tensor | None:
        """The dense tensor that an expression certainly is."""
        value = self.value(node)
        return value if isinstance(value, Tensor) and value.form == "dense" else None

    def called(self, node: ast.Call) -> str:
        """The canonical name of the library function that a call certainly calls; empty for anything else."""
        value = self.value(node.func)
        return value.name if isinstance(value, External) else ""

    def loads(self, name: str) -> Iterator[ast.Name]:
        """Where a name is read, in the function and in anything inside it."""
        for node in ast.walk(self.function.node):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield node

    def stores(self, name: str) -> Iterator[ast.Name]:
        """Where a name is bound or deleted, in the function and in anything inside it."""
        for node in ast.walk(self.function.node):
            if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
                yield node

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of the function's parameters."""
        given = self.function.node.args
        named = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
        return frozenset(each.arg for each in named if each is not None)

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Names that belong to another scope though the function binds them, or that nested functions may bind."""
        return frozenset(
            name
            for node in ast.walk(self.function.node)
            if isinstance(node, ast.Global | ast.Nonlocal)
            for name in node.names
        )

    def is_local(self, name: str) -> bool:
        """Whether a name is a local variable that nothing inside the function shares: a parameter is none."""
        if name in self.parameters | self.foreign:
            return False
        own = {id(node) for node in self.own}
        mentions = (*self.loads(name), *self.stores(name))
        return any(self.stores(name)) and all(id(node) in own for node in mentions)

    def text_of_keyword(self, node: ast.keyword) -> str:
        """The source of a keyword argument."""
        return self.layout.lines.slice(self.layout.span(node))

    def atom(self, node: ast.expr) -> str:
        """The source of an expression, in brackets where an operator beside it could take a part of it."""
        simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
        return self.text(node) if simple else f"({self.text(node)})"


def quoted(text: str) -> str:
    """A text as a literal with the quotes that most code has."""
    literal = repr(text)
    return literal if '"' in text or "'" in text else f'"{literal[1:-1]}"'
