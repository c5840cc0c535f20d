"""What Python does to things that it compares by itself: in the end it asks for the truth of each comparison.

`sorted`, `max`, `min`, `list.sort` and `bisect` put in order; `==` on containers and dataclasses, `in` and `remove`
look for what is equal.
"""

from __future__ import annotations

from graphlift.interp.calls import SPECIAL_CALLS, Site, call_value
from graphlift.interp.construct import class_fields, is_dataclass
from graphlift.interp.expressions import iteration
from graphlift.interp.frame import Frame
from graphlift.interp.instances import call_special
from graphlift.interp.objects import attribute
from graphlift.interp.statements import is_symbolic
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import NONE, Const, Instance, Mapping, Py, Sequence, Tensor, Value, join, options

NUMBERS = ("bool", "int", "float", "complex")


def compared(frame: Frame, arguments: Arguments, element: Value, name: str, site: Site) -> None:
    """Put elements in order, or what the `key` among the arguments makes of them."""
    key = dict(arguments.keywords).get("key", NONE)
    if key != NONE:
        element = call_value(frame, key, Arguments((element,)), Site(site.node, library=True))
    if any(_asks_a_tensor(frame, option, element, site) for option in options(element)):
        frame.effect("tensor-as-bool", site.node, f"{name}()")


def _asks_a_tensor(frame: Frame, value: Value, other: Value, site: Site) -> bool:
    """Whether comparing needs a symbolic tensor's value. Tuples are decided by their first items, ties aside."""
    if isinstance(value, Instance):
        answers = (call_special(frame, value, name, (other,), site.node) for name in ("__lt__", "__gt__"))
        answer = next((each for each in answers if each is not None), None)
        return answer is not None and any(is_symbolic(frame, option) for option in options(answer))
    if isinstance(value, Sequence) and value.items:
        first = value.items[0]
        return any(_asks_a_tensor(frame, option, first, site) for option in options(first))
    return is_symbolic(frame, value)


def _bisect(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if len(arguments.positional) > 1:
        element = iteration(frame, arguments.positional[0], site.node)
        compared(frame, arguments, join(element, arguments.positional[1]), "bisect", site)
    return Py("int")


for _name in ("bisect", "bisect_left", "bisect_right"):
    SPECIAL_CALLS[f"bisect.{_name}"] = _bisect


def note_equality(frame: Frame, left: Value, right: Value, node: nodes.NodeNG) -> None:
    """Note that Python compares the parts of two containers or dataclasses, where these are symbolic tensors."""
    asked = _equality(frame, left, right, node)
    if asked is not None:
        frame.effect("tensor-as-bool", node, "a comparison of containers", certain=asked)


def _equality(frame: Frame, left: Value, right: Value, node: nodes.NodeNG) -> bool | None:
    """Whether the comparison certainly asks for the truth of a tensor; `None` where it does not."""
    pairs: list[tuple[Value, Value]] = []
    sure = True
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        if left.items is None or right.items is None:
            pairs, sure = [(left.element, right.element)], False
        elif len(left.items) == len(right.items):
            pairs = list(zip(left.items, right.items, strict=True))
    elif isinstance(left, Mapping) and isinstance(right, Mapping):
        if left.items is None or right.items is None:
            pairs, sure = [(left.value, right.value)], False
        elif dict(left.items).keys() == dict(right.items).keys():
            others = dict(right.items)
            pairs = [(value, others[key]) for key, value in left.items]
    elif _is_same_dataclass(frame, left, right):
        with frame.quietly():
            for field in class_fields(frame, getattr(left, "definition", "")):
                pairs.append(
                    (attribute(frame, left, field.name, node), attribute(frame, right, field.name, node))
                )
    for one, other in pairs:
        if isinstance(one, Const) and isinstance(other, Const) and one != other:
            return None
        if is_symbolic(frame, one) or is_symbolic(frame, other):
            return sure
        sure = sure and isinstance(one, Const) and one == other
    return None


def _is_same_dataclass(frame: Frame, left: Value, right: Value) -> bool:
    both = isinstance(left, Instance) and isinstance(right, Instance) and left.definition == right.definition
    return both and isinstance(left, Instance) and is_dataclass(frame, left.definition)


def looks_up_tensors(frame: Frame, left: Value, right: Value) -> bool:
    """Whether `left in right` compares symbolic tensors, or a number with some."""
    if any(isinstance(side, Tensor) and not side.eager for side in (left, right)):
        return True
    number = isinstance(left, Const | Py) and left.type in NUMBERS
    return number and isinstance(right, Sequence) and is_symbolic(frame, right.element)
