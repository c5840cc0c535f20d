"""The text that edits are made in: its syntax tree, its tokens, and the way from nodes to places in the text.

Edits need exact places of tokens that syntax trees leave out (`@`, commas, comments, line ends), so this
works on the standard library's `ast` and `tokenize`. Lines are 1-based, columns 0-based in code points.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import msgspec

from graphlift.source.span import Span
from graphlift.source.text import Lines, dominant_newline

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_BOM = "\ufeff"


class Refusal(msgspec.Struct, frozen=True):
    """Why an edit can't be made, in a sentence for the person who asked for it."""

    reason: str


class Target(msgspec.Struct, frozen=True):
    """A function in a text: its `__qualname__` and the line of its `def`, as in a `FunctionReport`."""

    qualname: str
    line: int


@dataclass(frozen=True, eq=False)
class Function:
    """A `def` and what encloses it: statements (and handlers, cases) from the module's body inwards."""

    qualname: str
    node: FunctionNode
    ancestors: tuple[ast.AST, ...]


class Layout:
    """A parsed text. Made by `parse_layout`."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text = text
        self.tree = tree
        self.lines = Lines(text)
        self.newline = dominant_newline(text)
        self.bom_width = 1 if text.startswith(_BOM) else 0

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """All `def`s of the text in source order."""
        return functions_of(self.tree)

    def function(self, target: Target) -> Function | Refusal:
        """The function of that name whose `def` stands on that line."""
        named = [function for function in self.functions if function.qualname == target.qualname]
        found = next((function for function in named if function.node.lineno == target.line), None)
        if found is not None:
            return found
        if not named:
            return Refusal(f"there is no function `{target.qualname}` in this text")
        return Refusal(f"`{target.qualname}` has moved away from line {target.line} since it was analysed")

    @cached_property
    def tokens(self) -> tuple[tokenize.TokenInfo, ...]:
        """The tokens of the text; their columns leave out a byte order mark on the first line."""
        source = io.StringIO(normalised(self.text), newline="\n")
        return tuple(tokenize.generate_tokens(source.readline))

    def column(self, line: int, byte_column: int) -> int:
        """The column of a node from its offset in UTF-8 bytes."""
        shift = self.bom_width if line == 1 else 0
        text = self.lines.line(line)[shift:]
        if text.isascii():
            return byte_column + shift
        return len(text.encode("utf-8", "surrogatepass")[:byte_column].decode("utf-8", "ignore")) + shift

    def span(self, node: ast.expr | ast.stmt | ast.alias | ast.keyword) -> Span:
        """Where a node stands."""
        end_line = node.end_lineno or node.lineno
        end_column = node.col_offset if node.end_col_offset is None else node.end_col_offset
        return Span(
            node.lineno,
            self.column(node.lineno, node.col_offset),
            end_line,
            self.column(end_line, end_column),
        )

    def token_span(self, token: tokenize.TokenInfo) -> Span:
        """Where a token stands."""
        (line, column), (end_line, end_column) = token.start, token.end
        return Span(
            line,
            column + (self.bom_width if line == 1 else 0),
            end_line,
            end_column + (self.bom_width if end_line == 1 else 0),
        )

    def line_start(self, line: int) -> int:
        """The column at which a line's own text begins: 1 after a byte order mark, else 0."""
        return self.bom_width if line == 1 else 0

    def newline_of(self, line: int) -> str:
        """The newline of a line, or the text's usual one where the last line has none."""
        full = self.lines.full_line(line)
        stripped = full.rstrip("\r\n")
        return full[len(stripped) :] or self.newline

    def logical_line(self, line: int) -> tuple[int, int]:
        """The first and last line of the logical line (statements up to a newline) that holds a line."""
        first = 0
        for token in self.tokens:
            if token.type in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
                continue
            first = first or token.start[0]
            if token.type == tokenize.NEWLINE:
                if first <= line <= token.start[0]:
                    return first, token.start[0]
                first = 0
        return line, line

    def decorator_extent(self, decorator: ast.expr) -> Span:
        """A decorator's whole lines: from the line of its `@` to after the newline that ends it."""
        span = self.span(decorator)
        at_line = span.line
        for token in self.tokens:
            token_span = self.token_span(token)
            if (token_span.line, token_span.column) >= (span.line, span.column):
                break
            if token.type == tokenize.OP and token.string == "@":
                at_line = token_span.line
        _, last = self.logical_line(at_line)
        return Span(at_line, self.line_start(at_line), last + 1, 0)


@lru_cache(maxsize=4)
def parse_layout(text: str) -> Layout | Refusal:
    """Parse a text for editing; a text that Python does not accept is not edited."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layout = Layout(text, ast.parse(normalised(text)))
        _ = layout.tokens
    except (SyntaxError, tokenize.TokenError) as error:
        line = getattr(error, "lineno", None) or 1
        return Refusal(f"the file does not parse (line {line}: {getattr(error, 'msg', None) or error})")
    except (ValueError, RecursionError, MemoryError) as error:
        return Refusal(f"the file does not parse ({error})")
    return layout


def functions_of(tree: ast.Module) -> tuple[Function, ...]:
    """All `def`s of a tree in source order."""
    return tuple(_functions(tree.body, "", ()))


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements directly inside a statement, handler or case, in source order."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield block


def own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a body that run in its own scope: not those inside nested functions, classes and lambdas.

    A nested definition itself is among them, its body is not.
    """
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            pending.extend(node.decorator_list)
        elif not isinstance(node, ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))


def _functions(body: list[ast.stmt], prefix: str, ancestors: tuple[ast.AST, ...]) -> Iterator[Function]:
    for statement in body:
        inside = (*ancestors, statement)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            qualname = prefix + statement.name
            yield Function(qualname, statement, ancestors)
            yield from _functions(statement.body, f"{qualname}.<locals>.", inside)
        elif isinstance(statement, ast.ClassDef):
            yield from _functions(statement.body, f"{prefix}{statement.name}.", inside)
        else:
            for block in blocks(statement):
                yield from _functions(block, prefix, inside)


def normalised(text: str) -> str:
    """The text as `ast` takes it: no byte order mark, LF newlines; same lines and columns, the mark aside."""
    return text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n")
