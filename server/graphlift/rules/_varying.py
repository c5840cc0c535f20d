"""Which arguments take ever new Python values, as far as what callers pass shows it."""

from __future__ import annotations

from graphlift.interp.entry import ParameterEvidence
from graphlift.values import Const, Mapping, Object, Py, Sequence, SetOf, Value, elements, options

FEW_VALUES = 2
"""So many different Python values make so many traces, once: that is what `training=True` and `False` do."""

MOST_NESTED = 3

_NUMBERS = ("int", "float", "complex")
_TEXTS = ("str", "bytes")

_BY_VALUE = frozenset(
    {
        "builtins.range",
        "datetime.date",
        "datetime.datetime",
        "datetime.time",
        "datetime.timedelta",
        "decimal.Decimal",
        "fractions.Fraction",
        "pathlib.Path",
        "uuid.UUID",
    }
)
"""Types of Python's own, besides numbers and strings, that are told apart by value (tried with TensorFlow 2.21)."""


def varying_value(parameter: ParameterEvidence) -> tuple[str, bool]:
    """How a parameter takes ever new Python values, empty when it does not; and whether these are seen to differ."""
    if parameter.source != "calls":
        return "", False
    given = options(parameter.value)
    plain = _plain(parameter.value)
    unknown = next((each for each in plain if isinstance(each, Py)), None)
    if unknown is not None:
        return f"a Python {_kind_of(unknown)} that varies", False
    for option in given:
        if kind := _by_value(option):
            return f"a Python `{kind}` that varies", False
    if len(plain) > FEW_VALUES:
        texts = (each.text for each in plain if isinstance(each, Const))
        return "given the Python values " + ", ".join(sorted(texts)), True
    for option in given:
        if isinstance(option, Sequence | Mapping) and (held := _varying_part(option)):
            return f"a {option.type} with a Python {held} that varies", False
    return "", False


def _plain(value: Value) -> list[Const | Py]:
    return [o for o in options(value) if isinstance(o, Const | Py) and o.type in (*_NUMBERS, *_TEXTS)]


def _kind_of(value: Const | Py) -> str:
    return "string" if value.type in _TEXTS else "number"


def _varying_part(value: Sequence | Mapping, depth: int = 0) -> str:
    """What kind of Python value inside a container may differ from call to call: a number, a string or none.

    Where the elements are not known one by one, several constants may come in another order each time.
    """
    few = FEW_VALUES if value.items is not None else 1
    for part in elements(value):
        found = _plain(part)
        if any(isinstance(o, Py) for o in found) or len(found) > few:
            return _kind_of(found[0])
        for option in options(part):
            if isinstance(option, Sequence | Mapping) and depth < MOST_NESTED:
                held = _varying_part(option, depth + 1)
                if held:
                    return held
    return ""


def _by_value(value: Value) -> str:
    """The type of an object that may equal another one at each call; empty for others and for constants."""
    if isinstance(value, SetOf):
        drawn = value.type == "frozenset" and any(isinstance(o, Py) for o in options(value.element))
        return "frozenset" if drawn else ""
    if isinstance(value, Object):
        constant = value.config and all(isinstance(v, Const) for _, v in value.config)
        return "" if constant or value.cls not in _BY_VALUE else value.cls.rpartition(".")[2]
    return value.type.rpartition(".")[2] if isinstance(value, Py) and value.type in _BY_VALUE else ""
