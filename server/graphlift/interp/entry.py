"""What is known of a function's parameters when it is entered, strongest evidence first.

Calls that are seen, annotations, the framework's protocol, what the body does with the parameter, the default. A
parameter without any of these is `Unknown` with a reason that names it, by which the body's uses find back to it.
"""

from __future__ import annotations

import msgspec

from graphlift import models
from graphlift.index import DefId, FunctionInfo, ParameterInfo
from graphlift.interp.annotations import annotated_text
from graphlift.interp.frame import Analysis, Frame
from graphlift.interp.objects import library_base
from graphlift.interp.run import default_value
from graphlift.interp.summary import Context, Effect, Summary
from graphlift.source.span import Place
from graphlift.values import (
    NONE,
    Array,
    Class,
    Const,
    Instance,
    Mapping,
    Never,
    Object,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    join,
    join_all,
    options,
    widen,
)


class ParameterEvidence(msgspec.Struct, frozen=True):
    """What is known of one parameter and why. `assumed` is true when it is not certain.

    `source`: `calls`, `annotation`, `protocol`, `use`, `default`, `self` or `nothing`; `place` is the deciding
    use in the body, where there is one. `partial` is true when some caller passes something that is not seen.
    """

    name: str
    value: Value
    source: str
    assumed: bool
    place: Place | None = None
    subject: str = ""
    partial: bool = False


class EntryContext(msgspec.Struct, frozen=True):
    """The context in which a function is judged. `open`: a look at the body's uses could still tell more."""

    definition: DefId
    context: Context
    parameters: tuple[ParameterEvidence, ...]
    called: bool
    open: bool


def unseen_reason(definition: DefId, parameter: str) -> str:
    """The reason of the unknown value of a parameter that nothing is known of."""
    return f"no visible caller of `{definition.partition(':')[2]}` shows what `{parameter}` is"


def entry_context(analysis: Analysis, definition: DefId, probe: Summary | None) -> EntryContext:
    """Everything known about entering a function; `probe` is its summary with unknown parameters, if it was run."""
    info: FunctionInfo | None = analysis.query("function_info", definition)
    if info is None:
        return EntryContext(definition, Context(), (), False, False)
    called = not isinstance(analysis.cell(("called", definition)), Never)
    frame = Frame(analysis, definition, Context())
    outer = Frame(analysis, info.parent, Context())
    uses = {} if probe is None else _uses(probe)
    evidence = tuple(
        _parameter(analysis, frame, outer, info, number, uses, called)
        for number in range(len(info.parameters))
    )
    bindings = tuple((e.name, as_traced(e.value)) for e in evidence)
    closure = _closure(analysis, frame)
    is_open = probe is None and any(_is_open(e.value) for e in evidence)
    return EntryContext(definition, Context(bindings, closure), evidence, called, is_open)


def as_traced(value: Value, depth: int = 0) -> Value:
    """An argument as a traced function sees it: NumPy arrays and scalars come in as symbolic tensors."""

    def convert(option: Value) -> Value:
        if isinstance(option, Array):
            return Tensor(option.dtype, option.shape)
        if isinstance(option, Sequence) and depth < 4 and option.type in ("list", "tuple"):
            items = None if option.items is None else tuple(as_traced(i, depth + 1) for i in option.items)
            element = as_traced(option.element, depth + 1) if items is None else join_all(items)
            return msgspec.structs.replace(option, items=items, element=element)
        if isinstance(option, Mapping) and depth < 4 and option.items is not None:
            entries = tuple((k, as_traced(v, depth + 1)) for k, v in option.items)
            return msgspec.structs.replace(option, items=entries, value=join_all(v for _, v in entries))
        return option

    return join_all(convert(option) for option in options(value)) if options(value) else value


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


def _uses(summary: Summary) -> dict[str, Effect]:
    """The body's uses of unknown values, by the reason of the unknown; the most telling use of each."""
    order = {"uses-optimizer": 0, "uses-model": 1, "uses-tensor": 2, "uses-python": 3}
    found: dict[str, Effect] = {}
    for effect in summary.effects:
        rank = order.get(effect.kind)
        if rank is None:
            continue
        present = found.get(effect.subject)
        if present is None or (not present.certain, order[present.kind]) > (not effect.certain, rank):
            found[effect.subject] = effect
    return found


