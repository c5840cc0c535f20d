"""A variable, layer, optimizer or metric that a function makes at each call is made once."""

from __future__ import annotations

import ast
import builtins

from graphlift.fixes.layout import own_nodes
from graphlift.fixes.mend.base import Insertion, Mending, Replacement, Site

RULES = frozenset({"variable-creation"})

_ONCE = "every call uses the same one, which keeps its state"


def mend(site: Site) -> Mending | None:
    """Make the object where the function is defined: above it, or in the `__init__` of its class.

    Never safe: it lives on from call to call, and what a fresh one began with is lost. Nothing is offered where making
    it needs anything that the function has: a parameter, a local variable, a name that something else binds.
    """
    statement = _statement(site)
    if statement is None or not isinstance(statement.targets[0], ast.Name):
        return None
    name = statement.targets[0].id
    if not site.is_local(name) or len(list(site.stores(name))) != 1 or not _is_plain(site, statement.value):
        return None
    owner = site.function.ancestors[-1] if site.function.ancestors else site.layout.tree
    if isinstance(owner, ast.Module) and statement in site.function.node.body:
        return _to_module(site, owner, statement, name)
    if isinstance(owner, ast.ClassDef) and statement in site.function.node.body:
        return _to_constructor(site, owner, statement, name)
    return None


def _statement(site: Site) -> ast.Assign | None:
    call = site.found(ast.Call)
    parent = None if call is None else site.parent(call)
    alone = isinstance(parent, ast.Assign) and parent.value is call and len(parent.targets) == 1
    return parent if alone and isinstance(parent, ast.Assign) else None


def _is_plain(site: Site, value: ast.expr) -> bool:
    """Whether an expression reads nothing but names of the module, which its functions do not bind."""
    reads = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
    calls = any(isinstance(each, ast.Lambda | ast.Await | ast.NamedExpr) for each in ast.walk(value))
    return not calls and not reads & (site.bound | site.foreign) and reads <= _made_above(site)


def _made_above(site: Site) -> frozenset[str]:
    """The names that the module binds once, before the outermost definition around the function, and built-in ones."""
    outermost = (*site.function.ancestors, site.function.node)[0]
    bound: dict[str, int] = {}
    for node in own_nodes(site.layout.tree.body):
        names: list[str] = []
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names = [node.id]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [each.asname or each.name.partition(".")[0] for each in node.names]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        early = isinstance(node, ast.stmt | ast.expr) and node.lineno < getattr(outermost, "lineno", 0)
        for name in names:
            bound[name] = bound.get(name, 0) + (1 if early else 2)
    return frozenset(name for name, times in bound.items() if times == 1) | frozenset(dir(builtins))


def _to_module(site: Site, module: ast.Module, statement: ast.Assign, name: str) -> Mending | None:
    function = site.function.node
    elsewhere = [node for node in ast.walk(module) if isinstance(node, ast.Name) and node.id == name]
    if len(elsewhere) != sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(function)):
        return None
    edits = (Insertion(function, site.text(statement)), Replacement(statement, _rest(function.body)))
    return Mending(f"Make `{name}` once, above `{function.name}`", edits, _ONCE)


def _to_constructor(site: Site, owner: ast.ClassDef, statement: ast.Assign, name: str) -> Mending | None:
    function, arguments = site.function.node, site.function.node.args
    receiver = (*arguments.posonlyargs, *arguments.args)[:1]
    constructor = next(
        (each for each in owner.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None
    )
    if constructor is None or constructor is function or not receiver or function.decorator_list:
        return None
    own = constructor.args.args[:1]
    last = constructor.body[-1]
    taken = any(isinstance(each, ast.Attribute) and each.attr == name for each in ast.walk(site.layout.tree))
    if (
        not own
        or taken
        or isinstance(last, ast.Return | ast.Raise)
        or not isinstance(last, ast.Assign | ast.Expr)
    ):
        return None
    made = f"{own[0].arg}.{name} = {site.text(statement.value)}"
    edits: list[Insertion | Replacement] = [
        Insertion(last, made, after=True),
        Replacement(statement, _rest(function.body)),
    ]
    edits += [Replacement(each, f"{receiver[0].arg}.{name}") for each in site.loads(name)]
    return Mending(f"Make `{name}` once, in `__init__`", tuple(edits), _ONCE)


def _rest(body: list[ast.stmt]) -> str:
    return "pass" if len(body) == 1 else ""
