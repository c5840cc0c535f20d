"""How NumPy 2 and Keras 3 bring operands of different dtypes together (TensorFlow itself never does)."""

from __future__ import annotations

from collections.abc import Iterable

from graphlift.models.convert import ARRAY, PYTHON, Operand, operand
from graphlift.values import Sequence, Value

_KINDS = {"bool": 0, "uint": 1, "int": 2, "float": 3, "complex": 4}
_NUMPY_SCALARS = {"int32": "int64", "float32": "float64"}


def _split(name: str) -> tuple[str, int] | None:
    if name == "bool":
        return "bool", 8
    if name == "bfloat16":
        return None
    kind = name.rstrip("0123456789")
    digits = name[len(kind) :]
    return (kind, int(digits)) if kind in _KINDS and digits else None


def numpy_dtype(one: Operand) -> str | None:
    """The dtype of the array that NumPy makes of an operand: Python numbers are 64 bits wide."""
    if one.strength == PYTHON and one.dtype is not None:
        return _NUMPY_SCALARS.get(one.dtype, one.dtype)
    return one.dtype


def numpy_operand(value: Value | None) -> Operand:
    """A value as NumPy sees it: the members of a list are brought together by NumPy's own rules."""
    if isinstance(value, Sequence):
        seen = operand(value)
        if value.items is None:
            return Operand(numpy_dtype(numpy_operand(value.element)), seen.shape, seen.strength and ARRAY)
        members = [numpy_operand(item) for item in value.items]
        arrays = [Operand(numpy_dtype(one), one.shape, one.strength and ARRAY) for one in members]
        dtype = promote(arrays) if arrays else "float64"
        return Operand(dtype, seen.shape, 0 if dtype is None else ARRAY)
    return operand(value)


def promote(found: Iterable[Operand]) -> str | None:
    """NumPy's result dtype (NEP 50): Python scalars only raise the kind, arrays raise the width."""
    found = list(found)
    if not found or any(one.strength == 0 or one.dtype is None for one in found):
        return None
    weak = [one for one in found if one.strength == PYTHON and one.shape == ()]
    strong = [numpy_dtype(one) for one in found if one not in weak]
    result = strong[0] if strong else numpy_dtype(weak[0])
    for other in strong[1:]:
        result = _pair(result, other)
    for one in weak:
        result = _weaken(result, numpy_dtype(one)) if strong else _pair(result, numpy_dtype(one))
    return result


def _pair(a: str | None, b: str | None) -> str | None:
    if a == b or a is None or b is None:
        return a if a == b else None
    one, other = _split(a), _split(b)
    if one is None or other is None:
        return None
    if _KINDS[one[0]] > _KINDS[other[0]]:
        one, other = other, one
    (low, low_size), (high, high_size) = one, other
    if low == "bool" or low == high:
        size = high_size if low == "bool" else max(low_size, high_size)
        return f"{high}{size}" if high != "bool" else "bool"
    if low == "uint" and high == "int":
        size = high_size if high_size > low_size else low_size * 2
        return f"int{size}" if size <= 64 else "float64"
    if high == "float":
        needed = {8: 16, 16: 32}.get(low_size, 64)
        return f"float{max(needed, high_size)}"
    needed = 2 * low_size if low == "float" else {8: 64, 16: 64}.get(low_size, 128)
    return f"complex{max(needed, high_size)}"


def _weaken(strong: str | None, scalar: str | None) -> str | None:
    """An array's dtype beside a Python scalar."""
    if strong is None or scalar is None:
        return None
    one, other = _split(strong), _split(scalar)
    if one is None or other is None:
        return strong if one is None and strong == "bfloat16" and other and other[0] != "complex" else None
    if _KINDS[one[0]] >= _KINDS[other[0]] or (one[0] == "uint" and other[0] == "int"):
        return strong
    if one[0] == "bool":
        return scalar
    if other[0] == "float":
        return "float64"
    if other[0] == "complex":
        return f"complex{max(64, one[1] * 2)}" if one[0] == "float" else "complex128"
    return None


_FLOATS = ("float16", "bfloat16", "float32", "float64")


def keras_promote(found: Iterable[Operand]) -> str | None:
    """Keras 3's result dtype: Python numbers are weak, integers beside floats become floats of the same width."""
    found = list(found)
    if not found or any(one.strength == 0 or one.dtype is None for one in found):
        return None
    weak = {one.dtype for one in found if one.strength == PYTHON and one.shape == ()}
    strong = [one.dtype for one in found if not (one.strength == PYTHON and one.shape == ())]
    if any(
        dtype not in (*_FLOATS, "bool") and not str(dtype).startswith(("int", "uint")) for dtype in strong
    ):
        return strong[0] if len(set(strong)) == 1 and not weak else None
    floats = {dtype for dtype in strong if dtype in _FLOATS}
    if floats:
        if floats == {"float16", "bfloat16"}:
            return "float32"
        return max(floats, key=lambda dtype: _FLOATS.index(str(dtype)))
    if "float32" in weak:
        return "float32"
    result = strong[0] if strong else None
    for other in strong[1:]:
        result = _pair(result, other)
    if result is not None and result.startswith("float"):
        return None
    if "int32" in weak:
        return "int32" if result in (None, "bool") else result
    return result if result is not None else "bool"
