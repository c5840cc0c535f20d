"""What is known of a function's parameters when it is entered, strongest evidence first.

Calls that are seen, annotations, the framework's protocol, what the body does with the parameter, its docstring, the
default. A parameter without any of these is `Unknown` with a reason that names it, by which the body's uses find back
to it. What the body does comes before the docstring: code that uses something else as a tensor would raise, and a
docstring may be old.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import msgspec

from graphlift import models
from graphlift.index import DefId, FunctionInfo, ParameterInfo
from graphlift.interp.annotations import annotated_text
from graphlift.interp.docstrings import documented_types
from graphlift.interp.frame import Analysis, Frame
from graphlift.interp.objects import MOST_SUBCLASSES, library_base
from graphlift.interp.run import default_value
from graphlift.interp.summary import Context, Effect, Summary
from graphlift.interp.uses import KINDS, MEMBER_KINDS, most_telling, taken_for
from graphlift.resolve import KeptUse
from graphlift.source.span import Place
from graphlift.syntax import nodes
from graphlift.values import (
    NONE,
    Array,
    Class,
    Const,
    GraphFunction,
    Instance,
    Mapping,
    Never,
    Py,
    Sequence,
    Spec,
    Tensor,
    Unknown,
    Value,
    Variable,
    is_loose,
    join,
    join_all,
    options,
    widen,
)


class ParameterEvidence(msgspec.Struct, frozen=True):
    """What is known of one parameter and why. `assumed` is true when it is not certain.

    `source`: `calls`, `annotation`, `protocol`, `use`, `docstring`, `default`, `self` or `nothing`; `place` is
    the deciding use in the body, where there is one. `partial` is true when some caller passes something that is not
    seen.
    """

    name: str
    value: Value
    source: str
    assumed: bool
    place: Place | None = None
    subject: str = ""
    partial: bool = False
    exported: bool = False
    """Whether others may call the function too, since its package exports it; told where `source` is `calls`."""
    text: str = ""
    """The deciding use, where it is outside the body."""


class EntryContext(msgspec.Struct, frozen=True):
    """The context in which a function is judged. `open`: a look at the body's uses could still tell more."""

    definition: DefId
    context: Context
    parameters: tuple[ParameterEvidence, ...]
    called: bool
    open: bool


def doubtful_context(entry: EntryContext) -> Context | None:
    """The context in which parameters hold anything at all whose callers are not all visible; `None` without any.

    Annotations and the framework's protocol are taken at their word; what visible callers pass, the body's use,
    a docstring and a default do not say what others pass.
    """
    doubtful = {
        e.name: Unknown(unseen_reason(entry.definition, e.name))
        for e in entry.parameters
        if (e.partial or e.exported or e.source in ("use", "docstring", "default")) and e.source != "self"
    }
    if not doubtful:
        return None
    bindings = tuple((name, doubtful.get(name, value)) for name, value in entry.context.bindings)
    return Context(bindings, entry.context.closure)


def without_assumptions(entry: EntryContext) -> Context:
    """The context of an entry with nothing in it that is assumed: such parameters may be anything."""
    unsure = {e.name: Unknown(unseen_reason(entry.definition, e.name)) for e in entry.parameters if e.assumed}
    bindings = tuple((name, unsure.get(name, value)) for name, value in entry.context.bindings)
    return Context(bindings, entry.context.closure)


def unseen_reason(definition: DefId, parameter: str) -> str:
    """The reason of the unknown value of a parameter that nothing is known of."""
    return f"no visible caller of `{definition.partition(':')[2]}` shows what `{parameter}` is"


def entry_context(analysis: Analysis, definition: DefId, probes: Collection[Summary]) -> EntryContext:
    """Everything known about entering a function; `probes` are its summaries so far, with parameters still unknown."""
    info: FunctionInfo | None = analysis.query("function_info", definition)
    if info is None:
        return EntryContext(definition, Context(), (), False, False)
    called = not isinstance(analysis.cell(("called", definition)), Never)
    frame = Frame(analysis, definition, Context())
    outer = Frame(analysis, info.parent, Context())
    uses = most_telling(probes) if probes else None
    evidence = tuple(
        _parameter(analysis, frame, outer, info, number, uses, called)
        for number in range(len(info.parameters))
    )
    if analysis.query("exported", definition):
        evidence = tuple(
            msgspec.structs.replace(e, exported=True) if e.source == "calls" else e for e in evidence
        )
    specified = _signature(analysis, info)
    bindings = tuple((e.name, specified.get(e.name, as_traced(e.value))) for e in evidence)
    closure = _closure(analysis, frame)
    is_open = any(_is_open(e.value) for e in evidence)
    return EntryContext(definition, Context(bindings, closure), evidence, called, is_open)


