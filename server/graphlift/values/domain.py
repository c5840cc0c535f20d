"""The abstract domain: what the analysis can say about one Python value.

Every value is frozen, hashable, comparable and serialisable, so that summaries can be memoised, compared for
early cut-off and written to disk. A value stands for the set of run-time values it describes; `join` (in
`values.lattice`) gives a value that describes both of its arguments, and `Unknown` describes everything and
says why nothing better is known. `Never` describes nothing: no value reaches that point.

Names of library objects are canonical dotted names: `tensorflow.nn.relu`, `keras.layers.Dense`,
`numpy.sum`, `builtins.print`, `time.time`. Names of the user's definitions are `DefId`s (see `index`).
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TypeAlias, Union

import msgspec

from graphlift.source.span import Place

Dim: TypeAlias = int | str | None
"""A dimension: a known size, a symbolic size (a name: equal names are equal sizes), or `None` for unknown."""

Shape: TypeAlias = tuple[Dim, ...] | None
"""A static shape; `None` when even the rank is unknown."""


MAX_REASON = 160
"""The longest reason of an unknown value, in characters."""


class _Value(msgspec.Struct, frozen=True, cache_hash=True, tag=True, tag_field="is"):
    """Base of all abstract values."""


class Unknown(_Value, frozen=True, cache_hash=True):
    """Any value at all. `reason` is a sentence fragment that says why nothing better is known.

    Reasons that quote other reasons (`what f gives: what x is …`) keep their ends only, so that they stay readable
    and finite however long the chain is.

    `within` names classes of the workspace: the value is, or was reached by a computed name from, an instance of one
    of them, so that what is done to it may be done to them. `"?"` stands for any class.

    `leaves`, where it is known, describes every leaf of the value, which is a structure of unknown form as `tf.nest`
    takes it: a single leaf, or lists, tuples and dictionaries of them.
    """

    reason: str
    within: tuple[str, ...] = ()
    leaves: Value | None = None

    def __post_init__(self) -> None:
        if len(self.reason) > MAX_REASON:
            first, _, rest = self.reason.partition(": ")
            last = rest.rpartition(": ")[2]
            text = f"{first}: {last}" if last and len(first) + len(last) <= MAX_REASON else last or first
            msgspec.structs.force_setattr(self, "reason", text[:MAX_REASON])

    def element(self) -> Unknown:
        """What is picked out of it by an index or by unpacking."""
        leaves = self.leaves if isinstance(self.leaves, Tensor) else None  # A row of a tensor is a tensor.
        return Unknown(f"an element of something unknown: {self.reason}", self.within, leaves)


class Never(_Value, frozen=True, cache_hash=True):
    """No value: the expression raises, or the code is unreachable."""


class Const(_Value, frozen=True, cache_hash=True):
    """One known immutable Python value. `bool`, `int`, `float`, `str`, `bytes` and `None` only.

    Equality compares types too: `Const(1)` and `Const(True)` and `Const(1.0)` are different values.
    """

    type: str
    text: str
    """`repr` of the value, which is exact for these types."""


class Py(_Value, frozen=True, cache_hash=True):
    """Some value of a Python built-in or standard-library type that holds no tensor.

    `type` is the type's name: `int`, `float`, `str`, `bool`, `bytes`, `complex`, `range`, `slice`, `ellipsis`,
    `object`, or the dotted name of a standard-library class.
    """

    type: str


class Tensor(_Value, frozen=True, cache_hash=True):
    """A `tf.Tensor`, `tf.RaggedTensor`, `tf.SparseTensor` or `tf.IndexedSlices`.

    `form` is `dense`, `ragged`, `sparse` or `slices`. `eager` is true when the value is certainly a concrete
    tensor that was made outside every graph (a module-level constant, say): `.numpy()` works on it while
    tracing. False means that it may be symbolic while the function that uses it is traced. `python` is true when
    eager code has, or may have, a Python number or string there, which a traced condition or loop makes a tensor.
    `dynamic` is true when a size that is not known here is not known while tracing either: the values decide it.
    """

    dtype: str | None = None
    shape: Shape = None
    form: str = "dense"
    eager: bool = False
    python: bool = False
    dynamic: bool = False


class Variable(_Value, frozen=True, cache_hash=True):
    """A `tf.Variable`, or a Keras variable (`keras`)."""

    dtype: str | None = None
    shape: Shape = None
    keras: bool = False


class KerasTensor(_Value, frozen=True, cache_hash=True):
    """A symbolic Keras input or intermediate: no TensorFlow op accepts it, even in eager code.

    `held` is the code of the program that it went through (see `values.held`): layers, activations, functions.
    """

    dtype: str | None = None
    shape: Shape = None
    held: tuple[Value, ...] = ()


class Array(_Value, frozen=True, cache_hash=True):
    """A `numpy.ndarray`, or a NumPy scalar when `scalar` is true. `site` as in `Sequence`.

    `number` is the value of a scalar, written as Python's number; empty where it is not known.
    """

    dtype: str | None = None
    shape: Shape = None
    scalar: bool = False
    site: str = ""
    number: str = ""


class TensorArray(_Value, frozen=True, cache_hash=True):
    """A `tf.TensorArray`; `shape` is the shape of one element, `site` as in `Sequence`.

    `stale` is the chain of calls to a write through another name, which this one does not see in a graph.
    """

    dtype: str | None = None
    shape: Shape = None
    site: str = ""
    stale: tuple[Place, ...] = ()


class Spec(_Value, frozen=True, cache_hash=True):
    """A `tf.TensorSpec`, `tf.RaggedTensorSpec` or `tf.SparseTensorSpec` (`form` as in `Tensor`)."""

    dtype: str | None = None
    shape: Shape = None
    form: str = "dense"


class DType(_Value, frozen=True, cache_hash=True):
    """A `tf.DType` or NumPy dtype object, by its TensorFlow name (`float32`); `None` when unknown."""

    name: str | None = None


class ShapeValue(_Value, frozen=True, cache_hash=True):
    """A `tf.TensorShape` object (what `x.shape` returns)."""

    shape: Shape = None


class Dataset(_Value, frozen=True, cache_hash=True):
    """A `tf.data.Dataset`; `element` is what one iteration yields. `distributed` under a strategy."""

    element: Value
    distributed: bool = False


class Iterator(_Value, frozen=True, cache_hash=True):
    """An iterator or generator. `source` is `dataset` (works in graphs), `fresh` or `python` (advance while tracing).

    A `fresh` one is made by the run that holds it, so that nobody else sees how far it has come. Of an `unseen` one
    only its annotation is known, which a dataset's may have too.
    """

    element: Value
    source: str = "python"


class Sequence(_Value, frozen=True, cache_hash=True):
    """A `list`, `tuple`, `deque` or other ordered container (`type`), or a named tuple (`type` its class).

    `items` are the elements in order when the length is known, else `None`; `element` describes every element
    (`Never` when there is none). `fields` names the items of a named tuple. `site` identifies the allocation
    of a mutable sequence, so that a write through one name is seen through the others; it is empty for
    immutable sequences.
    """

    type: str
    items: tuple[Value, ...] | None
    element: Value
    site: str = ""
    fields: tuple[str, ...] = ()


class Mapping(_Value, frozen=True, cache_hash=True):
    """A `dict` or one of its relatives (`type`).

    `items` are the entries in order when all keys are known constants, else `None`; `key` and `value` describe
    every entry. `site` as in `Sequence`.
    """

    type: str
    items: tuple[tuple[Const, Value], ...] | None
    key: Value
    value: Value
    site: str = ""


class SetOf(_Value, frozen=True, cache_hash=True):
    """A `set` or `frozenset` (`type`) whose members `element` describes."""

    type: str
    element: Value
    site: str = ""


class Module(_Value, frozen=True, cache_hash=True):
    """A module whose source is analysed, by its dotted name."""

    name: str


class External(_Value, frozen=True, cache_hash=True):
    """A function, class, module or constant of a library that is modelled and not analysed, by canonical name."""

    name: str


class Class(_Value, frozen=True, cache_hash=True):
    """A class of the analysed program, by its `DefId`."""

    definition: str


class Instance(_Value, frozen=True, cache_hash=True):
    """An instance of an analysed class. What its attributes hold is asked of the class.

    `exact` is true when the class itself was called, false when it may be an instance of a subclass. `site`
    identifies the allocation as in `Sequence`; it is empty for an instance that was there before.
    """

    definition: str
    exact: bool = False
    site: str = ""


class Object(_Value, frozen=True, cache_hash=True):
    """An instance of a library class (`cls`, canonical name): a Keras layer, an optimizer, a gradient tape.

    `config` holds the constructor arguments that decide results (units, axis, dtype, layers of a Sequential),
    by name, sorted. `made` tells where a layer or optimizer is made: `*` for several places, or a place that makes
    several; empty where it is not known.
    """

    cls: str
    config: tuple[tuple[str, Value], ...] = ()
    made: str = ""


class Function(_Value, frozen=True, cache_hash=True):
    """A function, lambda or method of the analysed program, by its `DefId`.

    `closure` gives the values of its free variables that belong to enclosing functions, by name, sorted.
    """

    definition: str
    closure: tuple[tuple[str, Value], ...] = ()


class Bound(_Value, frozen=True, cache_hash=True):
    """A callable with its first argument already given: a bound method."""

    receiver: Value
    function: Value


class Partial(_Value, frozen=True, cache_hash=True):
    """A `functools.partial` of `function`."""

    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


class GraphFunction(_Value, frozen=True, cache_hash=True):
    """What `tf.function(f)` returns: calling it traces `function` and runs the graph."""

    function: Value
    options: tuple[tuple[str, Value], ...] = ()


class Method(_Value, frozen=True, cache_hash=True):
    """A method of a modelled value, by name, before it is called (`x.numpy`, `ds.map`, `[].append`)."""

    receiver: Value
    name: str


class Super(_Value, frozen=True, cache_hash=True):
    """The proxy that `super()` returns inside a method of `definition`, for the instance `receiver`."""

    definition: str
    receiver: Value


class OneOf(_Value, frozen=True, cache_hash=True):
    """One of several alternatives, canonical: flat, sorted, without duplicates. Made by `join` only."""

    options: tuple[Value, ...]


Value = Union[  # noqa: UP007 - a runtime union of forward names, which msgspec resolves
    Unknown,
    Never,
    Const,
    Py,
    Tensor,
    Variable,
    KerasTensor,
    Array,
    TensorArray,
    Spec,
    DType,
    ShapeValue,
    Dataset,
    Iterator,
    Sequence,
    Mapping,
    SetOf,
    Module,
    External,
    Class,
    Instance,
    Object,
    Function,
    Bound,
    Partial,
    GraphFunction,
    Method,
    Super,
    OneOf,
]

NEVER = Never()
NONE = Const("None", "None")
TRUE = Const("bool", "True")
FALSE = Const("bool", "False")


def const(value: bool | int | float | str | bytes | None) -> Value:
    """The abstract value of one Python constant; an `int` of more than 64 bits is just an `int`."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return TRUE if value else FALSE
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return Py("int")
    if isinstance(value, str | bytes) and len(value) > 200:
        return Py(type(value).__name__)
    return Const(type(value).__name__, repr(value))


