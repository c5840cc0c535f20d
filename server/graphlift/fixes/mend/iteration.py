"""Iterating over a tensor of known length: `tf.unstack` gives its elements as a list while tracing too."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site
from graphlift.values import Tensor

RULES = frozenset({"tensor-iteration"})

_TAKES_ONE = frozenset({"builtins.list", "builtins.tuple", "builtins.sum", "builtins.reversed"})
_TAKES_MANY = frozenset({"builtins.zip", "builtins.enumerate"})

_MOST = 64
"""The longest tensor that is taken apart: each element is an op of the graph for every operation on it."""


def mend(site: Site) -> Mending | None:
    """Take the tensor apart first.

    Safe where the length is known: eager execution gives the same elements, and the graph has them by their number.
    Nothing is offered where it is not known, since `tf.unstack` refuses such a tensor in a graph.
    """
    sources = _sources(site)
    tensors = [site.tensor(each) for each in sources]
    if not sources or not all(_is_short(each) for each in tensors):
        return None
    edits = tuple(Replacement(each, f"{site.tf}.unstack({site.text(each)})") for each in sources)
    return Mending(f"Take {_names(site, sources)} apart with `{site.tf}.unstack`", edits)


def _sources(site: Site) -> list[ast.expr]:
    """The tensors that are iterated over at the blocker."""
    target = site.found(ast.Tuple) or site.found(ast.List)
    statement = None if target is None else site.parent(target)
    if isinstance(statement, ast.Assign) and target in statement.targets and target is not None:
        return [statement.value] if _fits(site, target, statement) else []
    call = site.found(ast.Call)
    if call is not None:
        return _arguments(site, call)
    for node in ast.walk(site.function.node):
        if isinstance(node, ast.comprehension) and site.layout.span(node.iter) == site.blocker.at:
            return [node.iter]
    return []


def _fits(site: Site, target: ast.Tuple | ast.List, statement: ast.Assign) -> bool:
    """Whether an unpacking takes as many elements as there are, into places that can hold them."""
    tensor = site.tensor(statement.value)
    length = None if tensor is None else _length(tensor)
    stars = sum(isinstance(each, ast.Starred) for each in target.elts)
    simple = all(isinstance(each, ast.Name | ast.Attribute | ast.Starred) for each in target.elts)
    if length is None or not simple or len(statement.targets) != 1:
        return False
    return len(target.elts) - 1 <= length if stars else len(target.elts) == length


def _arguments(site: Site, call: ast.Call) -> list[ast.expr]:
    """The arguments of a built-in that are tensors it iterates over, where it iterates over nothing unusual."""
    name = _builtin(site, call)
    if any(isinstance(each, ast.Starred) for each in call.args) or not call.args:
        return []
    if name in _TAKES_ONE:
        return call.args[:1]
    if name in _TAKES_MANY:
        return [each for each in call.args if site.tensor(each) is not None]
    return []


def _builtin(site: Site, call: ast.Call) -> str:
    called = site.called(call)
    return called if called.startswith("builtins.") else ""


def _is_short(tensor: Tensor | None) -> bool:
    length = None if tensor is None else _length(tensor)
    return length is not None and length <= _MOST


def _length(tensor: Tensor) -> int | None:
    first = tensor.shape[0] if tensor.shape else None
    return first if isinstance(first, int) else None


def _names(site: Site, sources: list[ast.expr]) -> str:
    texts = dict.fromkeys(" ".join(site.text(each).split()) for each in sources)
    return " and ".join(f"`{text}`" for text in texts)
