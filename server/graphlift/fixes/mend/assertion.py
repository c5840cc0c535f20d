"""`assert` on a tensor to `tf.debugging.assert_…`, which checks at each call."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site, quoted
from graphlift.values import Const, const_value

RULES = frozenset({"tensor-as-bool"})

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "assert_equal",
    ast.NotEq: "assert_none_equal",
    ast.Gt: "assert_greater",
    ast.GtE: "assert_greater_equal",
    ast.Lt: "assert_less",
    ast.LtE: "assert_less_equal",
}


def mend(site: Site) -> Mending | None:
    """Check with the op.

    Never safe: the op raises `InvalidArgumentError` instead of `AssertionError`, and does so under `python -O` too. The
    message must be a text that does not depend on tensors, since it is made while tracing.
    """
    statement = site.found(ast.Assert)
    if statement is None or not _is_one_value(site, statement.test):
        return None
    message = statement.msg
    if message is not None and not (isinstance(message, ast.Constant) and isinstance(message.value, str)):
        return None
    told = [] if message is None else [f"message={site.text(message)}"]
    test = statement.test
    name, sides = _comparison(site, test)
    if name:
        text = f"{site.tf}.debugging.{name}({', '.join([*sides, *told])})"
    else:
        said = quoted(" ".join(site.text(test).split())) if message is None else site.text(message)
        name = "Assert"
        text = f"{site.tf}.debugging.Assert({site.text(test)}, [{said}])"
    title = f"Check with `{site.tf}.debugging.{name}`"
    return Mending(title, (Replacement(statement, text),), "raises `InvalidArgumentError`")


def _comparison(site: Site, test: ast.expr) -> tuple[str, list[str]]:
    """The check that compares the two sides, and these; an empty name where the check would not convert them alike.

    The operators turn a whole number into what the tensor beside it holds, and the checks do not.
    """
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return "", []
    nodes = [test.left, test.comparators[0]]
    dtypes = {tensor.dtype for tensor in map(site.tensor, nodes) if tensor is not None}
    if len(dtypes) != 1 or None in dtypes:
        return "", []
    floating = next(iter(dtypes)) in ("float32", "float64")
    sides = []
    for node in nodes:
        value = site.value(node)
        if site.tensor(node) is None and not (isinstance(value, Const) and value.type in ("int", "float")):
            return "", []
        if isinstance(value, Const) and floating:
            sides.append(repr(float(const_value(value) or 0)))
        elif isinstance(value, Const) and value.type == "float":
            return "", []
        else:
            sides.append(site.text(node))
    return _COMPARISONS.get(type(test.ops[0]), ""), sides


def _is_one_value(site: Site, test: ast.expr) -> bool:
    """Whether what is asserted is one truth value that a tensor holds."""
    value = site.tensor(test)
    return value is not None and value.dtype == "bool" and value.shape == ()
