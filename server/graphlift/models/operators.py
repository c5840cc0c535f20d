"""Operators on library values: tensors, variables, arrays, shapes, dtypes."""

from __future__ import annotations

from graphlift.models import contradictions, convert, shapes
from graphlift.models.api import CallResult, Hazard, Host, joined_hazards
from graphlift.models.convert import ARRAY, TENSOR, Operand, operand
from graphlift.models.indexing import index_shape, shape_item
from graphlift.models.promotion import promote
from graphlift.values import (
    Array,
    Const,
    Dataset,
    DType,
    KerasTensor,
    Never,
    OneOf,
    Py,
    Sequence,
    Shape,
    ShapeValue,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    const,
    display,
    join_all,
    options,
    through,
)

COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
UNARY = frozenset({"neg", "pos", "invert", "abs"})
_LOGICAL = frozenset({"&", "|", "^"})


def operator(op: str, left: Value, right: Value, host: Host) -> CallResult | None:
    """What `left op right` gives; `None` when no side is a library value.

    `op` is Python's sign, or `[]` (then `right` is the index), `neg`, `pos`, `invert`, `abs`, `not`, `in`
    (then `left` is looked up in `right`); for one operand `right` is not read.
    """
    if isinstance(left, OneOf) or isinstance(right, OneOf):
        found = [operator(op, a, b, host) for a in options(left) for b in options(right)]
        known = [result for result in found if result is not None]
        if len(known) < len(found) or not known:
            return None
        hazards = joined_hazards(result.hazards for result in known)
        return CallResult(join_all(r.value for r in known), hazards, max(r.ops for r in known))
    if op == "[]":
        return _subscript(left, right)
    if op == "not":
        return CallResult(Tensor("bool", ()), (), 1) if _is_tensor(left) else None
    if op in ("in", "not in"):
        return CallResult(Py("bool")) if _is_tensor(left) or _is_tensor(right) else None
    if op in UNARY:
        return _unary(op, left)
    if isinstance(left, Never) or isinstance(right, Never):
        return CallResult(Never())
    return _binary(op, left, right, host)


def _is_tensor(value: Value) -> bool:
    return isinstance(value, Tensor | Variable | KerasTensor)


def _unary(op: str, value: Value) -> CallResult | None:
    if not isinstance(value, Tensor | Variable | KerasTensor | Array):
        return None
    dtype = value.dtype
    if op == "abs":
        dtype = {"complex64": "float32", "complex128": "float64"}.get(dtype or "", dtype)
    match value:
        case Tensor():
            return CallResult(Tensor(dtype, value.shape, value.form), (), 1)
        case Variable():
            return CallResult(Tensor(dtype, value.shape), (), 2)
        case KerasTensor():
            return CallResult(KerasTensor(dtype, value.shape, value.held))
        case _:
            return CallResult(Array(dtype, value.shape, value.scalar))


def _binary(op: str, left: Value, right: Value, host: Host) -> CallResult | None:
    sides = (left, right)
    if any(isinstance(side, KerasTensor) for side in sides):
        return _keras(op, left, right)
    if any(isinstance(side, Tensor | Variable) for side in sides):
        return _checked(op, left, right, _tensors(op, left, right, host))
    if any(isinstance(side, Array) for side in sides):
        return _arrays(op, left, right)
    if any(isinstance(side, ShapeValue) for side in sides):
        return _shapes(op, left, right)
    if any(isinstance(side, DType) for side in sides):
        return _dtypes(op, left, right)
    if any(isinstance(side, Dataset) for side in sides) and op == "+":
        return None
    return None


def _checked(op: str, left: Value, right: Value, result: CallResult) -> CallResult:
    """The answer with what TensorFlow certainly refuses of it."""
    found = contradictions.operator(op, left, right)
    if found is not None and op == "*" and _is_index(left) and isinstance(right, Sequence | Const | Py):
        # TensorFlow gives up, and Python repeats the right side as often as an eager tensor's value says.
        unknown = CallResult(
            Unknown("eager code repeats this, tracing refuses it"), result.hazards, result.ops
        )
        return _with(unknown, op, found, certain=False)
    return _with(result, op, found)


def _is_index(value: Value) -> bool:
    """Whether an eager tensor like this stands for an index where Python asks for one."""
    integers = ("int", "uint", None)
    return (
        isinstance(value, Tensor) and value.shape in (None, ()) and (_kind(value.dtype) or None) in integers
    )


