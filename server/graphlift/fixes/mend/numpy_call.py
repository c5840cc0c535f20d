"""`np.f(x)` of a tensor to the TensorFlow function of the same meaning.

The pairs and what they hold for were found by calling both on ordinary and special numbers (zeros of both signs,
infinities, NaN, nothing at all); `tests/fixes/test_mend_numpy.py` does so again. They agree for `float32` and
`float64`; NumPy turns integers into `float64` where TensorFlow refuses them, so for these nothing is offered.
NumPy gives an array: it may be a tensor from the start only where whatever uses it makes one of it. Gradients end at
NumPy and pass through an op: where the program asks for any, only `numpy_detached` is safe.
"""

from __future__ import annotations

import ast

import msgspec

from graphlift.fixes.mend.base import Mending, Replacement, Site
from graphlift.fixes.mend.operands import becomes_tensor
from graphlift.values import Tensor

RULES = frozenset({"numpy-on-tensor"})

ELEMENTWISE = {
    "abs": "abs",
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctanh": "atanh",
    "ceil": "math.ceil",
    "cos": "cos",
    "cosh": "cosh",
    "exp": "exp",
    "expm1": "math.expm1",
    "floor": "floor",
    "log": "math.log",
    "log1p": "math.log1p",
    "negative": "negative",
    "reciprocal": "math.reciprocal",
    "rint": "math.rint",
    "sign": "sign",
    "sin": "sin",
    "sinh": "sinh",
    "sqrt": "sqrt",
    "square": "square",
    "tan": "tan",
    "tanh": "tanh",
}
"""Functions of one array, by their names in NumPy and TensorFlow."""

PAIRWISE = {
    "add": "add",
    "arctan2": "atan2",
    "divide": "divide",
    "maximum": "maximum",
    "minimum": "minimum",
    "multiply": "multiply",
    "power": "pow",
    "subtract": "subtract",
    "true_divide": "divide",
}
"""Functions of two arrays."""

REDUCTIONS = {
    "amax": "reduce_max",
    "amin": "reduce_min",
    "max": "reduce_max",
    "mean": "reduce_mean",
    "min": "reduce_min",
    "prod": "reduce_prod",
    "std": "math.reduce_std",
    "sum": "reduce_sum",
    "var": "math.reduce_variance",
}
"""Reductions of one array, which take `axis` and `keepdims`."""

NOT_OF_NOTHING = frozenset({"amax", "amin", "max", "min"})
"""Reductions that raise in NumPy and give an infinity in TensorFlow where there is no element."""

_FLOATS = ("float32", "float64")


class Counterpart(msgspec.Struct, frozen=True):
    """TensorFlow's function for a call of NumPy's, and what calling it may change otherwise than in gradients."""

    call: ast.Call
    function: str
    unsafe: str


def mend(site: Site) -> Mending | None:
    """Call the TensorFlow function instead."""
    found = counterpart(site)
    if found is None:
        return None
    title = f"Compute with `{found.function}` instead of `{site.text(found.call.func)}`"
    unsafe = found.unsafe or ("gradients pass through it" if site.differentiated else "")
    return Mending(title, (Replacement(found.call.func, found.function),), unsafe)


def counterpart(site: Site) -> Counterpart | None:
    """What to call instead of the NumPy function at the blocker; `None` where nothing means the same."""
    call = site.found(ast.Call)
    if call is None or not site.called(call).startswith("numpy."):
        return None
    name = site.called(call).removeprefix("numpy.")
    wanted, operands = _counterpart(name, call)
    tensors = [site.tensor(each) for each in operands]
    dtype = next((each.dtype for each in tensors if each is not None), None)
    if not wanted or dtype not in _FLOATS or any(each is None or each.dtype != dtype for each in tensors):
        return None
    unsafe = ""
    if not becomes_tensor(site, call, dtype):
        unsafe = "what was a NumPy array becomes a tensor"
    elif name in NOT_OF_NOTHING and not all(_has_elements(each) for each in tensors):
        unsafe = "NumPy raises where there is no element"
    return Counterpart(call, f"{site.tf}.{wanted}", unsafe)


def _counterpart(name: str, call: ast.Call) -> tuple[str, list[ast.expr]]:
    """TensorFlow's function for a call, and the arguments that are arrays; an empty name where there is none."""
    if any(isinstance(each, ast.Starred) for each in call.args):
        return "", []
    if name in ELEMENTWISE and len(call.args) == 1 and not call.keywords:
        return ELEMENTWISE[name], call.args
    if name in PAIRWISE and len(call.args) == 2 and not call.keywords:
        return PAIRWISE[name], call.args
    plain = len(call.args) in (1, 2) and all(each.arg in ("axis", "keepdims") for each in call.keywords)
    if name in REDUCTIONS and plain:
        return REDUCTIONS[name], call.args[:1]
    return "", []


def _has_elements(tensor: Tensor | None) -> bool:
    """Whether a tensor certainly has an element."""
    if tensor is None or tensor.shape is None:
        return False
    return all(isinstance(size, int) and size > 0 for size in tensor.shape)
