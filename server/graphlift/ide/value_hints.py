"""Shapes and dtypes to show in the code: which names get an inlay hint, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from graphlift.ide.inlay_hints import InlayHint
from graphlift.ide.values import Values
from graphlift.interp.solver import Solver
from graphlift.resolve import unit
from graphlift.source.config import InlayHints
from graphlift.source.span import Span
from graphlift.syntax import Parsed, nodes
from graphlift.values import brief


def inlay_hints(values: Values, solver: Solver, key: str, span: Span, wanted: InlayHints) -> list[InlayHint]:
    """The hints that stand in a span of a module, in source order. Only definitions that touch it are looked at."""
    found: set[InlayHint] = set()
    holder = unit(solver.db, key)
    for definition, _ in values.definitions(key, span):
        node = holder.nodes[definition]
        function = isinstance(node, nodes.FunctionDef)
        if wanted.tensors or (wanted.parameters and function):
            found.update(_names(values, holder.parsed, definition, node, span, wanted))
        root = solver.state.roots.get(definition)
        if wanted.returns and isinstance(node, nodes.FunctionDef) and root is not None:
            found.update(_returns(holder.parsed, node, brief(root.summary.returns)))
    return sorted(hint for hint in found if span.contains(hint.line, hint.column))


def _names(
    values: Values, parsed: Parsed, definition: str, node: nodes.Scope, span: Span, wanted: InlayHints
) -> Iterator[InlayHint]:
    seen = values.watched(definition)
    parameters, bound = _targets(parsed, node)
    for where, value in seen.bindings.items():
        kind = "parameter" if where in parameters else "tensor" if where in bound else ""
        if not where.overlaps(span) or not (wanted.parameters if kind == "parameter" else wanted.tensors):
            continue
        text = brief(value)
        if kind and text:
            about = (where.line, where.column)
            yield InlayHint(where.end_line, where.end_column, f": {text}", kind, about)


def _targets(parsed: Parsed, node: nodes.Scope) -> tuple[set[Span], set[Span]]:
    """The parameters and the other names that are bound in a scope and say nothing of their type."""
    parameters: set[Span] = set()
    if isinstance(node, nodes.FunctionDef):
        for argument, annotation in _arguments(node):
            if annotation is None:
                parameters.add(parsed.span(argument))
    bound = {parsed.span(target) for target in _assigned(node)}
    return parameters, bound


def _arguments(node: nodes.FunctionDef) -> list[tuple[nodes.NodeNG, nodes.NodeNG | None]]:
    args = node.args
    found: list[tuple[nodes.NodeNG, nodes.NodeNG | None]] = []
    for names, types in (
        (args.posonlyargs, args.posonlyargs_annotations),
        (args.args, args.annotations),
        (args.kwonlyargs, args.kwonlyargs_annotations),
    ):
        found += zip(names or [], types or [], strict=False)
    return found


def _assigned(scope: nodes.NodeNG) -> Iterator[nodes.NodeNG]:
    """The names and attributes that a scope's own code assigns, without those that carry an annotation."""
    for child in scope.get_children():
        if isinstance(child, nodes.FunctionDef | nodes.ClassDef | nodes.Lambda | nodes.Arguments):
            continue
        if isinstance(child, nodes.AnnAssign | nodes.AugAssign):
            continue
        if isinstance(child, nodes.AssignName | nodes.AssignAttr) and _name(child) != "_":
            yield child
        yield from _assigned(child)


def _name(node: nodes.NodeNG) -> str:
    return str(getattr(node, "name", "") or getattr(node, "attrname", ""))


def _returns(parsed: Parsed, node: nodes.FunctionDef, text: str) -> Iterator[InlayHint]:
    """What a function without a return annotation gives, before the colon of its `def`."""
    if node.returns is not None or not text:
        return
    end = _head_end(parsed, node)
    if end is not None:
        yield InlayHint(*end, f" -> {text}", "return")


def _head_end(parsed: Parsed, node: nodes.FunctionDef) -> tuple[int, int] | None:
    """Where the parameter list of a `def` is closed (after the bracket); `None` when that is not seen."""
    depth, quote = 0, ""
    for number in range(node.fromlineno, node.body[0].fromlineno + 1):
        line = parsed.line(number)
        start = line.find("def ") if number == node.fromlineno else 0
        for column in range(max(start, 0), len(line)):
            character = line[column]
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character == "#":
                break
            elif character in "([{":
                depth += 1
            elif character in ")]}":
                depth -= 1
                if depth == 0 and character == ")":
                    return number, column + 1
    return None
