"""Attributes of values: through instances, classes and their bases, modules, library objects."""

from __future__ import annotations

from collections import deque
from typing import Any

from graphlift import models
from graphlift.index import DefId, FunctionInfo
from graphlift.interp.frame import Frame, external
from graphlift.interp.places import as_view, attributes_of, held_at, read_again, read_global, read_place
from graphlift.interp.protocol import described, load_by_hook, load_missing, shown_by_class
from graphlift.interp.replaced import instead, replacements
from graphlift.interp.trainable import read_trained
from graphlift.interp.uses import note_member
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    Bound,
    Class,
    Const,
    External,
    Function,
    GraphFunction,
    Instance,
    Mapping,
    Method,
    Module,
    Never,
    Object,
    Partial,
    Py,
    Sequence,
    SetOf,
    Super,
    Tensor,
    Unknown,
    Value,
    const,
    join_all,
    options,
    present,
)

PROPERTY_LIKE = frozenset(
    {"property", "functools.cached_property", "cached_property", "abc.abstractproperty", "abstractproperty"}
)
MAX_SUBCLASSES = 12
"""The most subclasses whose overrides are looked at."""

CONSTRUCTORS = frozenset(
    {"__init__", "__new__", "__post_init__", "__set_name__", "build", "__attrs_post_init__", "setUp"}
)
"""Methods that run before an object is used: what they write is not a change of state."""


def attribute(frame: Frame, receiver: Value, name: str, node: nodes.NodeNG) -> Value:
    """The value of `receiver.name`; properties are called, effects of the access are recorded."""
    found = present(receiver)
    if len(found) == 1:
        return _attribute(frame, found[0], name, node)
    formed = [o for o in found if isinstance(o, Tensor) and models.is_method(o, name, frame.analysis.keras)]
    if formed:  # Tensors of another form have no such method: the access raises, in a graph as without.
        found = tuple(o for o in found if o in formed or not isinstance(o, Tensor))
    if sum(isinstance(option, Instance) for option in found) < 2:
        return join_all([_attribute(frame, option, name, node) for option in found])
    before, frame.among_several = frame.among_several, True
    values = [_attribute(frame, option, name, node) for option in found]
    frame.among_several = before
    return join_all(values)


def _attribute(frame: Frame, receiver: Value, name: str, node: nodes.NodeNG) -> Value:
    match receiver:
        case Unknown():
            return _of_unknown(frame, receiver, name, node)
        case Module():
            return module_member(frame, receiver.name, name, node)
        case External():
            return read_again(frame, _of_external(frame, receiver, name), node)
        case Instance():
            return _of_instance(frame, receiver, name, node)
        case Class():
            return _of_class(frame, receiver, name, node)
        case Super():
            return _of_super(frame, receiver, name, node)
        case GraphFunction():
            return _of_graph_function(frame, receiver, name, node)
        case Function() if not isinstance(
            kept := frame.analysis.cell(("attr", receiver.definition, name)), Never
        ):
            _read(frame, receiver, f"{receiver.definition}.{name}", node)
            return read_place(frame, kept, f"{receiver.definition}.{name}", node)
        case Function():
            return Unknown(f"the attribute `{name}` of a function is not followed")
        case Bound() if name in ("__func__", "__self__"):
            return receiver.function if name == "__func__" else receiver.receiver
        case Sequence() if name in receiver.fields and receiver.items is not None:
            return receiver.items[receiver.fields.index(name)]
        case Sequence() if receiver.fields:
            from graphlift.interp.named_tuples import member_of_named_tuple

            return member_of_named_tuple(frame, receiver, name, node)
        case Sequence() | Mapping() | SetOf():
            return Method(receiver, name)
        case Partial() if name == "func":
            return receiver.function
        case Never():
            return NEVER
        case _:
            if isinstance(receiver, Tensor) and not receiver.eager and name in _EAGER_ANSWERS:
                frame.effect("mode-dependent", node, f"tf.Tensor.{name}")
            return _of_library_value(frame, receiver, name, node)


