"""Calls: who is called, with what, and what the caller gets and suffers from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from graphlift import models
from graphlift.index import FunctionInfo
from graphlift.interp import objects
from graphlift.interp.arrays import call_array, given_back, used
from graphlift.interp.attribute_paths import take_sets
from graphlift.interp.binding import Site as Site
from graphlift.interp.binding import abstracted, bind, for_context
from graphlift.interp.conversion import note_kept, starts_unconverted, stays_python
from graphlift.interp.expressions import evaluate, iteration
from graphlift.interp.frame import PLAIN, Frame
from graphlift.interp.held import change_layers, code_of, run_held
from graphlift.interp.layer_calls import (
    ask_training,
    note_choice,
    note_input,
    note_late_weights,
    note_optimizer,
)
from graphlift.interp.library_notes import note_iteration, note_uses, note_xla
from graphlift.interp.messages import forget_message
from graphlift.interp.mismatches import each, take_mismatch
from graphlift.interp.numpy_writes import change_in_place, write_arrays
from graphlift.interp.outer_tapes import use_tape
from graphlift.interp.returned import handed_over, made_here
from graphlift.interp.set_shapes import set_shape
from graphlift.interp.static_shapes import note_unstack, with_dynamic_sizes
from graphlift.interp.storing import note_made_again
from graphlift.interp.summary import Context
from graphlift.interp.taking_over import (
    as_graph_result,
    by_signature,
    rearrange,
    take_over,
    take_traced,
)
from graphlift.interp.taking_over import escape as escape
from graphlift.interp.tapes import TAPE, work_backwards
from graphlift.interp.unrolling import made_on_the_spot
from graphlift.interp.uses import TENSOR_FUNCTION, call_tensor_function, note_called, result_reason
from graphlift.models.api import MISMATCHES, Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    NONE,
    TRUE,
    Array,
    Bound,
    Class,
    Const,
    External,
    Function,
    GraphFunction,
    Instance,
    Iterator,
    Mapping,
    Method,
    Never,
    Object,
    Partial,
    Py,
    Sequence,
    SetOf,
    Super,
    TensorArray,
    Unknown,
    Value,
    display,
    join_all,
    options,
    without_leaves,
)

CHOOSING = frozenset(f"tensorflow.{name}" for name in ("cond", "case", "switch_case", "while_loop"))
"""What calls its callbacks as a condition on a tensor decides."""

REPEATING = frozenset(f"tensorflow.{name}" for name in ("map_fn", "scan", "foldl", "foldr", "vectorized_map"))
"""What calls its callback once per element in eager code, and traces it once in a graph."""

UNCONVERTED = "%unconverted"
"""A pseudo-name in a context's closure: the caller's code is not converted by AutoGraph, so neither is this."""


class FrameHost:
    """The interpreter as library models see it (`models.api.Host`)."""

    def __init__(self, frame: Frame, node: nodes.NodeNG | None = None) -> None:
        self._frame = frame
        self._node = node
        self.invoked: set[Value] = set()
        """The code of the program that has been called by way of it, without what it closes over."""

    @property
    def node(self) -> nodes.NodeNG:
        """Where the library call stands."""
        node = self._node or self._frame.node
        assert node is not None
        return node

    @property
    def keras(self) -> int:
        """The Keras major version that is analysed for."""
        return self._frame.analysis.keras

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
        """Call a callback where the library call stands."""
        frame = self._frame
        node = self._node or frame.node
        if node is None:
            return Unknown("a callback without a place")
        self.invoked |= {code_of(option) for option in options(function)}
        multiplier = frame.multiplier
        if repeated:
            frame.multiplier = min(multiplier * 4, 100_000)
        how = "a library function that traces its callback" if traced else ""
        site = Site(node, traced=how, hosted=hosted, library=not converts)
        value = call_value(frame, function, arguments, site)
        frame.multiplier = multiplier
        return value


objects._NO_HOST.append(FrameHost)


def call(frame: Frame, node: nodes.Call) -> Value:
    """The value of a call expression."""
    if isinstance(node.func, nodes.Name) and node.func.name == "super" and "super" not in frame.env:
        from graphlift.interp.instances import call_super

        return call_super(frame, node)
    receiver = node.func.expr if isinstance(node.func, nodes.Attribute) else None
    function = evaluate(frame, node.func)
    known = len(frame.effects)
    arguments, site = _arguments(frame, node)
    forget_message(frame, function, known)
    site.receiver = receiver
    return call_value(frame, function, arguments, site)


def _arguments(frame: Frame, node: nodes.Call) -> tuple[Arguments, Site]:
    positional: list[Value] = []
    site = Site(node)
    star = double_star = False
    for argument in node.args:
        if isinstance(argument, nodes.Starred):
            value = evaluate(frame, argument.value)
            if isinstance(value, Sequence) and value.items is not None and not star:
                positional.extend(value.items)
                site.positional.extend([argument.value] * len(value.items))
            else:
                star = True
            continue
        if not star:
            positional.append(evaluate(frame, argument))
            site.positional.append(argument)
        else:
            evaluate(frame, argument)
    keywords: list[tuple[str, Value]] = []
    for keyword in node.keywords:
        value = evaluate(frame, keyword.value)
        if keyword.arg is not None:
            keywords.append((keyword.arg, value))
            site.keywords[keyword.arg] = keyword.value
        elif isinstance(value, Mapping) and value.items is not None:
            for key, item in value.items:
                if key.type == "str":
                    keywords.append((key.text[1:-1], item))
                    site.keywords[key.text[1:-1]] = keyword.value
        else:
            double_star = True
    return Arguments(tuple(positional), tuple(keywords), star, double_star), site


def call_value(frame: Frame, function: Value, arguments: Arguments, site: Site) -> Value:
    """Call each alternative of a value; the result describes what any of them gives."""
    alternatives = options(function)
    if not alternatives:
        return NEVER
    if len(alternatives) == 1:
        return _call_one(frame, alternatives[0], arguments, site)
    note_choice(frame, alternatives, site.node)
    alive = frame.alive
    survived = False

    def one(option: Value) -> Value:
        nonlocal survived
        frame.alive = alive
        result = _call_one(frame, option, arguments, site)
        survived = survived or frame.alive
        return result

    value = each(frame, [option for option in alternatives if option != NONE], one)
    frame.alive = survived
    return value


def _call_one(frame: Frame, function: Value, arguments: Arguments, site: Site) -> Value:
    match function:
        case Function():
            return call_function(frame, function, arguments, site)
        case Bound():
            return _call_bound(frame, function, arguments, site)
        case GraphFunction():
            return _call_graph(frame, function, arguments, site)
        case Class():
            from graphlift.interp.construct import construct

            return construct(frame, function, arguments, site)
        case External():
            return _call_external(frame, function.name, arguments, site)
        case Method():
            return _call_method(frame, function, arguments, site)
        case Instance():
            from graphlift.interp.instances import call_instance

            return call_instance(frame, function, arguments, site)
        case Partial():
            merged = Arguments(
                function.args + arguments.positional,
                tuple(dict((*function.keywords, *arguments.keywords)).items()),
                arguments.star,
                arguments.double_star,
            )
            return call_value(
                frame,
                function.function,
                merged,
                Site(site.node, traced=site.traced, hosted=site.hosted, library=site.library),
            )
        case Object() if function.cls == "tensorflow.custom_gradient":
            return _call_custom_gradient(frame, function, arguments, site)
        case Object() if function == TENSOR_FUNCTION:
            return call_tensor_function(frame, arguments, site.node)
        case Object():
            return _call_object(frame, function, "__call__", arguments, site)
        case Never():
            return NEVER
        case Unknown():
            return call_unknown(frame, function, arguments, site)
        case _:
            return not_callable(frame, function, site)


def _call_object(frame: Frame, receiver: Value, name: str, arguments: Arguments, site: Site) -> Value:
    """Call a method of a library value: what its model says, and what it holds of the program's code."""
    host = FrameHost(frame, site.node)
    result = models.method(receiver, name, arguments, host)
    if isinstance(receiver, Array):
        result = change_in_place(frame, receiver, name, arguments, site, result)
    if isinstance(receiver, Object) and name in ("build", "apply_gradients"):
        note_optimizer(frame, receiver, name, site.node)
    if isinstance(receiver, Object) and name == "__call__":
        ask_training(frame, receiver, arguments, site.node)
        note_late_weights(frame, receiver, site.node)
    if isinstance(receiver, Object):
        note_input(frame, receiver, name, arguments, site.node)
        run_held(frame, (receiver,), name, host)
    return frame.result(site.node, result)


