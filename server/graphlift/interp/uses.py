"""What the use of an unknown value shows of it: a tensor, a model, an optimizer, a function of tensors.

An unknown value is known by its reason, which names the parameter that it came through; so what any code does with it
finds back to that parameter (`interp.entry`).
"""

from __future__ import annotations

from collections.abc import Iterable

from graphlift import models
from graphlift.interp.frame import Analysis, Frame
from graphlift.interp.summary import Effect, Summary
from graphlift.models.api import Arguments
from graphlift.resolve import CALLED, is_layer_call, read_member
from graphlift.syntax import nodes
from graphlift.values import (
    Const,
    Instance,
    Object,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    join_all,
    options,
)

TENSOR_FUNCTION = Object("Callable[..., tf.Tensor]")
"""A function that makes a tensor of what it is given and is taken to do nothing else."""

USED_AS: dict[str, Value] = {
    "uses-strategy": Object("tensorflow.distribute.Strategy"),
    "uses-optimizer": Object("keras.optimizers.Optimizer"),
    "uses-metric": Object("keras.metrics.Metric"),
    "uses-model": Object("keras.Model"),
    "uses-function": TENSOR_FUNCTION,
    "uses-tensor": Tensor(),
}
"""What a parameter is taken for because of a use of that kind."""

KINDS = (
    "uses-strategy",
    "uses-optimizer",
    "uses-metric",
    "uses-model",
    "uses-function",
    "uses-entries",
    "uses-tensor",
    "uses-python",
)
"""All kinds of uses, the most telling first."""

_MEMBERS: dict[str, tuple[str, ...]] = {
    "uses-model": ("trainable_variables", "trainable_weights", "non_trainable_variables", "losses", CALLED),
    "uses-optimizer": ("apply_gradients", "minimize", "compute_gradients"),
    "uses-metric": ("update_state",),
    "uses-strategy": (
        "num_replicas_in_sync",
        "distribute_datasets_from_function",
        "experimental_distribute_dataset",
        "experimental_distribute_datasets_from_function",
        "experimental_distribute_values_from_function",
        "experimental_local_results",
        "run(args)",
        "reduce(ReduceOp)",
    ),
    "uses-tensor": ("numpy", "get_shape", "set_shape"),
}

MEMBER_KINDS = {member: kind for kind, members in _MEMBERS.items() for member in members}
"""The kind of use that reading an attribute is, by its name (see `resolve.read_member`), where that tells."""

UNSEEN = 8
"""Ops of what is not seen: few enough to promise nothing, enough to count."""

_RESULT = "what calling something unknown gives: "


def result_reason(function: Unknown) -> str:
    """The reason of the unknown value that calling something unknown gives."""
    return _RESULT + function.reason


def taken_for(analysis: Analysis, kind: str) -> Value:
    """What a use of this kind makes of a value: of a model, any of the program's own, where these are few.

    In a program the model is one of its own, or plain; a package with many models brings them for others to choose.
    """
    value = USED_AS[kind]
    if kind != "uses-model":
        return value
    heirs: tuple[tuple[str, str], ...] = analysis.query("library_heirs", "")
    own = dict.fromkeys(each for each, base in heirs if _is_model(models.canonical(base, analysis.keras)))
    return join_all([value, *(Instance(each) for each in own)]) if len(own) <= MAX_MODELS else value


def _is_model(base: str) -> bool:
    return any(models.is_subclass(base, root) for root in ("keras.Model", "tensorflow.Module"))


MAX_MODELS = 4
"""The most classes of models in a program any of which an unseen caller may pass."""


def note_member(frame: Frame, receiver: Unknown, name: str, node: nodes.NodeNG) -> None:
    """Note what reading an attribute of this name shows."""
    kind = MEMBER_KINDS.get(read_member(node) if isinstance(node, nodes.Attribute) else name)
    if kind is not None:
        frame.effect(kind, node, receiver.reason)


def note_called(frame: Frame, function: Unknown, arguments: Arguments, node: nodes.NodeNG) -> None:
    """Note a call with tensors: with the argument `training` it is a layer's; else it may be anything's."""
    if is_layer_call(node) or any(
        isinstance(option, Tensor | Variable) for value in arguments.positional for option in options(value)
    ):
        frame.effect("uses-model", node, function.reason, certain=is_layer_call(node))


def note_tensor(frame: Frame, value: Value, node: nodes.NodeNG, certain: bool = True) -> None:
    """Note that unknown values are used as tensors.

    What a tape records came from a function that computes with tensors; elsewhere it may have come from anywhere.
    """
    for option in options(value):
        if isinstance(option, Sequence) and option.items is not None:
            for item in option.items:
                note_tensor(frame, item, node, certain)
        if isinstance(option, Unknown):
            frame.effect("uses-tensor", node, option.reason, certain=certain)
            if option.reason.startswith(_RESULT) and any(end is None for _, end in frame.tapes.values()):
                note_differentiated(frame, option, node)


def note_differentiated(frame: Frame, value: Value, node: nodes.NodeNG) -> None:
    """Note that a tape differentiates unknown values, so that functions of tensors gave them."""
    for option in options(value):
        if isinstance(option, Unknown) and option.reason.startswith(_RESULT):
            frame.effect("uses-function", node, option.reason.removeprefix(_RESULT))


def note_entry(frame: Frame, receiver: Unknown, index: Value, node: nodes.NodeNG) -> None:
    """Note that a value has entries with names, which a tensor has not."""
    if isinstance(index, Const | Py) and index.type == "str":
        frame.effect("uses-entries", node, receiver.reason)


def call_tensor_function(frame: Frame, arguments: Arguments, node: nodes.NodeNG) -> Value:
    """What a function of tensors gives: a tensor of any shape, by as many ops as nobody knows."""
    note_given(frame, arguments, node)
    frame.work(UNSEEN)
    return Tensor()


def note_given(frame: Frame, arguments: Arguments, node: nodes.NodeNG) -> None:
    """Note that unknown values are given to what takes tensors, as a rule; a structure of them might do, too."""
    for value in arguments.positional:
        note_tensor(frame, value, node, certain=False)


def most_telling(probes: Iterable[Summary]) -> dict[str, Effect]:
    """The body's uses of unknown values, by the reason of the unknown; the most telling use of each."""
    found: dict[str, Effect] = {}
    for effect in (effect for summary in probes for effect in summary.effects):
        if effect.kind not in KINDS:
            continue
        present = found.get(effect.subject)
        if present is None or _rank(effect) < _rank(present):
            found[effect.subject] = effect
    return found


def _rank(effect: Effect) -> tuple[bool, int]:
    return not effect.certain, KINDS.index(effect.kind)
