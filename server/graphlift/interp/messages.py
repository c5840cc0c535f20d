"""Texts that are shown only when something fails: what stands in them decides nothing."""

from __future__ import annotations

from graphlift.interp.frame import Frame
from graphlift.values import External, Value, options


def forget_message(frame: Frame, function: Value, known: int) -> None:
    """Forget that the arguments of an assertion format tensors: `known` effects were there before them."""
    if options(function) and all(_asserts(option) for option in options(function)):
        for effect in list(frame.effects)[known:]:
            if effect.kind == "formats-tensor":
                del frame.effects[effect]


def _asserts(function: Value) -> bool:
    name = function.name if isinstance(function, External) else ""
    last = name.rpartition(".")[2]
    return name.startswith("tensorflow.") and last.startswith(("assert_", "Assert", "check_numerics"))
