"""The operators of Python as functions (`operator.add`): they do what the operators do."""

from __future__ import annotations

from graphlift.interp.calls import SPECIAL_CALLS, Site, escape
from graphlift.interp.frame import Frame
from graphlift.interp.operators import binary
from graphlift.models.api import Arguments
from graphlift.values import Const, Py, Unknown, Value, options

OPERATORS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "and_": "&",
    "or_": "|",
    "xor": "^",
}
"""The functions of two values that make a new one, by name."""


def _special(name: str, op: str) -> None:
    def call(frame: Frame, arguments: Arguments, site: Site) -> Value:
        if len(arguments.positional) != 2 or arguments.star:
            return Unknown(f"`operator.{name}` of arguments that are not seen")
        left, right = arguments.positional
        return binary(frame, op, left, right, site.node)

    SPECIAL_CALLS[f"operator.{name}"] = call


for _name, _op in OPERATORS.items():
    _special(_name, _op)


IN_PLACE = {f"i{name.rstrip('_')}": op for name, op in OPERATORS.items()}
"""Those that change their first argument where it can be changed."""


def _changing(name: str) -> None:
    def call(frame: Frame, arguments: Arguments, site: Site) -> Value:
        first = options(arguments.positional[0]) if arguments.positional else ()
        plain = bool(first) and all(isinstance(option, Const | Py) for option in first)
        if plain and name in IN_PLACE and len(arguments.positional) == 2:
            return binary(frame, IN_PLACE[name], *arguments.positional, site.node)
        frame.effect("unknown-call", site.node, f"operator.{name}")
        escape(frame, arguments, site)
        return Unknown(f"what `operator.{name}` changes is not followed")

    SPECIAL_CALLS[f"operator.{name}"] = call


for _name in ("setitem", "delitem", "iconcat", "ilshift", "irshift", *IN_PLACE):
    _changing(_name)
