"""Which weights a Keras object trains: a graph keeps the list that `trainable` gave when it was traced.

`base.trainable = True` changes the list of every model that `base` is in, and of every layer that is in `base`. Layers
are known by where they are made (`Object.made`); of what a model holds, only the layers of a `Sequential` are known.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphlift import models
from graphlift.interp.frame import Frame
from graphlift.interp.library_changes import MAX_STEPS, origins
from graphlift.interp.places import mark_of
from graphlift.syntax import nodes
from graphlift.values import Instance, KerasTensor, Object, Sequence, Value, const, options

NAME = "trainable"

READERS = frozenset(
    {
        "losses", "non_trainable_variables", "non_trainable_weights", "trainable", "trainable_variables",
        "trainable_weights",
    }
)  # fmt: skip
"""What `trainable` decides. Regularizers count for weights that are trained."""

PREFIX = "trainable of "
"""Before the place where a layer is made, the subjects of reads and changes."""

ANY = f"{PREFIX}any layer"
"""Read by an object whose layers are not all known; changed with any layer."""

UNSEEN = f"{PREFIX}an unseen layer"
"""Changed with an object whose layers are not all known; read by any object."""

MAX_DEPTH = 4


def is_layer(value: Value) -> bool:
    """Whether a value is a layer or model of the library."""
    return isinstance(value, Object) and models.is_subclass(value.cls, "keras.layers.Layer")


def read_trained(frame: Frame, receiver: Value, name: str, node: nodes.NodeNG) -> None:
    """The trained weights of a layer or model are asked for: whoever changes `trainable` changes the answer."""
    layered = is_layer(receiver) or isinstance(receiver, Instance)
    if name not in READERS or not layered or (isinstance(receiver, Object) and _is_own(frame, receiver)):
        return
    found, complete = _layers(receiver)
    for made in found:
        frame.effect("reads-state", node, PREFIX + made, target="heap")
    if isinstance(receiver, Instance):
        frame.effect("reads-state", node, f"{receiver.definition}.{NAME}", target="heap")
    for wildcard in (UNSEEN,) if complete else (UNSEEN, ANY):
        frame.effect("reads-state", node, wildcard, target="heap", certain=False)


def change_trained(frame: Frame, receiver: Value, expression: nodes.NodeNG, where: nodes.NodeNG) -> None:
    """`layer.trainable = …`: of the layer, of what is in it, and of the models that it is taken from."""
    for option in options(receiver):
        found, complete = _layers(option)
        for made in (*found, ANY) if complete else (*found, ANY, UNSEEN):
            _change(frame, made if made in (ANY, UNSEEN) else PREFIX + made, option, where)
    for holder in _holders(frame, expression):
        if isinstance(holder, Object) and holder.made not in ("", "*"):
            _change(frame, PREFIX + holder.made, holder, where)


def _change(frame: Frame, subject: str, changed: Value, where: nodes.NodeNG) -> None:
    own = isinstance(changed, Object) and _is_own(frame, changed)
    mark = mark_of(frame, where, changed.made if own and isinstance(changed, Object) else "")
    frame.write_cell(("changed-own" if own else "touched", subject), const(mark))


def _is_own(frame: Frame, value: Object) -> bool:
    """Whether the run made the object itself."""
    return value.made.startswith(f"{frame.definition}#")


def _layers(value: Value, depth: int = 0) -> tuple[list[str], bool]:
    """Where the layers that an object is or holds are made, and whether these are all of them."""
    if not isinstance(value, Object) or not is_layer(value):
        return [], isinstance(value, KerasTensor)  # An `Input` among the layers.
    known = value.made not in ("", "*")
    found, complete = [value.made] if known else [], known
    if not models.is_subclass(value.cls, "keras.Model"):
        return found, complete
    layers = dict(value.config).get("layers")
    if not isinstance(layers, Sequence) or layers.items is None or depth > MAX_DEPTH:
        return found, False
    for layer in layers.items:
        inner, all_known = _layers(layer, depth + 1)
        found += inner
        complete = complete and all_known
    return found, complete


def _holders(frame: Frame, expression: nodes.NodeNG) -> Iterator[Value]:
    """The objects that an expression takes a layer from: `model` in `model.layers[0]` and `model.get_layer("body")`."""
    from graphlift.interp.expressions import evaluate

    with frame.quietly():
        for _ in range(MAX_STEPS):
            match expression:
                case nodes.Attribute():
                    expression = expression.expr
                case nodes.Subscript():
                    expression = expression.value
                case nodes.Call() if isinstance(expression.func, nodes.Attribute):
                    expression = expression.func.expr
                case nodes.Name() if frame.node is not None and expression.name in origins(frame.node):
                    expression = origins(frame.node)[expression.name]
                case _:
                    return
            yield from options(evaluate(frame, expression))
