"""From an edit to a `Fix`: the proof that it does what it says and nothing else."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable

import msgspec

from graphlift.fixes.edits import OverlappingEditsError, apply
from graphlift.fixes.layout import (
    Function,
    FunctionNode,
    Layout,
    Refusal,
    functions_of,
    normalised,
)
from graphlift.source.span import Span
from graphlift.source.text import Lines
from graphlift.verdict import TextEdit

_UNUSUAL = Refusal("the layout of these lines is too unusual to edit safely; make this change by hand")


class Change(msgspec.Struct, frozen=True):
    """Edits to a text, and the same change to its syntax tree. `transform` changes the tree it is given."""

    edits: tuple[TextEdit, ...]
    transform: Callable[[ast.Module], None]


def verified(layout: Layout, change: Change) -> str | Refusal:
    """The text after a change, when it parses to exactly the tree that the change means."""
    try:
        text = apply(layout.text, change.edits)
    except OverlappingEditsError:
        return Refusal("the parts of the text to edit overlap")
    expected, actual = _parsed(layout.text), _parsed(text)
    if expected is None or actual is None:
        return _UNUSUAL
    untouched = {
        id(statement)
        for statement in expected.body
        if not any(edit.span.overlaps(_lines_of(statement)) for edit in change.edits)
    }
    change.transform(expected)
    if len(expected.body) != len(actual.body):
        return _UNUSUAL
    before, after = Lines(layout.text), Lines(text)
    for wanted, found in zip(expected.body, actual.body, strict=True):
        same = (
            _text_of(wanted, before) == _text_of(found, after)
            if id(wanted) in untouched
            else ast.dump(wanted) == ast.dump(found)
        )
        if not same:
            return _UNUSUAL
    return text


def function_node(tree: ast.Module, function: Function, layout: Layout) -> FunctionNode:
    """The node of `function` (of `layout`) in another tree of the same text."""
    return functions_of(tree)[layout.functions.index(function)].node


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(normalised(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _lines_of(statement: ast.stmt) -> Span:
    """The whole lines of a statement, from its first decorator on."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return Span(first, 0, (statement.end_lineno or statement.lineno) + 1, 0)


def _text_of(statement: ast.stmt, lines: Lines) -> list[str]:
    """The lines of a statement: where they are equal the trees are, and need not be compared."""
    span = _lines_of(statement)
    return [lines.full_line(number) for number in range(span.line, span.end_line)]
