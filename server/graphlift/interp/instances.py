"""Calls on instances: special methods, `__call__`, Keras's `call`, inherited library methods, `with`."""

from __future__ import annotations

import msgspec

from graphlift import models
from graphlift.index import FunctionInfo
from graphlift.interp.binding import Site
from graphlift.interp.calls import FrameHost, call_function, call_unknown, call_value, not_callable
from graphlift.interp.expressions import evaluate, iteration
from graphlift.interp.frame import Frame
from graphlift.interp.held import SETTING_UP, remember_held, remembered, run_held
from graphlift.interp.objects import attribute, find_member, library_base
from graphlift.interp.outer_tapes import use_tape
from graphlift.interp.tapes import TAPE
from graphlift.models.api import Arguments
from graphlift.models.layer_inputs import as_layer_input, as_symbolic_output, batch_of, is_symbolic_call
from graphlift.syntax import nodes
from graphlift.values import (
    FALSE,
    NONE,
    TRUE,
    Bound,
    Class,
    Function,
    GraphFunction,
    Instance,
    Iterator,
    Method,
    Object,
    Py,
    Sequence,
    Super,
    Unknown,
    Value,
    const,
    join,
    join_all,
    options,
    through,
)


def call_bound(frame: Frame, receiver: Value, function: Function, node: nodes.NodeNG) -> Value:
    """Call a property getter (or another method without arguments) where an attribute is read."""
    expression = node.expr if isinstance(node, nodes.Attribute | nodes.AssignAttr) else node
    return call_function(frame, function, Arguments(), Site(node, expression), receiver)


def call_special(
    frame: Frame, receiver: Instance, name: str, arguments: tuple[Value, ...], node: nodes.NodeNG
) -> Value | None:
    """Call a special method that the class defines; `None` when it has none."""
    found = find_member(frame, receiver.definition, name)
    if found is None or found[0] not in ("function", "unresolved"):
        return None
    if found[0] == "unresolved":
        frame.effect("unknown-call", node, f"`{name}` of a class with an unseen base", certain=False)
        return Unknown("a base class cannot be seen")
    expression = node.value if isinstance(node, nodes.Subscript) else getattr(node, "expr", node)
    return call_function(frame, Function(found[1]), Arguments(arguments), Site(node, expression), receiver)


def call_text(frame: Frame, value: Value, node: nodes.NodeNG, special: str = "__str__") -> None:
    """Make text of a value: `__format__` falls back on `__str__`, and that on `__repr__`."""
    names = ("__format__", "__str__", "__repr__")
    for option in options(value):
        if isinstance(option, Instance):
            for name in names[names.index(special) :]:
                if (
                    call_special(frame, option, name, (const(""),) if name == "__format__" else (), node)
                    is not None
                ):
                    break


def iterate_instance(frame: Frame, receiver: Instance, node: nodes.NodeNG) -> Value:
    """What iterating over an instance of a user class gives."""
    iterator = call_special(frame, receiver, "__iter__", (), node)
    if iterator is None:
        item = call_special(frame, receiver, "__getitem__", (Py("int"),), node)
        return item if item is not None else Unknown("the object does not say how it is iterated")
    parts = []
    for option in options(iterator):
        if isinstance(option, Instance):
            nxt = call_special(frame, option, "__next__", (), node)
            parts.append(nxt if nxt is not None else Unknown("the iterator has no visible `__next__`"))
        else:
            parts.append(iteration(frame, option, node))
    return join_all(parts)


def call_instance(frame: Frame, receiver: Instance, arguments: Arguments, site: Site) -> Value:
    """`object(…)`: the class's `__call__`, or, for Keras layers and models, the user's `call`."""
    target = site.node.func if isinstance(site.node, nodes.Call) else site.node
    inner = Site(site.node, target, site.positional, site.keywords, site.traced)
    value = attribute(frame, receiver, "__call__", site.node)
    if not isinstance(value, Method | Unknown):
        return call_value(frame, value, arguments, inner)
    base = library_base(frame, receiver.definition)
    if base is not None:
        return _call_inherited_call(frame, receiver, base, arguments, inner)
    if isinstance(value, Unknown):
        return call_unknown(frame, value, arguments, site)
    return not_callable(frame, receiver, site)


