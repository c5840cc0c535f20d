"""Counts how much of the public surfaces has a model, and writes `docs/model-coverage.md`.

Run `python scripts/coverage.py`. A function counts for the *kind* of its result when its table entry says what comes
back (a tensor, a Python value, nothing, an object, a structure); for *dtype* and *shape* when every tensor or array in
the result has a rule for it, or when there is none in it.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from graphlift.models import rules, table
from graphlift.models.table import Entry

PAGE = Path(__file__).parent.parent / "docs" / "model-coverage.md"
TYPED = {
    "tensor",
    "ragged",
    "sparse",
    "slices",
    "array",
    "ndarray",
    "variable",
    "layer",
    "keras_tensor",
    "like_kind",
}
WITH_VALUE = {"layer": 0, "like_kind": 1, "array_keep": 1}


def measure(entry: Entry) -> tuple[bool, bool, bool]:
    """Whether the kind, the dtype and the shape of a callable's result are known."""
    if entry.kind == "class" and not entry.returns:
        return True, True, True
    if not entry.returns:
        return False, False, False
    calls = [
        n
        for n in ast.walk(rules.parse(entry.returns))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    names = [n.func.id for n in calls if isinstance(n.func, ast.Name)]
    if "unknown" in names:
        return names[0] != "unknown", False, False
    dtype = shape = True
    for node, name in zip(calls, names, strict=True):
        if name in TYPED:
            start = WITH_VALUE.get(name, 0)
            dtype &= _given(node.args, start)
            shape &= _given(node.args, start + 1)
    return True, dtype, shape


def _given(arguments: list[ast.expr], place: int) -> bool:
    if place >= len(arguments):
        return False
    node = arguments[place]
    return not (isinstance(node, ast.Constant) and node.value is None)


def rows(title: str, file: str, prefix: str, kinds: tuple[str, ...]) -> str:
    """One line of the page."""
    counts: Counter[str] = Counter()
    for entry in table.load(file).entries.values():
        if entry.kind not in kinds or not entry.name.startswith(prefix):
            continue
        counts["all"] += 1
        owner, _, leaf = entry.name.rpartition(".")
        # A member of which nothing is said does what its base class's member does.
        told = (
            table.find_member(owner, leaf, 2 if file == "keras2" else 3) if entry.kind == "method" else entry
        )
        for name, known in zip(("kind", "dtype", "shape"), measure(told or entry), strict=True):
            counts[name] += known
        counts["tried"] += entry.fitted
    total = counts["all"]
    shares = " | ".join(f"{100 * counts[name] / total:.1f} %" for name in ("kind", "dtype", "shape"))
    return f"| {title} | {total} | {shares} | {counts['tried']} |"


def page() -> str:
    """The page's text."""
    releases = {file: table.load(file).release for file in ("tensorflow", "keras3", "keras2", "numpy")}
    callables = ("function", "class")
    lines = [
        "# What the models know",
        "",
        "Made by `python scripts/coverage.py` from the tables of "
        f"TensorFlow {releases['tensorflow']}, Keras {releases['keras3']}, tf_keras {releases['keras2']} and NumPy "
        f"{releases['numpy']}.",
        "",
        "A callable counts for *kind* when its result's kind is known, for *dtype* and *shape* when every tensor in the",
        "result has a rule for it (or there is none). *Found by trial* counts the functions whose rule was found and",
        "checked by tracing the function itself on symbolic inputs.",
        "",
        "| public surface | callables | kind | dtype | shape | found by trial |",
        "|---|---|---|---|---|---|",
        rows(
            "`tf.*` functions and classes (without `compat.v1`, `raw_ops`, Keras)",
            "tensorflow",
            "",
            callables,
        ),
        rows("`tf.*` methods", "tensorflow", "", ("method",)),
        rows("`keras.*` (Keras 3) functions and classes", "keras3", "", callables),
        rows("`keras.ops.*`", "keras3", "keras.ops.", ("function",)),
        rows("`keras.*` (Keras 3) methods", "keras3", "", ("method",)),
        rows("`tf_keras.*` (Keras 2) functions and classes", "keras2", "", callables),
        rows("NumPy functions", "numpy", "", ("function",)),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    text = page()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(text)
