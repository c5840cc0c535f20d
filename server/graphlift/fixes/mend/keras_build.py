"""Sublayers that Keras builds at the first call are built by the constructor, before anything can be traced."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Insertion, Mending, Site
from graphlift.values import Object, Tensor

RULES = frozenset({"keras-frozen-weights"})

_BUILDS = frozenset(
    {
        "BatchNormalization",
        "Conv1D",
        "Conv1DTranspose",
        "Conv2D",
        "Conv2DTranspose",
        "Conv3D",
        "Dense",
        "DepthwiseConv2D",
        "GRU",
        "LayerNormalization",
        "LSTM",
        "SeparableConv2D",
        "SimpleRNN",
    }
)
"""Layers whose `build(shape)` takes the shape of the one thing that they are called with."""


def mend(site: Site) -> Mending | None:
    """Build each sublayer below the line that makes it.

    Offered where the constructor makes every sublayer, and the method calls each once with a tensor whose rank and last
    size are known. Unsafe in that the weights are there earlier, under names without the outer layer's.
    """
    owner = site.function.ancestors[-1] if site.function.ancestors else None
    if not isinstance(owner, ast.ClassDef) or not _decides_itself(owner):
        return None
    constructor = next(n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "__init__")
    made = _sublayers(constructor)
    if not made:
        return None
    edits = []
    for name, statement in made.items():
        shape = _shape(site, name)
        if shape is None:
            return None
        edits.append(Insertion(statement, f"{ast.unparse(statement.targets[0])}.build({shape})", after=True))
    unsafe = "the weights are made earlier, and their names do not tell the outer layer's"
    return Mending("Build its sublayers in `__init__`", tuple(edits), unsafe)


def _decides_itself(owner: ast.ClassDef) -> bool:
    names = [each.name for each in owner.body if isinstance(each, ast.FunctionDef)]
    return names.count("__init__") == 1 and "build" not in names


def _sublayers(constructor: ast.FunctionDef) -> dict[str, ast.Assign]:
    """The statements that make sublayers, by attribute; empty where one is made in another way or of another class."""
    found: dict[str, ast.Assign] = {}
    receiver = constructor.args.args[0].arg if constructor.args.args else ""
    for node in constructor.body:
        if _is_base_call(node):
            continue
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            return {}
        target = node.targets[0]
        own = (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and target.value.id == receiver
        )
        if not own or not isinstance(target, ast.Attribute):
            return {}
        if isinstance(node.value, ast.Constant):
            continue
        if not isinstance(node.value, ast.Call) or target.attr in found:
            return {}
        if ast.unparse(node.value.func).rpartition(".")[2] not in _BUILDS:
            return {}
        found[target.attr] = node
    return found


def _is_base_call(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("super(")


def _shape(site: Site, name: str) -> str | None:
    """The shape of what a sublayer is called with, batch left open; `None` where it is not known or not one."""
    arguments = site.function.node.args.args
    if not arguments:
        return None
    layer = f"{arguments[0].arg}.{name}"
    mentions = [
        n for n in ast.walk(site.function.node) if isinstance(n, ast.Attribute) and ast.unparse(n) == layer
    ]
    calls = [site.parent(node) for node in mentions]
    if len(calls) != 1 or not isinstance(calls[0], ast.Call) or calls[0].func is not mentions[0]:
        return None
    call = calls[0]
    value = site.value(call.func)
    if not call.args or not isinstance(value, Object) or value.cls.rpartition(".")[2] not in _BUILDS:
        return None
    given = site.value(call.args[0])
    if not isinstance(given, Tensor) or not given.shape or not isinstance(given.shape[-1], int):
        return None
    sizes = [str(size) if isinstance(size, int) else "None" for size in given.shape]
    return f"({', '.join(['None', *sizes[1:]])})"
