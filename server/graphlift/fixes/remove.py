"""Let a function run eagerly again: take its `tf.function` away, however it is written.

That is a decorator (`@tf.function`, with or without arguments, under any name, through
`functools.partial`) or a call that wraps the function later (`step = tf.function(step)`, `self.step =
tf.function(self.step)`). Imports that nothing uses any more go too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from graphlift.fixes.change import Change, function_node, verified
from graphlift.fixes.edits import apply
from graphlift.fixes.imports import delete_statement, unused_import_edits
from graphlift.fixes.layout import Function, Layout, Refusal, Target, blocks, own_nodes, parse_layout
from graphlift.fixes.scope import Scopes, is_function_path, scopes_at
from graphlift.source.span import Span
from graphlift.verdict import Fix, TextEdit

SLUG = "remove"


class Wrapping(msgspec.Struct, frozen=True):
    """A call that makes a graph of a function that is defined already.

    `statement` is the whole `f = tf.function(f)` where the result takes the function's own name, with the
    block that holds it; else `None`, and the call alone gives way to the function.
    """

    call: ast.Call
    function: ast.expr
    statement: ast.stmt | None
    block: list[ast.stmt]


def remove(
    path: str,
    text: str,
    target: Target,
    known: Mapping[str, str] | None = None,
    decorator_spans: Sequence[Span] = (),
) -> Fix | Refusal:
    """The edit that takes `tf.function` off the target.

    `decorator_spans` names decorators that are a `tf.function` for reasons this text alone doesn't show (see
    `FunctionReport.decorator_spans`); those that it shows are found without. `safe` says that nothing but the
    named places is touched; whether eager execution is right is the verdict's to say.
    """
    layout = parse_layout(text)
    if isinstance(layout, Refusal):
        return layout
    function = layout.function(target)
    if isinstance(function, Refusal):
        return function
    scopes = scopes_at(layout, function, known)
    indexes = graph_decorators(function, scopes)
    for index, decorator in enumerate(function.node.decorator_list):
        if index not in indexes and any(layout.span(decorator).overlaps(span) for span in decorator_spans):
            indexes = sorted((*indexes, index))
    wrappings = _wrappings(layout, function, scopes)
    if not indexes and not wrappings:
        return Refusal(f"no `tf.function` was found on `{target.qualname}`")
    edits = [
        TextEdit(_within_text(layout, layout.decorator_extent(function.node.decorator_list[index])), "")
        for index in indexes
    ]
    edits += [_unwrap(layout, wrapping) for wrapping in wrappings]
    after = parse_layout(apply(layout.text, edits))
    import_edits, gone = ([], []) if isinstance(after, Refusal) else unused_import_edits(layout, after, path)
    change = Change((*edits, *import_edits), _transform(layout, function, indexes, wrappings, gone))
    proof = verified(layout, change)
    if isinstance(proof, Refusal):
        return proof
    title = f"Run `{function.node.name}` eagerly: remove `tf.function`"
    return Fix(title, path, tuple(sorted(change.edits)), safe=True, slug=SLUG, function=target.qualname)


def graph_decorators(function: Function, scopes: Scopes) -> list[int]:
    """The indexes of the decorators of a function that are a `tf.function`."""
    return [
        index
        for index, decorator in enumerate(function.node.decorator_list)
        if is_graph_decorator(decorator, scopes)
    ]


def is_graph_decorator(node: ast.expr, scopes: Scopes) -> bool:
    """Whether an expression makes graphs of functions: `tf.function`, `tf.function(...)`, a partial of it."""
    if isinstance(node, ast.Call):
        binding = scopes.resolve(node.func)
        if binding is not None and binding.path == "functools.partial":
            return bool(node.args) and is_graph_decorator(node.args[0], scopes)
        return is_graph_decorator(node.func, scopes) and not isinstance(node.func, ast.Call)
    binding = scopes.resolve(node)
    return binding is not None and is_function_path(binding.path)


def _wrappings(layout: Layout, function: Function, scopes: Scopes) -> list[Wrapping]:
    """The calls of `tf.function` on the function's name, where that name means this function."""
    owner = function.ancestors[-1] if function.ancestors else layout.tree
    if isinstance(owner, ast.ClassDef):
        places: list[ast.AST] = [
            statement
            for statement in owner.body
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        places.append(owner)
    else:
        scope = next(
            (node for node in reversed(function.ancestors) if isinstance(node, ast.FunctionDef)), layout.tree
        )
        places = [scope]
    found: list[Wrapping] = []
    for place in places:
        method = isinstance(owner, ast.ClassDef) and place is not owner
        for block, statement in _statements(place):
            found += _wrapping_calls(block, statement, function, scopes, method)
    return found


def _wrapping_calls(
    block: list[ast.stmt], statement: ast.stmt, function: Function, scopes: Scopes, method: bool
) -> list[Wrapping]:
    found: list[Wrapping] = []
    for node in own_nodes([statement]) if not any(blocks(statement)) else ():
        if not isinstance(node, ast.Call):
            continue
        argument = _wrapped_argument(node, scopes)
        if argument is None or not _means(argument, function.node.name, method):
            continue
        whole = (
            isinstance(statement, ast.Assign)
            and statement.value is node
            and len(statement.targets) == 1
            and ast.unparse(statement.targets[0]) == ast.unparse(argument)
        )
        found.append(Wrapping(node, argument, statement if whole else None, block))
    return found


def _wrapped_argument(call: ast.Call, scopes: Scopes) -> ast.expr | None:
    """What a call makes a graph of: `f` in `tf.function(f, …)` and in `tf.function(…)(f)`."""
    if isinstance(call.func, ast.Call):
        wraps = is_graph_decorator(call.func, scopes) and len(call.args) == 1 and not call.keywords
        return call.args[0] if wraps else None
    binding = scopes.resolve(call.func)
    if binding is None or not is_function_path(binding.path):
        return None
    if call.args:
        return call.args[0]
    return next((keyword.value for keyword in call.keywords if keyword.arg == "func"), None)


def _means(node: ast.expr, name: str, method: bool) -> bool:
    if method:
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr == name
    return isinstance(node, ast.Name) and node.id == name


def _statements(place: ast.AST) -> list[tuple[list[ast.stmt], ast.stmt]]:
    """The statements of a scope, those in its blocks too, each with the block that holds it."""
    found: list[tuple[list[ast.stmt], ast.stmt]] = []
    pending = [place]
    while pending:
        for block in blocks(pending.pop()):
            for item in block:
                if isinstance(item, ast.stmt):
                    found.append((block, item))
                if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    pending.append(item)
    return found


def _unwrap(layout: Layout, wrapping: Wrapping) -> TextEdit:
    if wrapping.statement is not None:
        return delete_statement(layout, wrapping.block, wrapping.statement)
    return TextEdit(layout.span(wrapping.call), layout.lines.slice(layout.span(wrapping.function)))


def _within_text(layout: Layout, span: Span) -> Span:
    """The span, ended at the end of the text where it would go past it."""
    if span.end_line <= len(layout.lines):
        return span
    return msgspec.structs.replace(
        span, end_line=len(layout.lines), end_column=len(layout.lines.line(len(layout.lines)))
    )


def _transform(
    layout: Layout,
    function: Function,
    indexes: Sequence[int],
    wrappings: Sequence[Wrapping],
    gone: Sequence[ast.alias],
) -> Callable[[ast.Module], None]:
    """The same change on another tree of the same text; nodes are found again by their positions."""
    calls = {_key(wrapping.call): wrapping for wrapping in wrappings}
    statements = {_key(w.statement) for w in wrappings if w.statement is not None}
    aliases = {_key(alias) for alias in gone}

    class Rewrite(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST | None:
            if isinstance(node, ast.stmt) and _key(node) in statements:
                return None
            if isinstance(node, ast.Call) and _key(node) in calls:
                return calls[_key(node)].function
            node = self.generic_visit(node)
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.names = [alias for alias in node.names if _key(alias) not in aliases]
                return node if node.names else None
            if not isinstance(node, ast.Module) and getattr(node, "body", None) == []:
                node.body = [ast.Pass()]  # type: ignore[attr-defined]
            return node

    def transform(tree: ast.Module) -> None:
        node = function_node(tree, function, layout)
        node.decorator_list = [item for i, item in enumerate(node.decorator_list) if i not in indexes]
        Rewrite().visit(tree)

    return transform


def _key(node: ast.AST) -> tuple[str, int, int, int | None]:
    place: Any = node
    return (type(node).__name__, place.lineno, place.col_offset, place.end_col_offset)
