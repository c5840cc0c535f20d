"""Counts how much of the public surfaces has a model, and writes `docs/model-coverage.md`.

Run `python scripts/coverage.py`. A function counts for the *kind* of its result when its table entry says what comes
back (a tensor, a Python value, nothing, an object, a structure); for *dtype* and *shape* when every tensor or array in
the result has a rule for it, or when there is none in it.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from graphlift.models import table

sys.path.insert(0, str(Path(__file__).parent))

from modelgen.measure import measure

PAGE = Path(__file__).parent.parent / "docs" / "model-coverage.md"


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


def _differences() -> list[str]:
    """A line for each table of the oldest release."""
    found: list[str] = []
    for file in table.DIFFERING:
        header, different = table.read(f"{file}-{table.OLDEST}")
        found.append(
            f"- `{file}` {header.release}: {len(header.missing)} names missing, {len(different)} entries that differ."
        )
    return found


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
        "checked by tracing the function itself on symbolic inputs: no trial may contradict it, also with some of what is",
        "known of the arguments forgotten.",
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
        "## Releases",
        "",
        f"The oldest supported release is TensorFlow {table.OLDEST}: the last whose `tf.keras` is Keras 2, so that with the",
        "newest both of the framework's two ways to trace a layer are covered. Its tables hold differences from the newest",
        "alone; the TensorFlow of the analysed environment decides which are used.",
        "",
        *_differences(),
        "",
        "`einops` is modelled by its patterns and is a test dependency (a small wheel of plain Python). Of",
        f"`tensorflow_probability` ({table.load('probability').release}) the common distributions were tried out; it is no test",
        "dependency: its tests run where it is installed.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    text = page()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(text)
