"""A Python number that varies from call to call becomes a tensor at each call, so that all calls share one graph."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from graphlift.fixes.layout import Function
from graphlift.fixes.mend.base import Mending, Replacement, Site
from graphlift.models.table import load
from graphlift.values import Bound, Const, Py, Tensor, Value, options
from graphlift.values import Function as FunctionValue

RULES = frozenset({"python-number-argument"})

_NAMED = re.compile(r"`(\w+)` is ")
_FLOATS = ("float32", "float64")
_KEPT = (ast.Add, ast.Sub, ast.Mult)
"""Operators that give two numbers and two tensors the same result, whatever the numbers."""
_MEETING = (*_KEPT, ast.Div, ast.Pow)


def mend(site: Site) -> Mending | None:
    """Pass `tf.constant(number, dtype)` at each visible call.

    Safe where the parameter only ever meets floating-point tensors of one dtype: TensorFlow makes a tensor of that
    dtype of it there anyway. Python computes with numbers in double precision, so arithmetic of numbers before they
    meet a tensor is not safe. Nothing is offered where the parameter is used in any other way, or where a call is in
    another file or of an unusual form.
    """
    match = _NAMED.match(site.blocker.message)
    if match is None or site.blocker.calls is None or match[1] not in site.parameters:
        return None
    name = match[1]
    own = {id(node) for node in site.own}
    uses = list(site.loads(name))
    if name in site.foreign or any(site.stores(name)) or not all(id(each) in own for each in uses):
        return None
    dtypes = {_met(site, each) for each in uses}
    if len(dtypes) != 1 or not dtypes <= set(_FLOATS):
        return None
    dtype = dtypes.pop() or ""
    unsafe = "" if all(_meets_at_once(site, each) for each in uses) else f"computes with it in `{dtype}`"
    edits: list[Replacement] = []
    for argument in _arguments(site, name):
        if argument is None:
            return None
        edits.append(Replacement(argument, f"{site.tf}.constant({site.text(argument)}, {site.tf}.{dtype})"))
    return Mending(f"Pass `{name}` as a tensor at each call", tuple(edits), unsafe) if edits else None


def _met(site: Site, node: ast.expr) -> str | None:
    """The dtype of the tensors that a number meets wherever it goes; `None` where it goes elsewhere."""
    parent = site.parent(node)
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.USub):
        return _met(site, parent)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, _MEETING):
        other = parent.right if parent.left is node else parent.left
        if _is_number(site.value(other)):
            return _met(site, parent) if isinstance(parent.op, _KEPT) else None
        return _dtype(site, other)
    if isinstance(parent, ast.Call) and len(parent.args) == 2 and node in parent.args and not parent.keywords:
        called = site.called(parent)
        entry = load("tensorflow").entries.get(called) if called.startswith("tensorflow.") else None
        pair = entry is not None and entry.params[:2] == ("x", "y")
        return _dtype(site, parent.args[1 - parent.args.index(node)]) if pair else None
    if isinstance(parent, ast.Assign):
        return _through_variable(site, parent)
    return None


def _meets_at_once(site: Site, node: ast.expr) -> bool:
    """Whether no arithmetic of numbers comes before a number meets a tensor."""
    parent = site.parent(node)
    if isinstance(parent, ast.UnaryOp):
        return _meets_at_once(site, parent)
    if isinstance(parent, ast.BinOp):
        return not _is_number(site.value(parent.right if parent.left is node else parent.left))
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        return all(_meets_at_once(site, each) for each in site.loads(parent.targets[0].id))
    return True


def _through_variable(site: Site, statement: ast.Assign) -> str | None:
    target = statement.targets[0]
    if len(statement.targets) != 1 or not isinstance(target, ast.Name):
        return None
    if not site.is_local(target.id) or len(list(site.stores(target.id))) != 1:
        return None
    found = {_met(site, each) for each in site.loads(target.id)}
    return found.pop() if len(found) == 1 else None


def _dtype(site: Site, node: ast.expr) -> str | None:
    tensor = site.tensor(node)
    return None if tensor is None else tensor.dtype


def _is_number(value: Value) -> bool:
    """Whether a value is certainly an `int` or a `float` of Python's."""
    kinds = options(value)
    return bool(kinds) and all(isinstance(o, Const | Py) and o.type in ("int", "float") for o in kinds)


def _arguments(site: Site, name: str) -> Iterator[ast.expr | None]:
    """The numbers that visible calls pass for a parameter; `None` for a call that cannot be edited."""
    nodes = {site.layout.span(n): n for n in ast.walk(site.layout.tree) if isinstance(n, ast.Call)}
    for span in site.blocker.calls or ():
        call = nodes.get(span)
        if call is None or not _sees_tensorflow(site, call):
            yield None
            continue
        argument = _bound(site, call, name)
        if argument is None or _is_number(site.value(argument)):
            yield from () if argument is None and _leaves_out(site, call, name) else (argument,)
        elif not isinstance(site.value(argument), Tensor):
            yield None


def _positions(site: Site, call: ast.Call) -> list[str] | None:
    """The parameters that positional arguments of a call go to; `None` where it is not plainly of the function."""
    value = site.value(call.func)
    inner = value.function if isinstance(value, Bound) else value
    if not isinstance(inner, FunctionValue) or inner.definition.partition(":")[2] != site.function.qualname:
        return None
    if any(isinstance(each, ast.Starred) for each in call.args) or any(k.arg is None for k in call.keywords):
        return None
    given = site.function.node.args
    names = [each.arg for each in (*given.posonlyargs, *given.args)]
    return names[1:] if isinstance(value, Bound) else names


def _bound(site: Site, call: ast.Call, name: str) -> ast.expr | None:
    names = _positions(site, call)
    if names is None:
        return None
    by_keyword = next((each.value for each in call.keywords if each.arg == name), None)
    if by_keyword is not None or name not in names or names.index(name) >= len(call.args):
        return by_keyword
    return call.args[names.index(name)]


def _leaves_out(site: Site, call: ast.Call, name: str) -> bool:
    """Whether a call plainly leaves a parameter at its default."""
    return _positions(site, call) is not None and _bound(site, call, name) is None


def _sees_tensorflow(site: Site, call: ast.Call) -> bool:
    """Whether TensorFlow's name means TensorFlow at a call: a module-level import that nothing around it hides."""
    span = site.layout.span(call)
    imported = any(
        isinstance(each, ast.Import | ast.ImportFrom)
        and each.lineno < span.line
        and any((alias.asname or alias.name) == site.tf for alias in each.names)
        for each in site.layout.tree.body
    )
    around = [f for f in site.layout.functions if site.layout.span(f.node).contains(span.line, span.column)]
    return imported and not any(_binds(function, site.tf) for function in around)


def _binds(function: Function, name: str) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.arg) and node.arg == name)
        or (isinstance(node, ast.alias) and (node.asname or node.name) == name)
        for node in ast.walk(function.node)
    )
