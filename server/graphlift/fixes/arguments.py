"""Give a `tf.function` decorator other arguments: add one, replace one, take one away."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

import msgspec

from graphlift.fixes.change import Change, function_node, verified
from graphlift.fixes.layout import Layout, Refusal, Target, parse_layout
from graphlift.fixes.remove import graph_decorators
from graphlift.fixes.scope import Scopes, scopes_at
from graphlift.source.span import Span
from graphlift.verdict import Argument, Fix, TextEdit

SLUG = "reconfigure"

_POSITIONS = ("func", "input_signature", "autograph", "jit_compile", "reduce_retracing")
"""The order of `tf.function`'s parameters, for arguments given without a name (TensorFlow 2.21)."""


def set_argument(
    path: str, text: str, target: Target, name: str, value: str, known: Mapping[str, str] | None = None
) -> Fix | Refusal:
    """The edit that makes the target's `tf.function` decorator say `name=value`. `value` is an expression."""
    return set_arguments(path, text, target, (Argument(name, value),), known)


def set_arguments(
    path: str,
    text: str,
    target: Target,
    arguments: Sequence[Argument],
    known: Mapping[str, str] | None = None,
    decorator_spans: Sequence[Span] = (),
) -> Fix | Refusal:
    """The edit that gives the target's `tf.function` decorator these arguments, or takes some away.

    `decorator_spans` names decorators that are a `tf.function` for reasons that this text alone doesn't show.
    """
    layout = parse_layout(text)
    if isinstance(layout, Refusal):
        return layout
    function = layout.function(target)
    if isinstance(function, Refusal):
        return function
    scopes = scopes_at(layout, function, known)
    indexes = graph_decorators(function, scopes) or [
        index
        for index, decorator in enumerate(function.node.decorator_list)
        if any(layout.span(decorator).overlaps(span) for span in decorator_spans)
    ]
    if len(indexes) != 1:
        count = "no" if not indexes else "more than one"
        return Refusal(f"`{target.qualname}` has {count} `tf.function` decorator")
    wanted = _spelled_out(arguments, scopes.spelling(), scopes)
    if isinstance(wanted, Refusal):
        return wanted
    decorator = function.node.decorator_list[indexes[0]]
    edits = _edits(layout, decorator, wanted)
    if not edits:
        return Refusal(f"`@{ast.unparse(decorator)}` is given these arguments somewhere else")

    def transform(tree: ast.Module) -> None:
        node = function_node(tree, function, layout)
        for argument in wanted:
            changed = _with_argument(node.decorator_list[indexes[0]], argument)
            node.decorator_list[indexes[0]] = changed

    after = verified(layout, Change(edits, transform))
    if isinstance(after, Refusal):
        return after
    deeds = " and ".join(_deed(argument) for argument in wanted)
    title = f"{deeds[:1].upper()}{deeds[1:]} on the `tf.function` of `{function.node.name}`"
    return Fix(title, path, edits, safe=lets_all_calls(arguments), slug=SLUG, function=target.qualname)


def lets_all_calls(arguments: Sequence[Argument]) -> bool:
    """Whether a `tf.function` with these arguments takes every call that one without them takes."""
    return all(argument.name != "input_signature" for argument in arguments)


def spelled(arguments: Sequence[Argument], spelling: str, scopes: Scopes) -> str | Refusal:
    """`tf.function` with arguments, where it is written `spelling`."""
    wanted = _spelled_out(arguments, spelling, scopes)
    if isinstance(wanted, Refusal):
        return wanted
    given = ", ".join(f"{argument.name}={argument.value}" for argument in wanted)
    return f"{spelling}({given})" if given else spelling


def _spelled_out(
    arguments: Sequence[Argument], spelling: str | None, scopes: Scopes
) -> list[Argument] | Refusal:
    """The arguments with the name that TensorFlow has in this place; everything else they name has to be known."""
    for argument in arguments:
        for node in ast.walk(ast.parse(argument.value or "None", mode="eval")):
            if isinstance(node, ast.Name) and node.id != "tf" and scopes.lookup(node.id) is None:
                return Refusal(f"`{node.id}` is not defined before the function")
    if not any(_TENSORFLOW.search(argument.value) for argument in arguments):
        return list(arguments)
    module, dot, _ = (spelling or "").rpartition(".")
    if not dot:
        return Refusal("the specs of the signature need a name for TensorFlow; import it as `tf` first")
    return [
        msgspec.structs.replace(argument, value=_TENSORFLOW.sub(f"{module}.", argument.value))
        for argument in arguments
    ]


