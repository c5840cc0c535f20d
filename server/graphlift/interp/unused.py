"""Ops that are run for the error they may raise, and whose result nothing uses: a graph leaves them out."""

from __future__ import annotations

from graphlift.interp.frame import Frame, memoised, own_nodes
from graphlift.syntax import nodes
from graphlift.values import External, Tensor, Value, options

CHECKING = frozenset(
    f"tensorflow.{name}"
    for name in (
        "boolean_mask", "broadcast_to", "ensure_shape", "gather", "gather_nd", "image.decode_image",
        "image.decode_jpeg", "image.decode_png", "io.decode_base64", "io.decode_csv", "io.decode_image",
        "io.decode_jpeg", "io.decode_json_example", "io.decode_png", "io.decode_raw", "io.parse_example",
        "io.parse_single_example", "io.parse_tensor", "linalg.inv", "linalg.solve", "math.floordiv", "math.floormod",
        "repeat", "reshape", "scatter_nd", "slice", "split", "squeeze", "strings.to_number", "tensor_scatter_nd_update",
        "tile", "transpose", "unravel_index",
    )
)  # fmt: skip
"""Ops without side effects whose kernels refuse some values (TensorFlow's kernels; the page of the rule tries some)."""


def note_unused(frame: Frame, node: nodes.Expr | nodes.Assign, value: Value) -> None:
    """A statement that computes a tensor nobody reads: what it would have found wrong, a graph does not find."""
    if not any(isinstance(o, Tensor) and o.form == "dense" and not o.eager for o in options(value)):
        return
    if isinstance(node, nodes.Assign) and not _is_dropped(frame, node):
        return
    text = _checks(frame, node.value)
    if text:
        frame.effect("unused-op", node, text)


def _is_dropped(frame: Frame, node: nodes.Assign) -> bool:
    if frame.is_module or frame.is_class or frame.node is None:
        return False
    outer = frame.global_names | frame.nonlocal_names
    return all(
        isinstance(target, nodes.AssignName) and target.name not in _read_names(frame.node) | outer
        for target in node.targets
    )


@memoised
def _read_names(scope: nodes.Scope) -> frozenset[str]:
    """The names that a scope's code reads, with the functions inside it."""
    found: set[str] = set()
    for node in own_nodes(scope):
        if isinstance(node, nodes.Name | nodes.DelName):
            found.add(node.name)
        elif isinstance(node, nodes.FunctionDef | nodes.Lambda | nodes.ClassDef):
            found |= {name.name for name in node.nodes_of_class(nodes.Name)}
        elif isinstance(node, nodes.AugAssign) and isinstance(node.target, nodes.AssignName):
            found.add(node.target.name)
    return frozenset(found)


def _checks(frame: Frame, node: nodes.NodeNG) -> str:
    """What the expression does that may be refused at run time; empty for nothing of the kind."""
    from graphlift.interp.expressions import evaluate

    if isinstance(node, nodes.Subscript):
        return "indexing"
    if isinstance(node, nodes.BinOp) and node.op in ("//", "%"):
        return f"`{node.op}`"
    if isinstance(node, nodes.Call):
        with frame.quietly():
            function = evaluate(frame, node.func)
        if isinstance(function, External) and function.name in CHECKING:
            return f"`{function.name.replace('tensorflow.', 'tf.')}`"
    return ""
