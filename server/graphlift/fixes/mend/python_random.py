"""Random numbers of Python and NumPy to those of TensorFlow, which are drawn at each call."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site
from graphlift.values import Const, Tensor, options

RULES = frozenset({"random-or-clock"})


def mend(site: Site) -> Mending | None:
    """Draw with the op.

    Never safe: it is another stream, which other seeds set. Bounds mean the same: `random.randint` includes the upper
    one, `np.random.randint` and TensorFlow do not. The number is made in the dtype of the tensor that it meets, as
    TensorFlow would convert it; where it meets none nothing is offered.
    """
    call = site.found(ast.Call)
    if call is None or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    dtype = _met(site, call)
    drawn = _drawn(site, site.called(call), call)
    if dtype is None or drawn is None:
        return None
    op, shape, arguments, integer = drawn
    floating = dtype in ("float16", "float32", "float64", "bfloat16")
    if not floating and not (integer and dtype in ("int32", "int64")):
        return None
    if integer and floating:
        inner = ", ".join([shape, *arguments, f"dtype={site.tf}.int32"])
        text = f"{site.tf}.cast({site.tf}.random.{op}({inner}), {site.tf}.{dtype})"
    else:
        given = [] if dtype == "float32" else [f"dtype={site.tf}.{dtype}"]
        text = f"{site.tf}.random.{op}({', '.join([shape, *arguments, *given])})"
    title = f"Draw with `{site.tf}.random.{op}` at each call"
    return Mending(title, (Replacement(call, text),), "other random numbers, which other seeds set")


def _met(site: Site, call: ast.Call) -> str | None:
    """The dtype of the tensor on the other side of the operator that the number goes into."""
    parent = site.parent(call)
    if not isinstance(parent, ast.BinOp):
        return None
    other = site.tensor(parent.right if parent.left is call else parent.left)
    return None if other is None else other.dtype


def _drawn(site: Site, called: str, call: ast.Call) -> tuple[str, str, list[str], bool] | None:
    """The op, the shape, its other arguments and whether these are whole numbers; `None` for anything else."""
    plain = [site.text(each) for each in call.args]
    named = {each.arg or "**": each.value for each in call.keywords}
    if called in ("random.random", "numpy.random.random", "numpy.random.rand", "numpy.random.randn"):
        if named:
            return None
        op = "normal" if called.endswith("randn") else "uniform"
        if called.endswith(("rand", "randn")):
            return op, f"[{', '.join(plain)}]", [], False
        return (op, "[]", [], False) if not plain else None
    if called in ("random.uniform", "random.gauss", "random.normalvariate") and not named and len(plain) == 2:
        return ("uniform" if called == "random.uniform" else "normal"), "[]", plain, False
    if called == "random.randint" and not named and len(plain) == 2:
        upper = _and_one(site, call.args[1])
        return None if upper is None else ("uniform", "[]", [plain[0], upper], True)
    if called == "random.randrange" and not named and len(plain) in (1, 2):
        return "uniform", "[]", plain if len(plain) == 2 else ["0", *plain], True
    return _of_numpy(site, called, call, named)


def _of_numpy(
    site: Site, called: str, call: ast.Call, named: dict[str, ast.expr]
) -> tuple[str, str, list[str], bool] | None:
    parameters = {
        "numpy.random.uniform": (("low", "0.0"), ("high", "1.0")),
        "numpy.random.normal": (("loc", "0.0"), ("scale", "1.0")),
        "numpy.random.standard_normal": (),
        "numpy.random.randint": (("low", ""), ("high", "")),
    }.get(called)
    if parameters is None:
        return None
    names = [*(name for name, _ in parameters), "size"]
    if len(call.args) > len(names) or not set(named) <= set(names):
        return None
    given = {**dict(zip(names, call.args, strict=False)), **named}
    shape = _shape(site, given.get("size"))
    if shape is None:
        return None
    if called == "numpy.random.randint":
        low, high = given.get("low"), given.get("high")
        if low is None or any(isinstance(each, ast.Constant) and each.value is None for each in (low, high)):
            return None
        bounds = ["0", site.text(low)] if high is None else [site.text(low), site.text(high)]
        return "uniform", shape, bounds, True
    arguments = [site.text(given[name]) if name in given else default for name, default in parameters]
    op = "uniform" if called.endswith("uniform") else "normal"
    if not any(name in given for name, _ in parameters):
        arguments = []
    return op, shape, arguments, False


def _shape(site: Site, size: ast.expr | None) -> str | None:
    """A NumPy `size` as a shape; `None` where it may be neither a number nor a tuple or list of numbers."""
    if size is None or (isinstance(size, ast.Constant) and size.value is None):
        return "[]"
    if isinstance(size, ast.Tuple | ast.List):
        return f"[{', '.join(site.text(each) for each in size.elts)}]"
    value = site.value(size)
    whole = all(isinstance(each, Const) and each.type == "int" for each in options(value))
    if whole and options(value):
        return f"[{site.text(size)}]"
    attribute = isinstance(size, ast.Attribute) and size.attr == "shape"
    if attribute and isinstance(size, ast.Attribute) and isinstance(site.value(size.value), Tensor):
        return f"{site.tf}.shape({site.text(size.value)})"
    return None


def _and_one(site: Site, node: ast.expr) -> str | None:
    """The source of a whole number that is greater by one."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return str(node.value + 1)
    return f"{site.text(node)} + 1" if isinstance(node, ast.Name | ast.Attribute) else None
