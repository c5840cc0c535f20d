"""Calls of Keras's own layers that a graph takes amiss."""

from __future__ import annotations

from graphlift import models
from graphlift.interp.frame import Frame
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import Object, Tensor, Variable, options

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
