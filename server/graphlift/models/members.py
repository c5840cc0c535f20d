"""Constants of modules, attributes of library values, and iteration over them."""

from __future__ import annotations

from graphlift.models import table, transfer
from graphlift.models.api import Arguments, Host
from graphlift.models.call import Call
from graphlift.models.receivers import class_of
from graphlift.models.rules import evaluate
from graphlift.values import (
    Array,
    Dataset,
    External,
    Iterator,
    Method,
    Object,
    Py,
    Sequence,
    ShapeValue,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
    join_all,
    list_of,
    options,
)

_LOADED = transfer


class _NoHost:
    """Stands in where no callback can be called: constants are made from nothing but themselves."""

    keras = 3

    def invoke(
        self,
        function: Value,
        arguments: Arguments,
        *,
        traced: bool = False,
        repeated: bool = False,
        hosted: bool = False,
        converts: bool = False,
    ) -> Value:
        del function, arguments, traced, repeated, hosted, converts
        raise RuntimeError("a constant calls nothing back")


@table.remembered
def constant(name: str) -> Value | None:
    """The value of a library constant (`tf.float32`, `np.pi`, `tf.newaxis`), or `None` where there is none."""
    entry = table.find(name) or table.find(name, 2)
    if entry is None or entry.kind != "constant" or not entry.returns:
        return None
    return evaluate(entry.returns, Call(name, (), Arguments(), _NoHost()))


def is_method(receiver: Value, name: str, keras: int) -> bool:
    """Whether models know an attribute of a library value to be a method."""
    cls = class_of(receiver)
    entry = None if cls is None else table.find_member(cls, name, keras)
    return entry is not None and entry.kind == "method"


def attribute(receiver: Value, name: str, host: Host) -> Value | None:
    """The value of `receiver.name` for a library value; `None` where the library has no such member."""
    found = [_attribute(option, name, host) for option in options(receiver)]
    known = [value for value in found if value is not None]
    return join_all(known) if known else None


def _attribute(receiver: Value, name: str, host: Host) -> Value | None:
    cls = class_of(receiver)
    if cls is None:
        return None
    entry = table.find_member(cls, name, host.keras)
    if isinstance(receiver, Object) and (entry is None or (entry.kind != "method" and not entry.returns)):
        kept = dict(receiver.config).get(name)
        if kept is not None and not name.startswith("_"):
            return kept
    if entry is None:
        return None
    if entry.kind == "method":
        return Method(receiver, name)
    if entry.kind in ("function", "class"):
        return External(entry.name)
    if not entry.returns:
        return Unknown(f"the attribute `{name}` of a `{cls.rpartition('.')[2]}` is not modelled")
    call = Call(entry.name, (), Arguments(), host)
    call.params["self"] = receiver
    return evaluate(entry.returns, call)


def mutated(receiver: Value, name: str, args: Arguments) -> Value | None:
    """What a library object is after a method that changes it (`model.add(layer)`); `None` where none is changed.

    Objects are described by how they were made, so whoever holds one under a name has to hold this from then on.
    """
    if not isinstance(receiver, Object) or "keras.Sequential" not in table.line_of(receiver.cls):
        return None
    if name not in ("add", "pop"):
        return None
    rest = tuple((key, value) for key, value in receiver.config if key != "layers")
    layers = dict(receiver.config).get("layers")
    known = () if layers == const(None) else layers.items if isinstance(layers, Sequence) else None
    added = args.get(0, "layer")
    if known is None or (name == "add" and added is None):
        return Object(receiver.cls, rest)
    kept = (*known, added) if name == "add" and added is not None else known[:-1]
    return Object(receiver.cls, tuple(sorted((*rest, ("layers", list_of(kept))), key=lambda item: item[0])))


def iterate(value: Value) -> Value | None:
    """What iterating a library value yields; `None` where it is not one that can be iterated."""
    match value:
        case Dataset() | Iterator():
            return value.element
        case Tensor() if value.form in ("dense", "ragged"):
            return _rows(value)
        case Variable():
            return Tensor(value.dtype, value.shape[1:] if value.shape else None)
        case Array():
            rows = value.shape[1:] if value.shape else None
            return Array(value.dtype, rows, rows == ())
        case ShapeValue():
            if value.shape is not None:
                sizes = [const(size) if isinstance(size, int) else _unknown_size() for size in value.shape]
                return join_all(sizes)
            return _unknown_size()
        case Object() if value.cls == "tensorflow.data.Dataset":
            return Unknown("the elements of the dataset are not known")
        case _:
            return None


def _rows(value: Tensor) -> Value:
    if value.shape is None:
        # Rows of a ragged tensor may be dense or ragged.
        return Tensor(value.dtype, None) if value.form == "dense" else Unknown("a row of a ragged tensor")
    if value.form == "ragged" and len(value.shape) > 2:
        return Unknown("a row of a ragged tensor")
    return Tensor(value.dtype, value.shape[1:], "dense", value.eager)


def _unknown_size() -> Value:
    """A size that is not known: it is `None` where TensorFlow does not know it while tracing."""
    return join_all([Py("int"), const(None)])
