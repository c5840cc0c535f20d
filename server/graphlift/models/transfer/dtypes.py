"""Dtype rules: the dtype of a result from arguments."""

from __future__ import annotations

from graphlift.models import convert
from graphlift.models.convert import common_dtype, operand
from graphlift.models.promotion import keras_promote, numpy_dtype, numpy_operand, promote
from graphlift.models.rules import dtype_rule
from graphlift.values import Sequence, Value

_REAL = {"complex64": "float32", "complex128": "float64"}
_COMPLEX = {
    "float32": "complex64",
    "float64": "complex128",
    "complex64": "complex64",
    "complex128": "complex128",
}


@dtype_rule
def dtype(value: Value | None) -> str | None:
    """The dtype of an argument once it is a tensor."""
    return operand(value).dtype


@dtype_rule
def common(*values: Value | None) -> str | None:
    """The dtype in which several arguments meet; a list of tensors counts as its elements."""
    return common_dtype([operand(value) for value in values if not convert.is_none(value)])


@dtype_rule
def elements(value: Value | None) -> str | None:
    """The dtype that the members of a list of tensors share."""
    if isinstance(value, Sequence) and value.items is not None:
        return common_dtype([operand(item) for item in value.items])
    if isinstance(value, Sequence):
        return operand(value.element).dtype
    return operand(value).dtype


@dtype_rule
def given(value: Value | None, otherwise: str | None = None) -> str | None:
    """The dtype that an argument names; `otherwise` where it is `None` or absent."""
    if convert.is_none(value):
        return otherwise
    return convert.as_dtype(value)


@dtype_rule
def given_np(value: Value | None, otherwise: str | None = None) -> str | None:
    """As `given`, for a NumPy function: `float` and `int` mean 64 bits."""
    if convert.is_none(value):
        return otherwise
    return convert.as_dtype(value, numpy=True)


@dtype_rule
def real(name: str | None) -> str | None:
    """The dtype of the real part."""
    return None if name is None else _REAL.get(name, name)


@dtype_rule
def complex_(name: str | None) -> str | None:
    """The complex dtype of the same precision."""
    return _COMPLEX.get(name or "")


@dtype_rule
def floating(name: str | None, otherwise: str = "float32") -> str | None:
    """The dtype itself when it is floating or complex; `otherwise` for integers and booleans."""
    if name is None:
        return None
    return name if name.startswith(("float", "bfloat", "complex")) else otherwise


@dtype_rule
def quotient(name: str | None) -> str | None:
    """The dtype of a true division in TensorFlow: 8 and 16 bit integers give float32, wider ones float64."""
    if name in ("int8", "uint8", "int16", "uint16"):
        return "float32"
    if name in ("int32", "int64", "uint32", "uint64"):
        return "float64"
    return None if name == "bool" else name


@dtype_rule
def promoted(*values: Value | None) -> str | None:
    """The dtype in which NumPy's functions bring arguments together."""
    return promote([operand(value) for value in values if not convert.is_none(value)])


@dtype_rule
def np_dtype(value: Value | None) -> str | None:
    """The dtype of the array that NumPy makes of an argument: Python numbers are 64 bits wide."""
    return numpy_dtype(numpy_operand(value))


@dtype_rule
def np_common(*values: Value | None) -> str | None:
    """The dtype in which NumPy brings arguments together."""
    return promote([numpy_operand(value) for value in values if not convert.is_none(value)])


@dtype_rule
def np_elements(value: Value | None) -> str | None:
    """The dtype in which NumPy brings the members of a list together."""
    if isinstance(value, Sequence) and value.items is not None:
        return promote([_whole(numpy_operand(item)) for item in value.items])
    if isinstance(value, Sequence):
        return numpy_dtype(numpy_operand(value.element))
    return numpy_dtype(numpy_operand(value))


def _whole(one: convert.Operand) -> convert.Operand:
    """In a list, a Python number is an array of its own type."""
    return convert.Operand(numpy_dtype(one), one.shape, convert.ARRAY, one.form)


@dtype_rule
def np_arrays(*values: Value | None) -> str | None:
    """The dtype in which NumPy brings arguments together that it has made arrays of first."""
    return promote([_whole(numpy_operand(value)) for value in values])


@dtype_rule
def np_floating(name: str | None) -> str | None:
    """The dtype of NumPy's transcendental functions: floats stay, 32 and 64 bit integers give float64."""
    if name is None or name.startswith(("float", "complex")):
        return name
    return "float64" if name in ("int32", "int64", "uint32", "uint64") else None


@dtype_rule
def np_sum(name: str | None) -> str | None:
    """The dtype of NumPy's sums and products: small integers and booleans are widened."""
    if name in ("bool", "int8", "int16", "int32"):
        return "int64"
    return "uint64" if name in ("uint8", "uint16", "uint32") else name


@dtype_rule
def np_mean(name: str | None) -> str | None:
    """The dtype of NumPy's means: integers and booleans give float64."""
    if name is None or name.startswith(("float", "complex")):
        return name
    return "float64" if name != "string" else None


@dtype_rule
def np_quotient(name: str | None) -> str | None:
    """The dtype of NumPy's true division."""
    return np_floating(name)


@dtype_rule
def np_positive(name: str | None) -> str | None:
    """The dtype of NumPy's arithmetic that booleans take part in as they are only sometimes."""
    return None if name == "bool" else name


@dtype_rule
def keras_common(*values: Value | None) -> str | None:
    """The dtype in which Keras 3 brings arguments together."""
    return keras_promote([operand(value) for value in values if not convert.is_none(value)])


@dtype_rule
def keras_elements(value: Value | None) -> str | None:
    """The dtype in which Keras 3 brings the members of a list together."""
    if isinstance(value, Sequence) and value.items is not None:
        return keras_promote([operand(item) for item in value.items])
    return operand(value.element if isinstance(value, Sequence) else value).dtype


@dtype_rule
def keras_sum(name: str | None) -> str | None:
    """The dtype of Keras 3's sums: small integers and booleans are widened to 32 bits."""
    if name in ("bool", "int8", "int16"):
        return "int32"
    return "uint32" if name in ("uint8", "uint16") else name


@dtype_rule
def np_first(first: Value | None, *others: Value | None) -> str | None:
    """The dtype in which NumPy brings arguments together, the first of which it makes an array of."""
    rest = [numpy_operand(value) for value in others if not convert.is_none(value)]
    return promote([_whole(numpy_operand(first)), *rest])


@dtype_rule
def tensor_dtype(value: Value | None) -> str | None:
    """The dtype of an argument that is a tensor already: what is converted may be given another one."""
    seen = operand(value)
    return seen.dtype if seen.strength == convert.TENSOR else None


@dtype_rule
def not_complex(name: str | None) -> str | None:
    """The dtype, unless it is complex: then it depends on more."""
    return None if name is None or name.startswith("complex") else name


@dtype_rule
def keras_tensors(*values: Value | None) -> str | None:
    """The dtype in which Keras 3 brings arguments together that it has made tensors of first."""
    found = [operand(value) for value in values]
    return keras_promote(
        [convert.Operand(one.dtype, one.shape, one.strength and convert.TENSOR) for one in found]
    )


@dtype_rule
def mapped(name: str | None, **results: str) -> str | None:
    """The dtype that was observed for operands of this one; nothing for a dtype that no trial covered."""
    return None if name is None else results.get(name)