def _call_inherited_call(
    frame: Frame, receiver: Instance, base: str, arguments: Arguments, site: Site
) -> Value:
    """Call an instance through the `__call__` of its library base class."""
    if models.is_subclass(base, "keras.metrics.Metric"):
        call_value(frame, attribute(frame, receiver, "update_state", site.node), arguments, site)
        return call_value(
            frame, attribute(frame, receiver, "result", site.node), Arguments(), Site(site.node)
        )
    if models.is_subclass(base, "keras.layers.Layer"):
        return _call_keras(frame, receiver, base, arguments, site)
    if models.is_subclass(base, "keras.losses.Loss"):
        call_value(frame, attribute(frame, receiver, "call", site.node), arguments, site)
    return _by_library(frame, receiver, base, "__call__", arguments, site)


def _by_library(
    frame: Frame, receiver: Instance | Super, base: str, name: str, arguments: Arguments, site: Site
) -> Value:
    """A method that the library part of an object has; it runs what that part was given of the program's code."""
    host = FrameHost(frame, site.node)
    definition = receiver.definition
    if name in SETTING_UP:
        remember_held(frame, definition, arguments)
    result = models.method(Object(base), name, arguments, host)
    held = remembered(frame, definition)
    run_held(frame, held, name, host)
    return frame.result(site.node, msgspec.structs.replace(result, value=through(result.value, held)))


def _call_keras(frame: Frame, receiver: Instance, base: str, arguments: Arguments, site: Site) -> Value:
    """Keras runs `build` once and then `call`, dropping arguments that `call` does not take."""
    found = find_member(frame, receiver.definition, "call")
    if found is None or found[0] == "external":
        return _by_library(frame, receiver, base, "__call__", arguments, site)
    value = attribute(frame, receiver, "call", site.node)
    infos = [_function_info(frame, option) for option in options(value)]
    names = {p.name for info in infos if info is not None for p in info.parameters}
    takes_any = any(p.kind == "kwarg" for info in infos if info is not None for p in info.parameters)
    kept = [(k, v) for k, v in arguments.keywords if takes_any or k in names or k != "training"]
    if "training" in names and not _is_given(infos, "training", arguments):
        kept.append(
            ("training", join(NONE, Py("bool")))
        )  # Keras fills it in from the layer around, or `fit`.
    given = msgspec.structs.replace(
        arguments,
        positional=tuple(as_layer_input(v) for v in arguments.positional),
        keywords=tuple((k, as_layer_input(v)) for k, v in kept),
    )
    result = call_value(frame, value, given, site)
    passed = (*arguments.positional, *(v for _, v in kept))
    if is_symbolic_call(passed):
        frame.write_cell(("symbolic-call", receiver.definition), TRUE)
        return through(as_symbolic_output(result), (receiver, *passed))
    return result


def _is_given(infos: list[FunctionInfo | None], name: str, arguments: Arguments) -> bool:
    """Whether a call of a layer gives the parameter, by position or by name."""
    if arguments.double_star or arguments.star or any(k == name for k, _ in arguments.keywords):
        return True
    orders = [[p.name for p in info.parameters[1:]] for info in infos if info is not None]
    return any(name in order[: len(arguments.positional)] for order in orders)


def _function_info(frame: Frame, value: Value) -> FunctionInfo | None:
    while isinstance(value, Bound | GraphFunction):
        value = value.function
    if not isinstance(value, Function):
        return None
    info: FunctionInfo | None = frame.analysis.query("function_info", value.definition)
    return info


def call_super(frame: Frame, node: nodes.Call) -> Value:
    """`super()` with or without arguments."""
    if len(node.args) == 2:
        cls, instance = (evaluate(frame, a) for a in node.args)
        if isinstance(cls, Class):
            return Super(cls.definition, instance)
    info = frame.info
    scope = frame.definition
    while info is not None and not info.in_class:
        scope = info.parent
        info = frame.unit.functions.get(scope)
    if info is None:
        return Unknown("`super()` outside a method")
    first = info.parameters[0].name if info.parameters else ""
    receiver = frame.env.get(first) or frame.closure.get(first)
    if receiver is None:
        receiver = Instance(info.parent)
    return Super(info.parent, receiver)


