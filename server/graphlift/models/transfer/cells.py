"""Recurrent cells, which are given states and give them back."""

from __future__ import annotations

from graphlift.models.convert import operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.layers import compute_dtype
from graphlift.values import Array, Object, Sequence, Tensor, Unknown, Value, list_of


@result_rule
def cell_states(self: Value | None, states: Value | None) -> Value:
    """The states that a recurrent cell gives back: a list for a nest, and always one of two for an LSTM."""
    dtype = compute_dtype(self)
    given = states.items if isinstance(states, Sequence) and states.items else (states,)
    made = [Tensor(dtype, operand(one).shape) for one in given]
    if any(not isinstance(one, Tensor | Array) for one in given):
        return Unknown("the states of a cell")
    if isinstance(self, Object) and self.cls == "keras.layers.LSTMCell":
        return list_of(tuple(made)) if len(made) == 2 else Unknown("the states of a cell")
    return list_of(tuple(made)) if isinstance(states, Sequence) else made[0]