def _call_custom_gradient(frame: Frame, function: Object, arguments: Arguments, site: Site) -> Value:
    """A function under `tf.custom_gradient` returns a pair of which the caller gets the first part."""
    pair = call_value(frame, dict(function.config)["function"], arguments, replace(site, library=True))
    ops = frame.ops
    for option in options(pair):
        if isinstance(option, Sequence) and option.items is not None and len(option.items) == 2:
            value, gradient = option.items
            given = value.items if isinstance(value, Sequence) and value.items is not None else (value,)
            call_value(frame, gradient, Arguments(given), Site(site.node, library=True))
    frame.ops = ops
    return join_all(
        o.items[0] if isinstance(o, Sequence) and o.items else Unknown("a custom gradient's result")
        for o in options(pair)
    )


def not_callable(frame: Frame, function: Value, site: Site) -> Value:
    """Call a value that has no model of being called."""
    text = site.node.as_string().partition("(")[0]
    frame.effect("unknown-call", site.node, text, certain=False)
    return Unknown(f"calling `{display(function)}` is not modelled")


def call_unknown(frame: Frame, function: Unknown, arguments: Arguments, site: Site) -> Value:
    """Call something unknown: anything may come back, and any container given may be changed."""
    node = site.node
    text = node.func.as_string() if isinstance(node, nodes.Call) else "a callback"
    note_called(frame, function, arguments, node)
    frame.effect("unknown-call", node, f"{text}: {function.reason}")
    escape(frame, arguments, site)
    return Unknown(result_reason(function), function.within)


