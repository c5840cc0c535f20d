"""Whether a value that was seen lies inside what was inferred: the meaning of the abstract domain, spelt out.

`Unknown` contains everything. A union contains what one of its options contains. The analysis interprets code as if it
were traced; what was seen in plain Python is therefore also inside where tracing would have turned it into what was
inferred: a Python number or a NumPy array that reads as a tensor of the inferred dtype and shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphlift.index import qualname_of
from graphlift.values import (
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
)

Described = Any
"""See `recording.describe`: a list whose first element is the kind."""

PYTHON_DTYPES = {"bool": "bool", "int": "int32", "float": "float32", "str": "string", "bytes": "string"}
"""What TensorFlow makes of Python constants."""

LAZY = [
    ["builtins", name]
    for name in (
        "enumerate",
        "zip",
        "map",
        "filter",
        "reversed",
        "list_reverseiterator",
        "dict_keys",
        "dict_values",
    )
] + [
    ["builtins", "dict_items"],
    ["builtins", "odict_items"],
    ["builtins", "odict_keys"],
    ["builtins", "odict_values"],
]
"""Built-in iterators and views: the analysis holds the sequence of what they give."""


@dataclass(frozen=True)
class World:
    """What names stand for: `library` gives the description of a library object, `definition` the `DefId` of a class
    or function by file and qualified name."""

    library: Callable[[str], Described | None]
    definition: Callable[[str, str], str]


def contains(value: Value, seen: Described, world: World, in_graph: bool) -> bool:
    """Whether the inferred value describes the one that was seen, while a graph was being made or not."""
    if isinstance(value, Unknown) or seen[0] == "deep" or _is_field(seen):
        return True
    if isinstance(value, OneOf):
        return any(contains(option, seen, world, in_graph) for option in value.options)
    return _Check(world, in_graph).inside(value, seen)


class _Check:
    def __init__(self, world: World, in_graph: bool) -> None:
        self.world = world
        self.in_graph = in_graph

    def all_inside(self, value: Value, seen: list[Described]) -> bool:
        return all(contains(value, each, self.world, self.in_graph) for each in seen)

    def inside(self, value: Value, seen: Described) -> bool:
        kind = seen[0]
        match value:
            case Never():
                return False
            case Const():
                return bool(kind == "const" and seen[1] == value.type and seen[2] == value.text)
            case Py():
                return self.python(value, seen)
            case Tensor():
                return self.tensor(value, seen)
            case Variable():
                return kind == "variable" and _typed(value, seen[1], seen[2]) and (seen[3] or not value.keras)
            case KerasTensor():
                return kind == "keras-tensor" and _typed(value, seen[1], seen[2])
            case Array():
                ranked = value.scalar or value.shape is not None
                typed = kind == "array" and _typed(value, seen[1], seen[2])
                return typed and (not ranked or value.scalar == seen[3])
            case TensorArray():
                return kind == "tensor-array" and _typed(value, seen[1], seen[2])
            case Spec():
                return kind == "spec" and seen[1] == value.form and _typed(value, seen[2], seen[3])
            case DType():
                return kind == "dtype" and value.name in (None, seen[1])
            case ShapeValue():
                return kind == "shape" and shape_inside(value.shape, seen[1])
            case Dataset():
                return kind == "dataset" and contains(value.element, _element(seen[1]), self.world, True)
            case Sequence():
                return self.sequence(value, seen)
            case Mapping():
                return self.mapping(value, seen)
            case SetOf():
                named = kind == "set" and value.type in _class_names(seen[1])
                return named and self.all_inside(value.element, seen[2])
            case _:
                return self.object(value, seen)

    def python(self, value: Py, seen: Described) -> bool:
        if seen[0] == "const":
            return value.type in (seen[1], "object")
        if value.type == "object":
            return seen[0] not in ("tensor", "variable", "keras-tensor")
        if seen[0] == "class":
            return value.type == "type"
        if seen[0] in ("object", "sequence", "mapping", "set"):
            return value.type in _class_names(seen[1]) or self.is_a(value.type, seen[1])
        return "." in value.type and seen[0] not in ("tensor", "variable", "keras-tensor", "array")

    def tensor(self, value: Tensor, seen: Described) -> bool:
        if seen[0] == "tensor":
            return value.form == seen[1] and _typed(value, seen[2], seen[3]) and (seen[4] or not value.eager)
        if value.form != "dense":
            return False
        if seen[0] == "array":
            return _typed(value, seen[1], seen[2])
        if seen[0] == "const" and not self.in_graph and seen[1] in PYTHON_DTYPES:
            if seen[1] in ("str", "bytes") and value.dtype is None:
                return False
            same = value.dtype in (None, PYTHON_DTYPES[seen[1]])
            wider = value.python and value.dtype is not None and value.dtype.startswith(seen[1])
            return (same or wider) and shape_inside(value.shape, [])
        return False

    def sequence(self, value: Sequence, seen: Described) -> bool:
        if seen[0] == "object" and seen[1][0][1:] in LAZY:
            return value.type in ("tuple", *(name for _, name in LAZY))
        if seen[0] != "sequence":
            return False
        _, classes, items, length, fields = seen
        if not (
            value.type in _class_names(classes)
            or self.is_a(value.type, classes)
            or self.is_named(value, classes)
        ):
            return False
        if value.fields and list(value.fields) != fields:
            return False
        if value.items is None:
            return self.all_inside(value.element, items)
        return len(value.items) == length and all(
            contains(one, each, self.world, self.in_graph)
            for one, each in zip(value.items, items, strict=False)
        )

    def is_named(self, value: Sequence, classes: list[list[str]]) -> bool:
        """Whether a named tuple's type is the first of these classes."""
        own = self.own(classes[0]).replace(":", ".")
        if not own and value.fields and classes[0][1] != "__main__":
            return True  # A library has such a class for each of its functions; the fields tell what it is.
        return bool(value.fields) and value.type in (own, f"collections.{classes[0][2].rpartition('.')[2]}")

    def mapping(self, value: Mapping, seen: Described) -> bool:
        if seen[0] != "mapping" or not (
            value.type in _class_names(seen[1]) or self.is_a(value.type, seen[1])
        ):
            return False
        _, _, items, length = seen
        if value.items is None:
            keys, values = [k for k, _ in items], [v for _, v in items]
            return self.all_inside(value.key, keys) and self.all_inside(value.value, values)
        if len(value.items) != length:
            return False
        known = dict(value.items)
        return all(
            tuple(key[:1]) == ("const",)
            and Const(key[1], key[2]) in known
            and contains(known[Const(key[1], key[2])], each, self.world, self.in_graph)
            for key, each in items
        )

    def object(self, value: Value, seen: Described) -> bool:
        kind = seen[0]
        match value:
            case Iterator():
                return kind == "object"
            case Module():
                return kind == "module"
            case External():
                return self.external(value, seen)
            case Class():
                return kind == "class" and self.own(seen[1][0]) == value.definition
            case Instance():
                found = [self.own(each) for each in seen[1]] if kind in _WITH_CLASSES else []
                return value.definition in (found[:1] if value.exact else found)
            case Object():
                return self.library_object(value, seen)
            case Function():
                return self.function(value.definition, seen)
            case Bound():
                if isinstance(value.function, GraphFunction):
                    return kind in ("graph-function", "bound")
                return kind == "bound" and contains(value.function, seen[2], self.world, self.in_graph)
            case Partial() if value.function == External("keras.layers.Layer.from_config"):
                return kind == "bound" and seen[2][-1].endswith(".from_config")
            case Partial() if value.function == External("collections.namedtuple.instance"):
                return kind == "class" and ["builtins", "tuple"] in [each[1:] for each in seen[1]]
            case Partial():
                return kind == "partial" and contains(value.function, seen[1], self.world, self.in_graph)
            case GraphFunction():
                return kind == "graph-function"
            case Method():
                return self.method(value, seen)
            case Super():
                return kind == "super"
            case _:
                raise TypeError(f"no meaning for {type(value).__name__}")

    def own(self, named: list[str]) -> str:
        return self.world.definition(named[0], named[2])

    def is_a(self, name: str, classes: list[list[str]]) -> bool:
        """Whether one of the classes is the named one, of the program or of a library."""
        if any(self.own(each) == name for each in classes):
            return True
        named = self.world.library(name)
        return named is not None and named[0] == "class" and named[1][0] in classes

    def external(self, value: External, seen: Described) -> bool:
        named = self.world.library(value.name)
        if seen[0] == "alias":
            return (
                named is None or named == seen[1] or named[0] in ("alias", "object")
            )  # `Callable[[int], str]`
        if named is not None and named[0] == "module" == seen[0]:
            names = (named[1].split(".")[-1], seen[1].split(".")[-1])
            return (
                names[0] == names[1] or seen[1] == "tensorflow.compat.v2"
            )  # `tf.keras` has another file than `keras`.
        return named is None or named == seen

    def library_object(self, value: Object, seen: Described) -> bool:
        named = self.world.library(value.cls)
        if named is not None and named[0] == "function":
            return seen[0] in ("function", "bound")  # What a decorator makes is named after it.
        if seen[0] not in _WITH_CLASSES:
            return self.world.library(value.cls) is None and seen[0] not in ("tensor", "variable", "const")
        named = self.world.library(value.cls)
        return named is None or named[0] != "class" or named[1][0] in seen[1]

    def function(self, definition: str, seen: Described) -> bool:
        if seen[0] == "bound":
            return self.function(definition, seen[2])
        if seen[0] == "converted":
            return qualname_of(definition).rpartition(".")[2] == seen[1]
        if seen[0] != "function":
            return False
        found = self.world.definition(seen[1], seen[3])
        return found.partition(":")[0] == definition.partition(":")[0] and qualname_of(found) == qualname_of(
            definition
        )

    def method(self, value: Method, seen: Described) -> bool:
        if seen[0] == "bound":
            return self.method(value, seen[2])
        return seen[0] not in ("tensor", "variable", "array", "const", "sequence", "mapping", "set")


