"""The built-ins that ask objects and classes for their parts."""

from __future__ import annotations

import msgspec

from graphlift.interp.builtin_calls import builtin, called_as, first_of
from graphlift.interp.calls import Site
from graphlift.interp.computed import read_any, write_any
from graphlift.interp.frame import Frame
from graphlift.interp.kinds import isinstance_answer
from graphlift.interp.objects import attribute, class_of_instance
from graphlift.interp.places import attributes_of, names_at
from graphlift.interp.protocol import WRAPPERS
from graphlift.interp.statements import is_symbolic
from graphlift.interp.storing import store_attribute
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    NONE,
    Class,
    Const,
    External,
    Function,
    Instance,
    Partial,
    Py,
    Tensor,
    Unknown,
    Value,
    const,
    const_value,
    join,
    join_all,
    options,
)


@builtin("isinstance", "issubclass")
def _isinstance(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if len(arguments.positional) != 2 or called_as(site, "", ("isinstance",)) != "isinstance":
        return Py("bool")
    value, kinds = arguments.positional
    for kind in options(kinds):
        if isinstance(kind, External) and "EagerTensor" in kind.name:
            frame.effect("mode-dependent", site.node, "isinstance of an eager tensor")
    answers = {isinstance_answer(frame, option, kinds) for option in options(value)}
    return const(answers.pop()) if len(answers) == 1 and None not in answers else Py("bool")


@builtin("hasattr")
def _hasattr(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if len(arguments.positional) == 2 and arguments.positional[1] == const("numpy"):
        frame.effect("mode-dependent", site.node, "hasattr(…, 'numpy')")
    return Py("bool")


@builtin("callable")
def _callable(frame: Frame, arguments: Arguments, site: Site) -> Value:
    value = first_of(arguments)
    if isinstance(value, Function | Class):
        return const(True)
    return const(False) if isinstance(value, Const | Py | Tensor) else Py("bool")


@builtin("getattr")
def _getattr(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if len(arguments.positional) >= 2 and isinstance(arguments.positional[1], Const):
        name = str(const_value(arguments.positional[1]))
        found = attribute(frame, arguments.positional[0], name, site.node)
        if name == "numpy" and is_symbolic(frame, arguments.positional[0]):
            frame.effect("mode-dependent", site.node, "getattr(…, 'numpy')")
        if len(arguments.positional) > 2:
            return join(found, arguments.positional[2]) if not isinstance(found, Unknown) else found
        return found
    return read_any(first_of(arguments))


@builtin("setattr")
def _setattr(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if len(arguments.positional) == 3 and isinstance(arguments.positional[1], Const):
        receiver, name, value = arguments.positional
        node = site.positional[0] if site.positional else site.node
        store_attribute(frame, receiver, str(const_value(name)), value, node)
    else:
        frame.effect("writes-state", site.node, "setattr()", target="heap")
        write_any(frame, first_of(arguments), site.node)
    return NONE


@builtin("delattr")
def _delattr(frame: Frame, arguments: Arguments, site: Site) -> Value:
    frame.effect("writes-state", site.node, "delattr()", target="heap")
    write_any(frame, first_of(arguments), site.node)
    return NONE


@builtin("type")
def _type(frame: Frame, arguments: Arguments, site: Site) -> Value:
    value = first_of(arguments)
    objects = [option for option in options(value) if isinstance(option, Instance)]
    if objects and len(objects) == len(options(value)):
        return join_all(class_of_instance(frame, each) for each in objects)
    if is_symbolic(frame, value):
        frame.effect("mode-dependent", site.node, "type(…)", certain=_asks_name(site.node))
    return Unknown("the type of this value is not followed")


def _asks_name(node: nodes.NodeNG) -> bool:
    """Whether the name of a type is asked for: that of a symbolic tensor's is another one."""
    return isinstance(node.parent, nodes.Attribute) and node.parent.attrname in ("__name__", "__qualname__")


@builtin("hash")
def _hash(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if is_symbolic(frame, first_of(arguments)):
        frame.effect("python-on-tensor", site.node, "hash()")
    return Py("int")


@builtin("id")
def _identity(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if any(isinstance(o, Tensor) and not o.eager for o in options(first_of(arguments))):
        frame.effect("tensor-identity", site.node, "id()", certain=False)
    return Py("int")


@builtin("vars", "dir", "globals", "locals")
def _names(frame: Frame, arguments: Arguments, site: Site) -> Value:
    text = called_as(site, "", ("vars", "dir", "globals", "locals"))
    if text == "vars" and isinstance(first_of(arguments), Instance):
        return attributes_of(first_of(arguments))
    if text == "globals" or (text in ("vars", "locals") and frame.is_module):
        return names_at(f"globals {frame.module}")
    return msgspec.structs.replace(names_at(""), site=frame.site(site.node))


@builtin("object")
def _object(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, arguments, site
    return Py("object")


@builtin(*WRAPPERS)
def _wrapper(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame
    name = called_as(site, "", WRAPPERS)
    return Partial(External(f"builtins.{name}"), arguments.positional, arguments.keywords)