def _signature(analysis: Analysis, info: FunctionInfo) -> dict[str, Value]:
    """The tensors that an `input_signature` of the function's own decorator makes of the arguments."""
    decorated = analysis.cell(("def", info.id)) if info.decorators else NONE
    if not isinstance(decorated, GraphFunction):
        return {}
    signature = dict(decorated.options).get("input_signature")
    if not isinstance(signature, Sequence) or signature.items is None:
        return {}
    bound = info.in_class and "staticmethod" not in info.decorators
    names = [parameter.name for parameter in info.parameters][int(bound) :]
    return {
        name: Tensor(spec.dtype, spec.shape, spec.form, dynamic=is_loose(spec.shape))
        for name, spec in zip(names, signature.items, strict=False)
        if isinstance(spec, Spec)
    }


def as_traced(value: Value, depth: int = 0) -> Value:
    """An argument as a traced function sees it: NumPy arrays and scalars come in as symbolic tensors."""

    def convert(option: Value) -> Value:
        if isinstance(option, Array):
            return Tensor(option.dtype, option.shape)
        if isinstance(option, Tensor) and (option.dynamic or option.python):
            # Tracing knows all sizes of an argument.
            return msgspec.structs.replace(option, dynamic=False, python=False)
        if isinstance(option, Sequence) and depth < 4 and option.type in ("list", "tuple"):
            items = None if option.items is None else tuple(as_traced(i, depth + 1) for i in option.items)
            element = as_traced(option.element, depth + 1) if items is None else join_all(items)
            return msgspec.structs.replace(option, items=items, element=element)
        if isinstance(option, Mapping) and depth < 4 and option.items is not None:
            entries = tuple((k, as_traced(v, depth + 1)) for k, v in option.items)
            return msgspec.structs.replace(option, items=entries, value=join_all(v for _, v in entries))
        return option

    return join_all(convert(option) for option in options(value)) if options(value) else value


@lru_cache(maxsize=1 << 14)
def in_plain_python(value: Value, depth: int = 0) -> Value:
    """What a value is where its code runs outside every graph: Python numbers where a graph has tensors instead."""

    def convert(option: Value) -> Value:
        if isinstance(option, Tensor) and option.python:
            return join_all(Py(kind) for kind in _PLAIN_KINDS.get(option.dtype, ("int", "float")))
        if depth >= 4:
            return option
        if isinstance(option, Sequence):
            items = (
                None if option.items is None else tuple(in_plain_python(i, depth + 1) for i in option.items)
            )
            element = in_plain_python(option.element, depth + 1)
            return msgspec.structs.replace(option, items=items, element=element)
        if isinstance(option, Mapping):
            entries = option.items
            if entries is not None:
                entries = tuple((k, in_plain_python(v, depth + 1)) for k, v in entries)
            return msgspec.structs.replace(
                option, items=entries, value=in_plain_python(option.value, depth + 1)
            )
        return option

    return join_all(convert(option) for option in options(value)) if options(value) else value


_PLAIN_KINDS: dict[str | None, tuple[str, ...]] = {
    "int32": ("int",),
    "float32": ("float",),
    "bool": ("bool",),
    "string": ("str",),
}


def _is_open(value: Value) -> bool:
    return any(isinstance(option, Unknown) for option in options(value))


def _closure(analysis: Analysis, frame: Frame) -> tuple[tuple[str, Value], ...]:
    if "<locals>" not in frame.definition or frame.node is None:
        return ()
    from graphlift.interp.frame import free_names

    found = []
    for name in sorted(free_names(frame.node)):
        value = analysis.cell(("closure", frame.definition, name))
        if not isinstance(value, Never):
            found.append((name, value))
    return tuple(found)