_WITH_CLASSES = frozenset({"object", "sequence", "mapping", "set"})


def _typed(value: Any, dtype: str, shape: list[int | None] | None) -> bool:
    return value.dtype in (None, dtype) and shape_inside(value.shape, shape)


def shape_inside(inferred: Shape, seen: list[int | None] | None) -> bool:
    """Whether a shape that was seen is one of those inferred. What is not known at run time contradicts nothing.

    Equal symbolic sizes must be equal.
    """
    if inferred is None or seen is None:
        return True
    if len(inferred) != len(seen):
        return False
    sizes: dict[str, int] = {}
    for dim, size in zip(inferred, seen, strict=True):
        if size is None or dim is None:
            continue
        if isinstance(dim, int) and dim != size:
            return False
        if isinstance(dim, str) and sizes.setdefault(dim, size) != size:
            return False
    return True


def _class_names(classes: list[list[str]]) -> set[str]:
    return {name for _, module, name in classes} | {f"{module}.{name}" for _, module, name in classes}


def _is_field(seen: Described) -> bool:
    """What `dataclasses.field` returns stands in the class body for what the instances will hold."""
    return seen[0] == "object" and seen[1][0][1:] == ["dataclasses", "Field"]


def _element(spec: Described) -> Described:
    """An element of a dataset with this `element_spec`."""
    if spec[0] == "spec":
        return ["tensor", spec[1], spec[2], spec[3], False]
    if spec[0] == "sequence":
        return [spec[0], spec[1], [_element(each) for each in spec[2]], *spec[3:]]
    if spec[0] == "mapping":
        return [spec[0], spec[1], [[key, _element(each)] for key, each in spec[2]], spec[3]]
    return ["deep"]
