"""The operators of Python as functions (`operator.add`): they do what the operators do."""

from __future__ import annotations

from graphlift.interp.calls import SPECIAL_CALLS, Site
from graphlift.interp.frame import Frame
from graphlift.interp.operators import binary
from graphlift.models.api import Arguments
from graphlift.values import Unknown, Value

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