# Functions of the program


def call_function(
    frame: Frame, function: Function, arguments: Arguments, site: Site, receiver: Value | None = None
) -> Value:
    """Call a function of the program: bind, look its summary up, take its effects over."""
    info: FunctionInfo | None = frame.analysis.query("function_info", function.definition)
    if info is None:
        return Unknown("the function is gone")
    if receiver is not None:
        arguments = msgspec.structs.replace(arguments, positional=(receiver, *arguments.positional))
        site = replace(site, positional=[site.receiver or site.node, *site.positional])
    bindings, argument_nodes = bind(info, arguments, site)
    if any(isinstance(value, Never) for value in bindings.values()):
        return NEVER
    note_made_again(frame, info.name, bindings, site.node)
    closure = _closure(frame, function)
    if (
        frame.unconverted
        or frame.refused
        or starts_unconverted(frame, info, site)
        or stays_python(frame, info, site)
    ):
        closure = (*closure, (UNCONVERTED, TRUE))
    if frame.plain and not site.traced:
        closure = (*closure, (PLAIN, TRUE))
    keep = frame.unrolling
    given = ((name, for_context(value, name, site.hosted, keep)) for name, value in bindings.items())
    raw = Context(tuple(given), closure)
    traced = site.traced
    fresh = made_on_the_spot(bindings, argument_nodes) if frame.unrolling else ()
    frame.edge(function.definition, raw, site.node, traced, fresh)
    if site.signature is not None:
        bound = info.in_class and "staticmethod" not in info.decorators
        raw = by_signature(info, raw, site.signature, bound)
    summary = frame.analysis.summary(function.definition, raw if frame.unrolling else abstracted(raw))
    take_sets(frame, info.name, summary.sets, info.is_generator, site.node)
    if traced:
        for effect in summary.effects:
            if effect.kind in MISMATCHES:
                take_mismatch(frame, effect, site.node, argument_nodes)
        if traced != "tf.function":
            take_traced(frame, summary, site)
        return as_graph_result(summary.returns)
    if site.hosted:
        return summary.returns
    for value in bindings.values():
        used(frame, value, site.node)
    take_over(frame, summary, bindings, argument_nodes, site, function.definition)
    note_kept(frame, info, summary.returns, site)
    if info.is_async:
        return Unknown("a coroutine is not followed")
    if info.is_generator:
        return summary.returns
    if summary.raises:
        if frame.tensor_condition or frame.tensor_loop:
            frame.effect("raise-on-tensor", site.node, info.name)
        frame.alive = False
        return NEVER
    if frame.unrolling and not any(effect.kind == "writes-state" for effect in summary.effects):
        return made_here(frame, summary.returns, function.definition, site.node)
    return given_back(frame, handed_over(frame, info, summary, site.node), bindings, site.node)


def _closure(frame: Frame, function: Function) -> tuple[tuple[str, Value], ...]:
    """The captured values as they are now, for a function that this very run defines."""
    prefix = f"{frame.definition}.<locals>."
    if not function.definition.startswith(prefix) or frame.is_module:
        return function.closure
    node = frame.unit.nodes.get(function.definition)
    if node is None:
        return function.closure
    from graphlift.interp.frame import free_names

    now = {n: frame.env[n] for n in free_names(node) if n in frame.env}
    merged = {**dict(function.closure), **now}
    return tuple(sorted((n, for_context(v, n)) for n, v in merged.items()))


def _call_graph(frame: Frame, function: GraphFunction, arguments: Arguments, site: Site) -> Value:
    """Call a tf.function: its body is traced whatever the caller is, so its effects stay its own."""
    ops, elements, effects = frame.ops, frame.elements, dict(frame.effects)
    inner = replace(
        site, traced="tf.function", hosted=False, signature=dict(function.options).get("input_signature")
    )
    value = call_value(frame, function.function, arguments, inner)
    mismatches = {effect: None for effect in frame.effects if effect.kind in MISMATCHES}
    frame.ops, frame.elements, frame.effects = ops, elements, effects | mismatches
    frame.work(1)
    frame.effect("calls-graph", site.node, display(function.function))
    return as_graph_result(value)