def _parameter(
    analysis: Analysis,
    frame: Frame,
    outer: Frame,
    info: FunctionInfo,
    number: int,
    uses: dict[str, Effect] | None,
    called: bool,
) -> ParameterEvidence:
    parameter = info.parameters[number]
    receiver = _receiver(frame, info, number)
    if receiver is not None:
        return ParameterEvidence(parameter.name, receiver, "self", False)
    passed = analysis.cell(("passed", info.id, parameter.name)) if called else Never()
    unseen = called and not isinstance(analysis.cell(("unseen", info.id, parameter.name)), Never)
    omitted = called and not isinstance(analysis.cell(("omitted", info.id, parameter.name)), Never)
    if not isinstance(passed, Never):
        default = default_value(frame, info, parameter.name) if omitted else None
        value = passed if default is None else join(passed, default)
        hinted = _annotated(frame, outer, info.parameters[number], unseen) if unseen else None
        if hinted is not None:
            value = join(value, hinted)
        if _is_keras_training(frame, info, parameter.name):
            value = join(value, _TRAINING)
        return ParameterEvidence(
            parameter.name, _loosened(value) if unseen else value, "calls", unseen, partial=unseen
        )
    if omitted and not unseen:
        default = default_value(frame, info, parameter.name)
        if default is not None:
            if _is_keras_training(frame, info, parameter.name):
                default = join(default, _TRAINING)
            return ParameterEvidence(parameter.name, default, "calls", False)
    return _uncalled(frame, outer, info, number, uses, unseen)


_TRAINING = join(NONE, Py("bool"))


def _is_keras_training(frame: Frame, info: FunctionInfo, name: str) -> bool:
    """Whether Keras fills the parameter in itself, from `fit`, `evaluate` or the layer around."""
    if name != "training" or info.name != "call" or not info.in_class:
        return False
    base = library_base(frame, info.parent)
    return base is not None and models.is_subclass(base, "keras.layers.Layer")


def _loosened(value: Value) -> Value:
    """What callers that are not seen may pass when others pass this: the like of it, of any size."""

    def loosen(option: Value) -> Value:
        if isinstance(option, Tensor):
            return Tensor(None, None, option.form)
        if isinstance(option, Variable):
            return join(Variable(), Tensor())
        if isinstance(option, Array):
            return Array()
        if isinstance(option, Const) and option.type == "bool":
            return Py("bool")
        if isinstance(option, Sequence) and not option.fields:
            return Sequence(option.type, None, _loosened(option.element), option.site)
        if isinstance(option, Mapping):
            return Mapping(option.type, None, widen(option.key), _loosened(option.value), option.site)
        return widen(option)

    return join_all(loosen(option) for option in options(value))


def _receiver(frame: Frame, info: FunctionInfo, number: int) -> Value | None:
    if number or not info.in_class or "staticmethod" in info.decorators:
        return None
    if info.name == "__init_subclass__":
        below = frame.analysis.query("subclasses", info.parent)[:MOST_SUBCLASSES]
        return join_all(Class(each) for each in below or (info.parent,))
    if "classmethod" in info.decorators or info.name == "__new__":
        return Class(info.parent)
    return Instance(info.parent, site=f"@{info.parameters[0].name}")


def _uncalled(
    frame: Frame,
    outer: Frame,
    info: FunctionInfo,
    number: int,
    uses: dict[str, Effect] | None,
    unseen: bool,
) -> ParameterEvidence:
    parameter = info.parameters[number]
    name = parameter.name
    hinted = _annotated(frame, outer, parameter, unseen)
    if parameter.kind in ("vararg", "kwarg"):
        return _variadic(info, parameter, hinted, unseen)
    default = default_value(frame, info, name)
    if hinted is not None and hinted != NONE:
        value = hinted if default is None else join(hinted, widen(default))
        return ParameterEvidence(name, value, "annotation", True, partial=unseen)
    protocol = _protocol(frame, info, number)
    if protocol is not None:
        return ParameterEvidence(name, protocol, "protocol", True, partial=unseen)
    used = _used(frame.analysis, info, parameter, uses or {}, default, unseen)
    if used is None and uses is not None and not unseen:
        used = _kept(frame.analysis, info, parameter, default)
    if used is not None:
        return used
    documented = _documented(frame, outer, name)
    if documented is not None and documented != NONE:
        if uses is None:  # The body has not been looked at yet, and comes first.
            return ParameterEvidence(name, Unknown(unseen_reason(info.id, name)), "nothing", True)
        value = documented if default is None else join(documented, widen(default))
        return ParameterEvidence(name, value, "docstring", True, partial=unseen)
    if default is not None and default != NONE and not isinstance(default, Unknown):
        return ParameterEvidence(name, _loosened(default), "default", True, partial=unseen)
    return ParameterEvidence(name, Unknown(unseen_reason(info.id, name)), "nothing", True, partial=unseen)


