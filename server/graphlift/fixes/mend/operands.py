"""Whether a value is made a tensor at once by everything that uses it, so that it may be one from the start."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Site
from graphlift.models.table import load

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)

_TENSOR_PARAMETERS = frozenset(
    {"x", "y", "a", "b", "input", "input_tensor", "tensor", "value", "features", "logits", "labels"}
)
"""How TensorFlow's ops call what they turn into a tensor before they look at it."""


def becomes_tensor(site: Site, node: ast.expr, dtype: str) -> bool:
    """Whether each use of what an expression gives turns it into a tensor of this dtype before anything else.

    Uses are the other operand of an arithmetic operator whose one side is a tensor of that dtype, the tensor argument
    of a TensorFlow op, and both again for a local variable that holds it and nothing else.
    """
    parent = site.parent(node)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, _ARITHMETIC):
        other = site.tensor(parent.right if parent.left is node else parent.left)
        return other is not None and other.dtype == dtype
    if isinstance(parent, ast.Call):
        return _is_tensor_argument(site, parent, node)
    if isinstance(parent, ast.Assign):
        return _all_uses(site, parent, dtype)
    return False


def _all_uses(site: Site, statement: ast.Assign, dtype: str) -> bool:
    if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
        return False
    name = statement.targets[0].id
    if not site.is_local(name) or len(list(site.stores(name))) != 1:
        return False
    return all(becomes_tensor(site, load, dtype) for load in site.loads(name))


def _is_tensor_argument(site: Site, call: ast.Call, node: ast.expr) -> bool:
    called = site.called(call)
    if not called.startswith("tensorflow.") or site.tensor(call) is None:
        return False
    entry = load("tensorflow").entries.get(called)
    if entry is None or any(isinstance(each, ast.Starred) for each in call.args):
        return False
    if node in call.args:
        position = call.args.index(node)
        names = [each.partition("=")[0] for each in entry.params]
        name = names[position] if position < len(names) else ""
    else:
        name = next((each.arg or "" for each in call.keywords if each.value is node), "")
    return name in _TENSOR_PARAMETERS and "tensor" not in called.rpartition(".")[2]
