"""`x.shape[0]` to `tf.shape(x)[0]`, where it is a part of a shape that an op is given."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site
from graphlift.models.table import load
from graphlift.values import Const, Tensor, const_value

RULES = frozenset({"static-shape", "unknown-size"})

OPS = {
    "broadcast_to": "shape",
    "fill": "dims",
    "ones": "shape",
    "random.normal": "shape",
    "random.stateless_normal": "shape",
    "random.stateless_truncated_normal": "shape",
    "random.stateless_uniform": "shape",
    "random.truncated_normal": "shape",
    "random.uniform": "shape",
    "reshape": "shape",
    "scatter_nd": "shape",
    "tile": "multiples",
    "zeros": "shape",
}
"""Ops and the parameter that takes a list of numbers and tensors for a shape, by running each both ways."""


def mend(site: Site) -> Mending | None:
    """Ask for the size, or for the whole shape, when the graph runs.

    Eagerly the one is a Python number and the other a tensor of `int32`; for a shape that an op is given they are the
    same. Offered in that place alone, directly or through a local variable that is used in no other way.
    """
    read = site.found(ast.Attribute)
    if read is None or read.attr != "shape":
        return None
    tensor = site.value(read.value)
    if not isinstance(tensor, Tensor) or tensor.form != "dense":
        return None
    whole = f"{site.tf}.shape({site.text(read.value)})"
    if _is_shape(site, read) and _varies(site, tensor):
        return Mending(f"Ask for the shape with `{whole}`", (Replacement(read, whole),))
    item = site.parent(read)
    if not isinstance(item, ast.Subscript) or item.value is not read:
        return None
    index = site.value(item.slice)
    if not isinstance(index, Const) or index.type != "int" or not _only_in_shapes(site, item):
        return None
    number = const_value(index)
    if not isinstance(number, int) or not _varies(site, tensor, number):
        return None
    text = f"{whole}[{site.text(item.slice)}]"
    return Mending(f"Ask for the size with `{text}`", (Replacement(item, text),))


def _varies(site: Site, tensor: Tensor, index: int | None = None) -> bool:
    """Whether a size, or any, is not one known number: those stay, since code that follows may need to know them."""
    if site.blocker.rule == "unknown-size" or tensor.shape is None:
        return True
    sizes = tensor.shape
    if index is not None and -len(sizes) <= index < len(sizes):
        sizes = (sizes[index],)
    return not all(isinstance(size, int) for size in sizes)


def _only_in_shapes(site: Site, node: ast.expr) -> bool:
    """Whether an expression's value is a part of a shape for an op and nothing else."""
    parent = site.parent(node)
    if isinstance(parent, ast.List | ast.Tuple) and isinstance(parent.ctx, ast.Load):
        call = site.parent(parent)
        return isinstance(call, ast.Call | ast.keyword) and _is_shape(site, parent)
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
        if not isinstance(target, ast.Name) or not site.is_local(target.id):
            return False
        single = len(list(site.stores(target.id))) == 1
        return single and all(_only_in_shapes(site, load) for load in site.loads(target.id))
    return False


def _is_shape(site: Site, node: ast.expr) -> bool:
    """Whether an expression is what an op takes for a shape."""
    parent = site.parent(node)
    keyword = parent.arg if isinstance(parent, ast.keyword) else None
    call = site.parent(parent) if isinstance(parent, ast.keyword) else parent
    if not isinstance(call, ast.Call) or any(isinstance(each, ast.Starred) for each in call.args):
        return False
    called = site.called(call)
    wanted = OPS.get(called.removeprefix("tensorflow.")) if called.startswith("tensorflow.") else None
    entry = load("tensorflow").entries.get(called)
    if wanted is None or entry is None:
        return False
    if keyword is None:
        names = [each.partition("=")[0] for each in entry.params]
        position = call.args.index(node)
        keyword = names[position] if position < len(names) else ""
    return keyword == wanted