def _with(
    result: CallResult, op: str, found: contradictions.Contradiction | None, certain: bool = True
) -> CallResult:
    if found is None:
        return result
    sides = tuple((("left", "right")[side.position], side.text) for side in found.sides)
    hazard = Hazard(found.kind, f"`{op}`: {found.text}", certain=certain, sides=sides)
    return CallResult(result.value, (*result.hazards, hazard), result.ops)


def result_shape(op: str, a: Operand, b: Operand) -> Shape:
    """The shape of a binary operator's result."""
    return shapes.matmul(a.shape, b.shape) if op == "@" else shapes.broadcast(a.shape, b.shape)


def _tensors(op: str, left: Value, right: Value, host: Host) -> CallResult:
    a, b = operand(left), operand(right)
    ops = 1 + sum(isinstance(side, Variable) for side in (left, right))
    if {a.form, b.form} - {"dense", "slices"}:
        return _composite(op, a, b)
    if op in ("==", "!=") and Const("None", "None") in (left, right):
        return CallResult(const(op == "!="))
    if op not in COMPARISONS and not _convertible(a, b):
        return CallResult(
            Unknown("TensorFlow refuses this array, and NumPy takes over in eager code"), (), ops
        )
    if op in COMPARISONS:
        shape = (shapes.equality if op in ("==", "!=") else shapes.broadcast)(a.shape, b.shape)
        return CallResult(Tensor("bool", shape), (), ops)
    keras_side = any(isinstance(side, Variable) and side.keras for side in (left, right))
    strong = {one.dtype for one in (a, b) if one.strength == TENSOR}
    if keras_side and host.keras != 2:
        dtype = strong.pop() if len(strong) == 1 and ARRAY not in (a.strength, b.strength) else None
        return CallResult(Tensor(dtype, result_shape(op, a, b)), (), ops)
    # Two dtypes raise, or follow NumPy's promotion where that is switched on.
    dtype = None if len(strong - {None}) > 1 else convert.common_dtype([a, b])
    if op == "/":
        dtype = _quotient(dtype)
    if op in _LOGICAL and dtype not in (None, "bool") and not str(dtype).startswith(("int", "uint")):
        dtype = None
    return CallResult(Tensor(dtype, result_shape(op, a, b)), (), ops)


_KINDS = ("bool", "uint", "int", "float", "complex")


def _convertible(a: Operand, b: Operand) -> bool:
    """Whether TensorFlow makes a tensor of an array to match the tensor beside it; it never narrows the kind."""
    for one, other in ((a, b), (b, a)):
        if one.strength == TENSOR and other.strength == ARRAY:
            kinds = [_KINDS.index(k) for k in (_kind(one.dtype), _kind(other.dtype)) if k in _KINDS]
            if len(kinds) == 2 and kinds[1] > max(kinds[0], 2 if kinds[0] else 0):
                return False
    return True


def _kind(dtype: str | None) -> str:
    return "float" if dtype == "bfloat16" else (dtype or "").rstrip("0123456789")


def _quotient(dtype: str | None) -> str | None:
    if dtype in ("int8", "uint8", "int16", "uint16"):
        return "float32"
    return "float64" if dtype in ("int32", "int64", "uint32", "uint64") else dtype


def _composite(op: str, a: Operand, b: Operand) -> CallResult:
    forms = {a.form, b.form}
    dtype = "bool" if op in COMPARISONS else convert.common_dtype([a, b])
    if op == "/" and op not in COMPARISONS:
        dtype = _quotient(dtype)
    if "ragged" in forms and "sparse" not in forms and "slices" not in forms and op != "@":
        ranks = [one.shape for one in (a, b) if one.form == "ragged"]
        other = [one.shape for one in (a, b) if one.form != "ragged"]
        same = not other or other[0] == ()
        shape = ranks[0] if same and ranks and all(r == ranks[0] for r in ranks) else None
        return CallResult(Tensor(dtype, shape, "ragged"), (), 2)
    return CallResult(Unknown(f"`{op}` on a {sorted(forms - {'dense'})[0]} tensor is not modelled"), (), 1)


def _keras(op: str, left: Value, right: Value) -> CallResult:
    a, b = operand(left), operand(right)
    shape = shapes.numpy_matmul(a.shape, b.shape) if op == "@" else shapes.broadcast(a.shape, b.shape)
    if op in COMPARISONS:
        return CallResult(through(KerasTensor("bool", shape), (left, right)))
    strong = {one.dtype for one in (a, b) if one.strength == TENSOR}
    dtype = strong.pop() if len(strong) == 1 and op != "/" else None
    if dtype is not None and not dtype.startswith(("float", "bfloat")):
        dtype = None
    return CallResult(through(KerasTensor(dtype, shape), (left, right)))


