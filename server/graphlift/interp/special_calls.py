"""Library callables that are about functions and classes rather than about tensors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import msgspec

from graphlift.interp.calls import SPECIAL_CALLS, Site, call_value
from graphlift.interp.expressions import evaluate, iteration
from graphlift.interp.frame import Frame
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    NONE,
    Bound,
    Class,
    Const,
    External,
    Function,
    GraphFunction,
    Iterator,
    Mapping,
    Object,
    Partial,
    Py,
    Sequence,
    Unknown,
    Value,
    Variable,
    const,
    const_value,
    join,
    join_all,
    options,
    parts,
)

Special = Callable[[Frame, Arguments, Site], Value]


def _for(*names: str) -> Callable[[Special], Special]:
    def register(function: Special) -> Special:
        for name in names:
            SPECIAL_CALLS[name] = function
        return function

    return register


TF_FUNCTION_PARAMETERS = (
    "func",
    "input_signature",
    "autograph",
    "jit_compile",
    "reduce_retracing",
    "experimental_implements",
    "experimental_autograph_options",
    "experimental_attributes",
    "experimental_relax_shapes",
    "experimental_compile",
    "experimental_follow_type_hints",
)
"""The parameters of `tf.function` in order (TensorFlow 2.21)."""


@_for("tensorflow.function", "tensorflow.compat.v1.function")
def _tf_function(frame: Frame, arguments: Arguments, site: Site) -> Value:
    function = arguments.get(0, "func")
    places = zip(TF_FUNCTION_PARAMETERS[1:], arguments.positional[1:], strict=False)
    keywords = (*places, *((k, v) for k, v in arguments.keywords if k != "func"))
    if function is None or function == NONE:
        return Partial(External("tensorflow.function"), (), keywords)
    frame.effect("makes-graph-function", site.node, "tf.function")
    # A `tf.function` of a `tf.function` runs as the inner one does.
    made = (f if isinstance(f, GraphFunction) else GraphFunction(f, keywords) for f in options(function))
    return join_all(made)


@_for("tensorflow.executing_eagerly", "tensorflow.compat.v1.executing_eagerly")
def _executing_eagerly(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del arguments
    if _is_lifted(frame, site.node):
        return const(True)
    frame.effect("mode-dependent", site.node, "tf.executing_eagerly")
    return Py("bool")


def _is_lifted(frame: Frame, node: nodes.NodeNG) -> bool:
    """Whether `with tf.init_scope()` stands around a node: its body is executed eagerly while tracing, too."""
    child, parent = node, node.parent
    while parent is not None and child is not frame.node:
        if isinstance(parent, nodes.With) and child in parent.body:
            with frame.quietly():
                managers = [evaluate(frame, manager) for manager, _ in parent.items]
            if Object("tensorflow.init_scope") in managers:
                return True
        child, parent = parent, parent.parent
    return False


@_for("functools.partial")
def _partial(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del site
    if not arguments.positional or arguments.star or arguments.double_star:
        return Unknown("a `functools.partial` of something unknown")
    return Partial(arguments.positional[0], arguments.positional[1:], arguments.keywords)


@_for("functools.wraps", "functools.update_wrapper")
def _wraps(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, site
    return Partial(External("functools.wraps"), arguments.positional, ())


@_for("functools.lru_cache", "functools.cache")
def _cache(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, site
    return (
        arguments.positional[0] if arguments.positional else Partial(External("functools.lru_cache"), (), ())
    )


@_for("functools.reduce")
def _reduce(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if len(arguments.positional) < 2:
        return Unknown("`functools.reduce` without its arguments")
    function, source = arguments.positional[:2]
    element = iteration(frame, source, site.node)
    start = arguments.positional[2] if len(arguments.positional) > 2 else element
    once = call_value(frame, function, Arguments((start, element)), Site(site.node, library=True))
    with frame.quietly():
        again = call_value(frame, function, Arguments((once, element)), Site(site.node, library=True))
    return join_all((start, once, again))


@_for("collections.namedtuple", "typing.NamedTuple")
def _namedtuple(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, site
    if len(arguments.positional) < 2 or not isinstance(arguments.positional[0], Const):
        return Unknown("a named tuple class with a computed name")
    name = str(const_value(arguments.positional[0]))
    fields = _field_names(arguments.positional[1])
    if fields is None:
        return Unknown("a named tuple class with computed fields")
    return Partial(External("collections.namedtuple.instance"), (const(name), const(" ".join(fields))), ())


def _field_names(value: Value) -> list[str] | None:
    if isinstance(value, Const) and value.type == "str":
        return str(const_value(value)).replace(",", " ").split()
    if isinstance(value, Sequence) and value.items is not None:
        names: list[str] = []
        for item in value.items:
            if isinstance(item, Sequence) and item.items:
                item = item.items[0]
            if not isinstance(item, Const):
                return None
            names.append(str(const_value(item)))
        return names
    return None


@_for("collections.namedtuple.instance")
def _namedtuple_instance(frame: Frame, arguments: Arguments, site: Site) -> Value:
    from graphlift.interp.construct import named_tuple_value

    del frame, site
    name, fields, *given = arguments.positional
    if not isinstance(name, Const) or not isinstance(fields, Const):
        return Unknown("a named tuple of one of several classes")
    names = tuple(str(const_value(fields)).split())
    keywords = dict(arguments.keywords)
    items = tuple(
        given[n] if n < len(given) else keywords.get(field, Unknown("a field of unknown value"))
        for n, field in enumerate(names)
    )
    return named_tuple_value(str(const_value(name)), names, items)


@_for("collections.OrderedDict")
def _ordered_dict(frame: Frame, arguments: Arguments, site: Site) -> Value:
    from graphlift.interp.builtin_calls import call_builtin

    made = call_builtin(frame, "dict", arguments, site)
    return join_all(
        msgspec.structs.replace(option, type="OrderedDict") if isinstance(option, Mapping) else option
        for option in options(made)
    )


@_for("collections.defaultdict")
def _default_dict(frame: Frame, arguments: Arguments, site: Site) -> Value:
    factory = arguments.positional[0] if arguments.positional else NONE
    own = isinstance(
        factory, Function | Bound
    )  # What it does, it does at a read of the dictionary, or never.
    with nullcontext() if own else frame.quietly():
        default = NONE if factory == NONE else call_value(frame, factory, Arguments(), Site(site.node))
    return Mapping("defaultdict", None, NEVER, default, frame.site(site.node))


@_for("collections.Counter")
def _counter(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del arguments
    return Mapping("Counter", None, Unknown("a counted element"), Py("int"), frame.site(site.node))


@_for("keras.layers.Layer.from_config")
def _from_config(frame: Frame, arguments: Arguments, site: Site) -> Value:
    """An inherited `from_config` calls the class with whatever the configuration holds."""
    from graphlift.interp.construct import construct

    cls = arguments.positional[0] if arguments.positional else NONE
    if not isinstance(cls, Class):
        return Unknown("the class that `from_config` makes an object of is not known")
    return construct(frame, cls, Arguments((), (), False, True), Site(site.node))


@_for("collections.deque")
def _deque(frame: Frame, arguments: Arguments, site: Site) -> Value:
    element = iteration(frame, arguments.positional[0], site.node) if arguments.positional else NEVER
    items = None if arguments.positional else ()
    return Sequence("deque", items, element, frame.site(site.node))


@_for("itertools.chain", "itertools.chain.from_iterable", "itertools.islice", "itertools.cycle")
def _chained(frame: Frame, arguments: Arguments, site: Site) -> Value:
    text = site.node.as_string().partition("(")[0]
    given = arguments.positional
    if text.endswith(("islice", "cycle")):
        given = given[:1]
    elements = [iteration(frame, value, site.node) for value in given]
    if text.endswith("from_iterable"):
        elements = [iteration(frame, element, site.node) for element in elements]
    return Iterator(join_all(elements), "fresh")


@_for("itertools.product", "itertools.zip_longest", "itertools.combinations", "itertools.permutations")
def _tuples(frame: Frame, arguments: Arguments, site: Site) -> Value:
    elements = tuple(
        iteration(frame, value, site.node)
        for value in arguments.positional
        if not (isinstance(value, Const) and value.type == "int")
    )
    if len(elements) == 1:
        return Iterator(Sequence("tuple", None, elements[0]), "fresh")
    return Iterator(Sequence("tuple", elements, join_all(elements)), "fresh")


@_for("itertools.count", "itertools.repeat")
def _endless(frame: Frame, arguments: Arguments, site: Site) -> Value:
    text = site.node.as_string().partition("(")[0]
    if text.endswith("repeat") and arguments.positional:
        return Iterator(arguments.positional[0], "fresh")
    return Iterator(Py("int"), "fresh")


@_for("copy.copy")
def _copy(frame: Frame, arguments: Arguments, site: Site) -> Value:
    return _copied(frame, arguments, site, deep=False)


@_for("copy.deepcopy")
def _deep_copy(frame: Frame, arguments: Arguments, site: Site) -> Value:
    return _copied(frame, arguments, site, deep=True)


def _copied(frame: Frame, arguments: Arguments, site: Site, *, deep: bool) -> Value:
    value = arguments.positional[0] if arguments.positional else NONE
    if any(isinstance(option, Variable) for option in (*options(value), *parts(value))):
        frame.effect("eager-only", site.node, "copying a variable", certain=False)
    return join_all(_copy_of(option, frame.site(site.node), deep) for option in options(value))


def _copy_of(value: Value, site: str, deep: bool) -> Value:
    if deep and isinstance(value, Sequence):
        inner = _copies_of(value.element, f"{site}+")
        items = None if value.items is None else tuple(_copies_of(item, f"{site}+") for item in value.items)
        value = msgspec.structs.replace(
            value, items=items, element=inner if items is None else join_all(items)
        )
    elif deep and isinstance(value, Mapping):
        entries = value.items
        copied = None if entries is None else tuple((k, _copies_of(item, f"{site}+")) for k, item in entries)
        value = msgspec.structs.replace(value, items=copied, value=_copies_of(value.value, f"{site}+"))
    return msgspec.structs.replace(value, site=site) if getattr(value, "site", None) is not None else value


def _copies_of(value: Value, site: str) -> Value:
    return join_all(_copy_of(option, site, True) for option in options(value)) if options(value) else value


@_for("dataclasses.replace")
def _replace(frame: Frame, arguments: Arguments, site: Site) -> Value:
    from graphlift.values import Instance

    value = arguments.positional[0] if arguments.positional else NONE
    if isinstance(value, Instance):
        for name, given in arguments.keywords:
            frame.write_cell(("attr", value.definition, name), given)
        return Instance(value.definition, value.exact, frame.site(site.node))
    return Unknown("`dataclasses.replace` of something unknown")


@_for("dataclasses.field")
def _field(frame: Frame, arguments: Arguments, site: Site) -> Value:
    keywords = dict(arguments.keywords)
    if "default" in keywords:
        return keywords["default"]
    factory = keywords.get("default_factory")
    if factory is not None:
        return call_value(frame, factory, Arguments(), Site(site.node))
    return NEVER


@_for("typing.cast")
def _cast(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, site
    return arguments.positional[1] if len(arguments.positional) > 1 else join(NEVER, NONE)


@_for(
    "tensorflow.autograph.experimental.do_not_convert",
    "tensorflow.Module.with_name_scope",
    "contextlib.contextmanager",
    "abc.abstractmethod",
    "typing.overload",
)
def _identity(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, site
    return arguments.positional[0] if arguments.positional else NONE
