"""Python's built-in functions of numbers."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from graphlift.interp.builtin_calls import builtin, first_of
from graphlift.interp.calls import FrameHost, Site
from graphlift.interp.expressions import iteration, known_length
from graphlift.interp.frame import Frame
from graphlift.interp.instances import call_special
from graphlift.interp.ordering import compared
from graphlift.interp.statements import is_symbolic
from graphlift.models.api import Arguments
from graphlift.models.folding import numbers_of
from graphlift.syntax import nodes
from graphlift.values import (
    Array,
    Const,
    Instance,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
    const_value,
    join,
    join_all,
    options,
)


@builtin("abs")
def _abs(frame: Frame, arguments: Arguments, site: Site) -> Value:
    return join_all(_abs_one(frame, option, site) for option in options(first_of(arguments)))


def _abs_one(frame: Frame, value: Value, site: Site) -> Value:
    from graphlift import models

    if isinstance(value, Tensor | Variable):
        result = models.call("tensorflow.abs", Arguments((value,)), FrameHost(frame, site.node))
        return frame.result(site.node, result)
    if isinstance(value, Array):
        return _of_unknown_value(value)
    if isinstance(value, Py | Unknown):
        return value
    if isinstance(value, Const):
        number = const_value(value)
        if isinstance(number, int | float):
            return const(abs(number))
    if isinstance(value, Instance):
        found = call_special(frame, value, "__abs__", (), site.node)
        return found if found is not None else Unknown("`abs` of a user-defined object is not visible")
    return Unknown("`abs` of this value is not modelled")


@builtin("max", "min", "sum", "round", "pow", "divmod")
def _numeric(frame: Frame, arguments: Arguments, site: Site) -> Value:
    name = site.node.as_string().partition("(")[0] if isinstance(site.node, nodes.Call) else "max"
    given = arguments.positional
    known = _worked_out(name, arguments)
    if known is not None:
        return known
    if len(given) == 1 and name in ("max", "min", "sum"):
        source = given[0]
        if is_symbolic(frame, source):
            frame.effect("tensor-iteration", site.node, f"{name}()")
            return Tensor()
        elements = iteration(frame, source, site.node)
    else:
        elements = join_all(given)
    if name == "sum":
        return _sum(frame, given, elements, site)
    if name in ("max", "min"):
        compared(frame, arguments, elements, name, site)
    if any(is_symbolic(frame, o) for o in options(elements)):
        if name in ("round", "divmod"):
            frame.effect("python-on-tensor", site.node, f"{name}()")
        elif name == "pow":
            frame.work(1)
        return Tensor()
    return join_all(_of_unknown_value(o) for o in options(elements))


def _of_unknown_value(value: Value) -> Value:
    """Some number of the same type."""
    if isinstance(value, Array) and value.number:
        return msgspec.structs.replace(value, number="")
    return Py(value.type) if isinstance(value, Const) else value


_EXACT: dict[str, Callable[..., int | float]] = {"max": max, "min": min, "round": round, "sum": sum}


def _worked_out(name: str, arguments: Arguments) -> Value | None:
    """The very number that a function of known numbers gives, or of a list or tuple of them."""
    given = arguments.positional
    if arguments.keywords or arguments.star or arguments.double_star or name not in _EXACT:
        return None
    only = given[0] if len(given) == 1 and name != "round" else None
    listed = only.items if isinstance(only, Sequence) else None
    numbers = numbers_of(given if only is None else listed or ())
    if numbers is None:
        return None
    try:
        return const(_EXACT[name](*numbers) if only is None else _EXACT[name](numbers))
    except (ArithmeticError, TypeError, ValueError):
        return None  # The call raises.


def _sum(frame: Frame, given: tuple[Value, ...], elements: Value, site: Site) -> Value:
    from graphlift.interp.operators import binary

    start = given[1] if len(given) > 1 else const(0)
    count = known_length(given[0]) if given else None
    if count == 0:
        return start
    once = binary(frame, "+", start, elements, site.node)
    multiplier = frame.multiplier
    frame.multiplier = multiplier * max((count if count is not None else 4) - 1, 1)
    result = binary(frame, "+", once, elements, site.node)
    frame.multiplier = multiplier
    if count == 1:
        return once
    widened = join_all(Py(o.type) if isinstance(o, Const) else o for o in options(result))
    return join(widened, start) if count is None else widened
