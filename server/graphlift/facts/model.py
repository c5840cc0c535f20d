"""What is known of one function, gathered for the rules: plain, frozen data."""

from __future__ import annotations

import msgspec

from graphlift.callgraph import Call
from graphlift.facts.around import Around
from graphlift.facts.conflicts import Conflict
from graphlift.facts.gain import Gain
from graphlift.facts.keras_layers import NOT_FROZEN, Frozen
from graphlift.facts.retracing import Retracing
from graphlift.facts.signature import Signature
from graphlift.facts.unhashable import Unhashable
from graphlift.index import DefId, FunctionInfo
from graphlift.interp.entry import ParameterEvidence
from graphlift.interp.summary import Effect, Summary
from graphlift.source.span import Place, Span
from graphlift.values import Value


class Decoration(msgspec.Struct, frozen=True):
    """How a function becomes a graph: the `tf.function` decorators on it (by position, outermost first).

    `options` are the keyword arguments that were given, by name, as values.
    """

    decorators: tuple[int, ...] = ()
    options: tuple[tuple[str, Value], ...] = ()
    wrapped: bool = False
    """Whether every visible call is one of a `tf.function` around it, as of `f = tf.function(f)`."""

    @property
    def decorated(self) -> bool:
        """Whether the function is a graph by itself."""
        return bool(self.decorators) or self.wrapped


class InGraph(msgspec.Struct, frozen=True):
    """Who already runs the function inside a graph, whenever it runs. `by` names it, `how` says in what way."""

    by: str
    how: str


class StateChange(msgspec.Struct, frozen=True):
    """Somebody who changes a piece of Python state after it was set up: the definition that does.

    It is not certain when the change goes through an object of unknown class. `seen` says that the program shows it
    to happen after a call of the function.
    """

    subject: str
    changer: DefId
    certain: bool = True
    seen: bool = True


class Several(msgspec.Struct, frozen=True):
    """A parameter that is given different objects of a `kind` that makes variables when it is first used."""

    parameter: str
    kind: str
    certain: bool


class Mismatch(msgspec.Struct, frozen=True):
    """An effect that raises when it is traced; `eager` says whether it raises in the program as it is, too."""

    effect: Effect
    certain: bool
    eager: bool


class FunctionFacts(msgspec.Struct, frozen=True):
    """Everything the rules may ask about one function.

    `effects` are those of one call, its own and its callees', judged as if the function were traced.
    `ops` estimates the TensorFlow ops of one eager call, `elements` the numbers in their results (see `facts.gain`).
    `changes` lists, for each `reads-state` effect's subject, who changes that state.
    """

    info: FunctionInfo
    parameters: tuple[ParameterEvidence, ...]
    effects: tuple[Effect, ...]
    returns: Value
    raises: bool
    ops: int
    called: bool
    calls: tuple[Call, ...]
    callers: tuple[Call, ...]
    circle: tuple[DefId, ...]
    decoration: Decoration
    in_graph: InGraph | None
    changes: tuple[StateChange, ...]
    opaque_decorators: tuple[str, ...]
    keras: int
    keras_method: str = ""
    """The Keras protocol method this is (`call`, `train_step`, …), else empty."""
    frozen_by_keras: Frozen = NOT_FROZEN
    """Under Keras 3: the class whose lazily built layers this function uses while Keras builds it."""
    calls_frozen: Frozen = NOT_FROZEN
    """A decorated function with weights frozen by Keras 3 that a call may get to."""
    made_anew_by: DefId = ""
    """For a nested function: the enclosing function that makes it anew at each of several calls, else empty."""
    def_place: Place = Place("", Span(1, 0, 1, 0))
    """The function's name after `def`."""
    doubt: Summary | None = None
    """What it does when parameters hold anything at all whose callers are not all visible; `None` if all are."""
    mismatches: tuple[Mismatch, ...] = ()
    """The shapes and dtypes in it, or in what it calls, that cannot meet."""
    retracing: Retracing | None = None
    """What its calls that can be followed from module-level code mean for tracing; `None` where there are none."""
    signature: Signature = Signature()
    """The `input_signature` that fits its visible calls."""
    scalar_signature: Signature = Signature()
    """The same with Python numbers as scalar tensors, for a decorated function whose body can live with that."""
    eager_returns: Value | None = None
    """What eager code gives, where NumPy arrays come in: they stay arrays there, and are tensors in a graph."""
    tensor_user: DefId = ""
    """Who uses the Python values that a decorated function without TensorFlow work returns as tensors; else empty."""
    elements: int = 0
    several: tuple[Several, ...] = ()
    """The parameters that are given different optimizers or unbuilt layers."""
    temporaries: tuple[tuple[DefId, int], ...] = ()
    """Where the method is taken from an object that nothing keeps: the definition, and the line in it."""
    conflicts: tuple[Conflict, ...] = ()
    """In what the `input_signature` that it is given does not fit it or its calls."""
    unhashable: tuple[Unhashable, ...] = ()
    """The parameters that tracing cannot look up."""
    settled: tuple[str, ...] = ()
    """The attributes that it sets to what they are set to anyway, after the first time."""
    around: tuple[Around, ...] = ()
    """What is assumed of other functions' parameters whose values it reads: a constructor's, the function's around."""
    extension_types: tuple[DefId, ...] = ()
    """The classes in its result that a graph gives back as it does tensors."""

    @property
    def definition(self) -> DefId:
        """The function's id."""
        return self.info.id

    @property
    def gain(self) -> Gain:
        """What a graph may gain."""
        return Gain(self.ops, self.elements)

    def of(self, *kinds: str) -> tuple[Effect, ...]:
        """The effects of these kinds."""
        return tuple(effect for effect in self.effects if effect.kind in kinds)
