"""Give a `tf.function` decorator other arguments: add one, replace one, take one away."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from graphlift.fixes.change import Change, function_node, verified
from graphlift.fixes.layout import Layout, Refusal, Target, parse_layout
from graphlift.fixes.remove import graph_decorators
from graphlift.fixes.scope import scopes_at
from graphlift.source.span import Span
from graphlift.verdict import Fix, TextEdit

SLUG = "reconfigure"

_POSITIONS = ("func", "input_signature", "autograph", "jit_compile", "reduce_retracing")
"""The order of `tf.function`'s parameters, for arguments given without a name (TensorFlow 2.21)."""


def set_argument(
    path: str, text: str, target: Target, name: str, value: str, known: Mapping[str, str] | None = None
) -> Fix | Refusal:
    """The edit that makes the target's `tf.function` decorator say `name=value`. `value` is an expression."""
    layout = parse_layout(text)
    if isinstance(layout, Refusal):
        return layout
    function = layout.function(target)
    if isinstance(function, Refusal):
        return function
    indexes = graph_decorators(function, scopes_at(layout, function, known))
    if len(indexes) != 1:
        count = "no" if not indexes else "more than one"
        return Refusal(f"`{target.qualname}` has {count} `tf.function` decorator")
    decorator = function.node.decorator_list[indexes[0]]
    edit = _edit(layout, decorator, name, value)

    def transform(tree: ast.Module) -> None:
        node = function_node(tree, function, layout)
        node.decorator_list[indexes[0]] = _with_argument(node.decorator_list[indexes[0]], name, value)

    after = verified(layout, Change((edit,), transform))
    if isinstance(after, Refusal):
        return after
    title = f"Set `{name}={value}` on the `tf.function` of `{function.node.name}`"
    return Fix(title, path, (edit,), safe=True, slug=SLUG, function=target.qualname)


def _edit(layout: Layout, decorator: ast.expr, name: str, value: str) -> TextEdit:
    span = layout.span(decorator)
    end = Span(span.end_line, span.end_column, span.end_line, span.end_column)
    if not isinstance(decorator, ast.Call):
        return TextEdit(end, f"({name}={value})")
    present = _argument(decorator, name)
    if present is not None:
        return TextEdit(layout.span(present), value)
    arguments: list[ast.expr | ast.keyword] = [*decorator.args, *decorator.keywords]
    if not arguments:
        before = Span(span.end_line, span.end_column - 1, span.end_line, span.end_column - 1)
        return TextEdit(before, f"{name}={value}")
    last = max((layout.span(argument) for argument in arguments), key=lambda s: (s.end_line, s.end_column))
    place = Span(last.end_line, last.end_column, last.end_line, last.end_column)
    indent = layout.lines.line(last.line)[: last.column]
    if last.line != span.line and not indent.strip():  # One argument to a line.
        return TextEdit(place, f",{layout.newline_of(last.line)}{indent}{name}={value}")
    return TextEdit(place, f", {name}={value}")


def _argument(call: ast.Call, name: str) -> ast.expr | None:
    """The value that a call gives for a parameter, by name or by position."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    position = _POSITIONS.index(name) if name in _POSITIONS else len(call.args)
    return call.args[position] if position < len(call.args) else None


def _with_argument(decorator: ast.expr, name: str, value: str) -> ast.expr:
    """The same change to the tree."""
    new = ast.parse(value, mode="eval").body
    if not isinstance(decorator, ast.Call):
        return ast.Call(decorator, [], [ast.keyword(name, new)])
    for keyword in decorator.keywords:
        if keyword.arg == name:
            keyword.value = new
            return decorator
    position = _POSITIONS.index(name) if name in _POSITIONS else len(decorator.args)
    if position < len(decorator.args):
        decorator.args[position] = new
    else:
        decorator.keywords.append(ast.keyword(name, new))
    return decorator
