"""Names of library objects: every public spelling to one canonical dotted name, and what a name stands for."""

from __future__ import annotations

import builtins
import sys

from graphlift.models import table

_PREFIXES = (
    ("tensorflow.compat.v2.", "tensorflow."),
    ("tensorflow._api.v2.", "tensorflow."),
    ("tensorflow.keras.", "keras."),
    ("tensorflow.python.keras.api._v2.keras.", "keras."),
    ("tensorflow.python.keras.", "keras."),
    ("tensorflow_core.", "tensorflow."),
    ("keras._tf_keras.keras.", "keras."),
    ("keras.api._v2.keras.", "keras."),
    ("keras.api.", "keras."),
    ("keras.src.", "keras.src."),
    ("tf_keras.api._v2.keras.", "keras."),
    ("tf_keras.src.", "tf_keras.src."),
    ("tf_keras.", "keras."),
    ("tensorflow.losses.", "keras.losses."),
    ("tensorflow.metrics.", "keras.metrics."),
    ("tensorflow.optimizers.", "keras.optimizers."),
    ("tensorflow.initializers.", "keras.initializers."),
)
_ROOTS = {prefix[:-1]: target[:-1] for prefix, target in _PREFIXES}

LIBRARIES = frozenset({"tensorflow", "keras", "numpy"})
"""The top-level names whose public surface the tables hold completely."""


@table.remembered
def canonical(name: str, keras: int = 3) -> str:
    """The canonical name of a library object from any spelling of it; a name that is not known comes back as it is."""
    for _ in range(4):
        rewritten = _rewritten(name)
        if rewritten == name:
            break
        name = rewritten
    known = table.alias(name, keras)
    if known is not None:
        return known
    if table.find(name, keras) is not None:
        return name
    return _through_owner(name, keras) or name


def _rewritten(name: str) -> str:
    if name in _ROOTS:
        return _ROOTS[name]
    for prefix, target in _PREFIXES:
        if name.startswith(prefix):
            return target + name[len(prefix) :]
    return name


def _through_owner(name: str, keras: int) -> str | None:
    """A member of a module or class that goes by another name (`tf.autodiff.GradientTape.gradient`)."""
    owner, _, leaf = name.rpartition(".")
    if not owner:
        return None
    known = canonical(owner, keras)
    entry = table.find(known, keras)
    if entry is not None and entry.kind == "class":
        found = table.find_member(known, leaf, keras)
        if found is not None:
            return found.name
    if known == owner:
        return None
    return canonical(f"{known}.{leaf}", keras)


@table.remembered
def member(name: str, attribute: str) -> str | None:
    """The canonical name of `name.attribute` where it is a known module member or class attribute."""
    full = canonical(f"{name}.{attribute}")
    if kind(full) is not None:
        return full
    entry = table.find(canonical(name))
    if entry is not None and entry.kind == "class":
        found = table.find_member(entry.name, attribute)
        return found.name if found is not None else None
    return None


@table.remembered
def kind(name: str) -> str | None:
    """`function`, `class`, `module` or `constant`; `None` for a name that no model knows."""
    entry = table.find(name) or table.find(name, 2)
    if entry is not None:
        return {"method": "function", "property": "constant"}.get(entry.kind, entry.kind)
    head, _, rest = name.partition(".")
    if head == "builtins" and hasattr(builtins, rest):
        value = getattr(builtins, rest)
        return "class" if isinstance(value, type) else "function" if callable(value) else "constant"
    if not rest and (head in sys.stdlib_module_names or head in LIBRARIES):
        return "module"
    return None


@table.remembered
def is_subclass(name: str, base: str, keras: int | None = None) -> bool:
    """Whether the library class `name` is `base` or derives from it (canonical names).

    `keras` is the version that counts where they differ: metrics are layers in Keras 2 and none in Keras 3.
    """
    return any(base in table.line_of(name, version) for version in ((2, 3) if keras is None else (keras,)))


def is_known_library(name: str) -> bool:
    """Whether a dotted name belongs to a library that the models describe (the standard library included)."""
    head = name.partition(".")[0]
    return head in LIBRARIES or head in sys.stdlib_module_names or kind(head) is not None
