"""How much an entry of the tables says: the kind of the result, its dtypes, its shapes."""

from __future__ import annotations

import ast

from graphlift.models import rules
from graphlift.models.table import Entry

TYPED = {
    "tensor",
    "ragged",
    "sparse",
    "slices",
    "array",
    "ndarray",
    "variable",
    "layer",
    "keras_tensor",
    "like_kind",
}
WITH_VALUE = {"layer": 0, "like_kind": 1, "array_keep": 1}


def measure(entry: Entry) -> tuple[bool, bool, bool]:
    """Whether the kind, the dtype and the shape of a callable's result are known."""
    if entry.kind == "class" and not entry.returns:
        return True, True, True
    if not entry.returns:
        return False, False, False
    calls = [
        n
        for n in ast.walk(rules.parse(entry.returns))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    names = [n.func.id for n in calls if isinstance(n.func, ast.Name)]
    if names and names[0] == "setting":
        return False, False, False
    if "unknown" in names:
        return names[0] != "unknown", False, False
    dtype = shape = True
    for node, name in zip(calls, names, strict=True):
        if name in TYPED:
            start = WITH_VALUE.get(name, 0)
            dtype &= _given(node.args, start)
            shape &= _given(node.args, start + 1)
    return True, dtype, shape


def _given(arguments: list[ast.expr], place: int) -> bool:
    if place >= len(arguments):
        return False
    node = arguments[place]
    return not (isinstance(node, ast.Constant) and node.value is None)
