"""What every expression of one definition may hold: the interpreter looked at while it works.

The solver keeps what a run gives, not what it passed through. For a hover, for inlay hints and for the comparison
with TensorFlow a definition is run once more, with the evidence that is settled, and each evaluation is noted.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphlift.index import MODULE_BODY, DefId
from graphlift.interp.frame import Frame
from graphlift.interp.run import run
from graphlift.interp.solver import Solver, function_or_scope
from graphlift.interp.summary import Context
from graphlift.source.span import Span
from graphlift.syntax import nodes
from graphlift.values import NEVER, Value, join, limited

MAX_WATCHED_CONTEXTS = 8
"""The most contexts of a lambda or class body that are looked at; of a function it is the one it is judged in."""


class Watched:
    """The values of one definition's expressions and assigned names, by where they stand (absolute spans).

    An expression that was never reached is missing. Values are joined over all paths, over the passes of a loop, and
    over contexts.
    """

    def __init__(self) -> None:
        self.expressions: dict[Span, Value] = {}
        """Loads: names, attributes, calls, subscripts, operators. The widest node of a span counts."""
        self.bindings: dict[Span, Value] = {}
        """Names where they are bound: assignment targets, loop variables, parameters."""


def watch(solver: Solver, definition: DefId) -> Watched:
    """Run a definition again in the contexts in which it is judged, and note the value of each expression."""
    found = Watched()
    if not function_or_scope(solver.db, definition):
        return found
    for context in _contexts(solver, definition):
        seen: dict[nodes.NodeNG, Value] = {}
        run(solver.observer(definition, context, seen), definition, context)
        _collect(solver, definition, seen, found)
    return found


def _contexts(solver: Solver, definition: DefId) -> Iterator[Context]:
    root = solver.state.roots.get(definition)
    if root is not None:
        yield root.entry.context
        return
    contexts = [
        context for kind, name, context in solver.state.outcomes if kind == "run" and name == definition
    ]
    if not contexts and definition.endswith(f":{MODULE_BODY}"):
        contexts = [Context()]
    yield from contexts[:MAX_WATCHED_CONTEXTS]


def _collect(solver: Solver, definition: DefId, seen: dict[nodes.NodeNG, Value], found: Watched) -> None:
    parsed = Frame(solver.observer(definition, Context(), {}), definition, Context()).unit.parsed
    for node, value in seen.items():
        table = found.bindings if isinstance(node, nodes.AssignName | nodes.AssignAttr) else found.expressions
        span = parsed.span(node)
        table[span] = limited(join(table.get(span, NEVER), value))
