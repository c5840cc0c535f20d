"""The state of one run of the interpreter: one definition, one context.

A run is a pure function of the definition's text, the context, and what it reads from the solver; everything it
learns goes into its `Outcome`. Statements and expressions are interpreted by the functions of `statements` and
`expressions`, which take the frame as their first argument.
"""

from __future__ import annotations

import builtins
from collections import abc
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol

import msgspec

from graphlift.index import MODULE_BODY, DefId, FunctionInfo, Layout, Unit, module_of
from graphlift.interp.rebinding import CERTAIN, changes_outside
from graphlift.interp.scope_names import declared as declared
from graphlift.interp.scope_names import free_names as free_names
from graphlift.interp.scope_names import local_names as local_names
from graphlift.interp.scope_names import memoised as memoised
from graphlift.interp.scope_names import own_nodes as own_nodes
from graphlift.interp.scope_names import rebound_names
from graphlift.interp.summary import (
    MAX_CHAIN,
    MAX_ELEMENTS,
    MAX_OPS,
    CallEdge,
    Context,
    Effect,
    Origin,
    Outcome,
    Revealed,
    Summary,
    Times,
    bound_effects,
)
from graphlift.models.api import MADE, MISMATCHES, CallResult, Hazard
from graphlift.models.work import elements_of
from graphlift.source.span import Place
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    Array,
    External,
    Function,
    Instance,
    Iterator,
    Mapping,
    Module,
    Never,
    Object,
    OneOf,
    Py,
    Sequence,
    SetOf,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    join,
    join_all,
    limited,
    options,
    without_leaves,
)

BUILTIN_NAMES = frozenset(dir(builtins)) | {"reveal_type"}


MAKES = frozenset({"creates-variable", "creates-state"})
"""Effects that a graph may have in its first call, and in no other."""


PLAIN = "%plain"
"""Marks the closure of a run outside every graph; see `Frame.plain`."""


class Analysis(Protocol):
    """What a run asks of the solver. Each answer is recorded as something that the run depends on."""

    keras: int
    watched: tuple[DefId, dict[nodes.NodeNG, Value]] | None
    """The definition whose evaluations are to be noted, and where (see `interp.watch`)."""
    unrolling: bool
    """Whether short loops are followed pass by pass and objects keep their identity (see `interp.following`)."""

    def query(self, name: str, *key: str) -> Any:
        """The answer of one of `resolve.QUERIES`."""
        ...

    def cell(self, key: tuple[str, ...]) -> Value:
        """What is known of a flow-insensitive place (a global, an attribute), `Never` while nothing is."""
        ...

    def summary(self, definition: DefId, context: Context) -> Summary:
        """What a call of a definition does; an empty summary while it is being found out (recursion)."""
        ...

    def unit(self, key: str) -> Unit:
        """The module with this key. Not recorded: the run reads the fingerprints of the texts it uses."""
        ...


def _is_new(value: Value) -> bool:
    """Whether a library call made this container."""
    return isinstance(value, Mapping | Sequence) and value.site == MADE