def _parameter(
    analysis: Analysis,
    frame: Frame,
    outer: Frame,
    info: FunctionInfo,
    number: int,
    uses: dict[str, Effect],
    called: bool,
) -> ParameterEvidence:
    parameter = info.parameters[number]
    receiver = _receiver(info, number)
    if receiver is not None:
        return ParameterEvidence(parameter.name, receiver, "self", False)
    passed = analysis.cell(("passed", info.id, parameter.name)) if called else Never()
    unseen = called and not isinstance(analysis.cell(("unseen", info.id, parameter.name)), Never)
    omitted = called and not isinstance(analysis.cell(("omitted", info.id, parameter.name)), Never)
    if not isinstance(passed, Never):
        default = default_value(frame, info, parameter.name) if omitted else None
        value = passed if default is None else join(passed, default)
        hinted = annotated_text(outer, info.parameters[number].annotation) if unseen else None
        if hinted is not None:
            value = join(value, hinted)
        return ParameterEvidence(parameter.name, value, "calls", unseen, partial=unseen)
    if omitted and not unseen:
        default = default_value(frame, info, parameter.name)
        if default is not None:
            return ParameterEvidence(parameter.name, default, "calls", False)
    return _uncalled(frame, outer, info, number, uses, unseen)


def _receiver(info: FunctionInfo, number: int) -> Value | None:
    if number or not info.in_class or "staticmethod" in info.decorators:
        return None
    if "classmethod" in info.decorators or info.name in ("__new__", "__init_subclass__"):
        return Class(info.parent)
    return Instance(info.parent, site=f"@{info.parameters[0].name}")


def _uncalled(
    frame: Frame,
    outer: Frame,
    info: FunctionInfo,
    number: int,
    uses: dict[str, Effect],
    unseen: bool,
) -> ParameterEvidence:
    parameter = info.parameters[number]
    name = parameter.name
    if parameter.kind == "vararg":
        return _variadic(name, Sequence("tuple", None, Unknown(unseen_reason(info.id, name))))
    if parameter.kind == "kwarg":
        unknown = Unknown(unseen_reason(info.id, name))
        return _variadic(name, Mapping("dict", None, Py("str"), unknown, f"@{name}"))
    hinted = annotated_text(outer, parameter.annotation)
    default = default_value(frame, info, name)
    if hinted is not None and hinted != NONE:
        value = hinted if default is None else join(hinted, widen(default))
        return ParameterEvidence(name, value, "annotation", True, partial=unseen)
    protocol = _protocol(frame, info, number)
    if protocol is not None:
        return ParameterEvidence(name, protocol, "protocol", True, partial=unseen)
    used = _used(info, parameter, uses, default)
    if used is not None:
        return used
    if default is not None and default != NONE and not isinstance(default, Unknown):
        return ParameterEvidence(name, widen(default), "default", True, partial=unseen)
    return ParameterEvidence(name, Unknown(unseen_reason(info.id, name)), "nothing", True, partial=unseen)


def _variadic(name: str, value: Value) -> ParameterEvidence:
    return ParameterEvidence(name, value, "nothing", True)


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


_USED_AS: dict[str, Value] = {
    "uses-tensor": Tensor(),
    "uses-model": Object("keras.Model"),
    "uses-optimizer": Object("keras.optimizers.Optimizer"),
}


def _used(
    info: FunctionInfo, parameter: ParameterInfo, uses: dict[str, Effect], default: Value | None
) -> ParameterEvidence | None:
    effect = uses.get(unseen_reason(info.id, parameter.name))
    if effect is None:
        return None
    if effect.kind == "uses-model" and not effect.certain:
        return None  # Any function can be called with a tensor.
    if effect.kind == "uses-python":
        value: Value = Py("int") if default is None else widen(default)
        if not isinstance(value, Py | Const):
            return None
    else:
        value = _USED_AS[effect.kind]
        if isinstance(default, Const) and default.type in ("int", "float") and not effect.certain:
            return None
        if default == NONE:
            value = join(NONE, value)
    return ParameterEvidence(parameter.name, value, "use", True, effect.place, effect.kind)
