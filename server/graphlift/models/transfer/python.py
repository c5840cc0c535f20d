"""The standard library's functions that pass values on."""

from __future__ import annotations

from graphlift.models.api import Arguments
from graphlift.models.call import Call
from graphlift.models.convert import as_int, is_none
from graphlift.models.rules import result_rule
from graphlift.models.transfer.results import member_of
from graphlift.values import (
    Iterator,
    Never,
    Py,
    Sequence,
    Unknown,
    Value,
    join_all,
    tuple_of,
    widen,
)


@result_rule
def chained(call: Call) -> Value:
    """`itertools.chain`: members of all its arguments."""
    return Iterator(join_all(member_of(value) for value in call.rest) if call.rest else Never(), "fresh")


@result_rule
def crossed(call: Call, repeat: Value | None) -> Value:
    """`itertools.product`: tuples with a member of each argument."""
    count = as_int(repeat)
    if count is None or call.vague:
        return Iterator(Sequence("tuple", None, join_all(member_of(value) for value in call.rest)), "fresh")
    return Iterator(tuple_of(*(member_of(value) for value in call.rest * min(count, 8))), "fresh")


@result_rule
def product_of(iterable: Value | None) -> Value:
    """`math.prod`: it multiplies whatever it is given, tensors too."""
    element = member_of(iterable)
    numbers = widen(element)
    if isinstance(numbers, Py) and numbers.type in ("int", "bool"):
        return Py("int")
    if isinstance(numbers, Py) and numbers.type == "float":
        return Py("float")
    return Unknown("the product of values of unknown kind")


@result_rule
def folded_python(call: Call, function: Value | None, iterable: Value | None, initial: Value | None) -> Value:
    """`functools.reduce`: the state after a few rounds, when it settles."""
    if function is None:
        return Unknown("no function was given")
    element = member_of(iterable)
    state = element if is_none(initial) or initial is None else initial
    for _ in range(4):
        after = call.host.invoke(function, Arguments((state, element)), repeated=True)
        joined = join_all([state, after])
        if joined == state:
            return state
        state = widen(joined)
    return Unknown("what the reduction gives does not settle")