def _call_bound(frame: Frame, function: Bound, arguments: Arguments, site: Site) -> Value:
    target = function.function
    if isinstance(target, Function):
        return call_function(frame, target, arguments, site, function.receiver)
    extended = msgspec.structs.replace(arguments, positional=(function.receiver, *arguments.positional))
    inner = replace(site, receiver=None, positional=[site.receiver or site.node, *site.positional])
    return call_value(frame, target, extended, inner)


# Library code


def _call_external(frame: Frame, name: str, arguments: Arguments, site: Site) -> Value:
    if name.startswith("builtins."):
        from graphlift.interp.builtin_calls import call_builtin

        return call_builtin(frame, name.removeprefix("builtins."), arguments, site)
    if name.startswith(("itertools.", "functools.")):
        note_iteration(frame, name, arguments, site)
    special = SPECIAL_CALLS.get(name)
    if special is not None:
        return special(frame, arguments, site)
    chooses = name in CHOOSING and not frame.plain
    frame.tensor_condition += chooses
    inside = [site.node] if name in CHOOSING | REPEATING else []
    frame.traced_blocks += inside
    result = models.call(name, arguments, FrameHost(frame, site.node))
    del frame.traced_blocks[len(frame.traced_blocks) - len(inside) :]
    frame.tensor_condition -= chooses
    note_uses(frame, name, arguments, site)
    note_xla(frame, name, arguments, site)
    if name.startswith("numpy."):
        write_arrays(frame, name, arguments, site)
    if name == "tensorflow.unstack":
        note_unstack(frame, site.node, arguments)
    kinds = {hazard.kind for hazard in result.hazards}
    if "not-modelled" in kinds:
        escape(frame, arguments, site)
    elif "mutates-argument" in kinds:
        rearrange(frame, arguments, site)
    given = (*arguments.positional, *(value for _, value in arguments.keywords))
    return with_dynamic_sizes(frame, frame.result(site.node, result), given, name.startswith("tensorflow."))


def _call_method(frame: Frame, method: Method, arguments: Arguments, site: Site) -> Value:
    receiver = method.receiver
    if isinstance(receiver, Unknown):
        return _call_unknown_method(frame, receiver, method.name, arguments, site)
    if isinstance(receiver, Sequence | Mapping | SetOf) or (
        isinstance(receiver, Const | Py) and receiver.type in ("str", "bytes", "int", "float", "bool")
    ):
        from graphlift.interp.container_calls import call_container

        return call_container(frame, receiver, method.name, arguments, site)
    if isinstance(receiver, Instance | Super):
        from graphlift.interp.instances import call_inherited

        return call_inherited(frame, receiver, method.name, arguments, site)
    if isinstance(receiver, GraphFunction):
        compiles = method.name in ("get_concrete_function", "experimental_get_compiler_ir")
        return receiver if compiles else Unknown(f"`{method.name}` of a tf.function is not modelled")
    if (
        isinstance(receiver, Iterator)
        and receiver.source != "dataset"
        and method.name in ("__next__", "send")
    ):
        return iteration(frame, receiver, site.receiver or site.node)
    if isinstance(receiver, TensorArray):
        call_array(frame, receiver, method.name, site.node)
    set_shape(frame, receiver, method.name, arguments, site)
    if isinstance(receiver, Object):
        change_layers(frame, receiver, method.name, arguments, site)
        work_backwards(frame, receiver, method.name, arguments, site)
        if receiver.cls == TAPE:
            use_tape(frame, site.receiver, method.name, site.node)
    return _call_object(frame, receiver, method.name, arguments, site)


def _call_unknown_method(
    frame: Frame, receiver: Unknown, name: str, arguments: Arguments, site: Site
) -> Value:
    if name == "numpy":
        frame.effect("eager-only", site.node, "numpy()", certain=False)
        return without_leaves(receiver)
    text = site.node.func.as_string() if isinstance(site.node, nodes.Call) else name
    frame.effect("unknown-call", site.node, f"{text}: {receiver.reason}")
    escape(frame, arguments, site)
    return without_leaves(receiver)


# with


SpecialCall = Callable[[Frame, Arguments, Site], Value]
SPECIAL_CALLS: dict[str, SpecialCall] = {}
"""Library callables whose meaning is about functions and classes, not about tensors; filled by `special_calls`."""