def loaded(frame: Frame, value: Value) -> Value:
    """An attribute that is not called at once: what no model knows to be a method may be anything."""
    if not any(isinstance(option, Method) for option in options(value)):
        return value
    return join_all(
        Unknown(f"the attribute `{option.name}` is not modelled", _within(option.receiver))
        if isinstance(option, Method) and not _is_method(frame, option)
        else option
        for option in options(value)
    )


def _within(receiver: Value) -> tuple[str, ...]:
    return receiver.within if isinstance(receiver, Unknown) else ()


_BUILTIN_TYPES: dict[str, type] = {
    kind.__name__: kind for kind in (bool, int, float, str, bytes, list, tuple, dict, set, frozenset, deque)
}


def _is_method(frame: Frame, method: Method) -> bool:
    receiver = method.receiver
    if isinstance(receiver, Sequence | Mapping | SetOf | Const | Py):
        return callable(getattr(_BUILTIN_TYPES.get(receiver.type), method.name, None))
    if isinstance(receiver, Instance):
        base = library_base(frame, receiver.definition)
        return base is not None and models.is_method(Object(base), method.name, frame.analysis.keras)
    return models.is_method(receiver, method.name, frame.analysis.keras)


def _of_unknown(frame: Frame, receiver: Unknown, name: str, node: nodes.NodeNG) -> Value:
    if not isinstance(frame.analysis.cell(("changed", "?", name)), Never):
        _read(frame, receiver, f"?.{name}", node)  # Somebody sets it, of something as little known.
    note_member(frame, receiver, name, node)
    return Method(receiver, name)


_EAGER_ANSWERS = frozenset({"device", "backing_device"})
"""What a tensor knows once it has a value: a symbolic one has no device yet."""


def _of_library_value(frame: Frame, receiver: Value, name: str, node: nodes.NodeNG) -> Value:
    host = _NO_HOST[0](frame, node)
    found = models.attribute(receiver, name, host)
    read_trained(frame, receiver, name, node)
    if name == "losses" and isinstance(receiver, Object):
        from graphlift.interp.held import run_held

        run_held(frame, (receiver,), name, host)  # The regularizers.
    return as_view(receiver, name, found) if found is not None else Method(receiver, name)


# Set by `calls`, which builds on this module: the host through which models call back.
_NO_HOST: list[Any] = []


def module_member(frame: Frame, key: str, name: str, node: nodes.NodeNG) -> Value:
    """`module.name` for a module of the program: a global of it, or a submodule."""
    value = read_global(frame, key, name, node)
    if value is not None:
        return value
    child = frame.analysis.query("find_module", key, f"{key.lstrip('~')}.{name}")
    if child is not None and child.kind == "module":
        return Module(child.target)
    return Unknown(f"`{name}` is not bound in module `{key}`")


def _of_external(frame: Frame, receiver: External, name: str) -> Value:
    member = models.member(receiver.name, name)
    value = external(member or f"{receiver.name}.{name}", frame.analysis.keras)
    return held_at(value, f"global {receiver.name}.{name}") if isinstance(value, Mapping) else value


def _of_graph_function(frame: Frame, receiver: GraphFunction, name: str, node: nodes.NodeNG) -> Value:
    if name == "python_function":
        return receiver.function
    return Method(receiver, name)


# Classes


def find_member(
    frame: Frame, definition: DefId, name: str, after: DefId = ""
) -> tuple[str, str, DefId] | None:
    """Where the class hierarchy of `definition` defines `name`, as (kind, target, owner).

    `kind` is `function`, `value` (assigned in a class body), `self` (assigned through `self`), `external` (an
    inherited member of a library class) or `unresolved` (a base cannot be seen). With `after`, the search
    starts behind that class in the method resolution order.
    """
    line = frame.analysis.query("mro", definition)
    started = not after
    for entry in line:
        if not started:
            started = entry is not None and entry.target == after
            continue
        if entry is None:
            return ("unresolved", "", definition)
        if entry.kind == "external":
            if entry.target in _PLAIN_BASES:
                continue
            return ("external", models.canonical(entry.target, frame.analysis.keras), definition)
        if entry.kind != "class":
            return ("unresolved", entry.target, definition)
        found = _own_member(frame, entry.target, name)
        if found is not None:
            return found
    return None


