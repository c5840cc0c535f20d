"""Running the program's code that a library object holds, where the object is used.

A model of a library method calls what it must to know the result (the layers of a `Sequential`). What it does not call,
the library does: the cell in an `RNN`, the layers that a functional model went through, a regularizer, a schedule. Each
is called here once, with tensors of which nothing is known, so that its effects are those of the use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from graphlift import models
from graphlift.index.model import FunctionInfo
from graphlift.interp.assign import put_back, remember_change
from graphlift.interp.binding import Site
from graphlift.interp.frame import Frame
from graphlift.interp.library_changes import touch_path
from graphlift.interp.objects import find_member, library_base
from graphlift.models.api import Arguments
from graphlift.models.transfer.results import map_leaves
from graphlift.values import (
    HELD,
    NEVER,
    NONE,
    Bound,
    Function,
    GraphFunction,
    Instance,
    KerasTensor,
    Mapping,
    Never,
    Object,
    Partial,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    held_by,
    join_all,
    list_of,
    options,
    tuple_of,
)

if TYPE_CHECKING:
    from graphlift.interp.calls import FrameHost

SETTING_UP = frozenset(
    {
        "__init__", "__init_subclass__", "__new__", "__setattr__", "add", "add_metric", "add_variable", "add_weight",
        "build", "compile", "count_params", "from_config", "get_config", "get_layer", "get_weights", "pop",
        "reset_state", "set_weights", "summary",
    }
)  # fmt: skip
"""Methods of library objects that run none of the code which the object holds, or only while it is made."""


def run_held(frame: Frame, values: tuple[Value, ...], name: str, host: FrameHost) -> None:
    """Call what the values hold and the model of the method `name` has not called by way of `host`."""
    if name in SETTING_UP:
        return
    for value in held_by(values):
        if code_of(value) not in host.invoked:
            _run(frame, value, host)


def remember_held(frame: Frame, definition: str, arguments: Arguments) -> None:
    """A base class of a library is given code of the program (`super().__init__(layers)`, `self.add(layer)`)."""
    given = (*arguments.positional, *(value for _, value in arguments.keywords))
    for value in held_by(given):
        frame.write_cell(("held", definition), value)


def remembered(frame: Frame, definition: str) -> tuple[Value, ...]:
    """What the library's part of an object of this class was given."""
    line = frame.analysis.query("mro", definition)
    targets = [entry.target for entry in line if entry is not None and entry.kind == "class"]
    found = join_all(frame.analysis.cell(("held", target)) for target in targets) if targets else NEVER
    return tuple(option for option in options(found) if not isinstance(option, Never))


def change_layers(frame: Frame, model: Object, name: str, arguments: Arguments, site: Site) -> None:
    """`Sequential.add` and `pop` change what the model is made of, for those who hold it here."""
    if name not in ("add", "pop") or not models.is_subclass(model.cls, "keras.Sequential"):
        return
    config = dict(model.config)
    layers = config.pop("layers", NONE)
    known = layers.items if isinstance(layers, Sequence) else () if layers == NONE else None
    if name == "add" and known is not None and arguments.positional:
        config["layers"] = list_of((*known, arguments.positional[0]))
    elif name == "add" and isinstance(layers, Sequence) and arguments.positional:
        element = join_all((layers.element, arguments.positional[0]))
        config["layers"] = Sequence("list", None, element)
    elif name == "pop" and known:
        config["layers"] = list_of(known[:-1])
    else:
        config["layers"] = Unknown("the layers of the model are changed")
    held = held_by((model, *arguments.positional))
    if held:
        config[HELD] = tuple_of(*held)
    after = msgspec.structs.replace(model, config=tuple(sorted(config.items())))
    if site.receiver is not None:
        touch_path(frame, site.receiver, site.node)
        put_back(frame, site.receiver, model, after)
        remember_change(frame, site.receiver, after)


def code_of(value: Value) -> Value:
    """What tells code apart from other code, whatever it closes over."""
    match value:
        case Function():
            return Function(value.definition)
        case Bound() | Partial() | GraphFunction():
            return code_of(value.function)
        case Instance():
            return Instance(value.definition, exact=value.exact)
        case _:
            return value


def _run(frame: Frame, value: Value, host: FrameHost) -> None:
    if isinstance(value, Unknown):
        frame.effect("unknown-call", host.node, value.reason)
        return
    count = _parameters(frame, value)
    code = code_of(value)
    if count is None or code in frame.running_held:
        return
    frame.running_held.add(code)
    host.invoke(value, Arguments(_given(frame, value, count)))
    frame.running_held.discard(code)


def _given(frame: Frame, value: Value, count: int) -> tuple[Value, ...]:
    """Tensors of which nothing is known; for a layer in the lists and dicts in which the program itself passes them.

    A functional model calls its layers with what they were called with when it was made.
    """
    found = find_member(frame, value.definition, "call") if isinstance(value, Instance) else None
    info = (
        frame.analysis.query("function_info", found[1])
        if found is not None and found[0] == "function"
        else None
    )
    if info is None:
        return (_ANY_ARGUMENT,) * count
    names = [parameter.name for parameter in info.parameters[1 : count + 1]]
    seen = [frame.analysis.cell(("passed", info.id, name)) for name in names]
    given = [map_leaves(each, _any_tensor) if _nested(each) else Tensor() for each in seen]
    # What comes after the inputs of a layer (states, masks) is what the library makes it.
    return tuple(given[:1]) + tuple(
        each if _nested(each) else Unknown("what a library passes to a layer") for each in given[1:]
    )


_ANY_ARGUMENT = join_all((Tensor(), Variable()))
"""A regularizer gets a variable, a schedule a counter, an activation a tensor."""


def _nested(value: Value) -> bool:
    return bool(options(value)) and all(isinstance(each, Sequence | Mapping) for each in options(value))


def _any_tensor(leaf: Value) -> Value:
    return Tensor() if isinstance(leaf, Tensor | KerasTensor) else leaf


def _parameters(frame: Frame, value: Value) -> int | None:
    """How many arguments a library gives at least; `None` where the object cannot be called."""
    match value:
        case Function():
            info: FunctionInfo | None = frame.analysis.query("function_info", value.definition)
            needed = [p for p in info.parameters if not p.has_default] if info is not None else []
            return sum(p.kind in ("positional", "positional_only") for p in needed)
        case Bound():
            return max(0, (_parameters(frame, value.function) or 0) - 1)
        case GraphFunction():
            return _parameters(frame, value.function)
        case Partial():
            return max(0, (_parameters(frame, value.function) or 0) - len(value.args))
        case Instance():
            return _of_instance(frame, value)
    return None


def _of_instance(frame: Frame, value: Instance) -> int | None:
    base = library_base(frame, value.definition)
    layered = base is not None and models.is_subclass(base, "keras.layers.Layer")
    for name in ("call", "__call__") if layered else ("__call__",):
        found = find_member(frame, value.definition, name)
        if found is not None and found[0] == "function":
            return max(0, (_parameters(frame, Function(found[1])) or 0) - 1)
    return 1 if base is not None else None
