"""Abstract values in the words that users read: TensorFlow's own constructor form (DESIGN.md, section 6)."""

from __future__ import annotations

from graphlift.values.domain import (
    NONE,
    Array,
    Bound,
    Class,
    Const,
    Dataset,
    DType,
    External,
    Function,
    GraphFunction,
    Instance,
    Iterator,
    KerasTensor,
    Mapping,
    Method,
    Module,
    Never,
    Object,
    OneOf,
    Partial,
    Py,
    Sequence,
    SetOf,
    Shape,
    ShapeValue,
    Spec,
    Super,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    options,
)
from graphlift.values.lattice import join_all

MOST_ITEMS = 16
"""The most items of a tuple that are shown one by one."""

_FORMS = {
    "dense": "tf.TensorSpec",
    "ragged": "tf.RaggedTensorSpec",
    "sparse": "tf.SparseTensorSpec",
    "slices": "tf.IndexedSlicesSpec",
}


def shape_text(shape: Shape) -> str:
    """A shape as Python prints a tuple; symbolic sizes print as `None`, an unknown rank as `None`."""
    if shape is None:
        return "None"
    dims = [str(d) if isinstance(d, int) else "None" for d in shape]
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"


def _typed(constructor: str, shape: Shape, dtype: str | None, prefix: str = "tf.") -> str:
    dtype_text = f"{prefix}{dtype}" if dtype else "None"
    return f"{constructor}(shape={shape_text(shape)}, dtype={dtype_text})"


def display(value: Value) -> str:
    """The value as its type is printed in reports, hovers and `# revealed:` assertions."""
    match value:
        case Unknown():
            return "unknown" if value.leaves is None else f"structure[{display(value.leaves)}]"
        case Never():
            return "Never"
        case Const():
            return "None" if value.type == "None" else f"Literal[{value.text}]"
        case Py():
            return value.type
        case Tensor():
            return _typed(_FORMS[value.form], value.shape, value.dtype)
        case Spec():
            return f"type[{_typed(_FORMS[value.form], value.shape, value.dtype)}]"
        case Variable():
            return _typed("tf.Variable", value.shape, value.dtype)
        case KerasTensor():
            return _typed("KerasTensor", value.shape, value.dtype)
        case Array():
            dtype = value.dtype or "None"
            if value.scalar:
                return f"np.{dtype}" if value.dtype else "np.generic"
            return _typed("np.ndarray", value.shape, dtype, "np." if value.dtype else "")
        case TensorArray():
            return f"tf.TensorArraySpec({_typed('element', value.shape, value.dtype)[8:-1]})"
        case DType():
            return f"tf.{value.name}" if value.name else "tf.DType"
        case ShapeValue():
            return "tf.TensorShape" + (f"({shape_text(value.shape)})" if value.shape is not None else "")
        case OneOf():
            return " | ".join(dict.fromkeys(display(option) for option in value.options))
        case _:
            return _display_object(value)


def _display_object(value: Value) -> str:
    match value:
        case Sequence():
            return _display_sequence(value)
        case Mapping():
            return f"{value.type}[{display(_without_constants(value.key))}, {display(value.value)}]"
        case SetOf():
            return f"{value.type}[{display(value.element)}]"
        case Dataset():
            return f"tf.data.Dataset[{display(value.element)}]"
        case Iterator():
            return f"Iterator[{display(value.element)}]"
        case Module() | External():
            return f"<{short_name(value.name)}>"
        case Class():
            return f"type[{_leaf(value.definition)}]"
        case Instance():
            return _leaf(value.definition)
        case Object():
            return short_name(value.cls)
        case Function():
            return f"<function {_leaf(value.definition)}>"
        case Bound():
            return f"<bound {display(value.function)}>"
        case Partial():
            return f"partial({display(value.function)})"
        case GraphFunction():
            return f"tf.function({display(value.function)})"
        case Method():
            return f"<method {value.name}>"
        case Super():
            return "super()"
        case _:
            raise TypeError(f"no display for {type(value).__name__}")


def _display_sequence(value: Sequence) -> str:
    if value.fields or "." in value.type:
        return value.type.rpartition(".")[2]
    if value.type == "tuple" and value.items is not None:
        if len(value.items) > MOST_ITEMS:
            return f"tuple[{display(join_all(value.items))}, ...]"
        inside = ", ".join(display(item) for item in value.items)
        return f"tuple[{inside}]" if value.items else "tuple[()]"
    element = "object" if isinstance(value.element, Never) else display(value.element)
    return f"tuple[{element}, ...]" if value.type == "tuple" else f"{value.type}[{element}]"


def _without_constants(key: Value) -> Value:
    """What the keys of a dict are, without saying which keys there are."""
    return join_all(Py(k.type) if isinstance(k, Const) and k != NONE else k for k in options(key))


def spelled(value: Value, depth: int = 0) -> str:
    """The same as `display`, with what is known of each item: keys of dicts, items of lists, fields of tuples.

    `{'image': tf.TensorSpec(…), 'label': int}` and `Point(x=int, y=float)`; long ones and deep ones as `display`.
    """
    if isinstance(value, OneOf):
        return " | ".join(dict.fromkeys(spelled(option, depth) for option in value.options))
    if depth >= 4:
        return display(value)
    if isinstance(value, Mapping) and value.items and len(value.items) <= MOST_ITEMS:
        entries = ", ".join(f"{key.text}: {spelled(item, depth + 1)}" for key, item in value.items)
        return f"{{{entries}}}" if value.type == "dict" else f"{value.type}({{{entries}}})"
    if isinstance(value, Sequence) and value.items and len(value.items) <= MOST_ITEMS:
        items = [spelled(item, depth + 1) for item in value.items]
        if value.fields:
            fields = ", ".join(f"{name}={item}" for name, item in zip(value.fields, items, strict=True))
            return f"{_display_sequence(value)}({fields})"
        if value.type == "tuple":
            return f"tuple[{', '.join(items)}]"
        if value.type == "list":
            return f"[{', '.join(items)}]"
    return display(value)


def short_name(name: str) -> str:
    """A canonical dotted name the way people write it: `tf.nn.relu`, `np.sum`, `print`."""
    head, _, rest = name.partition(".")
    head = {"tensorflow": "tf", "numpy": "np", "builtins": "", "tensorflow_probability": "tfp"}.get(
        head, head
    )
    return f"{head}.{rest}" if head and rest else (rest or head)


def _leaf(definition: str) -> str:
    return definition.partition(":")[2] or definition
