"""`np.f(x)` of a tensor to TensorFlow's function, as a constant to gradients like the array that it was."""

from __future__ import annotations

from graphlift.fixes.mend.base import Mending, Replacement, Site
from graphlift.fixes.mend.numpy_call import counterpart
from graphlift.source.span import Span

RULES = frozenset({"numpy-on-tensor"})


def mend(site: Site) -> Mending | None:
    """Call the TensorFlow function and stop gradients there, where the program asks for any."""
    found = counterpart(site)
    if found is None or not site.differentiated:
        return None
    first, last = site.layout.span(found.call.func), site.layout.span(found.call)
    rest = site.layout.lines.slice(Span(first.end_line, first.end_column, last.end_line, last.end_column))
    text = f"{site.tf}.stop_gradient({found.function}{rest})"
    title = f"Compute with `{found.function}` and stop gradients there, as NumPy does"
    return Mending(title, (Replacement(found.call, text),), found.unsafe)
