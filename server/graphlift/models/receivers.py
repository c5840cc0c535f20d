"""The library class that an abstract value is an instance of."""

from __future__ import annotations

from graphlift.values import (
    Array,
    Dataset,
    DType,
    Iterator,
    KerasTensor,
    Object,
    ShapeValue,
    Spec,
    Tensor,
    TensorArray,
    Value,
    Variable,
)

_FORMS = {
    "dense": "tensorflow.Tensor",
    "ragged": "tensorflow.RaggedTensor",
    "sparse": "tensorflow.SparseTensor",
    "slices": "tensorflow.IndexedSlices",
}
_SPECS = {
    "dense": "tensorflow.TensorSpec",
    "ragged": "tensorflow.RaggedTensorSpec",
    "sparse": "tensorflow.SparseTensorSpec",
    "slices": "tensorflow.IndexedSlicesSpec",
}


def class_of(value: Value) -> str | None:
    """The canonical name of the library class of a value, or `None` when it is no library value."""
    match value:
        case Tensor():
            return _FORMS[value.form]
        case Variable():
            return "keras.Variable" if value.keras else "tensorflow.Variable"
        case KerasTensor():
            return "keras.KerasTensor"
        case Array():
            return "numpy.generic" if value.scalar else "numpy.ndarray"
        case TensorArray():
            return "tensorflow.TensorArray"
        case Spec():
            return _SPECS[value.form]
        case DType():
            return "tensorflow.DType"
        case ShapeValue():
            return "tensorflow.TensorShape"
        case Dataset():
            return "tensorflow.data.Dataset"
        case Iterator() if value.source == "dataset":
            return "tensorflow.data.Iterator"
        case Object():
            return value.cls
        case _:
            return None
