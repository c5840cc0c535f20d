"""Which functions surely touch nothing that lasts: no variable, layer, object or random seed, whatever calls them.

What such a function's graph holds is the same wherever it is first traced, so Keras has nothing to freeze in it.
"""

from __future__ import annotations

from graphlift.callgraph import CallGraph
from graphlift.index import FunctionInfo, ModuleIndex
from graphlift.interp.frame import own_nodes
from graphlift.interp.solver import Solver
from graphlift.models.convert import leaves
from graphlift.resolve import function_info, unit
from graphlift.syntax import nodes
from graphlift.values import Array, Const, DType, KerasTensor, Py, ShapeValue, Tensor, Value

_PLAIN = (Array, Const, DType, KerasTensor, Py, ShapeValue, Tensor)

HARMLESS = frozenset({"static-shape", "tensor-control", "unknown-size"})
"""Effects that are about the tensors that go in alone."""

MOST_CALLEES = 30


def is_stateless(solver: Solver, graph: CallGraph, info: FunctionInfo) -> bool:
    """Whether a function and all that it calls work on tensors and plain values that they are given, and no more."""
    reached: dict[str, None] = {}
    pending = [info.id]
    while pending:
        current = pending.pop()
        if current in reached:
            continue
        reached[current] = None
        if len(reached) > MOST_CALLEES or not _alone(solver, current):
            return False
        pending.extend(call.callee for call in graph.calls_of(current))
    return True


def _alone(solver: Solver, definition: str) -> bool:
    info: FunctionInfo | None = function_info(solver.db, definition)
    root = solver.state.roots.get(definition)
    if info is None or root is None or info.in_class or "<locals>" in definition or info.decorators:
        return False
    if any(effect.kind not in HARMLESS for effect in root.summary.effects):
        return False
    if not all(_is_plain(parameter.value) for parameter in root.entry.parameters):
        return False
    holder = unit(solver.db, definition.partition(":")[0])
    return all(_says_nothing_of_state(node, holder.index) for node in own_nodes(holder.nodes[definition]))


def _is_plain(value: Value) -> bool:
    found = leaves(value)
    return bool(found) and all(isinstance(leaf, _PLAIN) for leaf in found)


def _says_nothing_of_state(node: nodes.NodeNG, index: ModuleIndex) -> bool:
    """Whether a name or an attribute reaches neither Keras, nor random numbers, nor the module's own variables."""
    if isinstance(node, nodes.Attribute):
        return node.attrname not in ("keras", "random") and not node.attrname.startswith("random_")
    if not isinstance(node, nodes.Name):
        return not isinstance(node, nodes.Lambda | nodes.Import | nodes.ImportFrom | nodes.Global)
    if node.name in index.variables:
        return False
    sources = [f"{each.module}.{each.attribute}" for each in index.imports if each.name == node.name]
    return not any("keras" in source or "random" in source for source in sources)
