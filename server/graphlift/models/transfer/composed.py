"""Models that are made of layers: what goes in goes through one after the other, or as their graph says."""

from __future__ import annotations

from graphlift.models import contradictions, convert, shapes
from graphlift.models.api import Arguments
from graphlift.models.call import Call
from graphlift.models.convert import as_bool, as_int, is_none, operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.extents import shape_of
from graphlift.models.transfer.layers import config, is_symbolic, setting
from graphlift.models.transfer.results import map_leaves
from graphlift.values import (
    Instance,
    KerasTensor,
    Object,
    Sequence,
    Tensor,
    Unknown,
    Value,
    const,
    join_all,
    options,
)

UNSEEN_MODEL = 16
"""The ops that a model of whose layers nothing is known is taken to dispatch: those of three dense layers."""


@result_rule
def sequential(call: Call, self: Value | None, inputs: Value | None) -> Value:
    """`keras.Sequential`: its layers one after the other. Layers that were added later are not known."""
    layers = setting(self, "layers")
    if not isinstance(layers, Sequence) or layers.items == () or inputs is None:
        call.ops = UNSEEN_MODEL
        return _generic(inputs, "the layers of the model are not known")
    if layers.items is None:
        if any(isinstance(option, Unknown) for option in options(layers.element)):
            call.ops = UNSEEN_MODEL
        return _repeated(call, layers.element, inputs)
    value = inputs
    for member in layers.items:
        value = _through(call, member, value)
    return value


def _through(call: Call, member: Value, value: Value) -> Value:
    """What one member of a model makes of a value."""
    if isinstance(member, KerasTensor):
        return value  # What `keras.Input` gives.
    if isinstance(member, Object) and member.cls in ("keras.layers.InputLayer", "keras.Input"):
        return value
    if isinstance(member, Object | Instance):
        return call_object(call, member, value)
    return _generic(value, "one of the layers of the model is not known")


def _repeated(call: Call, member: Value, inputs: Value) -> Value:
    """What any number of layers make of a value, each of which is one of those that `member` stands for."""
    value = inputs
    for _ in range(MAX_ROUNDS):
        made = [_through(call, option, value) for option in options(member)]
        after = join_all((value, *made))
        if after == value:
            return value
        value = after
    return _generic(inputs, "the layers of the model are not known")


MAX_ROUNDS = 5
"""Layers only forget sizes, the rank, the dtype: a value that goes through them settles in as many rounds."""


def call_object(call: Call, function: Value, *arguments: Value) -> Value:
    """Call a library object or one of the user's."""
    from graphlift.models.answer import method

    if isinstance(function, Object):
        result = method(function, "__call__", Arguments(arguments), call.host)
        call.ops += result.ops
        for hazard in result.hazards:
            call.hazards[hazard] = None
        return result.value
    return call.host.invoke(function, Arguments(arguments))


def _generic(inputs: Value | None, reason: str) -> Value:
    if inputs is None:
        return Unknown(reason)
    return KerasTensor() if is_symbolic(inputs) else Tensor()


@result_rule
def functional(call: Call, self: Value | None, inputs: Value | None) -> Value:
    """`keras.Model(inputs, outputs)`: tensors like the symbolic outputs."""
    call.ops = UNSEEN_MODEL
    outputs = setting(self, "outputs")
    clash = None
    if inputs is not None and call.host.keras != 2:
        clash = contradictions.model_input(setting(self, "inputs"), inputs)
    if clash is not None:
        call.contradict(clash, ["inputs"])
    if isinstance(outputs, Unknown):
        call.hazard("trusts-model", "what a Keras model of an unknown class gives")
        leaves = None if is_symbolic(inputs) else Tensor()
        return Unknown("what the model gives depends on how it was made", leaves=leaves)
    return map_leaves(outputs, _same_symbolic if is_symbolic(inputs) else _concrete)


def _same_symbolic(leaf: Value) -> Value:
    return leaf if isinstance(leaf, KerasTensor) else Unknown("an output of the model is not known")


def _concrete(leaf: Value) -> Value:
    if isinstance(leaf, KerasTensor):
        return Tensor(leaf.dtype, leaf.shape)
    return Unknown("an output of the model is not known")


@result_rule
def keras_model(call: Call) -> Value:
    """`keras.Model(...)`: what it was made from decides what it gives."""
    inputs = call.params.get("inputs")
    outputs = call.params.get("outputs")
    given = list(call.rest)
    if inputs is None and given:
        inputs, outputs = given[0], given[1] if len(given) > 1 else outputs
    inputs = call.extra.get("inputs") or inputs
    outputs = call.extra.get("outputs") or outputs
    kept = [("inputs", inputs), ("outputs", outputs)]
    return Object(call.name, tuple((name, value) for name, value in kept if value is not None))


@result_rule
def keras_input(
    call: Call, shape: Value | None, batch_size: Value | None, dtype: Value | None, batch_shape: Value | None
) -> Value:
    """`keras.Input`: a symbolic tensor with a batch dimension in front."""
    name = "float32" if is_none(dtype) else convert.as_dtype(dtype)
    if not is_none(call.params.get("tensor")):
        return KerasTensor()
    if any(
        as_bool(call.params.get(flag)) is not False for flag in ("sparse", "ragged") if flag in call.given
    ):
        return KerasTensor(name, None)
    if not is_none(batch_shape):
        return KerasTensor(name, convert.as_dims(batch_shape))
    dims = convert.as_dims(shape)
    size = None if is_none(batch_size) else as_int(batch_size)
    return KerasTensor(name, None if dims is None else (size, *dims))


@result_rule
def bidirectional(call: Call, self: Value | None, inputs: Value | None) -> Value:
    """`Bidirectional`: two runs of a recurrent layer, joined."""
    inner = config(self, "layer")
    mode = convert.as_str(setting(self, "merge_mode", const("concat")))
    if not isinstance(inner, Object) or mode is None or inputs is None:
        return Unknown("what the wrapped layer gives is not known")
    one = call_object(call, inner, inputs)
    if not isinstance(one, Tensor | KerasTensor):
        return Unknown("the states of a bidirectional layer")
    shape = one.shape
    if mode == "concat" and shape is not None:
        shape = shapes.replace(shape, -1, shapes.product((shape[-1], 2)))
    return type(one)(one.dtype, shape)


@result_rule
def time_distributed(call: Call, self: Value | None, inputs: Value | None) -> Value:
    """`TimeDistributed`: a layer applied to every step."""
    inner = config(self, "layer")
    known = shape_of(inputs)
    if not isinstance(inner, Object | Instance) or known is None or len(known) < 3:
        return _generic(inputs, "what the wrapped layer gives is not known")
    make = KerasTensor if is_symbolic(inputs) else Tensor
    one = call_object(call, inner, make(operand(inputs).dtype, (known[0], *known[2:])))
    if not isinstance(one, Tensor | KerasTensor):
        return Unknown("what the wrapped layer gives is not known")
    return type(one)(one.dtype, None if one.shape is None else (known[0], known[1], *one.shape[1:]))
