"""Whether a function that is made inside another one may be called when a name that it reads has another value."""

from __future__ import annotations

from graphlift.interp.scope_names import memoised, own_nodes, rebinders
from graphlift.syntax import nodes

CERTAIN = "certain"
DOUBT = "doubt"
"""What is made of the function itself gives the name its other value, or a loop does: nobody sees a call after it."""

_LOOPS = (nodes.For, nodes.While)


def changes_outside(owner: nodes.FunctionDef, inner: nodes.NodeNG, name: str) -> str:
    """Whether a function gives a name another value after it made one that reads it, and may call that one then.

    A function that a loop makes anew before each of its calls reads what the name holds then, as its new trace does.
    """
    if rebinders(owner).get(name, frozenset()) - {inner}:
        return CERTAIN
    changes = _assignments(owner).get(name, ())
    later = [change for change in changes if change.lineno > (inner.end_lineno or inner.lineno)]
    around = [change for change in changes if _shares_loop(owner, inner, change)]
    if not later and not around:
        return ""
    if later and not (_in_loop(owner, inner) and _is_read_only_here(owner, inner)):
        return CERTAIN
    answers = {_seen_at(inner, use, later, around) for use in _uses(owner, inner)}
    return CERTAIN if CERTAIN in answers else DOUBT if DOUBT in answers else ""


def _seen_at(
    inner: nodes.NodeNG,
    use: nodes.Name,
    later: list[nodes.AssignName],
    around: list[nodes.AssignName],
) -> str:
    """Whether a use of the inner function's name sees a change that happened after the function was made."""
    called = isinstance(use.parent, nodes.Call) and use.parent.func is use
    given = isinstance(use.parent, nodes.Call) and not called
    if not _follows(inner, use):
        return CERTAIN if later else DOUBT if around else ""
    if any(not _is_after(change, use) or _shares_loop(inner.parent, use, change) for change in later):
        return CERTAIN
    if called:
        return ""
    if given and all(change.statement() is use.statement() for change in later):
        return DOUBT
    if later:
        return CERTAIN
    return DOUBT if around and isinstance(use.parent, nodes.Assign) else ""


@memoised
def _assignments(owner: nodes.FunctionDef) -> dict[str, list[nodes.AssignName]]:
    """The places where a function's own code gives each of its names a value."""
    found: dict[str, list[nodes.AssignName]] = {}
    for node in own_nodes(owner):
        if isinstance(node, nodes.AssignName):
            found.setdefault(node.name, []).append(node)
    return found


@memoised
def _uses(owner: nodes.FunctionDef, inner: nodes.NodeNG) -> list[nodes.Name]:
    name = getattr(inner, "name", "")
    return [node for node in own_nodes(owner) if isinstance(node, nodes.Name) and node.name == name]


def _in_loop(owner: nodes.FunctionDef, inner: nodes.NodeNG) -> bool:
    return _shares_loop(owner, inner, inner)


def _is_read_only_here(owner: nodes.FunctionDef, inner: nodes.NodeNG) -> bool:
    """Whether the owner's own code alone uses a `def`: neither a lambda nor another function inside."""
    if not isinstance(inner, nodes.FunctionDef):
        return False
    everywhere = sum(1 for node in owner.nodes_of_class(nodes.Name) if node.name == inner.name)
    return everywhere == len(_uses(owner, inner))


def _follows(inner: nodes.NodeNG, use: nodes.NodeNG) -> bool:
    """Whether a use stands in the block in which the function is made, further down: it is made before each use."""
    block = _block(inner)
    node = use
    while node is not None and node not in block:
        node = node.parent
    return node is not None and use.lineno > (inner.end_lineno or inner.lineno)


def _block(statement: nodes.NodeNG) -> list[nodes.NodeNG]:
    """The statements among which one stands."""
    blocks = (getattr(statement.parent, field, None) for field in ("body", "orelse", "finalbody"))
    return next((b for b in blocks if isinstance(b, list) and any(s is statement for s in b)), [])


def _is_after(change: nodes.NodeNG, use: nodes.NodeNG) -> bool:
    """Whether a change is made after a use: on lines below, or by the assignment whose value the use is in."""
    statement = use.statement()
    if change.statement() is statement and isinstance(statement, nodes.Assign):
        return any(target is change or target.parent_of(change) for target in statement.targets)
    return bool(change.lineno > (use.end_lineno or use.lineno))


def _shares_loop(scope: nodes.NodeNG, first: nodes.NodeNG, second: nodes.NodeNG) -> bool:
    """Whether a loop inside a scope, or a statement, is around both nodes."""
    node = first
    while node is not None and node is not scope:
        if isinstance(node, _LOOPS) and (node is not first) and node.parent_of(second):
            return True
        node = node.parent
    return False
