"""`tf.stack([f(row) for row in x])` to `tf.map_fn`, where the length of `x` is not known while tracing."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site
from graphlift.values import Tensor

RULES = frozenset({"tensor-iteration"})

_STACKS = frozenset({"tensorflow.stack", "tensorflow.convert_to_tensor"})


def mend(site: Site) -> Mending | None:
    """Map over the rows in the graph.

    Offered where the list of results becomes one tensor at once and each result is a tensor of known dtype and shape,
    which `tf.map_fn` must be told. Unsafe in one thing: no rows give an empty tensor, where `tf.stack` refuses an
    empty list.
    """
    found = _comprehension(site)
    call = None if found is None else site.parent(found)
    if found is None or not isinstance(call, ast.Call) or site.called(call) not in _STACKS:
        return None
    if call.args != [found] or call.keywords:
        return None
    loop = found.generators[0]
    rows, result = site.tensor(loop.iter), site.tensor(found.elt)
    if rows is None or result is None or not isinstance(loop.target, ast.Name) or not _is_known(rows, result):
        return None
    if any(isinstance(each, ast.Await | ast.Yield | ast.NamedExpr) for each in ast.walk(found)):
        return None
    gives = "" if result.dtype == rows.dtype else f", fn_output_signature={site.tf}.{result.dtype}"
    text = f"{site.tf}.map_fn(lambda {loop.target.id}: {site.text(found.elt)}, {site.text(loop.iter)}{gives})"
    title = f"Map over `{site.text(loop.iter)}` with `{site.tf}.map_fn`"
    return Mending(
        title, (Replacement(call, text),), "no rows give an empty tensor, where stacking them raised"
    )


def _comprehension(site: Site) -> ast.ListComp | None:
    for node in ast.walk(site.function.node):
        if isinstance(node, ast.ListComp) and site.layout.span(node.generators[0].iter) == site.blocker.at:
            loop = node.generators[0]
            return node if len(node.generators) == 1 and not loop.ifs and not loop.is_async else None
    return None


def _is_known(rows: Tensor, result: Tensor) -> bool:
    """Whether the rows can't be told apart while tracing, and each gives a result of one known dtype and shape."""
    if not rows.shape or isinstance(rows.shape[0], int) or rows.dtype is None:
        return False
    known = result.shape is not None and all(isinstance(size, int) for size in result.shape)
    return known and result.dtype not in (None, "resource", "variant")
