"""`x.set_shape(…)`: the name that the tensor is known by tells its shape from then on, as `tf.ensure_shape` would."""

from __future__ import annotations

from graphlift.interp.binding import Site
from graphlift.interp.frame import Frame
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import External, Tensor, Value, join_all, options


def set_shape(frame: Frame, tensor: Value, method: str, arguments: Arguments, site: Site) -> None:
    """Take over what a tensor is told of its shape; other names of the same tensor know as much as before."""
    if not isinstance(tensor, Tensor) or method != "set_shape":
        return
    from graphlift.interp.calls import call_value
    from graphlift.interp.expressions import evaluate
    from graphlift.interp.narrow import hold

    shape = arguments.get(0, "shape")
    if shape is None or not isinstance(site.receiver, nodes.Name | nodes.Attribute):
        return
    ensure = External("tensorflow.ensure_shape")
    with frame.quietly():
        known = evaluate(frame, site.receiver)
        told = call_value(frame, ensure, Arguments((tensor, shape)), Site(site.node, library=True))
        hold(
            frame, site.receiver, join_all(told if option == tensor else option for option in options(known))
        )
