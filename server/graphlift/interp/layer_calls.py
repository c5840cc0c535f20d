"""Calls of Keras's own layers that a graph takes amiss."""

from __future__ import annotations

import msgspec

from graphlift import models
from graphlift.interp.frame import Frame
from graphlift.interp.uses import note_given
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import NEVER, TRUE, Method, Object, Tensor, Value, Variable, options

_ASKING = (
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "BatchNormalization",
    "LSTM",
    "GRU",
    "Bidirectional",
)
"""The layers that ask `if training:` in plain Python (Keras 3.15, tried one by one)."""


def ask_training(frame: Frame, layer: Object, arguments: Arguments, node: nodes.NodeNG) -> None:
    """Keras 3 asks `training` in plain Python, which a symbolic tensor does not answer."""
    if frame.plain or frame.analysis.keras < 3 or not models.is_subclass(layer.cls, "keras.layers.Layer"):
        return
    given = dict(arguments.keywords).get("training")
    if given is None or not any(
        isinstance(o, Variable) or (isinstance(o, Tensor) and not o.eager) for o in options(given)
    ):
        return
    asks = layer.cls.rpartition(".")[2] in _ASKING
    frame.effect("tensor-as-bool", node, f"`training` of `{layer.cls}`", certain=asks)


def note_input(frame: Frame, receiver: Object, name: str, arguments: Arguments, node: nodes.NodeNG) -> None:
    """Something unknown that a layer, a loss or a metric is given is a tensor by that, or a structure of tensors."""
    takes = (
        name == "__call__" and any(models.is_subclass(receiver.cls, base) for base in _TAKES_TENSORS)
    ) or (name == "update_state" and models.is_subclass(receiver.cls, "keras.metrics.Metric"))
    if takes:
        note_given(frame, arguments, node)


_TAKES_TENSORS = ("keras.layers.Layer", "keras.losses.Loss", "keras.metrics.Metric")


def known_by(frame: Frame, value: Object, node: nodes.NodeNG) -> Object:
    """A layer or an optimizer that a call makes, known by where; one of several where a loop makes it."""
    if not isinstance(node, nodes.Call) or not any(models.is_subclass(value.cls, base) for base in LAZY):
        return value
    scope, around = frame.node, node.parent
    made = frame.site(node)
    while around is not None and around is not scope:
        if isinstance(around, _MAKING_MANY):
            made = "*"
        around = around.parent
    return msgspec.structs.replace(value, made=made)


LAZY = ("keras.optimizers.Optimizer", "keras.layers.Layer")
"""What creates its variables when it is first used."""

_MAKING_MANY = (nodes.For, nodes.While, nodes.ListComp, nodes.DictComp, nodes.GeneratorExp)


def note_choice(frame: Frame, functions: tuple[Value, ...], node: nodes.NodeNG) -> None:
    """Whichever of several optimizers is applied makes its variables then: one of them after the first call."""
    optimizers = {
        function.receiver
        for function in functions
        if isinstance(function, Method)
        and function.name == "apply_gradients"
        and isinstance(function.receiver, Object)
        and models.is_subclass(function.receiver.cls, LAZY[0])
    }
    if len(optimizers) > 1:
        built = frame.analysis.cell(("builds-optimizers",)) != NEVER
        target = _captured(frame, node)
        frame.effect("creates-variable", node, "one of several optimizers", target=target, certain=not built)


def note_optimizer(frame: Frame, optimizer: Object, name: str, node: nodes.NodeNG) -> None:
    """`build` makes an optimizer's variables before it is applied; of two that a local name may hold, only one is."""
    if not models.is_subclass(optimizer.cls, LAZY[0]):
        return
    if name == "build":
        frame.write_cell(("builds-optimizers",), TRUE)
        return
    holder = getattr(getattr(node, "func", None), "expr", None)
    if optimizer.made != "*" or not isinstance(holder, nodes.Name) or holder.name not in frame.env:
        return
    given = frame.info is not None and any(p.name == holder.name for p in frame.info.parameters)
    if given or frame.node is None or _is_looped(frame.node, holder.name):
        return
    built = frame.analysis.cell(("builds-optimizers",)) != NEVER
    frame.effect("creates-variable", node, "one of several optimizers", certain=not built)


def _is_looped(scope: nodes.NodeNG, name: str) -> bool:
    """Whether a loop binds a name: each optimizer of a list is applied, in the first call too."""
    targets = (loop.target for loop in scope.nodes_of_class((nodes.For, nodes.Comprehension)))
    return any(bound.name == name for target in targets for bound in target.nodes_of_class(nodes.AssignName))


def _captured(frame: Frame, node: nodes.NodeNG) -> str:
    """The captured variable whose method is called: each function that captures it has one object in it."""
    holder = getattr(getattr(node, "func", None), "expr", None)
    if not isinstance(holder, nodes.Name) or holder.name in frame.nonlocal_names:
        return ""
    return f"closure:{holder.name}" if holder.name not in frame.env and holder.name in frame.closure else ""


_WEIGHTED = frozenset(
    {
        "BatchNormalization", "Bidirectional", "Dense", "EinsumDense", "Embedding", "GRU", "LSTM", "LayerNormalization",
        "MultiHeadAttention", "SimpleRNN",
    }
)  # fmt: skip
"""Layers that make weights when they are first called, beside the convolutions."""


def note_late_weights(frame: Frame, layer: Object, node: nodes.NodeNG) -> None:
    """A layer that some calls skip makes its weights in a later call than the first, unless it is built by then."""
    name = layer.cls.rpartition(".")[2]
    if name not in _WEIGHTED and "Conv" not in name:
        return
    own = 0 if frame.info is None else int(frame.info.in_class)
    names = {parameter.name for parameter in (() if frame.info is None else frame.info.parameters[own:])}
    # Where a call leaves a default, what the name holds is not the caller's.
    given = {name: value for name, value in frame.context.bindings if name in names}
    child, parent = node, node.parent
    while parent is not None and child is not frame.node:
        if (
            isinstance(parent, nodes.If | nodes.IfExp)
            and child is not parent.test
            and _varies(frame, parent.test, given)
        ):
            frame.effect("creates-state", node, layer.cls, certain=False)
            return
        child, parent = parent, parent.parent


def _varies(frame: Frame, test: nodes.NodeNG, given: dict[str, Value]) -> bool:
    """Whether a condition asks a Python value of the caller's that differs from call to call.

    Inside a branch a name is narrowed to what leads there, so the condition is asked with what the caller gives too.
    """
    if not any(name.name in given for name in test.nodes_of_class(nodes.Name)):
        return False
    if _is_undecided(frame, test):
        return True
    narrowed = {name: frame.env[name] for name in given if name in frame.env}
    frame.env.update(given)
    try:
        return _is_undecided(frame, test)
    finally:
        frame.env.update(narrowed)


def _is_undecided(frame: Frame, test: nodes.NodeNG) -> bool:
    from graphlift.interp.expressions import evaluate
    from graphlift.interp.operators import truth
    from graphlift.interp.statements import is_symbolic

    with frame.quietly():
        value = evaluate(frame, test)
        undecided = truth(frame, value, test, quiet=True) is None
    return undecided and not is_symbolic(frame, value)
