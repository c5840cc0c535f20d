"""`v += x` on a variable to `v.assign_add(x)`."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site

RULES = frozenset({"variable-augassign"})

_METHODS: dict[type[ast.operator], str] = {ast.Add: "assign_add", ast.Sub: "assign_sub"}
_SIGNS: dict[type[ast.operator], str] = {ast.Mult: "*", ast.Div: "/"}


def mend(site: Site) -> Mending | None:
    """Change the variable by its own method.

    Python's statement raises, so this changes what the program does; it is what the statement was meant to do.
    """
    statement = site.found(ast.AugAssign)
    if statement is None or not isinstance(statement.target, ast.Name | ast.Attribute):
        return None
    target, value = site.text(statement.target), site.text(statement.value)
    method = _METHODS.get(type(statement.op))
    sign = _SIGNS.get(type(statement.op))
    if method is not None:
        text = f"{target}.{method}({value})"
    elif sign is not None:
        text = f"{target}.assign({target} {sign} {site.atom(statement.value)})"
    else:
        return None
    if isinstance(statement.target, ast.Name) and not _is_read_only(site, statement.target.id):
        return None
    return Mending(f"Change it with `{text}`", (Replacement(statement, text),), "what raised goes on")


def _is_read_only(site: Site, name: str) -> bool:
    """Whether a name would still be bound without its augmented assignments: by a parameter or another statement."""
    others = [each for each in site.stores(name) if not isinstance(site.parent(each), ast.AugAssign)]
    return name in site.parameters or name in site.foreign or bool(others)
