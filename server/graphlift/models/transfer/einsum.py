"""`einsum`: the equation says the shape."""

from __future__ import annotations

from graphlift.models import contradictions, convert, shapes
from graphlift.models.call import Call
from graphlift.models.convert import operand
from graphlift.models.rules import result_rule
from graphlift.values import Dim, Shape, Tensor, Value


def einsum_shape(equation: str, operands: list[Shape]) -> Shape:
    """The result's shape, or `None` where the equation or an operand's rank is not known."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        return None
    sizes: dict[str, Dim] = {}
    spread: Shape = ()
    for term, shape in zip(terms, operands, strict=True):
        if shape is None:
            if "..." in term:
                spread = None
            continue
        head, dots, tail = term.partition("...")
        if len(head) + len(tail) > len(shape) or (not dots and len(head) != len(shape)):
            return None
        middle = shape[len(head) : len(shape) - len(tail)]
        spread = shapes.broadcast(spread, middle)
        for label, size in [
            *zip(head, shape, strict=False),
            *zip(tail, shape[len(shape) - len(tail) :], strict=True),
        ]:
            sizes[label] = shapes.merge_dims(sizes.get(label), size)
    if not arrow:
        letters = left.replace(",", "").replace("...", "")
        right = ("..." if "..." in left else "") + "".join(
            sorted(label for label in set(letters) if letters.count(label) == 1)
        )
    head, dots, tail = right.partition("...")
    if dots and spread is None:
        return None
    middle = spread if dots and spread is not None else ()
    return (*(sizes.get(c) for c in head), *middle, *(sizes.get(c) for c in tail))


@result_rule
def einsum(call: Call, equation: Value | None) -> Value:
    """`tf.einsum(equation, *inputs)`."""
    found = [operand(value) for value in call.rest]
    text = convert.as_str(equation)
    shape = None if text is None or call.vague else einsum_shape(text, [one.shape for one in found])
    clash = contradictions.common(*call.rest)
    if clash is None and text is not None and not call.vague:
        clash = contradictions.einsum(text, call.rest)
    if clash is not None:
        # The operands stand behind the equation.
        call.contradict(clash, [f"#{place}" for place in range(1, len(call.rest) + 1)])
    return Tensor(convert.common_dtype(found), shape)