def call_inherited(
    frame: Frame, receiver: Instance | Super, name: str, arguments: Arguments, site: Site
) -> Value:
    """A method that a library base class gives (`self.add_loss`, `super().__init__`)."""
    if isinstance(receiver, Super):
        line = frame.analysis.query("mro", receiver.definition)
        base = next((e.target for e in line if e is not None and e.kind == "external"), None)
        base = None if base is None else models.canonical(base, frame.analysis.keras)
        if name in ("__init__", "__new__", "build", "__init_subclass__", "__setattr__"):
            remember_held(frame, receiver.definition, arguments)
            return NONE
    else:
        base = library_base(frame, receiver.definition)
    if base is None:
        return not_callable(frame, receiver, site)
    if name == "__call__" and isinstance(receiver, Instance):
        return _call_inherited_call(frame, receiver, base, arguments, site)
    if name in FITTING and isinstance(receiver, Instance) and models.is_subclass(base, "keras.Model"):
        _feed(frame, receiver, arguments)
    return _by_library(frame, receiver, base, name, arguments, site)


FITTING = frozenset({"fit", "evaluate", "predict"})
"""Methods by which Keras feeds data to a model's `call` batch by batch."""


def _feed(frame: Frame, receiver: Instance, arguments: Arguments) -> None:
    """Let a model's `call` be known to get what a batch of the data holds."""
    found = find_member(frame, receiver.definition, "call")
    info: FunctionInfo | None = None
    if found is not None and found[0] == "function":
        info = frame.analysis.query("function_info", found[1])
    if info is None or len(info.parameters) < 2:
        return
    data = arguments.positional[0] if arguments.positional else dict(arguments.keywords).get("x", NONE)
    for batch in options(batch_of(data)):
        kind = "unseen" if isinstance(batch, Unknown) else "passed"
        frame.write_cell((kind, info.id, info.parameters[1].name), batch)
    frame.write_cell(("called", info.id), TRUE)


def enter_context(frame: Frame, manager: Value, node: nodes.NodeNG) -> Value:
    """What `with manager as x` binds."""
    values = []
    for option in options(manager):
        if isinstance(option, Instance):
            found = call_special(frame, option, "__enter__", (), node)
            values.append(found if found is not None else Unknown("the object has no visible `__enter__`"))
        elif isinstance(option, Iterator):
            values.append(option.element)
        elif isinstance(option, Object):
            if option.cls == TAPE:
                use_tape(frame, node, "__enter__", node)
            result = models.method(option, "__enter__", Arguments(), FrameHost(frame, node))
            values.append(frame.result(node, result))
        elif isinstance(option, Unknown):
            frame.effect("unknown-call", node, f"with {node.as_string()}: {option.reason}")
            values.append(Unknown(f"what a `with` gives is not visible: {option.reason}"))
        else:
            values.append(option)
    return join_all(values)


_RAISED = Unknown("what a block raises is not followed")


def _exit_raised(frame: Frame, manager: Instance, node: nodes.NodeNG) -> Value | None:
    """What `__exit__` gives when an exception is raised in the block; what it does then is no effect of every call."""
    alive, frame.alive = frame.alive, True
    with frame.quietly():
        swallows = call_special(frame, manager, "__exit__", (_RAISED, _RAISED, _RAISED), node)
    found = find_member(frame, manager.definition, "__exit__")
    if found is not None and found[0] == "function":
        info: FunctionInfo | None = frame.analysis.query("function_info", found[1])
        for parameter in info.parameters[1:] if info is not None else ():
            raised = Sequence("tuple", None, _RAISED) if parameter.kind == "vararg" else _RAISED
            frame.write_cell(("passed", found[1], parameter.name), raised)
    frame.alive = alive
    return swallows


def exit_context(frame: Frame, manager: Value, node: nodes.NodeNG, ended: bool) -> bool:
    """Leave a `with` block, whose body came to its end or did not; whether an exception in it may end there."""
    swallowing = False
    for option in options(manager):
        if isinstance(option, Instance):
            call_special(frame, option, "__exit__", (NONE, NONE, NONE), node)
            swallows = _exit_raised(frame, option, node)
            if swallows is not None and not all(o in (NONE, FALSE) for o in options(swallows)):
                name = f"`{option.definition.rpartition(':')[2]}.__exit__`"
                frame.effect("catches", node, name, certain=swallows == TRUE)
                swallowing = True
        elif isinstance(option, Object) and option.cls == "contextlib.suppress":
            swallowing = True
        elif isinstance(option, Iterator) and not ended:
            swallowing = True  # A generator may catch what is raised where it yields.
    return swallowing