class Frame:
    """One run. `env` holds the local names on the current path; it is meaningless while `alive` is false."""

    def __init__(self, analysis: Analysis, definition: DefId, context: Context, probe: bool = False) -> None:
        self.analysis = analysis
        self.definition = definition
        self.module = module_of(definition)
        self.context = context
        self.probe = probe
        analysis.query("fingerprint", definition)
        self.unit = analysis.unit(self.module)
        self.layout: Layout | None = self.unit.layouts.get(definition)
        self.node: nodes.Scope | None = self.unit.nodes.get(definition)
        self.info: FunctionInfo | None = self.unit.functions.get(definition)
        self.is_module = definition.endswith(f":{MODULE_BODY}")
        self.is_class = definition in self.unit.classes
        self.env: dict[str, Value] = {}
        watched = analysis.watched
        self.unrolling = analysis.unrolling
        self.passes: tuple[int, ...] = ()
        """While unrolling: the numbers of the passes of the loops around, outermost first."""
        self.weights: dict[CallEdge, Times] = {}
        """While unrolling: how often each call is made."""
        self.endless = 0
        """How many loops of unknown length are around."""
        self.seen = watched[1] if watched is not None and watched[0] == definition else None
        self.closure = dict(context.closure)
        self.unconverted = int(self.closure.pop("%unconverted", None) is not None)
        self.plain = self.closure.pop(PLAIN, None) is not None
        """Whether this is a run of plain Python, outside every graph, where no tensor is symbolic."""
        self.scope_names = frozenset() if self.node is None else local_names(self.node)
        self.global_names = frozenset() if self.node is None else declared(self.node, nodes.Global)
        self.nonlocal_names = frozenset() if self.node is None else declared(self.node, nodes.Nonlocal)
        self.alive = True
        self.returns: Value = NEVER
        self.yields: Value = NEVER
        self.effects: dict[Effect, None] = {}
        self.guards: dict[nodes.NodeNG, bool] = {}
        """The `with` statements that were looked at, and whether they expect exceptions."""
        self.mismatches: list[Effect] | None = None
        """Mismatches of the alternative that is tried, while several are (see `interp.mismatches.each`)."""
        self.writes: dict[tuple[str, ...], Value] = {}
        self.left: dict[str, Value] = {}
        """What containers that parameters hold come to contain, by parameter."""
        self.edges: dict[CallEdge, None] = {}
        self.revealed: list[Revealed] = []
        self.ops = 0
        self.elements = 0
        self.tapes: dict[str, tuple[int, int | None]] = {}
        """For the gradient tapes of `with` blocks, by name: `ops` when recording began, and when it ended."""
        self.multiplier = 1
        self.tensor_condition = 0
        self.tensor_loop = 0
        self.refused = False
        """Whether AutoGraph refuses the function for its syntax, so that nothing that it calls is converted either."""
        self.traced_blocks: list[nodes.NodeNG] = []
        """The conditions and loops around that become part of the graph, outermost first."""
        self.paths: dict[str, Value] = {}
        """Attribute paths (`self.x`) assigned on the current path, and their values."""
        self.sets: set[str] = set()
        """The names of the attributes that the run sets, also through callees (see `interp.attribute_paths`)."""
        self.set_later: set[str] = set()
        """Those that generators set which were made here: they run when they are iterated over."""
        self.loops: list[tuple[bool, int]] = []
        """The loops around: whether each is one in the graph, and how many tensor conditions are around it."""
        self.loop_exits: list[list[dict[str, Value]]] = []
        self.loop_heads: list[list[dict[str, Value]]] = []
        self.among_several = False
        """Whether an attribute of objects of one of several classes is being read."""
        self.silent = 0
        self.guarded = 0
        """How many `if not self.ready:`-like guards are around: what they guard happens at the first call alone."""
        self.once = 0
        """How many of them guard what a graph does as eager code does (see `interp.first_calls`)."""
        self.noticed: set[str] = set()
        """The kinds of effects so far, and `work` where ops were dispatched, also of what is evaluated `quietly`."""
        self.running_held: set[Value] = set()
        """The code that library objects hold and that is being run: it may hold such an object in turn."""
        self.conditional_returns: list[tuple[Value, nodes.NodeNG]] = []
        """What is returned under tensor conditions, and where."""

    # Positions

    def place(self, node: nodes.NodeNG) -> Place:
        """Where a node stands, relative to the definition."""
        base = self.layout.first_line if self.layout is not None else 1
        return Place(self.definition, self.unit.parsed.span(node).shifted(1 - base))

    def site(self, node: nodes.NodeNG) -> str:
        """The identity of an allocation at a node of this run."""
        place = self.place(node)
        passes = "".join(f"/{number}" for number in self.passes)
        return f"{self.definition}#{place.span.line}:{place.span.column}{passes}"

    def is_fresh(self, value: Value) -> bool:
        """Whether the object was certainly made during this run, so that nobody else holds it yet."""
        if isinstance(value, Sequence | Mapping | SetOf | Instance | Array):
            return value.site.startswith(f"{self.definition}#")
        return isinstance(value, Iterator) and value.source == "fresh"

    # What the run learns

    def note(self, node: nodes.NodeNG, value: Value) -> None:
        """Note what an expression or a bound name holds, when somebody watches."""
        if self.seen is not None and self.alive:
            self.seen[node] = join(self.seen.get(node, NEVER), value)

    def effect(
        self,
        kind: str,
        node: nodes.NodeNG,
        subject: str = "",
        *,
        target: str = "",
        certain: bool = True,
        via: tuple[Place, ...] = (),
        place: Place | None = None,
        origins: tuple[Origin, ...] = (),
    ) -> None:
        """Record an effect at a node, or the effect of a callee that is called there (`place` and `via` given)."""
        if self.alive:
            self.noticed.add(kind)
        first = (self.guarded and kind in MAKES) or (self.once and kind == "writes-state")
        if self.silent or not self.alive or first:
            return
        if len(via) > MAX_CHAIN:
            via = (*via[: MAX_CHAIN - 1], via[-1])
        where = place or self.place(node)
        self.admit(Effect(kind, where, subject, via, target, certain, origins))
        if kind == "writes-state" and (self.tensor_condition or self.tensor_loop or self.traced_blocks):
            self.admit(Effect("writes-at-times", where, subject, via, target, certain))

    def admit(self, effect: Effect) -> None:
        """Take an effect in; a mismatch waits while the alternatives beside its own are tried."""
        if self.mismatches is not None and effect.kind in MISMATCHES:
            self.mismatches.append(effect)
        else:
            self.effects[effect] = None

    def hazards(self, node: nodes.NodeNG, hazards: tuple[Hazard, ...]) -> None:
        """Record what a model says of a call at this node."""
        for hazard in hazards:
            if hazard.kind in MISMATCHES:
                from graphlift.interp.mismatches import record

                record(self, node, hazard)
                continue
            kind = "unknown-call" if hazard.kind == "not-modelled" else hazard.kind
            self.effect(kind, node, hazard.subject, certain=hazard.certain)

    def result(self, node: nodes.NodeNG, result: CallResult) -> Value:
        """Take over a model's answer for a call at this node."""
        self.hazards(node, result.hazards)
        self.work(result.ops, result.ops * elements_of(result.value))
        return self.made_here(result.value, node)

    def made_here(self, value: Value, node: nodes.NodeNG) -> Value:
        """A NumPy array that a library call gives is a new one, up to views, which share their base's fate here."""
        if isinstance(value, Array) and not value.scalar and not value.site:
            return msgspec.structs.replace(value, site=self.site(node))
        if isinstance(value, Mapping | Sequence) and _is_new(value):
            return msgspec.structs.replace(value, site=self.site(node))
        if (
            isinstance(value, Sequence)
            and value.type == "tuple"
            and any(_is_new(i) for i in value.items or ())
        ):
            items = tuple(self.made_here(item, node) if _is_new(item) else item for item in value.items or ())
            return msgspec.structs.replace(value, items=items, element=join_all(items))
        if isinstance(value, Object) and not value.made:
            from graphlift.interp.layer_calls import known_by

            return known_by(self, value, node)
        if isinstance(value, TensorArray):
            from graphlift.interp.arrays import made_at

            return made_at(self, value, node)
        if isinstance(value, Tensor) and value.python:
            return msgspec.structs.replace(value, python=False)
        return value

    def work(self, ops: int, elements: int = 0) -> None:
        """Count TensorFlow ops dispatched on the current path, and the numbers in their results."""
        if self.alive and ops:
            self.noticed.add("work")
        if not self.silent and self.alive:
            self.ops = min(MAX_OPS, self.ops + ops * self.multiplier)
            self.elements = min(MAX_ELEMENTS, self.elements + elements * self.multiplier)

    def write_cell(self, key: tuple[str, ...], value: Value) -> None:
        """Let a flow-insensitive place hold (also) this value."""
        if not self.silent and self.alive:
            self.writes[key] = join(self.writes.get(key, NEVER), without_leaves(value))

    def edge(
        self,
        callee: DefId,
        context: Context,
        node: nodes.NodeNG,
        traced: str = "",
        fresh: tuple[str, ...] = (),
    ) -> None:
        """Record a call of one of the program's own functions."""
        if not self.silent and self.alive:
            from graphlift.interp.mismatches import is_guarded

            edge = CallEdge(callee, context, self.place(node), traced, is_guarded(self, node), fresh)
            self.edges[edge] = None
            if self.unrolling:
                before = self.weights.get(edge, Times(0, False))
                more = before.more or bool(self.endless)
                self.weights[edge] = Times(before.least + self.multiplier, more)

    @contextmanager
    def open_ended(self) -> abc.Iterator[None]:
        """Interpret a loop of which nobody knows how often it runs."""
        self.endless += 1
        try:
            yield
        finally:
            self.endless -= 1

    @contextmanager
    def quietly(self) -> abc.Iterator[None]:
        """Evaluate without recording effects, writes or work (first passes of loops)."""
        self.silent += 1
        try:
            yield
        finally:
            self.silent -= 1

    @contextmanager
    def unwatched(self) -> abc.Iterator[None]:
        """Evaluate code that stands elsewhere (an annotation's text) without noting its values for a watcher."""
        seen, self.seen = self.seen, None
        try:
            yield
        finally:
            self.seen = seen

    # Names

    def lookup(self, name: str, node: nodes.NodeNG) -> Value:
        """The value of a name on the current path."""
        if name in self.env and name not in self.global_names:
            value = self._with_rebound(name, self.env[name])
            if isinstance(value, Sequence | Mapping | SetOf | OneOf):
                from graphlift.interp.places import read_captured

                return read_captured(self, name, value)
            return value
        if name in self.closure:
            value = self._with_rebound(name, self.closure[name])
            place = f"captured {self.owner}.{name}"
            if isinstance(value, Object) and self.analysis.cell(("touched", place)) != NEVER:
                self.effect("reads-state", node, place, target=f"closure:{name}")
            changes = self._changes_outside(name)
            if changes:
                subject, sure = f"closure {name}", changes == CERTAIN
                self.effect("reads-state", node, subject, target=f"closure:{name}", certain=sure)
            from graphlift.interp.places import read_again, read_captured

            return read_again(self, read_captured(self, name, value), node)
        if name in self.scope_names and not self.is_module and not self.is_class:
            sibling = self._sibling(name)
            return sibling or Unknown(f"`{name}` may not be assigned yet")
        return self._free(name, node)

    @cached_property
    def rebound(self) -> dict[str, DefId]:
        """The names of this function and those around it that functions inside give other values, with whose it is."""
        return rebound_names(self.unit, self.definition)

    def _with_rebound(self, name: str, value: Value) -> Value:
        """A name's value joined with what functions inside its own one give it."""
        if name not in self.rebound:
            return value
        return join(value, self.analysis.cell(("rebound", self.rebound[name], name)))

    @property
    def owner(self) -> DefId:
        """The function around this one."""
        return self.info.parent if self.info is not None else ""

    def _changes_outside(self, name: str) -> str:
        """Whether an enclosing function gives a captured name another value while this one may still be called."""
        if self.is_class or self.layout is None or isinstance(self.closure.get(name), Function):
            return ""
        owner = self.unit.nodes.get(self.owner)
        if self.node is None or not isinstance(owner, nodes.FunctionDef):
            return ""
        return changes_outside(owner, self.node, name)

    def _free(self, name: str, node: nodes.NodeNG) -> Value:
        enclosing = self._enclosing_function(name)
        if enclosing is not None:
            return enclosing
        index = self.analysis.query("module_index", self.module)
        if name in index.bindings or index.star_imports or name in dict(index.global_writes):
            from graphlift.interp.places import read_global

            value = read_global(self, self.module, name, node)
            if value is not None:
                return value
        if name == "__name__":
            return Py("str")  # Of the file that is started it is `__main__`.
        if name in ("__file__", "__doc__"):
            return Unknown(f"`{name}` depends on how the program is started")
        if name in BUILTIN_NAMES:
            return External(f"builtins.{name}")
        return Unknown(f"`{name}` is not defined where it can be seen")

    def _sibling(self, name: str) -> Value | None:
        """A function or class of this scope that is defined further down, or by the current definition itself."""
        prefix = f"{self.definition}.<locals>.{name}"
        if prefix in self.unit.functions:
            return Function(prefix, self.captured(self.unit.nodes[prefix]))
        return None

    def _enclosing_function(self, name: str) -> Value | None:
        """A definition of an enclosing function that the closure does not hold (recursion of a nested def)."""
        scope = self.definition
        if "<locals>" not in scope:
            return None
        while "." in scope:
            scope = scope.rpartition(".")[0]
            candidate = f"{scope}.{name}"
            if scope.endswith("<locals>") and candidate in self.unit.functions:
                return Function(candidate, self.context.closure)
            owner = self.unit.nodes.get(scope.removesuffix(".<locals>"))
            if owner is not None and scope.endswith("<locals>") and name in local_names(owner):
                return Unknown(f"`{name}` belongs to an enclosing function whose call is not visible")
        return None

    def global_value(self, module: str, name: str) -> Value | None:
        """What a name of a module's top level holds; `None` when the module binds no such name."""
        reference = self.analysis.query("resolve_name", module, name)
        if reference is None:
            return None
        return self.reference_value(reference)

    def reference_value(self, reference: Any) -> Value:
        """The value of a resolved name."""
        kind, target = reference.kind, reference.target
        if kind == "module":
            return Module(target)
        if kind == "external":
            return external(target, self.analysis.keras)
        module, _, name = target.partition(":")
        if kind == "variable":
            return self.analysis.cell(("global", module, name))
        if kind == "function":
            return self.analysis.cell(("def", target))
        info = self.analysis.query("class_info", target)
        if info is not None and info.decorators and "." not in name:
            # A decorator may bind the name to a function that gives the one object there is.
            bound = self.analysis.cell(("global", module, name))
            if any(isinstance(option, Function) for option in options(bound)):
                return bound
        return self.analysis.cell(("class", target))

    def captured(self, node: nodes.Scope) -> tuple[tuple[str, Value], ...]:
        """The values that a nested function captures from this run, by name."""
        from graphlift.interp.places import captured_at

        found = dict(self.closure)
        if not self.is_module and not self.is_class:
            for name in free_names(node):
                if name in self.env:
                    found[name] = captured_at(self.definition, name, limited(self.env[name]))
        return tuple(sorted((n, v) for n, v in found.items() if n in free_names(node)))

    # Ends

    def outcome(self) -> Outcome:
        """Everything the run has learned."""
        raises = not self.alive and isinstance(self.returns, Never)
        left = tuple(sorted((name, limited(value)) for name, value in self.left.items()))
        return Outcome(
            Summary(
                limited(self.returns),
                bound_effects(self.effects),
                self.ops,
                raises,
                left,
                self.elements,
                tuple(sorted(self.sets)),
            ),
            tuple(sorted(self.writes.items(), key=lambda item: item[0])),
            tuple(self.edges),
            tuple(self.revealed),
            tuple(self.weights[edge] for edge in self.edges) if self.unrolling else (),
        )


def external(name: str, keras: int) -> Value:
    """A library name as a value: a constant, or the canonical `External`."""
    from graphlift import models

    canonical = models.canonical(name, keras)
    value = models.constant(canonical)
    return value if value is not None else External(canonical)
