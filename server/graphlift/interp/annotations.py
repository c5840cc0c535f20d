"""What an annotation says of a value."""

from __future__ import annotations

from graphlift import models
from graphlift.interp.expressions import evaluate
from graphlift.interp.frame import Frame
from graphlift.syntax import nodes, parse
from graphlift.values import (
    NONE,
    Array,
    Class,
    Dataset,
    External,
    Instance,
    Iterator,
    Mapping,
    Object,
    Py,
    Sequence,
    SetOf,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    join_all,
)

_PLAIN: dict[str, Value] = {
    "builtins.int": Py("int"),
    "builtins.float": Py("float"),
    "builtins.str": Py("str"),
    "builtins.bool": Py("bool"),
    "builtins.bytes": Py("bytes"),
    "builtins.complex": Py("complex"),
    "tensorflow.Tensor": Tensor(),
    "tensorflow.RaggedTensor": Tensor(form="ragged"),
    "tensorflow.SparseTensor": Tensor(form="sparse"),
    "tensorflow.IndexedSlices": Tensor(form="slices"),
    "tensorflow.Variable": Variable(),
    "tensorflow.TensorArray": TensorArray(),
    "tensorflow.types.experimental.TensorLike": Tensor(),
    "numpy.ndarray": Array(),
    "numpy.typing.NDArray": Array(),
    "pathlib.Path": Py("pathlib.Path"),
}
_SEQUENCES = {
    "builtins.list": "list",
    "typing.List": "list",
    "typing.Sequence": "list",
    "collections.abc.Sequence": "list",
    "typing.MutableSequence": "list",
    "builtins.set": "set",
    "typing.Set": "set",
}
_MAPPINGS = frozenset(
    {"builtins.dict", "typing.Dict", "typing.Mapping", "collections.abc.Mapping", "typing.MutableMapping"}
)
_ITERATORS = frozenset(
    {
        "typing.Iterator",
        "typing.Generator",
        "collections.abc.Iterator",
        "collections.abc.Generator",
    }
)
_UNKNOWN = Unknown("its annotation does not say what it is")


def annotated(frame: Frame, node: nodes.NodeNG | None) -> Value | None:
    """The value that an annotation describes, `None` when it does not say."""
    if node is None:
        return None
    value = _described(frame, node)
    return None if isinstance(value, Unknown) else value


def annotated_text(frame: Frame, text: str) -> Value | None:
    """The same for an annotation's source text, seen from the frame's module."""
    if not text:
        return None
    parsed = parse(text, "annotation", "")
    if parsed.tree is None or len(parsed.tree.body) != 1:
        return None
    statement = parsed.tree.body[0]
    if not isinstance(statement, nodes.Expr):
        return None
    with frame.quietly():
        return annotated(frame, statement.value)


def _described(frame: Frame, node: nodes.NodeNG) -> Value:
    if isinstance(node, nodes.Const):
        if node.value is None:
            return NONE
        if isinstance(node.value, str):
            found = annotated_text(frame, node.value)
            return found if found is not None else _UNKNOWN
        return _UNKNOWN
    if isinstance(node, nodes.BinOp) and node.op == "|":
        return join_all((_described(frame, node.left), _described(frame, node.right)))
    if isinstance(node, nodes.Subscript):
        return _generic(frame, node)
    if isinstance(node, nodes.Name | nodes.Attribute):
        return _named(frame, evaluate(frame, node))
    return _UNKNOWN


def _named(frame: Frame, value: Value) -> Value:
    if isinstance(value, Class):
        return Instance(value.definition)
    if not isinstance(value, External):
        return _UNKNOWN
    name = value.name
    if name in _PLAIN:
        return _PLAIN[name]
    if name in _SEQUENCES:
        kind = _SEQUENCES[name]
        return SetOf("set", _UNKNOWN) if kind == "set" else Sequence(kind, None, _UNKNOWN)
    if name in ("builtins.tuple", "typing.Tuple"):
        return Sequence("tuple", None, _UNKNOWN)
    if name in _MAPPINGS:
        return Mapping("dict", None, _UNKNOWN, _UNKNOWN)
    if name == "tensorflow.data.Dataset":
        return Dataset(Unknown("the annotation does not say what the dataset yields"))
    if models.kind(name) == "class" and name.startswith(("keras.", "tensorflow.")):
        return Object(name)
    return _UNKNOWN


def _generic(frame: Frame, node: nodes.Subscript) -> Value:
    base = evaluate(frame, node.value)
    if not isinstance(base, External):
        return _UNKNOWN
    arguments = node.slice.elts if isinstance(node.slice, nodes.Tuple) else [node.slice]
    name = base.name
    if name in ("typing.Optional", "typing.Union"):
        parts = [_described(frame, a) for a in arguments]
        return join_all([*parts, NONE] if name.endswith("Optional") else parts)
    if name in ("typing.Annotated", "typing.Final", "typing.ClassVar"):
        return _described(frame, arguments[0])
    if name == "typing.Literal":
        constants = [a for a in arguments if isinstance(a, nodes.Const)]
        return join_all(evaluate(frame, a) for a in constants)
    if name in _SEQUENCES:
        kind = _SEQUENCES[name]
        element = _described(frame, arguments[0])
        return SetOf("set", element) if kind == "set" else Sequence(kind, None, element)
    if name in ("builtins.tuple", "typing.Tuple"):
        return _tuple(frame, arguments)
    if name in _MAPPINGS and len(arguments) == 2:
        key, value = (_described(frame, a) for a in arguments)
        return Mapping("dict", None, key, value)
    if name in _ITERATORS:
        return Iterator(_described(frame, arguments[0]))
    if name in ("typing.Iterable", "collections.abc.Iterable"):
        return _UNKNOWN
    if name.startswith("jaxtyping."):
        return _jaxtyped(frame, name, arguments)
    return _named(frame, base)


def _tuple(frame: Frame, arguments: list[nodes.NodeNG]) -> Value:
    last = arguments[-1]
    if isinstance(last, nodes.Const) and last.value is Ellipsis:
        return Sequence("tuple", None, _described(frame, arguments[0]))
    items = tuple(_described(frame, a) for a in arguments)
    return Sequence("tuple", items, join_all(items))


_JAXTYPED = {
    "Float32": "float32",
    "Float64": "float64",
    "Float16": "float16",
    "Int32": "int32",
    "Int64": "int64",
    "Bool": "bool",
}


def _jaxtyped(frame: Frame, name: str, arguments: list[nodes.NodeNG]) -> Value:
    """`Float[tf.Tensor, "batch 3"]`: dimensions are sizes, names, or `...`."""
    if len(arguments) != 2 or not isinstance(arguments[1], nodes.Const):
        return _UNKNOWN
    base = _described(frame, arguments[0])
    if not isinstance(base, Tensor):
        return base
    dtype = _JAXTYPED.get(name.rpartition(".")[2])
    words = str(arguments[1].value).split()
    if any(not (w.isdigit() or w.isidentifier()) for w in words):
        return Tensor(dtype)
    return Tensor(dtype, tuple(int(w) if w.isdigit() else None for w in words))
