"""`ta.write(…)` to `ta = ta.write(…)`: in a graph a write gives a new array and leaves the old one as it is."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site

RULES = frozenset({"tensorarray-write-ignored"})

_READERS = frozenset({"stack", "read", "size", "concat", "gather", "close", "grad", "dtype", "element_shape"})
_WRITERS = frozenset({"write", "scatter", "unstack"})


def mend(site: Site) -> Mending | None:
    """Keep what the write gives, under the same name.

    Eagerly a write changes the array itself and gives it back, so nothing changes there. Offered for local variables
    alone, which never lend their array to another name: whoever else sees it would keep the old array in a graph.
    """
    statement = site.found(ast.Expr)
    call = None if statement is None else statement.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    name = call.func.value
    if not isinstance(name, ast.Name) or not site.is_local(name.id) or statement is None:
        return None
    if not _is_alone(site, name.id):
        return None
    text = f"{name.id} = {site.text(call)}"
    return Mending(f"Keep the array that `{call.func.attr}` gives", (Replacement(statement, text),))


def _is_alone(site: Site, name: str) -> bool:
    """Whether the array in a variable was made for it and is read, written and returned through it alone."""
    for store in site.stores(name):
        statement = site.parent(store)
        if not isinstance(statement, ast.Assign) or statement.targets != [store]:
            return False
        value = statement.value
        made = isinstance(value, ast.Call) and site.called(value) == "tensorflow.TensorArray"
        if not made and not _is_write_of(value, name):
            return False
    return all(_only_reads(site, load) for load in site.loads(name))


def _is_write_of(node: ast.expr, name: str) -> bool:
    """Whether an expression is a chain of writes that begins at the name itself."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WRITERS:
        node = node.func.value
    return isinstance(node, ast.Name) and node.id == name


def _only_reads(site: Site, load: ast.Name) -> bool:
    parent = site.parent(load)
    if isinstance(parent, ast.Return):
        return True
    if not isinstance(parent, ast.Attribute):
        return False
    if parent.attr in _READERS:
        return True
    if parent.attr not in _WRITERS:
        return False
    node: ast.AST | None = parent
    while isinstance(node, ast.Attribute) and node.attr in _WRITERS:
        call = site.parent(node)
        node = None if call is None else site.parent(call)
    return (
        isinstance(node, ast.Expr | ast.Return)
        or (isinstance(node, ast.Attribute) and node.attr in _READERS)
        or (isinstance(node, ast.Assign) and _is_target(node, load.id))
    )


def _is_target(statement: ast.Assign, name: str) -> bool:
    return (
        len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
        and (statement.targets[0].id == name)
    )