def _annotated(frame: Frame, outer: Frame, parameter: ParameterInfo, unseen: bool) -> Value | None:
    """What the annotation says; type parameters of the function or its class (PEP 695) stand for their bounds.

    Of functions only those that others bring along are taken at their type: what a caller of the program passes on a
    way that is not seen may be any function of the program, and do anything besides.
    """
    own = [
        *(getattr(outer.node, "type_params", None) or ()),
        *(getattr(frame.node, "type_params", None) or ()),
    ]
    bounds = {each.name.name: each.bound for each in own if isinstance(each, nodes.TypeVar)}
    return annotated_text(outer, parameter.annotation, bounds, functions=not unseen)


def _documented(frame: Frame, outer: Frame, name: str) -> Value | None:
    """What the docstring's type for the parameter says."""
    doc = getattr(frame.node, "doc_node", None)
    if doc is None:
        return None
    return annotated_text(outer, documented_types(doc.value).get(name, ""))


def _variadic(
    info: FunctionInfo, parameter: ParameterInfo, hinted: Value | None, unseen: bool
) -> ParameterEvidence:
    """`*args` and `**kwargs`; an annotation describes each of them."""
    name = parameter.name
    each = hinted if hinted is not None else Unknown(unseen_reason(info.id, name))
    value: Value = Sequence("tuple", None, each)
    if parameter.kind == "kwarg":
        whole = "Unpack[" in parameter.annotation
        value = Mapping("dict", None, Py("str"), each, f"@{name}")
        if isinstance(each, Mapping) and whole:
            value = msgspec.structs.replace(each, site=f"@{name}")
    source = "nothing" if hinted is None else "annotation"
    return ParameterEvidence(name, value, source, True, partial=unseen)


def _protocol(frame: Frame, info: FunctionInfo, number: int) -> Value | None:
    if not info.in_class:
        return None
    base = library_base(frame, info.parent)
    if base is None:
        return None
    protocol = models.subclass_protocol(base, info.name, frame.analysis.keras)
    if protocol is None:
        return None
    given = protocol.parameters
    value = given[number - 1] if 0 < number <= len(given) else None
    return None if isinstance(value, Unknown) else value


def _used(
    analysis: Analysis,
    info: FunctionInfo,
    parameter: ParameterInfo,
    uses: dict[str, Effect],
    default: Value | None,
    unseen: bool,
) -> ParameterEvidence | None:
    effect = uses.get(unseen_reason(info.id, parameter.name))
    if effect is None or effect.kind == "uses-entries":
        return None
    if effect.kind == "uses-model" and not effect.certain:
        return None  # Any function can be called with a tensor.
    if effect.kind == "uses-function" and unseen:
        return None  # A function of the program is passed on a way that is not seen, and may do anything.
    if effect.kind == "uses-python":
        value: Value = Py("int") if default is None else widen(default)
        if not isinstance(value, Py | Const):
            return None
    else:
        value = taken_for(analysis, effect.kind)
        if isinstance(default, Const) and default.type in ("int", "float") and not effect.certain:
            return None
        if default == NONE:
            value = join(NONE, value)
    return ParameterEvidence(parameter.name, value, "use", True, effect.place, effect.kind, partial=unseen)


def _kept(
    analysis: Analysis, info: FunctionInfo, parameter: ParameterInfo, default: Value | None
) -> ParameterEvidence | None:
    """What the uses elsewhere show of what a constructor keeps, or a function around."""
    found: tuple[KeptUse, ...] = analysis.query("kept_uses", info.id)
    told = [use for use in found if use.parameter == parameter.name and use.member in MEMBER_KINDS]
    if not told:
        return None
    use = min(told, key=lambda each: KINDS.index(MEMBER_KINDS[each.member]))
    kind = MEMBER_KINDS[use.member]
    value = taken_for(analysis, kind)
    value = value if default != NONE else join(NONE, value)
    return ParameterEvidence(parameter.name, value, "use", True, None, kind, text=use.text)
