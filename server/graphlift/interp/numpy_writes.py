"""NumPy arrays that library calls change in place: by a method, by a function that writes, through `out=`."""

from __future__ import annotations

import msgspec

from graphlift.interp.assign import mutate
from graphlift.interp.binding import Site
from graphlift.interp.frame import Frame
from graphlift.interp.places import as_view
from graphlift.models.api import Arguments, CallResult
from graphlift.syntax import nodes
from graphlift.values import Array, Value, options

WRITERS = frozenset(
    {
        "numpy.copyto",
        "numpy.put",
        "numpy.place",
        "numpy.putmask",
        "numpy.fill_diagonal",
        "numpy.put_along_axis",
    }
)
"""Functions that write into their first argument (the NumPy manual; `ufunc.at` does the same)."""


def change_in_place(
    frame: Frame, array: Array, name: str, arguments: Arguments, site: Site, result: CallResult
) -> CallResult:
    """A method changes the array that it is called on, or shows it: that matters to whoever else holds the array."""
    result = msgspec.structs.replace(result, value=as_view(array, name, result.value))
    hazards = tuple(hazard for hazard in result.hazards if hazard.kind != "mutates-argument")
    if len(hazards) != len(result.hazards) and site.receiver is not None:
        mutate(frame, site.receiver, array, array, site.node)
        result = msgspec.structs.replace(result, hazards=hazards)
    _write(frame, dict(arguments.keywords).get("out"), site.keywords.get("out"), site)
    return result


def write_arrays(frame: Frame, name: str, arguments: Arguments, site: Site) -> None:
    """A NumPy function that writes into one of its arguments."""
    if (name in WRITERS or name.endswith(".at")) and arguments.positional and site.positional:
        _write(frame, arguments.positional[0], site.positional[0], site)
    _write(frame, dict(arguments.keywords).get("out"), site.keywords.get("out"), site)


def _write(frame: Frame, value: Value | None, node: nodes.NodeNG | None, site: Site) -> None:
    if value is None or node is None:
        return
    for option in options(value):
        if isinstance(option, Array) and not option.scalar:
            mutate(frame, node, option, option, site.node)
