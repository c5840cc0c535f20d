"""Arguments bound to parameters: what a callee sees of what its caller gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from graphlift.index import FunctionInfo
from graphlift.interp.summary import Context
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    Array,
    Const,
    Instance,
    Iterator,
    Mapping,
    Py,
    Sequence,
    SetOf,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    join_all,
    limited,
    options,
    without_leaves,
)


@dataclass
class Site:
    """A call in the source: the node, and the expressions of the arguments where they are known."""

    node: nodes.NodeNG
    receiver: nodes.NodeNG | None = None
    positional: list[nodes.NodeNG] = field(default_factory=list)
    keywords: dict[str, nodes.NodeNG] = field(default_factory=dict)
    traced: str = ""
    hosted: bool = False
    library: bool = False
    """Whether library code makes the call, so that AutoGraph does not convert the callee on the way."""
    signature: Value | None = None
    """The `input_signature` of the graph function that is called."""


def bind(
    info: FunctionInfo, arguments: Arguments, site: Site
) -> tuple[dict[str, Value], dict[str, nodes.NodeNG]]:
    """Arguments by parameter name, as Python binds them; parameters that take their defaults are left out."""
    bound: dict[str, Value] = {}
    where: dict[str, nodes.NodeNG] = {}
    given = list(arguments.positional)
    spots: list[nodes.NodeNG | None] = [*site.positional, *([None] * len(given))]
    keywords = dict(arguments.keywords)
    position = 0
    for parameter in info.parameters:
        name, kind = parameter.name, parameter.kind
        if kind == "vararg":
            rest = tuple(given[position:])
            element = join_all(rest)
            if arguments.star:
                bound[name] = Sequence("tuple", None, Unknown("given through `*`"))
            else:
                bound[name] = Sequence("tuple", rest, element)
            position = len(given)
        elif kind == "kwarg":
            items = tuple((Const("str", repr(k)), v) for k, v in keywords.items())
            known = None if arguments.double_star else items
            value = Unknown("given through `**`") if arguments.double_star else join_all(v for _, v in items)
            bound[name] = Mapping("dict", known, Py("str"), value, f"@{name}")
        elif kind != "keyword_only" and position < len(given):
            bound[name] = given[position]
            node = spots[position]
            if node is not None:
                where[name] = node
            position += 1
        elif kind != "positional_only" and name in keywords:
            bound[name] = keywords.pop(name)
            if name in site.keywords:
                where[name] = site.keywords[name]
        elif (arguments.star and kind != "keyword_only") or arguments.double_star:
            bound[name] = Unknown(f"`{name}` may be given through `*` or `**`")
    return bound, where


@lru_cache(maxsize=1 << 15)
def for_context(value: Value, name: str, hosted: bool = False, keep: bool = False) -> Value:
    """An argument as the callee sees it: tensors may be symbolic (unless `hosted`), containers are the caller's.

    With `keep` an instance stays known as the one that was made where its site says.
    """

    def convert(option: Value) -> Value:
        if isinstance(option, Tensor) and option.eager and not hosted:
            return msgspec.structs.replace(option, eager=False)
        if keep and isinstance(option, Instance):
            return option
        if isinstance(option, Array) and option.number:
            option = msgspec.structs.replace(option, number="")
        if isinstance(option, Sequence | Mapping | SetOf | Instance | Array) and option.site:
            return msgspec.structs.replace(option, site=f"@{name}")
        if isinstance(option, Iterator) and option.source == "fresh":
            return Iterator(option.element)
        if isinstance(option, TensorArray):
            return msgspec.structs.replace(option, site=f"@{name}", stale=())
        return option

    known = without_leaves(value)
    return limited(join_all(convert(option) for option in options(known))) if options(known) else known


def abstracted(context: Context) -> Context:
    """A context as summaries tell contexts apart: floats and long strings do not count."""

    def forget(value: Value) -> Value:
        return join_all(
            Py(o.type) if isinstance(o, Const) and o.type in ("float", "bytes") else o for o in options(value)
        )

    return Context(tuple((name, forget(value)) for name, value in context.bindings), context.closure)