@lru_cache(maxsize=1 << 14)
def const_value(value: Const) -> bool | int | float | str | bytes | None:
    """The Python value that a `Const` stands for."""
    if value.type == "float":
        return float(value.text)
    result: bool | int | float | str | bytes | None = ast.literal_eval(value.text)
    return result


def tuple_of(*items: Value) -> Sequence:
    """A tuple with these items."""
    from graphlift.values.lattice import join_all

    return Sequence("tuple", tuple(items), join_all(items))


def list_of(items: tuple[Value, ...], site: str = "") -> Sequence:
    """A list with these items, allocated at `site`."""
    from graphlift.values.lattice import join_all

    return Sequence("list", items, join_all(items), site)


def options(value: Value) -> tuple[Value, ...]:
    """The alternatives of a value: those of a `OneOf`, nothing for `Never`, else the value itself."""
    if isinstance(value, OneOf):
        return value.options
    if isinstance(value, Never):
        return ()
    return (value,)


def present(value: Value) -> tuple[Value, ...]:
    """The alternatives of a value for which using it makes sense: `None` counts only where there is nothing else.

    Code that uses a value as an object has made sure that it is one, or raises; either way what follows is not
    about `None`.
    """
    if not isinstance(value, OneOf):
        return options(value)
    return tuple(option for option in value.options if option != NONE) or value.options


def is_tensor_like(value: Value) -> bool:
    """Whether the value is certainly a tensor, a variable or a Keras tensor of some kind."""
    return isinstance(value, Tensor | Variable | KerasTensor)
