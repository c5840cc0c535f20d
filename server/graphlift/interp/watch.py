"""What every expression of one definition may hold: the interpreter looked at while it works.

The solver keeps what a run gives, not what it passed through. For a hover, for inlay hints and for the comparison
with TensorFlow a definition is run once more, with the evidence that is settled, and each evaluation is noted.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphlift.index import MODULE_BODY, DefId, module_of
from graphlift.interp.frame import PLAIN
from graphlift.interp.solver import Solver, function_or_scope
from graphlift.interp.summary import Context
from graphlift.resolve import unit
from graphlift.source.span import Span
from graphlift.syntax import Parsed, nodes
from graphlift.values import NEVER, TRUE, Value, join, limited

MAX_WATCHED_CONTEXTS = 64
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
        self.returns: Value = NEVER
        """What the definition gives when it is called."""


def watch(solver: Solver, definition: DefId, plain: bool = False) -> Watched:
    """Run a definition again in the contexts in which it is judged, and note the value of each expression.

    `plain` is for what they hold when the definition runs as plain Python, outside every graph: arrays stay arrays,
    and conditions on tensors choose between Python's values.
    """
    found = Watched()
    if not function_or_scope(solver.db, definition):
        return found
    for context in _contexts(solver, definition, plain):
        seen: dict[nodes.NodeNG, Value] = {}
        found.returns = join(found.returns, solver.observe(definition, context, seen, plain))
        _collect(solver, definition, seen, found)
    return found


def _contexts(solver: Solver, definition: DefId, plain: bool) -> Iterator[Context]:
    root = solver.state.roots.get(definition)
    if root is not None:
        given = tuple((each.name, each.value) for each in root.entry.parameters)
        yield _plain(Context(given, root.entry.context.closure)) if plain else root.entry.context
        return
    contexts = [
        context for kind, name, context in solver.state.outcomes if kind == "run" and name == definition
    ]
    is_body = (
        definition.endswith(f":{MODULE_BODY}") or definition in unit(solver.db, module_of(definition)).classes
    )
    if not contexts and is_body:
        contexts = [Context()]
    for context in contexts[:MAX_WATCHED_CONTEXTS]:
        yield _plain(context) if plain else context


def _plain(context: Context) -> Context:
    return Context(context.bindings, (*context.closure, (PLAIN, TRUE)))


def _collect(solver: Solver, definition: DefId, seen: dict[nodes.NodeNG, Value], found: Watched) -> None:
    parsed = unit(solver.db, module_of(definition)).parsed
    for node, value in seen.items():
        table = found.bindings if isinstance(node, nodes.AssignName | nodes.AssignAttr) else found.expressions
        span = _name_span(parsed.span(node), node, parsed)
        table[span] = limited(join(table.get(span, NEVER), value))


def _name_span(span: Span, node: nodes.NodeNG, parsed: Parsed) -> Span:
    """Where a node stands; of a parameter with an annotation, its name alone."""
    if isinstance(node, nodes.AssignName):
        end = span.column + len(node.name)
        if parsed.line(span.line)[span.column : end] == node.name:
            return Span(span.line, span.column, span.line, end)
    return span
