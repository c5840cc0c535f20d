"""What an annotation says of a value.

Annotations are read the way a type checker reads them: quoted or not, through aliases, type variables and new
types, with the parameters of generic types. What a type does not tell (a protocol, a callable, `Any`) is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType

from graphlift import models
from graphlift.interp.construct import Field, class_fields, is_named_tuple, named_tuple_value
from graphlift.interp.expressions import evaluate
from graphlift.interp.frame import Frame
from graphlift.interp.jaxtyping import described_array
from graphlift.interp.summary import Context
from graphlift.interp.uses import TENSOR_FUNCTION
from graphlift.syntax import nodes, parse_fragment
from graphlift.values import (
    NEVER,
    NONE,
    Array,
    Class,
    Const,
    Dataset,
    DType,
    External,
    Instance,
    Iterator,
    KerasTensor,
    Mapping,
    Object,
    Py,
    Sequence,
    SetOf,
    ShapeValue,
    Spec,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    join,
    join_all,
)

_PLAIN: dict[str, Value] = {
    "builtins.int": Py("int"),
    "builtins.float": Py("float"),
    "builtins.str": Py("str"),
    "builtins.bool": Py("bool"),
    "builtins.bytes": Py("bytes"),
    "builtins.complex": Py("complex"),
    "builtins.range": Py("range"),
    "builtins.slice": Py("slice"),
    "types.NoneType": NONE,
    "typing.Text": Py("str"),
    "typing.LiteralString": Py("str"),
    "tensorflow.Tensor": Tensor(),
    "tensorflow.RaggedTensor": Tensor(form="ragged"),
    "tensorflow.SparseTensor": Tensor(form="sparse"),
    "tensorflow.IndexedSlices": Tensor(form="slices"),
    "tensorflow.Variable": Variable(),
    "tensorflow.TensorArray": TensorArray(),
    "tensorflow.TensorShape": ShapeValue(),
    "tensorflow.DType": DType(),
    "tensorflow.TensorSpec": Spec(),
    "tensorflow.RaggedTensorSpec": Spec(form="ragged"),
    "tensorflow.SparseTensorSpec": Spec(form="sparse"),
    "tensorflow.types.experimental.TensorLike": Tensor(),
    "keras.KerasTensor": KerasTensor(),
    "keras.Variable": Variable(keras=True),
    "numpy.ndarray": Array(),
    "numpy.typing.NDArray": Array(),
    "pathlib.Path": Py("pathlib.Path"),
}
_SEQUENCES = {
    "builtins.list": "list",
    "typing.List": "list",
    "typing.MutableSequence": "list",
    "collections.abc.MutableSequence": "list",
    "collections.deque": "collections.deque",
    "typing.Deque": "collections.deque",
}
_ANY_SEQUENCE = frozenset({"typing.Sequence", "collections.abc.Sequence"})
_SETS = {
    "builtins.set": "set",
    "typing.Set": "set",
    "typing.MutableSet": "set",
    "typing.AbstractSet": "set",
    "collections.abc.Set": "set",
    "collections.abc.MutableSet": "set",
    "builtins.frozenset": "frozenset",
    "typing.FrozenSet": "frozenset",
}
_TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})
_MAPPINGS = frozenset(
    {
        "builtins.dict",
        "typing.Dict",
        "typing.Mapping",
        "typing.MutableMapping",
        "typing.DefaultDict",
        "typing.OrderedDict",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.abc.Mapping",
        "collections.abc.MutableMapping",
    }
)
_ITERATORS = frozenset(
    {"typing.Iterator", "typing.Generator", "collections.abc.Iterator", "collections.abc.Generator"}
)
_WRAPPERS = frozenset({"Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Unpack"})
"""Members of `typing` whose first argument is the type."""

_TYPING = ("typing", "typing_extensions")
_UNKNOWN = Unknown("its annotation does not say what it is")
_MAX_DEPTH = 12

Bounds = MappingType[str, "nodes.NodeNG | None"]
"""The bounds of the type parameters in scope, by name."""


def annotated(frame: Frame, node: nodes.NodeNG | None) -> Value | None:
    """The value that an annotation describes, `None` when it does not say."""
    if node is None:
        return None
    value = _Reader(frame, {}).read(node)
    return None if isinstance(value, Unknown) else value


def annotated_text(
    frame: Frame, text: str, bounds: Bounds | None = None, functions: bool = False
) -> Value | None:
    """The same for an annotation's source text, seen from the frame's scope.

    With `functions`, a callable that is annotated to give a tensor is taken to do nothing else.
    """
    if not text:
        return None
    value = _Reader(frame, bounds or {}, functions=functions).read_text(text)
    return None if isinstance(value, Unknown) else value


def instance_of(kind: Value, otherwise: Value) -> Value:
    """An instance of a class that is a value, as after `isinstance(x, kind)`; `otherwise` where that says too little.

    Library classes that others extend are left out: their instances may be of the program's own subclasses.
    """
    if isinstance(kind, Class):
        return Instance(kind.definition)
    if not isinstance(kind, External) or kind.name.startswith("numpy."):
        return otherwise
    if kind.name == "builtins.int":
        return join(Py("int"), Py("bool"))
    if kind.name in _SEQUENCES:
        return Sequence(_SEQUENCES[kind.name], None, otherwise)
    if kind.name in _TUPLES:
        return Sequence("tuple", None, otherwise)
    if kind.name in _SETS:
        return SetOf(_SETS[kind.name], otherwise)
    if kind.name == "builtins.dict":
        return Mapping("dict", None, otherwise, otherwise)
    return _PLAIN.get(kind.name, otherwise)


class _Reader:
    """Reads one annotation, seen from a frame's scope."""

    def __init__(self, frame: Frame, bounds: Bounds, depth: int = 0, functions: bool = False) -> None:
        self._frame = frame
        self._bounds = bounds
        self._depth = depth
        self._functions = functions

    def read_text(self, text: str) -> Value:
        # An assignment, since a module that holds a string alone holds a docstring.
        parsed = parse_fragment(f"_ = ({text.strip()})")
        if parsed.tree is None or len(parsed.tree.body) != 1:
            return _UNKNOWN
        statement = parsed.tree.body[0]
        return self.read(statement.value) if isinstance(statement, nodes.Assign) else _UNKNOWN

    def read(self, node: nodes.NodeNG) -> Value:
        if self._depth > _MAX_DEPTH:
            return _UNKNOWN
        self._depth += 1
        with self._frame.quietly(), self._frame.unwatched():
            value = self._described(node)
        self._depth -= 1
        return value

    def _described(self, node: nodes.NodeNG) -> Value:
        if isinstance(node, nodes.Const):
            if node.value is None:
                return NONE
            return self.read_text(node.value) if isinstance(node.value, str) else _UNKNOWN
        if isinstance(node, nodes.BinOp) and node.op == "|":
            return join_all((self.read(node.left), self.read(node.right)))
        if isinstance(node, nodes.Subscript):
            return self._generic(node)
        if isinstance(node, nodes.Name | nodes.Attribute):
            return self._name(node)
        if isinstance(node, nodes.Call):
            return self._made(node)
        if isinstance(node, nodes.Starred):
            return self.read(node.value)
        return _UNKNOWN

    # Names

    def _name(self, node: nodes.NodeNG) -> Value:
        text = node.as_string()
        if text in self._bounds:
            bound = self._bounds[text]
            if isinstance(bound, nodes.Tuple):
                return join_all(self.read(each) for each in bound.elts)
            return _UNKNOWN if bound is None else self.read(bound)
        reference = self._frame.analysis.query("resolve_name", self._frame.module, text)
        if reference is not None and reference.kind == "variable":
            return self._alias(reference.target)
        value = evaluate(self._frame, node)
        if isinstance(value, Class):
            return self._instance(value.definition)
        return self._library(value.name) if isinstance(value, External) else _UNKNOWN

    def _alias(self, target: str) -> Value:
        """A name of a module's top level that stands for a type: an alias, a type variable, a new type."""
        module, _, name = target.partition(":")
        text = self._frame.analysis.query("alias_text", module, name)
        if not text:
            return _UNKNOWN
        from graphlift.index import MODULE_BODY

        home = Frame(self._frame.analysis, f"{module}:{MODULE_BODY}", Context())
        return _Reader(home, {}, self._depth).read_text(text)

    def _made(self, node: nodes.Call) -> Value:
        """`TypeVar("T", bound=…)`, `TypeVar("T", A, B)` and `NewType("N", base)`, on the right of an alias."""
        function = evaluate(self._frame, node.func)
        name = _typing_name(function)
        if name == "TypeVar":
            bound = next((k.value for k in node.keywords if k.arg == "bound"), None)
            types = [bound] if bound is not None else node.args[1:]
            return join_all(self.read(each) for each in types) if types else _UNKNOWN
        if name == "NewType" and len(node.args) == 2:
            return self.read(node.args[1])
        return _UNKNOWN

    def _library(self, name: str) -> Value:
        name = _canonical(name)
        if name in _PLAIN:
            return _PLAIN[name]
        if name in _SEQUENCES or name in _ANY_SEQUENCE:
            return self._sequence(name, _UNKNOWN)
        if name in _SETS:
            return SetOf(_SETS[name], _UNKNOWN)
        if name in _TUPLES:
            return Sequence("tuple", None, _UNKNOWN)
        if name in _MAPPINGS:
            return Mapping("dict", None, _UNKNOWN, _UNKNOWN)
        if name == "tensorflow.data.Dataset":
            return Dataset(Unknown("the annotation does not say what the dataset yields"))
        if name == "typing.Self" and self._frame.is_class:
            return Instance(self._frame.definition)
        if models.kind(name) != "class":
            return _UNKNOWN
        if name.startswith("numpy."):
            return _numpy_scalar(name)
        return Object(name) if name.startswith(("keras.", "tensorflow.")) else _UNKNOWN

    def _instance(self, definition: str) -> Value:
        """An instance of one of the program's own classes."""
        bases = self._frame.analysis.query("mro", definition)
        library = {e.target for e in bases if e is not None and e.kind == "external"}
        if any(_typing_name(External(name)) == "TypedDict" for name in library):
            return self._typed_dict(definition)
        if is_named_tuple(self._frame, definition):
            fields = class_fields(self._frame, definition)
            values = tuple(self._field(f) for f in fields)
            return named_tuple_value(definition, tuple(f.name for f in fields), values)
        direct = self._frame.analysis.query("bases_of", definition)
        if any(e is not None and _typing_name(External(e.target)) == "Protocol" for e in direct):
            return Unknown("a protocol says what it can do and not what it is")
        return Instance(definition)

    def _field(self, field: Field) -> Value:
        if field.annotation is None:
            return _UNKNOWN
        home = Frame(self._frame.analysis, field.owner, Context())
        return _Reader(home, {}, self._depth + 1).read(field.annotation)

    def _typed_dict(self, definition: str) -> Value:
        fields = class_fields(self._frame, definition)
        values = [(Const("str", repr(f.name)), self._field(f)) for f in fields]
        node = self._frame.analysis.unit(definition.partition(":")[0]).nodes.get(definition)
        total = all(k.arg != "total" for k in getattr(node, "keywords", None) or [])
        optional = any(f.annotation is not None and "NotRequired" in f.annotation.as_string() for f in fields)
        entries = tuple(values) if total and not optional else None
        return Mapping("dict", entries, Py("str"), join_all(value for _, value in values))

    # Generic types

    def _generic(self, node: nodes.Subscript) -> Value:
        base = evaluate(self._frame, node.value)
        arguments = node.slice.elts if isinstance(node.slice, nodes.Tuple) else [node.slice]
        if not isinstance(base, External):
            return self.read(node.value)  # A generic class or alias of the program's own.
        if not arguments:
            return Sequence("tuple", (), NEVER)  # `tuple[()]`
        special = self._special(_typing_name(base), arguments)
        if special is not None:
            return special
        name = _canonical(base.name)
        if name in _SEQUENCES or name in _ANY_SEQUENCE:
            return self._sequence(name, self.read(arguments[0]))
        if name in _SETS:
            return SetOf(_SETS[name], self.read(arguments[0]))
        if name in _TUPLES:
            return self._tuple(arguments)
        if name in _MAPPINGS and len(arguments) == 2:
            key, value = (self.read(a) for a in arguments)
            return Mapping("dict", None, key, value)
        if name in _ITERATORS:
            return Iterator(self.read(arguments[0]), "python" if name.endswith("Generator") else "unseen")
        if name == "tensorflow.data.Dataset":
            return Dataset(self.read(arguments[0]))
        if name in ("numpy.typing.NDArray", "numpy.ndarray"):
            return self._array(arguments[-1])
        if name.startswith("jaxtyping.") and len(arguments) == 2:
            return self._jaxtyped(name, arguments[0], arguments[1])
        return self._library(name)

    def _special(self, name: str, arguments: list[nodes.NodeNG]) -> Value | None:
        """The special forms of `typing`; `None` for other names."""
        if name in ("Optional", "Union"):
            parts = [self.read(a) for a in arguments]
            return join_all([*parts, NONE] if name == "Optional" else parts)
        if name in _WRAPPERS:
            return self.read(arguments[0])
        if name == "Literal":
            return join_all(self._literal(a) for a in arguments)
        if name == "Callable" and self._functions and len(arguments) == 2:
            return TENSOR_FUNCTION if isinstance(self.read(arguments[1]), Tensor) else _UNKNOWN
        if name in ("Callable", "Type", "Iterable", "Collection", "Awaitable", "Coroutine"):
            return _UNKNOWN
        return None

    def _literal(self, node: nodes.NodeNG) -> Value:
        value = evaluate(self._frame, node)
        return value if isinstance(value, Const) else _UNKNOWN

    @staticmethod
    def _sequence(name: str, element: Value) -> Value:
        if name in _ANY_SEQUENCE:
            return join(Sequence("tuple", None, element), Sequence("list", None, element))
        return Sequence(_SEQUENCES[name], None, element)

    def _tuple(self, arguments: list[nodes.NodeNG]) -> Value:
        last = arguments[-1]
        if isinstance(last, nodes.Const) and last.value is Ellipsis:
            return Sequence("tuple", None, self.read(arguments[0]))
        items = tuple(self.read(a) for a in arguments)
        return Sequence("tuple", items, join_all(items))

    def _array(self, node: nodes.NodeNG) -> Value:
        """`NDArray[np.float32]` and `np.ndarray[Any, np.dtype[np.float32]]`."""
        if isinstance(node, nodes.Subscript):
            node = node.slice
        scalar = evaluate(self._frame, node)
        found = _numpy_scalar(scalar.name) if isinstance(scalar, External) else _UNKNOWN
        return Array(found.dtype) if isinstance(found, Array) else Array()

    def _jaxtyped(self, name: str, array: nodes.NodeNG, shape: nodes.NodeNG) -> Value:
        dims = shape.value if isinstance(shape, nodes.Const) and isinstance(shape.value, str) else None
        return described_array(self.read(array), name.rpartition(".")[2], dims)


def _typing_name(value: Value) -> str:
    """The name of a member of `typing`, whether it comes from there or from its backport; empty for others."""
    if not isinstance(value, External):
        return ""
    module, _, name = value.name.rpartition(".")
    if module in _TYPING:
        return name
    return name if module == "collections.abc" and name in ("Callable", "Iterable", "Collection") else ""


def _canonical(name: str) -> str:
    return name.replace("typing_extensions.", "typing.", 1)


def _numpy_scalar(name: str) -> Value:
    """A NumPy scalar type by its name (`numpy.float32`); abstract ones (`numpy.floating`) have no dtype."""
    leaf = name.rpartition(".")[2].removesuffix("_")
    if isinstance(models.constant(f"tensorflow.{leaf}"), DType):
        return Array(leaf, (), scalar=True)
    return Array(None, (), scalar=True) if leaf in ("floating", "integer", "number", "generic") else _UNKNOWN