_PLAIN_BASES = frozenset(
    {
        "object",
        "builtins.object",
        "abc.ABC",
        "typing.Generic",
        "typing.Protocol",
        "typing_extensions.Protocol",
    }
)


def _own_member(frame: Frame, definition: DefId, name: str) -> tuple[str, str, DefId] | None:
    info = frame.analysis.query("class_info", definition)
    if info is None:
        return None
    if any(attribute_name == name for attribute_name, _ in info.self_attributes):
        return ("self", name, definition)
    for member, target in info.members:
        if member == name:
            return ("function", target, definition) if target else ("value", name, definition)
    return None


MOST_SUBCLASSES = 8
"""Beyond this many subclasses, the class of an object is not followed."""


def class_of_instance(frame: Frame, value: Instance) -> Value:
    """The class of an object: any subclass in the workspace where it is not known to be exactly that."""
    below = () if value.exact else frame.analysis.query("subclasses", value.definition)
    if len(below) > MOST_SUBCLASSES:
        return Unknown("the class may be any subclass")
    return join_all(Class(definition) for definition in (value.definition, *below))


def _of_instance(frame: Frame, receiver: Instance, name: str, node: nodes.NodeNG) -> Value:
    if name == "__dict__":
        return attributes_of(receiver)
    if name == "__class__":
        return class_of_instance(frame, receiver)
    hooked = load_by_hook(frame, receiver, name, node)
    if hooked is not None:
        return hooked
    found = find_member(frame, receiver.definition, name)
    if found is None or found[0] == "unresolved":
        written = frame.analysis.cell(("attr", receiver.definition, name))
        if not isinstance(written, Never):
            place = f"{receiver.definition}.{name}"
            _read(frame, receiver, place, node)
            unseen = (("attr", "?", name), ("attr", receiver.definition, "?"))
            written = join_all((written, *(frame.analysis.cell(cell) for cell in unseen)))
            return read_place(frame, written, place, node)
        missing = load_missing(frame, receiver, name, node)
        if missing is not None:
            return missing
    if found is None:
        candidates = _in_subclasses(frame, receiver, name, node)
        if candidates:
            return join_all(candidates)
        return Unknown(
            f"no assignment to the attribute `{name}` of `{_name(receiver.definition)}` is visible"
        )
    values = [_member_value(frame, receiver, found, name, node)]
    if found[0] == "function":
        for place, value in replacements(frame, receiver, found[2], name, node):
            _read(frame, receiver, place, node)
            values.append(value)
    if found[0] in ("self", "value"):
        line = [entry.target for entry in frame.analysis.query("mro", receiver.definition) if entry]
        owners = dict.fromkeys(("?", receiver.definition, *line))
        values += [frame.analysis.cell(("attr", owner, "?")) for owner in owners]
        values.append(frame.analysis.cell(("attr", "?", name)))  # Through something of unknown class.
    if not receiver.exact:
        values += _in_subclasses(frame, receiver, name, node)
    return join_all(values)


def _in_subclasses(frame: Frame, receiver: Instance, name: str, node: nodes.NodeNG) -> list[Value]:
    """What an override in a subclass would give: the receiver may be an instance of any of them."""
    values: list[Value] = []
    subclasses = frame.analysis.query("subclasses", receiver.definition)
    own_members = [(each, own) for each in subclasses if (own := _own_member(frame, each, name)) is not None]
    if len(own_members) > MAX_SUBCLASSES:
        values.append(Unknown(f"`{_name(receiver.definition)}` has many subclasses"))
    for subclass, own in own_members[:MAX_SUBCLASSES]:
        if own[0] != "self":
            values.append(_member_value(frame, Instance(subclass), own, name, node))
        else:
            written = frame.analysis.cell(("attr", subclass, name))
            values.append(read_place(frame, written, f"{subclass}.{name}", node))
    return values