def _arrays(op: str, left: Value, right: Value) -> CallResult:
    a, b = operand(left), operand(right)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        # An unknown operand may be a tensor, and then the result is one.
        return CallResult(Unknown("an array meets something unknown"))
    repeated = _repeated(left, right) if op == "*" else None
    if repeated is not None:
        return CallResult(repeated)
    shape = shapes.numpy_matmul(a.shape, b.shape) if op == "@" else shapes.broadcast(a.shape, b.shape)
    if op in COMPARISONS:
        return CallResult(Array("bool", shape, shape == ()))
    dtype = promote([a, b])
    if op == "/" and dtype is not None and not dtype.startswith(("float", "complex")):
        dtype = "float64" if dtype not in ("int8", "uint8", "bool") else None
    if op == "-" and dtype == "bool":
        dtype = None
    if op == "**" and (dtype is None or not dtype.startswith(("float", "complex", "int64"))):
        dtype = None
    if op in ("//", "%") and dtype == "bool":
        dtype = "int8"
    return CallResult(Array(dtype, shape, shape == ()))


def _repeated(left: Value, right: Value) -> Value | None:
    """What a NumPy scalar times a list, tuple or string gives: Python repeats it, and NumPy takes no part.

    Only integers get this far: Python refuses the others. `None` for everything else.
    """
    container, count = (right, left) if isinstance(left, Array) else (left, right)
    if not isinstance(count, Array) or not count.scalar:
        return None
    if isinstance(container, Sequence) and not container.fields:
        return Sequence(container.type, None, container.element)
    if isinstance(container, Const | Py) and container.type in ("str", "bytes"):
        return Py(container.type)
    return None


def _shapes(op: str, left: Value, right: Value) -> CallResult:
    if op in COMPARISONS:
        return CallResult(Py("bool"))
    if op != "+":
        return CallResult(Unknown(f"`{op}` on a tf.TensorShape is not modelled"))
    a, b = convert.as_dims(left), convert.as_dims(right)
    return CallResult(ShapeValue(None if a is None or b is None else a + b))


def _dtypes(op: str, left: Value, right: Value) -> CallResult:
    if op not in ("==", "!="):
        return CallResult(Unknown(f"`{op}` on a tf.DType is not modelled"))
    a, b = convert.as_dtype(left), convert.as_dtype(right)
    return CallResult(Py("bool") if a is None or b is None else const((a == b) == (op == "==")))


def _subscript(receiver: Value, index: Value) -> CallResult | None:
    result = _item(receiver, index)
    if result is None or not isinstance(receiver, Tensor | Variable):
        return result
    return _with(result, "[]", contradictions.index(receiver, index))


def _item(receiver: Value, index: Value) -> CallResult | None:
    match receiver:
        case Tensor() if receiver.form == "dense":
            shape = index_shape(receiver.shape, index)
            return CallResult(Tensor(receiver.dtype, shape, "dense"), (), 1)
        case Tensor() if receiver.form == "ragged":
            return CallResult(_ragged_item(receiver, index), (), 2)
        case Variable():
            return CallResult(Tensor(receiver.dtype, index_shape(receiver.shape, index)), (), 2)
        case KerasTensor():
            return CallResult(KerasTensor(receiver.dtype, index_shape(receiver.shape, index)))
        case Array():
            return _array_item(receiver, index)
        case ShapeValue():
            return CallResult(shape_item(receiver, index))
        case TensorArray():
            return None
        case _:
            return None


def _ragged_item(receiver: Tensor, index: Value) -> Value:
    first = index.items[0] if isinstance(index, Sequence) and index.items else index
    scalar = isinstance(first, Const | Py) and first.type == "int"
    if receiver.shape is not None and len(receiver.shape) == 2 and first is index and scalar:
        return Tensor(receiver.dtype, (None,))
    return Unknown(f"an item of {display(receiver)} is not modelled")


def _array_item(receiver: Array, index: Value) -> CallResult:
    parts = index.items if isinstance(index, Sequence) and index.type == "tuple" else (index,)
    hazards: tuple[Hazard, ...] = ()
    for part in parts or ():
        if convert.symbolic(part):
            hazards = (Hazard("numpy-on-tensor", "an index of an np.ndarray"),)
    shape = index_shape(receiver.shape, index, numpy=True)
    # A view shares its base's memory; whole numbers and slices give views, arrays and lists give copies.
    copied = any(isinstance(part, Array | Sequence | Tensor) for part in parts or ())
    return CallResult(Array(receiver.dtype, shape, shape == (), "" if copied else receiver.site), hazards)
