"""Which functions AutoGraph leaves as they are when a converted one calls them, and what decorators keep of theirs."""

from __future__ import annotations

from graphlift import models
from graphlift.index import FunctionInfo, module_of
from graphlift.interp.binding import Site as Site
from graphlift.interp.frame import Frame
from graphlift.interp.guards import has_double
from graphlift.interp.objects import library_base
from graphlift.syntax import nodes
from graphlift.values import (
    Tensor,
    Value,
    parts,
)


def stays_python(frame: Frame, info: FunctionInfo, site: Site) -> bool:
    """Whether a function that library code calls is left as it is: it does not stand inside the converted function."""
    if not site.library or site.traced or site.hosted:
        return False
    return not _stands_inside(frame, info)


def _is_ambiguous(frame: Frame, info: FunctionInfo) -> bool:
    """Whether AutoGraph cannot tell a lambda from another of the same parameters on its line."""
    if info.name != "<lambda>":
        return False
    node = frame.analysis.unit(module_of(info.id)).nodes.get(info.id)
    return node is not None and not _stands_inside(frame, info) and has_double(node)


def _stands_inside(frame: Frame, info: FunctionInfo) -> bool:
    """Whether a nested function is converted together with the code that is running."""
    return info.id.startswith(f"{frame.definition.partition('.<locals>.')[0]}.<locals>.")


def _called_by_python(info: FunctionInfo) -> bool:
    names = [text.partition("(")[0].rpartition(".")[2] for text in info.decorators]
    return any(name.endswith("property") or name in ("lru_cache", "cache") for name in names)


def _is_special(info: FunctionInfo) -> bool:
    name = info.name
    return info.in_class and name.startswith("__") and name.endswith("__") and name != "__call__"


def _is_named(info: FunctionInfo, site: Site) -> bool:
    """Whether the call itself names the method: `x.__add__(y)` and `layer.call(x)` are calls like any other."""
    function = site.node.func if isinstance(site.node, nodes.Call) and not site.library else None
    return isinstance(function, nodes.Attribute) and function.attrname == info.name


KEEPING = (
    "functools.lru_cache",
    "functools.cache",
    "lru_cache",
    "cache",
    "cached_property",
    "functools.cached_property",
)
"""Decorators that keep a function's results."""


def note_kept(frame: Frame, info: FunctionInfo, result: Value, site: Site) -> None:
    """A decorator keeps what was computed while tracing: later code gets a symbolic tensor from it."""
    kept = any(text.partition("(")[0] in KEEPING for text in info.decorators)
    if kept and not frame.plain and any(is_symbolic_part(part) for part in (result, *parts(result))):
        frame.effect("leaks-tensor", site.node, f"the cache of {info.name}", target="heap")


def is_symbolic_part(value: Value) -> bool:
    """Whether a value is a tensor that may be symbolic while tracing."""
    return isinstance(value, Tensor) and not value.eager


def starts_unconverted(frame: Frame, info: FunctionInfo, site: Site) -> bool:
    """Whether the method is called in a way that AutoGraph does not convert: by Python itself, or by Keras.

    AutoGraph converts what stands behind a call expression; generators, properties and the methods behind operators
    and constructors run as they are.
    """
    if info.is_generator or _called_by_python(info) or _is_ambiguous(frame, info):
        return True
    if _is_named(info, site):
        return False
    if _is_special(info):
        return True
    if not info.in_class or frame.analysis.query("class_info", info.parent) is None:
        return False
    base = library_base(frame, info.parent)
    if base is None:
        return False
    protocol = models.subclass_protocol(base, info.name, frame.analysis.keras)
    return protocol is not None and bool(protocol.traced) and not protocol.autograph