_TENSORFLOW = re.compile(r"\btf\.")


def _deed(argument: Argument) -> str:
    if not argument.name:
        return f"take `{argument.instead_of}` away"
    if argument.instead_of:
        return f"write `{argument.name}` for `{argument.instead_of}`"
    if len(argument.value) > 30:
        return f"set `{argument.name}`"
    return f"set `{argument.name}={argument.value}`"


def _edits(layout: Layout, decorator: ast.expr, arguments: Sequence[Argument]) -> tuple[TextEdit, ...]:
    edits: list[TextEdit] = []
    added: list[str] = []
    for argument in arguments:
        present = _argument(decorator, argument.instead_of or argument.name)
        if present is None:
            added += [] if argument.instead_of else [f"{argument.name}={argument.value}"]
        elif not argument.name:
            assert isinstance(decorator, ast.Call)
            edits.append(TextEdit(_taken_out(layout, decorator, present), ""))
        elif isinstance(present, ast.keyword) and argument.instead_of:
            span = layout.span(present)
            name = Span(span.line, span.column, span.line, span.column + len(argument.instead_of))
            edits.append(TextEdit(name, argument.name))
        elif isinstance(present, ast.keyword):
            edits.append(TextEdit(layout.span(present.value), argument.value))
        else:
            edits.append(TextEdit(layout.span(present), argument.value))
    if added:
        edits.append(_added(layout, decorator, added))
    return tuple(edits)


def _added(layout: Layout, decorator: ast.expr, added: Sequence[str]) -> TextEdit:
    span = layout.span(decorator)
    end = Span(span.end_line, span.end_column, span.end_line, span.end_column)
    if not isinstance(decorator, ast.Call):
        return TextEdit(end, f"({', '.join(added)})")
    arguments = _in_order(layout, decorator)
    if not arguments:
        before = Span(span.end_line, span.end_column - 1, span.end_line, span.end_column - 1)
        return TextEdit(before, ", ".join(added))
    last = arguments[-1]
    place = Span(last.end_line, last.end_column, last.end_line, last.end_column)
    indent = layout.lines.line(last.line)[: last.column]
    if last.line != span.line and not indent.strip():  # One argument to a line.
        newline = layout.newline_of(last.line)
        return TextEdit(place, "".join(f",{newline}{indent}{text}" for text in added))
    return TextEdit(place, "".join(f", {text}" for text in added))


def _in_order(layout: Layout, call: ast.Call) -> list[Span]:
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    spans = [layout.span(argument) for argument in arguments]
    return sorted(spans, key=lambda span: (span.end_line, span.end_column))


def _taken_out(layout: Layout, call: ast.Call, argument: ast.expr | ast.keyword) -> Span:
    """The text of an argument with the comma that goes with it."""
    spans, own = _in_order(layout, call), layout.span(argument)
    number = spans.index(own)
    if number + 1 < len(spans):
        after = spans[number + 1]
        return Span(own.line, own.column, after.line, after.column)
    if number:
        before = spans[number - 1]
        return Span(before.end_line, before.end_column, own.end_line, own.end_column)
    return own


def _argument(decorator: ast.expr, name: str) -> ast.expr | ast.keyword | None:
    """What a decorator gives for a parameter, by name or by position."""
    if not isinstance(decorator, ast.Call):
        return None
    for keyword in decorator.keywords:
        if keyword.arg == name:
            return keyword
    position = _POSITIONS.index(name) if name in _POSITIONS else len(decorator.args)
    return decorator.args[position] if position < len(decorator.args) else None


def _with_argument(decorator: ast.expr, argument: Argument) -> ast.expr:
    """The same change to the tree."""
    present = _argument(decorator, argument.instead_of or argument.name)
    if not argument.name:
        if isinstance(decorator, ast.Call) and isinstance(present, ast.keyword):
            decorator.keywords.remove(present)
        return decorator
    if argument.instead_of:
        if isinstance(present, ast.keyword):
            present.arg = argument.name
        return decorator
    new = ast.parse(argument.value, mode="eval").body
    if not isinstance(decorator, ast.Call):
        return ast.Call(decorator, [], [ast.keyword(argument.name, new)])
    if isinstance(present, ast.keyword):
        present.arg, present.value = argument.name, new
    elif present is not None:
        decorator.args[decorator.args.index(present)] = new
    else:
        decorator.keywords.append(ast.keyword(argument.name, new))
    return decorator