def _member_value(
    frame: Frame, receiver: Instance, found: tuple[str, str, DefId], name: str, node: nodes.NodeNG
) -> Value:
    kind, target, owner = found
    if kind == "self":
        _read(frame, receiver, f"{owner}.{name}", node)
        held = read_place(frame, _attribute_cell(frame, receiver, owner, name, node), f"{owner}.{name}", node)
        hidden = _hidden_method(frame, owner, name)
        return held if hidden is None else join_all([held, method_of(frame, receiver, hidden, node)])
    if kind == "value":
        _read(frame, receiver, f"{owner}.{name}", node)
        value = join_all(
            [frame.analysis.cell(("attr", owner, name)), frame.analysis.cell(("classvar", owner, name))]
        )
        return described(frame, receiver, read_place(frame, value, f"{owner}.{name}", node), node)
    if kind == "function":
        targets = (target, *instead(frame, owner, name))
        return join_all(method_of(frame, receiver, each, node) for each in targets)
    if kind == "external":
        if models.is_subclass(target, "keras.layers.Layer"):
            read_trained(frame, receiver, name, node)
        return _inherited(frame, receiver, target, name)
    return Unknown(
        f"`{name}` may come from a base class of `{_name(receiver.definition)}` that cannot be seen"
    )


def _hidden_method(frame: Frame, owner: DefId, name: str) -> DefId | None:
    """The method that an attribute of the same name hides, where it may still be read.

    `self.step = tf.function(self.step)` in a constructor reads the method, and whoever comes later the attribute.
    """
    info = frame.analysis.query("class_info", owner)
    method = dict(info.members).get(name) if info is not None else None
    if not method:
        return None
    writers = dict(info.self_attributes)[name]
    early = all(writer.rpartition(".")[2] in CONSTRUCTORS for writer in writers)
    return method if not early or frame.definition in writers else None


def _read(frame: Frame, receiver: Value, subject: str, node: nodes.NodeNG) -> None:
    """Note that the run reads an attribute that somebody else may change."""
    from graphlift.interp.targets import target_of

    target = target_of(frame, getattr(node, "expr", node), receiver)
    if target != "fresh":
        # Of objects of one of several classes, each is only perhaps the one whose attribute is read.
        frame.effect("reads-state", node, subject, target=target, certain=not frame.among_several)


def _attribute_cell(frame: Frame, receiver: Instance, owner: DefId, name: str, node: nodes.NodeNG) -> Value:
    value = frame.analysis.cell(("attr", owner, name))
    if receiver.definition != owner:
        value = join_all([value, frame.analysis.cell(("attr", receiver.definition, name))])
    info = frame.analysis.query("class_info", owner)
    if info is not None and dict(info.members).get(name) == "":
        body = frame.analysis.cell(("classvar", owner, name))
        value = join_all([value, described(frame, receiver, body, node)])
    return value


def _inherited(frame: Frame, receiver: Instance, base: str, name: str) -> Value:
    """A member that a library base class gives: an attribute, or a method bound to a stand-in of that class."""
    written = frame.analysis.cell(("attr", receiver.definition, name))
    if not isinstance(written, Never):
        return written
    found = models.attribute(Object(base), name, _NO_HOST[0](frame))
    if isinstance(found, Method) or found is None:
        return Method(receiver, name)
    return found


def library_base(frame: Frame, definition: DefId) -> str | None:
    """The first library class in a class's hierarchy (canonical name), or `None`."""
    for entry in frame.analysis.query("mro", definition):
        if entry is not None and entry.kind == "external" and entry.target not in _PLAIN_BASES:
            return models.canonical(entry.target, frame.analysis.keras)
    return None


