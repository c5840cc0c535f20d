"""From a blocker to the `Fix` that mends it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import msgspec

from graphlift.fixes.change import Change, verified
from graphlift.fixes.edits import insertion
from graphlift.fixes.layout import Layout, Refusal, blocks, parse_layout
from graphlift.fixes.mend.base import Blocker, Insertion, Mending, Replacement, Sight, Site
from graphlift.source.span import Span
from graphlift.verdict import Fix, TextEdit

PREFIX = "mend-"
"""What the slugs of single mendings begin with; the name of the module follows."""
COMBINED = "mend"
"""The slug of the fix that mends all that blocks a function and converts it."""

_HELPERS = frozenset({"base", "offer", "whole", "operands"})


class Kind(msgspec.Struct, frozen=True):
    """A discovered kind of mending: the module's name with hyphens, its rules and its function."""

    name: str
    rules: frozenset[str]
    mend: Callable[[Site], Mending | None]


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of mending in this package, by name."""
    package = importlib.import_module("graphlift.fixes.mend")
    found = []
    for entry in pkgutil.iter_modules(package.__path__):
        if entry.name not in _HELPERS:
            module: Any = importlib.import_module(f"graphlift.fixes.mend.{entry.name}")
            found.append(Kind(entry.name.replace("_", "-"), module.RULES, module.mend))
    return tuple(sorted(found, key=lambda kind: kind.name))


def mendable_rules() -> frozenset[str]:
    """The rules whose findings some kind of mending looks at."""
    return frozenset(rule for kind in kinds() for rule in kind.rules)


def mend(path: str, text: str, blocker: Blocker, sight: Sight, differentiated: bool) -> list[Fix]:
    """The fixes of one blocker, each proved: the edited text parses to the tree that the edit means."""
    layout = parse_layout(text)
    if isinstance(layout, Refusal):
        return []
    function = next(
        (
            f
            for f in layout.functions
            if f.qualname == blocker.function and _holds(layout, f.node, blocker.at)
        ),
        None,
    )
    if function is None:
        return []
    site = Site(layout, function, blocker, sight, differentiated)
    found = []
    for kind in kinds():
        if blocker.rule not in kind.rules or not site.tf:
            continue
        mending = kind.mend(site)
        fix = None if mending is None else _fix(path, site, kind, mending)
        if fix is not None:
            found.append(fix)
    return found


def _holds(layout: Layout, node: ast.stmt, at: Span) -> bool:
    whole = layout.span(node)
    return whole.contains(at.line, at.column) and whole.contains(at.end_line, at.end_column)


def _fix(path: str, site: Site, kind: Kind, mending: Mending) -> Fix | None:
    edits = tuple(_edit(site.layout, each) for each in mending.edits)
    after = verified(site.layout, Change(edits, _transform(mending.edits)))
    if isinstance(after, Refusal):
        return None
    title = f"{mending.title} (unsafe: {mending.unsafe})" if mending.unsafe else mending.title
    return Fix(
        title,
        path,
        tuple(sorted(edits)),
        safe=not mending.unsafe,
        slug=PREFIX + kind.name,
        function=site.blocker.blocked,
        rule=site.blocker.rule,
        at=site.blocker.at,
    )


def _edit(layout: Layout, each: Replacement | Insertion) -> TextEdit:
    if isinstance(each, Replacement):
        span = layout.span(each.node)
        if each.text or isinstance(each.node, ast.expr):
            return TextEdit(span, each.text)
        return TextEdit(Span(span.line, layout.line_start(span.line), span.end_line + 1, 0), "")
    span = layout.span(each.beside)
    indent = layout.lines.line(span.line)[layout.line_start(span.line) : span.column]
    decorators = getattr(each.beside, "decorator_list", ())
    line = min((decorator.lineno for decorator in decorators), default=span.line)
    line = span.end_line + 1 if each.after else line
    near = min(line, span.end_line)
    newline = layout.newline_of(near)
    defines = isinstance(each.beside, ast.FunctionDef | ast.ClassDef) and not indent
    gap = newline * 2 if defines and not each.after else ""
    return insertion(line, layout.line_start(near), f"{indent}{each.text}{newline}{gap}")


def _transform(edits: Sequence[Replacement | Insertion]) -> Callable[[ast.Module], None]:
    """The same change on another tree of the same text; nodes are found again by their positions."""
    replaced = {_key(each.node): each for each in edits if isinstance(each, Replacement)}
    inserted = {_key(each.beside): each for each in edits if isinstance(each, Insertion)}

    class Rewrite(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            if not isinstance(node, ast.expr | ast.stmt) or _key(node) not in replaced:
                return self.generic_visit(node)
            text = replaced[_key(node)].text
            if isinstance(node, ast.expr):
                return ast.parse(f"({text})", mode="eval").body
            return ast.parse(text).body

    def transform(tree: ast.Module) -> None:
        Rewrite().visit(tree)
        for block in _all_blocks(tree):
            for index in reversed(range(len(block))):
                if isinstance(block[index], ast.stmt) and _key(block[index]) in inserted:
                    made = inserted[_key(block[index])]
                    at = index + made.after
                    block[at:at] = ast.parse(made.text).body

    return transform


def _all_blocks(tree: ast.AST) -> Iterable[list[ast.stmt]]:
    for node in ast.walk(tree):
        yield from blocks(node)


def _key(node: ast.AST) -> tuple[str, int, int, int | None, int | None]:
    place: Any = node
    if not hasattr(node, "lineno"):
        return (type(node).__name__, 0, 0, None, None)
    return (type(node).__name__, place.lineno, place.col_offset, place.end_lineno, place.end_col_offset)
