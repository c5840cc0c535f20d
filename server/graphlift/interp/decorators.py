"""What a single decorator is, by itself: `tf.function` in some spelling, something known, or unseen code."""

from __future__ import annotations

import re

from graphlift import models
from graphlift.index import FunctionInfo
from graphlift.interp.definitions import TF_FUNCTION, TRANSPARENT
from graphlift.interp.expressions import evaluate
from graphlift.interp.frame import Frame
from graphlift.interp.solver import Solver
from graphlift.interp.summary import Context
from graphlift.syntax import nodes, parse_fragment
from graphlift.values import External, Partial, Unknown, Value


def decorator_value(solver: Solver, info: FunctionInfo, text: str) -> Value:
    """The value of a decorator expression, seen from around the function."""
    parsed = parse_fragment(text)
    if parsed.tree is None or len(parsed.tree.body) != 1 or not isinstance(parsed.tree.body[0], nodes.Expr):
        return Unknown("the decorator cannot be read")
    reader = solver.onlooker(info.id)
    outer = Frame(reader, info.parent, Context(closure=_closure(solver, info, text)))
    with outer.quietly():
        return evaluate(outer, parsed.tree.body[0].value)


def _closure(solver: Solver, info: FunctionInfo, text: str) -> tuple[tuple[str, Value], ...]:
    """The names in the decorator that enclosing functions bind, as far as the function itself captured them."""
    if "<locals>" not in info.id:
        return ()
    names = sorted(set(re.findall(r"[A-Za-z_]\w*", text)))
    cells = solver.state.cells
    found = [(name, cells.get(("closure", info.id, name))) for name in names]
    return tuple((name, value) for name, value in found if value is not None)


def is_tf_function(value: Value) -> bool:
    """Whether a decorator's value is `tf.function`: bare, called, under an alias, through `functools.partial`."""
    if isinstance(value, External):
        return value.name in TF_FUNCTION
    return (
        isinstance(value, Partial)
        and isinstance(value.function, External)
        and value.function.name in TF_FUNCTION
    )


_SEEN = frozenset({"functools.wraps", "functools.lru_cache", "functools.cache", "contextlib.contextmanager"})


def is_opaque(value: Value, text: str) -> bool:
    """Whether what a decorator (its value and source text) does to calls cannot be seen."""
    if text in TRANSPARENT or text.endswith((".setter", ".getter", ".deleter")):
        return False
    if isinstance(value, Partial):
        value = value.function
    if isinstance(value, External):
        return value.name not in TF_FUNCTION | _SEEN and models.kind(value.name) is None
    return isinstance(value, Unknown)
