"""A variable that one branch of a tensor condition leaves unset gets a value before it."""

from __future__ import annotations

import ast
import re

from graphlift.fixes.mend.base import Insertion, Mending, Replacement, Site
from graphlift.fixes.mend.operands import becomes_tensor
from graphlift.values import Const, Tensor, const_value

RULES = frozenset({"branch-mismatch"})

_UNSET = re.compile(r"`(\w+)` is set in one branch only")
_MEETS = re.compile(r"`(\w+)` holds .* on one side and .* on the other")


def mend(site: Site) -> Mending | None:
    """Give the branches something that can meet.

    A variable that is set on one side only gets zeros of the same dtype and shape before the condition: unsafe, since
    eager code that reads it after the other side raises. A whole number on one side where the other has a tensor of
    floating-point numbers becomes one of these: safe where the variable is an operand of such tensors and no more.
    """
    statement = site.found(ast.If)
    if statement is None:
        return None
    unset = _UNSET.search(site.blocker.message)
    if unset is not None:
        return _zeros(site, statement, unset[1])
    meets = _MEETS.search(site.blocker.message)
    return None if meets is None else _as_float(site, statement, meets[1])


def _zeros(site: Site, statement: ast.If, name: str) -> Mending | None:
    values = [site.tensor(each.value) for each in _assignments(statement, name)]
    stores = [each for each in site.stores(name) if _inside(statement, each)]
    if not values or len(stores) != len(values) or any(each is None for each in values):
        return None
    first = values[0]
    if first is None or any(each != first for each in values) or first.dtype is None or first.shape is None:
        return None
    if not all(isinstance(size, int) for size in first.shape) or first.dtype in (
        "string",
        "resource",
        "variant",
    ):
        return None
    shape = ", ".join(str(size) for size in first.shape)
    text = f"{name} = {site.tf}.zeros([{shape}], {site.tf}.{first.dtype})"
    return Mending(
        f"Set `{name}` to zeros before the condition",
        (Insertion(statement, text),),
        "reading it raised where the condition did not hold",
    )


def _as_float(site: Site, statement: ast.If, name: str) -> Mending | None:
    assigned = _assignments(statement, name)
    tensors = [each for each in (site.tensor(item.value) for item in assigned) if isinstance(each, Tensor)]
    numbers = [item for item in assigned if isinstance(site.value(item.value), Const)]
    floating = all(each.dtype in ("float16", "float32", "float64", "bfloat16") for each in tensors)
    if not tensors or not numbers or not floating or len(tensors) + len(numbers) != len(assigned):
        return None
    edits = []
    for item in numbers:
        value = item.value
        known = site.value(value)
        number = const_value(known) if isinstance(known, Const) else None
        if not isinstance(value, ast.Constant) or type(number) is not int:
            return None
        edits.append(Replacement(value, f"{number}.0"))
    dtype = tensors[0].dtype or ""
    uses = [load for load in site.loads(name) if not _inside(statement, load)]
    alone = site.is_local(name) and len(list(site.stores(name))) == len(assigned)
    hidden = alone and all(becomes_tensor(site, load, dtype) for load in uses)
    unsafe = (
        "" if hidden and len(uses) == len(list(site.loads(name))) else "eager code may show the difference"
    )
    return Mending(f"Set `{name}` to a floating-point number", tuple(edits), unsafe)


def _assignments(statement: ast.If, name: str) -> list[ast.Assign]:
    """The plain assignments to a name inside a condition's branches."""
    return [
        node
        for node in ast.walk(statement)
        if isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == name
    ]


def _inside(outer: ast.AST, node: ast.AST) -> bool:
    return any(each is node for each in ast.walk(outer))
