"""`iter` and `next`."""

from __future__ import annotations

from graphlift.interp.builtin_calls import builtin, first_of
from graphlift.interp.calls import Site
from graphlift.interp.expressions import iteration
from graphlift.interp.frame import Frame
from graphlift.interp.instances import call_special
from graphlift.interp.statements import is_symbolic
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import Dataset, Instance, Iterator, Unknown, Value, join_all, options, without_leaves


@builtin("iter")
def _iter(frame: Frame, arguments: Arguments, site: Site) -> Value:
    source = first_of(arguments)
    if any(isinstance(o, Dataset) for o in options(source)):
        return Iterator(iteration(frame, source, site.node), "dataset")
    if is_symbolic(frame, source):
        frame.effect("tensor-iteration", site.node, "iter()")
    element = iteration(frame, source, site.node)
    unseen = [o for o in options(source) if isinstance(o, Unknown)]
    if unseen:  # A dataset's iterator works in graphs, another one does not.
        return join_all(
            [
                *map(without_leaves, unseen),
                *([Iterator(element, "fresh")] if len(unseen) < len(options(source)) else []),
            ]
        )
    return Iterator(element, "fresh")


@builtin("next")
def _next(frame: Frame, arguments: Arguments, site: Site) -> Value:
    source = first_of(arguments)
    for option in options(source):
        if isinstance(option, Instance):
            call_special(frame, option, "__next__", (), site.node)
        elif isinstance(option, Unknown):
            frame.effect("python-iterator", site.node, "next()", certain=False)
        elif isinstance(option, Iterator) and option.source == "dataset" and len(arguments.positional) == 1:
            _note_end(frame, site.node)
    element = iteration(frame, source, site.positional[0] if site.positional else site.node)
    return join_all((element, *arguments.positional[1:2]))


def _note_end(frame: Frame, node: nodes.NodeNG) -> None:
    """The end of a dataset is `StopIteration` in eager code, and an error of the op in a graph."""
    child, parent = node, node.parent
    while parent is not None and child is not frame.node:
        if isinstance(parent, nodes.Try) and child in parent.body:
            names = [h.type.as_string() for h in parent.handlers if h.type is not None]
            if any("StopIteration" in name for name in names):
                frame.effect("catches", parent, "StopIteration of a dataset's iterator, tf.errors.")
        child, parent = parent, parent.parent
