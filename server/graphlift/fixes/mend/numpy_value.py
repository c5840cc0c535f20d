"""`x.numpy()` to `x`, where the value goes back into a tensor."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site
from graphlift.fixes.mend.operands import becomes_tensor

RULES = frozenset({"eager-only-call"})


def mend(site: Site) -> Mending | None:
    """Leave the `.numpy()` out, with `tf.stop_gradient` where the program asks for gradients: they end at an array.

    A `tf.Tensor` and the array of its values are the same operand to TensorFlow. Where the array goes elsewhere
    nothing is offered: NumPy or Python code that follows may do with an array what it cannot with a symbolic tensor.
    """
    call = site.found(ast.Call)
    if call is None or not isinstance(call.func, ast.Attribute) or call.func.attr != "numpy":
        return None
    tensor = site.tensor(call.func.value)
    if call.args or call.keywords or tensor is None or tensor.dtype in (None, "string", "bfloat16"):
        return None
    if not becomes_tensor(site, call, tensor.dtype or ""):
        return None
    inner = site.atom(call.func.value)
    if site.differentiated and (tensor.dtype or "").startswith(("float", "complex")):
        inner = f"{site.tf}.stop_gradient({site.text(call.func.value)})"
    return Mending(f"Use the tensor itself: `{inner}`", (Replacement(call, inner),))
