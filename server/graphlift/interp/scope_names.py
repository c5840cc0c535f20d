"""What the code of a scope says of its names: which are its own, which it reads, who gives them other values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from graphlift.index import DefId, Unit
from graphlift.syntax import nodes

_SCOPES: tuple[type, ...] = (nodes.FunctionDef, nodes.Lambda, nodes.ClassDef)
_COMPREHENSIONS: tuple[type, ...] = (nodes.ListComp, nodes.SetComp, nodes.DictComp, nodes.GeneratorExp)


def memoised(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the answer on the scope node's own tree by identity; trees are immutable while they live."""
    cache: dict[int, tuple[Any, Any]] = {}

    def wrapper(node: nodes.NodeNG, *rest: Any) -> Any:
        key = hash((id(node), *map(id, rest)))
        hit = cache.get(key)
        if hit is not None and hit[0] is node:
            return hit[1]
        if len(cache) > 50_000:
            cache.clear()
        answer = function(node, *rest)
        cache[key] = (node, answer)
        return answer

    return wrapper


def own_nodes(node: nodes.NodeNG) -> Iterator[nodes.NodeNG]:
    """The nodes of a scope's own code: nested functions and classes are given but not entered."""
    stack: list[nodes.NodeNG] = []
    body = node.body
    stack.extend(reversed(body if isinstance(body, list) else [body]))
    while stack:
        child = stack.pop()
        yield child
        if isinstance(child, _SCOPES):
            decorators = getattr(child, "decorators", None)
            if decorators is not None:
                stack.extend(decorators.nodes)
            continue
        stack.extend(reversed(list(child.get_children())))


@memoised
def local_names(node: nodes.Scope) -> frozenset[str]:
    """The names that belong to a scope: parameters and everything its own code binds."""
    found: set[str] = set()
    if isinstance(node, nodes.FunctionDef | nodes.Lambda):
        args = node.args
        found |= {a.name for a in [*(args.posonlyargs or []), *(args.args or []), *(args.kwonlyargs or [])]}
        found |= {name for name in (args.vararg, args.kwarg) if name}
    for child in own_nodes(node):
        if isinstance(child, nodes.AssignName | nodes.FunctionDef | nodes.ClassDef):
            found.add(child.name)
        elif isinstance(child, nodes.Import):
            found |= {alias or name.partition(".")[0] for name, alias in child.names}
        elif isinstance(child, nodes.ImportFrom):
            found |= {alias or name for name, alias in child.names}
    outer = declared(node, nodes.Global) | declared(node, nodes.Nonlocal)
    return frozenset(found - outer)


@memoised
def rebinders(node: nodes.Scope) -> dict[str, frozenset[nodes.NodeNG]]:
    """The functions inside a scope (at any depth) that give one of its names another value, by name."""
    found: dict[str, frozenset[nodes.NodeNG]] = {}
    for child in own_nodes(node):
        if isinstance(child, nodes.FunctionDef):
            inner = {name: frozenset({child}) for name in declared(child, nodes.Nonlocal)}
            for name, functions in [*rebinders(child).items(), *inner.items()]:
                found[name] = found.get(name, frozenset()) | functions
    return found


def rebound_names(unit: Unit, definition: DefId) -> dict[str, DefId]:
    """The names of a function and those around it that functions inside them give other values, with whose it is."""
    found: dict[str, DefId] = {}
    while isinstance(node := unit.nodes.get(definition), nodes.FunctionDef | nodes.Lambda):
        for name in rebinders(node):
            if name in local_names(node):
                found.setdefault(name, definition)
        info = unit.functions.get(definition)
        definition = info.parent if info is not None else ""
    return found


@memoised
def declared(node: nodes.Scope, kind: Any) -> frozenset[str]:
    """The names that a scope's own code declares `global` or `nonlocal`."""
    return frozenset(name for child in own_nodes(node) if isinstance(child, kind) for name in child.names)


@memoised
def free_names(node: nodes.Scope) -> frozenset[str]:
    """The names that a function reads (deeply) and that are not its own."""
    found: set[str] = set()
    for child in own_nodes(node):
        if isinstance(child, nodes.Name):
            found.add(child.name)
        elif isinstance(child, nodes.FunctionDef | nodes.Lambda | nodes.ClassDef):
            found |= free_names(child)
            defaults = getattr(child, "args", None)
            for default in [*(getattr(defaults, "defaults", None) or [])]:
                found |= {n.name for n in default.nodes_of_class(nodes.Name)}
    found |= declared(node, nodes.Nonlocal)
    return frozenset(found - local_names(node))
