"""What a call of a library function shows: of unknown arguments, under XLA, of tensors that Python would go over."""

from __future__ import annotations

from graphlift import models
from graphlift.interp.binding import Site as Site
from graphlift.interp.frame import Frame
from graphlift.interp.uses import note_tensor
from graphlift.models.api import Arguments
from graphlift.models.uses import gone_over, tensor_parameters
from graphlift.syntax import nodes
from graphlift.values import TRUE, Tensor, Value, options


def note_xla(frame: Frame, name: str, arguments: Arguments, site: Site) -> None:
    """Note what `jit_compile=True` would refuse or leave out; the rule asks whether it is given."""
    fate = models.under_xla(name)
    if name == "tensorflow.TensorArray" and arguments.get(2, "dynamic_size") == TRUE:
        fate = "emptied"
    if fate and isinstance(site.node, nodes.Call):
        frame.effect("under-xla", site.node, site.node.func.as_string(), target=fate)


def note_iteration(frame: Frame, name: str, arguments: Arguments, site: Site) -> None:
    """What goes over its arguments in Python cannot go over a symbolic tensor."""
    for option in (o for value in arguments.positional for o in options(value)):
        if isinstance(option, Tensor) and not option.eager and not frame.plain:
            frame.effect("tensor-iteration", site.node, f"{name}()")
            return


def note_uses(frame: Frame, name: str, arguments: Arguments, site: Site) -> None:
    """Unknown values that a TensorFlow op takes as tensors show by that what they are."""
    given: list[tuple[int | str, Value]] = [*enumerate(arguments.positional), *arguments.keywords]
    takes, goes_over = tensor_parameters(name), gone_over(name)
    for parameter, value in given:
        if parameter in takes:
            note_tensor(frame, value, site.node)
        elif parameter in goes_over:
            note_tensor(frame, value, site.node, certain=False)
