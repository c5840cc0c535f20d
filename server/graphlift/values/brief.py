"""Tensor types in a few characters, for inlay hints: `float32[None, 28, 28]`.

- `float32[None, 28]`: a tensor; `float32[]` a scalar, `float32[...]` of unknown rank
- `tensor[3]`: of unknown dtype; `tensor` when shape and dtype are unknown
- `ragged float32[3, None]`, `sparse …`, `slices …`, `Variable …`, `KerasTensor …`, `np …`: of other kinds
- `(float32[3], int64[])`, `{'x': float32[3]}`, `list of float32[3]`, `Dataset of …`: containers
"""

from __future__ import annotations

from graphlift.values.display import shape_text
from graphlift.values.domain import (
    NONE,
    Array,
    Dataset,
    Iterator,
    KerasTensor,
    Mapping,
    Sequence,
    Shape,
    Tensor,
    TensorArray,
    Value,
    Variable,
    options,
)

MOST_OPTIONS = 3
"""Alternatives that are told apart; of more, nothing short can be said."""
MOST_ITEMS = 4
"""Items of a container that are shown one by one."""
LONGEST = 60
"""Characters of a hint; longer ones hide the code that they are about."""

_FORMS = {"dense": "", "ragged": "ragged ", "sparse": "sparse ", "slices": "slices "}


def brief(value: Value) -> str:
    """The type of a value that is or holds tensors; empty for every other value, and where it would be too long."""
    text = _brief(value, 0)
    return text if len(text) <= LONGEST else ""


def _brief(value: Value, depth: int) -> str:
    found = options(value)
    texts = dict.fromkeys("None" if option == NONE else _option(option, depth) for option in found)
    if not found or len(texts) > MOST_OPTIONS or "" in texts or set(texts) == {"None"}:
        return ""
    return " | ".join(sorted(texts, key=lambda text: text == "None"))


def _option(value: Value, depth: int) -> str:
    match value:
        case Tensor():
            return _FORMS[value.form] + _array(value.dtype, value.shape)
        case Variable():
            return "Variable " + _array(value.dtype, value.shape)
        case KerasTensor():
            return "KerasTensor " + _array(value.dtype, value.shape)
        case Array() if not value.scalar:
            return "np " + _array(value.dtype, value.shape)
        case TensorArray():
            return "TensorArray of " + _array(value.dtype, value.shape)
        case _ if depth >= 2:
            return ""
        case Dataset():
            return _of("Dataset", value.element, depth)
        case Iterator():
            return _of("iterator", value.element, depth)
        case Sequence() if value.items is not None and len(value.items) <= MOST_ITEMS:
            return _items(value, depth)
        case Sequence():
            return _of(value.type.rpartition(".")[2], value.element, depth)
        case Mapping() if value.items is not None and len(value.items) <= MOST_ITEMS:
            entries = [(key.text, _brief(item, depth + 1)) for key, item in value.items]
            if not entries or not all(text for _, text in entries):
                return ""
            return "{" + ", ".join(f"{key}: {text}" for key, text in entries) + "}"
        case Mapping():
            return _of(value.type, value.value, depth)
        case _:
            return ""


def _of(name: str, element: Value, depth: int) -> str:
    inside = _brief(element, depth + 1)
    return f"{name} of {inside}" if inside else ""


def _items(value: Sequence, depth: int) -> str:
    items = [_brief(item, depth + 1) for item in value.items or ()]
    if not items or not all(items):
        return ""
    if value.fields:
        return f"{value.type.rpartition('.')[2]}({', '.join(items)})"
    if value.type == "tuple":
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return f"[{', '.join(items)}]" if value.type == "list" else ""


def _array(dtype: str | None, shape: Shape) -> str:
    if dtype is None and shape is None:
        return "tensor"
    dims = "..." if shape is None else shape_text(shape)[1:-1].rstrip(",")
    return f"{dtype or 'tensor'}[{dims}]"
