"""`print` to `tf.print`, which prints at each call."""

from __future__ import annotations

import ast

from graphlift.fixes.mend.base import Mending, Replacement, Site, quoted
from graphlift.values import Const, Py, Tensor, Variable, options

RULES = frozenset({"prints-while-tracing"})

_KEPT = ("sep", "end")


def mend(site: Site) -> Mending | None:
    """Print with the op.

    Never safe: `tf.print` writes to standard error, and a tensor as its numbers alone where `print` writes
    `tf.Tensor(…)`. A text with expressions in it becomes one argument for each part, since the text itself would be
    made while tracing; their formats and `.numpy()` go. Nothing is offered where an argument is more than a tensor or
    a plain Python value: what makes it may not work on symbolic tensors.
    """
    call = site.found(ast.Call)
    if call is None or site.called(call) != "builtins.print":
        return None
    if any(each.arg not in (*_KEPT, "flush") for each in call.keywords):
        return None
    if any(isinstance(each, ast.Starred) for each in call.args):
        return None
    single = call.args[0] if len(call.args) == 1 else None
    kept = [site.text_of_keyword(each) for each in call.keywords if each.arg in _KEPT]
    unsafe = "to standard error, a tensor as its numbers alone"
    if isinstance(single, ast.JoinedStr):
        parts = _parts(single)
        if parts is None or any(each.startswith("sep=") for each in kept):
            return None
        if any(isinstance(each, ast.FormattedValue) and each.format_spec for each in single.values):
            unsafe += ", without the formats"
        arguments = [*parts, 'sep=""', *kept] if len(parts) > 1 else [*parts, *kept]
    elif any(isinstance(each, ast.JoinedStr) for each in call.args):
        return None
    elif all(_is_printable(site, _without_numpy(each)) for each in call.args):
        arguments = [*(site.text(_without_numpy(each)) for each in call.args), *kept]
    else:
        return None
    text = f"{site.tf}.print({', '.join(arguments)})"
    return Mending(f"Print with `{site.tf}.print` at each call", (Replacement(call, text),), unsafe)


def _parts(text: ast.JoinedStr) -> list[str] | None:
    """The parts of a text with expressions as arguments; `None` where one cannot be read off the source."""
    found = []
    for each in text.values:
        if isinstance(each, ast.Constant):
            found.append(quoted(str(each.value)))
        elif isinstance(each, ast.FormattedValue) and each.conversion == -1:
            # Positions inside such a text are not to be relied upon before Python 3.12: the tree is written anew.
            value = _without_numpy(each.value)
            if not isinstance(value, ast.Name | ast.Attribute | ast.Constant):
                return None
            found.append(ast.unparse(value))
        else:
            return None
    return found


def _is_printable(site: Site, node: ast.expr) -> bool:
    """Whether an argument is a tensor, or a Python value that no call has made: that could need a tensor's value."""
    kinds = options(site.value(node))
    if kinds and all(isinstance(each, Tensor | Variable) for each in kinds):
        return True
    plain = not any(isinstance(each, ast.Call) for each in ast.walk(node))
    return plain and bool(kinds) and all(isinstance(each, Const | Py | Tensor | Variable) for each in kinds)


def _without_numpy(node: ast.expr) -> ast.expr:
    """`x` of `x.numpy()`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return node
    return node.func.value if node.func.attr == "numpy" and not node.args and not node.keywords else node
