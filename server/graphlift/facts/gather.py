"""From the settled fixpoint to the facts about each function."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from graphlift import models
from graphlift.callgraph import Call, CallGraph, build_call_graph
from graphlift.facts.around import assumed_around
from graphlift.facts.changes import Changers, Moments
from graphlift.facts.conflicts import Conflict, conflicts
from graphlift.facts.extension_types import extension_types
from graphlift.facts.keras_layers import NOT_FROZEN, Frozen, KerasLayers
from graphlift.facts.lazy_objects import several_objects, taken_from_temporaries
from graphlift.facts.mismatches import Mismatches
from graphlift.facts.model import Decoration, FunctionFacts, InGraph, Mismatch, StateChange
from graphlift.facts.numbers import numbers_as_tensors
from graphlift.facts.retracing import Retracing, exactly_given, retracing
from graphlift.facts.settled import settled
from graphlift.facts.signature import Signature, signature
from graphlift.facts.tensor_uses import holds_python, user_of_tensor
from graphlift.facts.unhashable import unhashable
from graphlift.index import MODULE_BODY, DefId, FunctionInfo
from graphlift.interp.decorators import decorator_value, is_opaque, is_tf_function
from graphlift.interp.entry import ParameterEvidence, as_traced
from graphlift.interp.following import Following, SeenCall
from graphlift.interp.frame import Frame
from graphlift.interp.run import default_value
from graphlift.interp.solver import Solver
from graphlift.interp.state import Root
from graphlift.interp.summary import CallEdge, Context
from graphlift.interp.watch import watch
from graphlift.resolve import class_info, function_info, mro, unit
from graphlift.source.span import Place
from graphlift.values import (
    Function,
    GraphFunction,
    Value,
    options,
)


def all_calls(solver: Solver) -> Iterator[Call]:
    """Every call seen from a judged function, from what is nested in one, or from module-level code."""
    state = solver.state
    for (kind, definition, _), outcome in state.outcomes.items():
        module_level = kind == "run" and (
            definition.endswith(f":{MODULE_BODY}") or _is_class(solver, definition)
        )
        # As a root, a decorator's wrapper does not know whom it wraps; called through a name, it does.
        nested = kind == "run" and "<locals>" in definition
        if kind == "root" or module_level or nested:
            for edge in outcome.edges:
                yield _call(definition, edge)


def _is_class(solver: Solver, definition: DefId) -> bool:
    return class_info(solver.db, definition) is not None


def _call(caller: DefId, edge: CallEdge) -> Call:
    return Call(caller, edge.callee, edge.place, edge.traced)


class Program:
    """The facts of a settled program; computed once for the whole, then asked per function."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.graph: CallGraph = build_call_graph(all_calls(solver))
        self._decorations: dict[DefId, Decoration] = {}
        self._in_graph: dict[DefId, InGraph | None] = {}
        self._decorators: dict[tuple[str, str], Value] = {}
        self._followed: dict[DefId, bool] = {}

    def facts(self, definition: DefId) -> FunctionFacts | None:
        """The facts of one function; `None` while it has not been judged."""
        root = self.solver.state.roots.get(definition)
        info: FunctionInfo | None = function_info(self.solver.db, definition)
        if root is None or info is None:
            return None
        layout = unit(self.solver.db, definition.partition(":")[0]).layouts[definition]
        followed = self._retracing(info)
        return FunctionFacts(
            info=info,
            parameters=root.entry.parameters,
            effects=root.summary.effects,
            returns=root.summary.returns,
            raises=root.summary.raises,
            ops=root.summary.ops,
            elements=root.summary.elements,
            called=root.entry.called,
            calls=self.graph.calls_of(definition),
            callers=self.graph.callers_of(definition),
            circle=self.graph.recursive.get(definition, ()),
            decoration=self.decoration(definition),
            in_graph=self.in_graph(definition),
            changes=self._changes(root),
            opaque_decorators=self._opaque(info),
            keras=self.solver.keras,
            keras_method=self._keras_method(info),
            frozen_by_keras=self._layers.frozen(info),
            calls_frozen=self._calls_frozen(info.id),
            made_anew_by=self._made_anew_by(info, followed),
            doubt=root.doubt,
            def_place=Place(definition, layout.name_span.shifted(1 - layout.first_line)),
            mismatches=self._mismatches_of(root),
            retracing=followed,
            signature=self._signature(info, root),
            scalar_signature=self._scalar_signature(info, root),
            tensor_user=self._tensor_user(root),
            eager_returns=self._eager_returns(root),
            conflicts=self._conflicts(info),
            several=several_objects(self.solver, self._moments, root.entry),
            temporaries=taken_from_temporaries(self.solver, definition),
            unhashable=unhashable(self.solver.db, root.entry.parameters),
            settled=settled(self.solver, self._changers, root.summary),
            around=assumed_around(self.solver, root),
            extension_types=extension_types(self.solver.db, root.summary.returns),
        )

    # Mismatches

    @cached_property
    def mismatches(self) -> Mismatches:
        """The shapes and dtypes of the program that cannot meet."""
        return Mismatches(self.solver)

    @cached_property
    def _eager_mismatches(self) -> frozenset[tuple[str, Place]]:
        decorated = (d for d in self.solver.state.roots if self.decoration(d).decorated)
        return self.mismatches.eager(frozenset(decorated))

    def _mismatches_of(self, root: Root) -> tuple[Mismatch, ...]:
        return tuple(
            Mismatch(e, self.mismatches.certain(e), (e.kind, e.place) in self._eager_mismatches)
            for e in root.summary.effects
            if self.mismatches.matters(e, root.entry)
        )

    # Calls

    @cached_property
    def following(self) -> Following:
        """The calls that are made from module-level code on, one by one."""
        return Following(self.solver)

    def _retracing(self, info: FunctionInfo) -> Retracing | None:
        bound = info.in_class and bool(info.parameters) and "staticmethod" not in info.decorators
        receiver = info.parameters[0].name if bound else ""
        calls = self.following.calls
        made = sum(call.times.least for call in calls.get(info.parent, ())) if "<locals>" in info.id else 0
        seen = calls.get(info.id, ())
        found = retracing(seen, self._is_inside_graph, self._defaults(info) if seen else {}, receiver, made)
        if found is None or not self._is_followed(info.id):
            return found
        names = (parameter.name for parameter in info.parameters)
        return msgspec.structs.replace(found, exact=exactly_given(seen, names))

    def _is_followed(self, definition: DefId) -> bool:
        """Whether every call that may reach a function was followed from module-level code on."""
        if definition.endswith(f":{MODULE_BODY}"):
            return True
        if definition not in self._followed:
            self._followed[definition] = True  # A circle adds no calls from outside.
            seen = {(call.caller, call.edge.place) for call in self.following.calls.get(definition, ())}
            callers = self.graph.callers_of(definition)
            self._followed[definition] = (
                bool(callers)
                and definition not in self.following.cut
                and all((c.caller, c.place) in seen and self._is_followed(c.caller) for c in callers)
            )
        return self._followed[definition]

    def _defaults(self, info: FunctionInfo) -> dict[str, Value]:
        frame = Frame(self.following, info.id, Context())
        found = {p.name: default_value(frame, info, p.name) for p in info.parameters if p.has_default}
        return {name: value for name, value in found.items() if value is not None}

    def _conflicts(self, info: FunctionInfo) -> tuple[Conflict, ...]:
        given = dict(self.decoration(info.id).options).get("input_signature")
        defaults = {} if given is None else self._defaults(info)
        return conflicts(info, given, self.following.calls.get(info.id, ()), defaults)

    def _is_inside_graph(self, call: SeenCall) -> bool:
        caller = call.caller
        if caller.endswith(f":{MODULE_BODY}"):
            return False
        return self.decoration(caller).decorated or self.in_graph(caller) is not None

    def _signature(self, info: FunctionInfo, root: Root) -> Signature:
        return self._signature_of(info, root.entry.parameters, root)

    def _scalar_signature(self, info: FunctionInfo, root: Root) -> Signature:
        if not self.decoration(info.id).decorated:
            return Signature()
        parameters = numbers_as_tensors(self.following, root)
        return self._signature_of(info, parameters, root) if parameters else Signature()

    def _eager_returns(self, root: Root) -> Value | None:
        if all(as_traced(each.value) == each.value for each in root.entry.parameters):
            return None
        return watch(self.solver, root.entry.definition, plain=True).returns

    def _tensor_user(self, root: Root) -> DefId:
        definition, summary = root.entry.definition, root.summary
        if summary.ops or not self.decoration(definition).decorated or not holds_python(summary.returns):
            return ""
        return user_of_tensor(self.solver, self.graph, definition)

    def _signature_of(
        self, info: FunctionInfo, parameters: tuple[ParameterEvidence, ...], root: Root
    ) -> Signature:
        index = unit(self.solver.db, info.id.partition(":")[0]).index
        return signature(info, parameters, root.summary.effects, self._given(info), index.bindings)

    def _given(self, info: FunctionInfo) -> frozenset[str]:
        """The parameters that some visible call gives an argument."""
        cells = self.solver.state.cells
        kinds = ("passed", "unseen")
        return frozenset(p.name for p in info.parameters if any((k, info.id, p.name) in cells for k in kinds))

    # Decorators

    def decoration(self, definition: DefId) -> Decoration:
        """How the definition itself is turned into a graph."""
        known = self._decorations.get(definition)
        if known is None:
            known = self._decorations[definition] = self._decoration(definition)
        return known

    def _decoration(self, definition: DefId) -> Decoration:
        info: FunctionInfo | None = function_info(self.solver.db, definition)
        if info is None:
            return Decoration()
        found = tuple(n for n, text in enumerate(info.decorators) if self._is_tf(info, text))
        for option in options(self._definition_value(definition)) if info.decorators else ():
            if isinstance(option, GraphFunction) and _is_function(option.function, definition):
                return Decoration(found, option.options, not found and self._is_wrapped(definition))
        return Decoration(found, wrapped=not found and self._is_wrapped(definition))

    def _is_wrapped(self, definition: DefId) -> bool:
        """Whether all visible calls from elsewhere are calls of a `tf.function` around it."""
        calls = [c for c in self.graph.callers_of(definition) if c.caller != definition]
        return bool(calls) and all(c.traced == "tf.function" for c in calls)

    def _definition_value(self, definition: DefId) -> Value:
        return self.solver.read_cell(("def", definition), ("root", definition, Context()))

    def _decorator(self, info: FunctionInfo, text: str) -> Value:
        """The value of one decorator by itself; module-level ones are the same for all functions of a scope."""
        key = (info.id if "<locals>" in info.id else info.parent, text)
        known = self._decorators.get(key)
        if known is None:
            known = self._decorators[key] = decorator_value(self.solver, info, text)
        return known

    def _is_tf(self, info: FunctionInfo, text: str) -> bool:
        return is_tf_function(self._decorator(info, text))

    def _opaque(self, info: FunctionInfo) -> tuple[str, ...]:
        return tuple(text for text in info.decorators if is_opaque(self._decorator(info, text), text))

    # Graphs around a function

    def in_graph(self, definition: DefId) -> InGraph | None:
        """Who always runs the function in a graph already: every visible caller does, or Keras or tf.data."""
        if definition not in self._in_graph:
            self._in_graph[definition] = None  # A circle of callers proves nothing.
            self._in_graph[definition] = self._find_graph(definition)
        return self._in_graph[definition]

    def _find_graph(self, definition: DefId) -> InGraph | None:
        info: FunctionInfo | None = function_info(self.solver.db, definition)
        if info is None:
            return None
        keras = self._traced_by_keras(info)
        if keras is not None:
            return keras
        callers = [c for c in self.graph.callers_of(definition) if c.caller != definition]
        if not callers:
            return None
        found: InGraph | None = None
        for call in callers:
            around = self._around(call)
            if around is None:
                return None
            found = found or around
        return found

    def _around(self, call: Call) -> InGraph | None:
        if call.traced and not self.decoration(call.callee).decorated:
            return InGraph(call.callee, call.traced)
        caller = call.caller
        if caller.endswith(f":{MODULE_BODY}"):
            return None
        if self.decoration(caller).decorated:
            return InGraph(caller, "tf.function")
        return self.in_graph(caller)

    def _traced_by_keras(self, info: FunctionInfo) -> InGraph | None:
        base = self._library_base(info)
        if base is None:
            return None
        protocol = models.subclass_protocol(base, info.name, self.solver.keras)
        if protocol is not None and protocol.traced == "fit" and not self._visibly_called(info.id):
            return InGraph(base, f"Keras traces `{info.name}`")
        return None

    def _visibly_called(self, definition: DefId) -> bool:
        return any(not c.traced for c in self.graph.callers_of(definition))

    def _library_base(self, info: FunctionInfo) -> str | None:
        if not info.in_class:
            return None
        for entry in mro(self.solver.db, info.parent):
            if entry is not None and entry.kind == "external":
                return models.canonical(entry.target, self.solver.keras)
        return None

    def _keras_method(self, info: FunctionInfo) -> str:
        base = self._library_base(info)
        if base is None:
            return ""
        known = models.subclass_protocol(base, info.name, self.solver.keras) is not None
        return info.name if known else ""

    @cached_property
    def _layers(self) -> KerasLayers:
        return KerasLayers(self.solver, self.graph, self._keras_method)

    def _calls_frozen(self, definition: DefId) -> Frozen:
        """A decorated function whose trace Keras 3 freezes and which a call of this one may get to."""
        reached = (self._frozen_graphs.keys() & self._moments.reach(definition)) - {definition}
        sure = {name for name in reached if self._frozen_graphs[name].certain}
        return Frozen(min(sure or reached), bool(sure)) if reached else NOT_FROZEN

    @cached_property
    def _frozen_graphs(self) -> dict[DefId, Frozen]:
        infos = (function_info(self.solver.db, name) for name in self.solver.state.roots)
        found = ((i.id, self._layers.frozen(i)) for i in infos if i and self.decoration(i.id).decorated)
        return {name: frozen for name, frozen in found if frozen.by}

    # State

    def _changes(self, root: Root) -> tuple[StateChange, ...]:
        judged = root.entry.definition
        read = dict.fromkeys(e.subject for e in root.summary.effects if e.kind == "reads-state")
        found: dict[StateChange, None] = {}
        for subject in read:
            for change in self._changers.of(subject):
                if self._moments.is_set_up(change, subject, judged):
                    continue
                later = self._moments.is_seen_later(change, subject, judged)
                found[StateChange(subject, change.changer, change.certain, later)] = None
        return tuple(found)

    @cached_property
    def _changers(self) -> Changers:
        return Changers(self.solver)

    @cached_property
    def _moments(self) -> Moments:
        return Moments(self.solver, self.graph)

    def _made_anew_by(self, info: FunctionInfo, followed: Retracing | None) -> DefId:
        """The enclosing function, when it is seen to be called more than once and so makes this one anew.

        Where the calls were not followed, a loop has to show it: several calls may be in different programs.
        """
        if "<locals>" not in info.id or function_info(self.solver.db, info.parent) is None:
            return ""
        if followed is None:
            again = self._moments.is_looped(info.id, info.parent) or self._moments.runs_again(info.parent)
            return info.parent if again else ""
        callers = self.graph.callers_of(info.parent)
        return info.parent if callers and not self._moments.runs_once(info.parent) else ""


def _is_function(value: Value, definition: DefId) -> bool:
    while isinstance(value, GraphFunction):
        value = value.function
    return isinstance(value, Function) and value.definition == definition
