"""What a model of a library says of one call, and what it may ask of the interpreter.

A *model* stands for code that is not analysed: TensorFlow, Keras, NumPy, the standard library. It answers with
a value, with the hazards that the call itself would bring into a trace, and with the number of TensorFlow ops
that an eager call dispatches. It never raises on odd arguments: it answers `Unknown(reason)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from graphlift.values import Unknown, Value


class Arguments(msgspec.Struct, frozen=True, cache_hash=True):
    """The abstract arguments of a call.

    `star` or `double_star` is true when the call also unpacks an iterable or a mapping of unknown contents, so
    that any parameter not named here may have been given.
    """

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    star: bool = False
    double_star: bool = False

    def get(self, position: int, name: str) -> Value | None:
        """The argument for the parameter `name` at `position` (0-based), or `None` where it was not given."""
        if 0 <= position < len(self.positional):
            return self.positional[position]
        for keyword, value in self.keywords:
            if keyword == name:
                return value
        return None


MADE = "+"
"""The site of a container that a library call makes anew; whoever interprets the call puts its place there."""


HAZARDS: dict[str, str] = {
    # Raises while tracing.
    "eager-only": "needs a concrete value, which a symbolic tensor does not have",
    "numpy-on-tensor": "NumPy cannot take a symbolic tensor",
    "python-on-tensor": "plain Python needs a number where the graph has a symbolic tensor",
    "tensor-iteration": "Python cannot iterate over a symbolic tensor",
    "tensor-as-bool": "a symbolic tensor has no truth value in plain Python",
    "keras-tensor": "TensorFlow functions do not take Keras symbolic inputs",
    "branch-mismatch": "leaves different things in the branches of a tensor condition",
    "loop-mismatch": "changes the dtype, shape or structure of a variable in a loop over a tensor",
    # Happens once per trace, or is frozen.
    "prints": "prints once per trace",
    "logs": "logs once per trace",
    "io": "talks to the outside world once per trace",
    "clock": "the time is read once per trace",
    "python-random": "the random number is drawn once per trace",
    "global-state": "changes interpreter-wide state once per trace",
    "seed": "the seed is set once per trace, and streams differ in a graph",
    "python-iterator": "advances a Python iterator once per trace",
    "mutates-argument": "changes one of its arguments while tracing",
    "mode-dependent": "takes another path in a graph than in eager mode",
    # Variables and Keras state.
    "creates-variable": "creates a variable at each call",
    "creates-state": "creates an object that owns variables (layer, optimizer, metric) at each call",
    # Raises wherever it runs.
    "shape-mismatch": "is given shapes that cannot meet",
    "dtype-mismatch": "is given dtypes that TensorFlow does not bring together",
    # Not a hazard by itself: kept for other rules.
    "makes-graph-function": "makes a new tf.function",
    "changes-variable": "changes a variable, or has another lasting effect that a graph repeats at each call",
    "py-function": "runs Python inside the graph",
    "trusts-model": "takes what a Keras model of an unknown class gives for tensors",
    "not-modelled": "no model says what this call does",
}
"""Every hazard kind that a model may report, with its meaning. Rules read kinds; texts are for people."""


MISMATCHES = frozenset({"shape-mismatch", "dtype-mismatch"})
"""The hazards that raise in eager code as well. Of several alternatives all must have one for the call to."""


class Hazard(msgspec.Struct, frozen=True, cache_hash=True):
    """Something about one library call that matters when the function around it is traced.

    `subject` names the thing seen the way users write it (`tf.Tensor.numpy`, `np.sum`, `print`). `certain` is
    false when the hazard rests on a value that is unknown, as in `unknown_thing.numpy()`. `sides` are the
    arguments that a mismatch is about: which one (`#0` by position, `axis` by name, `#0[1]` a member of a list,
    `self`), and what it is.
    """

    kind: str
    subject: str
    certain: bool = True
    sides: tuple[tuple[str, str], ...] = ()


class CallResult(msgspec.Struct, frozen=True):
    """The answer of a model: the result, the hazards of the call, the TensorFlow ops an eager call dispatches."""

    value: Value
    hazards: tuple[Hazard, ...] = ()
    ops: int = 0


def joined_hazards(found: Iterable[tuple[Hazard, ...]]) -> tuple[Hazard, ...]:
    """The hazards of a call of which several alternatives were tried: a mismatch must be in all of them."""
    tried = list(found)
    certain = all(any(hazard.kind in MISMATCHES for hazard in hazards) for hazards in tried)
    merged = {h: None for hazards in tried for h in hazards if h.kind not in MISMATCHES}
    if certain and tried:
        merged.update(dict.fromkeys(h for h in tried[0] if h.kind in MISMATCHES))
    return tuple(merged)


class Host(Protocol):
    """What a model may ask the interpreter while it answers."""

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
        """Call a callback (of `tf.map_fn`, `Dataset.map`, `sorted(key=…)`) and give its result.

        `traced` says that the library traces the callback into a graph of its own whatever surrounds it;
        `repeated` that it runs once per element rather than once; `hosted` that a graph runs it as plain
        Python at every call, with concrete values (`tf.py_function`); `converts` that the library has AutoGraph
        convert the callback, which it leaves as it is otherwise.
        """
        ...

    @property
    def keras(self) -> int:
        """The Keras major version that is analysed for: 2 or 3."""
        ...


def unknown(reason: str, *hazards: Hazard) -> CallResult:
    """The answer of a model that can't say what comes back."""
    return CallResult(Unknown(reason), hazards)