def method_of(frame: Frame, receiver: Value, target: DefId, node: nodes.NodeNG) -> Value:
    """A method of the program as its receiver has it: bound, or the value of the property that it is."""
    info: FunctionInfo | None = frame.analysis.query("function_info", target)
    if info is None:
        return Unknown("the method cannot be seen")
    decorators = set(info.decorators)
    function = frame.analysis.cell(("def", target))
    if "staticmethod" in decorators:
        return function
    if "classmethod" in decorators:
        cls = Class(receiver.definition) if isinstance(receiver, Instance) else receiver
        return join_all(Bound(cls, f) for f in options(function))
    if decorators & PROPERTY_LIKE or any(d.endswith(".getter") for d in decorators):
        from graphlift.interp.instances import call_bound

        plain = Function(target) if not isinstance(function, Function) else function
        return call_bound(frame, receiver, plain, node)
    bound = join_all(_bind(receiver, f) for f in options(function))
    return described(frame, receiver, bound, node) if isinstance(receiver, Instance) else bound


def _bind(receiver: Value, function: Value) -> Value:
    return Bound(receiver, function) if isinstance(function, Function | GraphFunction) else function


def _of_class(frame: Frame, receiver: Class, name: str, node: nodes.NodeNG) -> Value:
    if name == "__name__":
        return const(_name(receiver.definition).rpartition(".")[2])
    found = find_member(frame, receiver.definition, name)
    if found is None:
        written = frame.analysis.cell(("classvar", receiver.definition, name))
        if not isinstance(written, Never):
            _read(frame, receiver, f"{receiver.definition}.{name}", node)
            return read_place(frame, written, f"{receiver.definition}.{name}", node)
        return Unknown(f"no definition of `{name}` in `{_name(receiver.definition)}` is visible")
    kind, target, owner = found
    if kind == "function":
        info = frame.analysis.query("function_info", target)
        function = frame.analysis.cell(("def", target))
        if info is not None and "classmethod" in info.decorators:
            return join_all(Bound(receiver, f) for f in options(function))
        return join_all((function, *(frame.analysis.cell(("def", e)) for e in instead(frame, owner, name))))
    if kind == "value" and (library_base(frame, receiver.definition) or "").startswith("enum."):
        return Instance(receiver.definition, exact=True)  # A member of an enumeration, not what it is called.
    if kind in ("value", "self"):
        _read(frame, receiver, f"{owner}.{name}", node)
        value = join_all(
            [frame.analysis.cell(("classvar", owner, name)), frame.analysis.cell(("attr", owner, name))]
        )
        held = read_place(frame, value, f"{owner}.{name}", node)
        return join_all(shown_by_class(receiver, option) for option in options(held))
    if kind == "external" and name == "from_config":
        return Partial(External("keras.layers.Layer.from_config"), (receiver,), ())
    if kind == "external":
        return external(models.member(target, name) or f"{target}.{name}", frame.analysis.keras)
    return Unknown(
        f"`{name}` may come from a base class of `{_name(receiver.definition)}` that cannot be seen"
    )


def _of_super(frame: Frame, receiver: Super, name: str, node: nodes.NodeNG) -> Value:
    instance = receiver.receiver
    definition = instance.definition if isinstance(instance, Instance | Class) else receiver.definition
    found = find_member(frame, definition, name, after=receiver.definition)
    if found is None and definition != receiver.definition:
        found = find_member(frame, receiver.definition, name, after=receiver.definition)
    if found is None:
        return External("builtins.object." + name)
    kind, target, _ = found
    if kind == "function":
        return method_of(frame, instance, target, node)
    if kind == "external" and isinstance(instance, Instance):
        return Method(receiver, name)
    if kind in ("value", "self") and isinstance(instance, Instance):
        return _member_value(frame, instance, found, name, node)
    return Unknown(f"`super().{name}` cannot be resolved")


def _name(definition: DefId) -> str:
    return definition.partition(":")[2]
