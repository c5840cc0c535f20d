"""The `input_signature` that the visible calls of a function allow, or why there is none.

Under a signature every argument becomes a tensor of its spec: a Python number too, a variable too, and a call that fits
no spec raises. What is said here was checked under TensorFlow 2.21: the container of a nested spec has to be the
argument's very type, `None` and Python values have no spec, a keyword-only parameter needs a default, a parameter
outside the signature is pinned to its default, and a method's object is left out only if it is called `self`.
An unknown rank could be written as `shape=None`, but then the body does not know it either, and Keras layers and other
library code refuse that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import msgspec

from graphlift.index import FunctionInfo
from graphlift.interp.entry import ParameterEvidence
from graphlift.interp.static_shapes import EFFECT
from graphlift.interp.summary import Effect
from graphlift.values import (
    NONE,
    Array,
    Const,
    Mapping,
    Object,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    display,
    options,
    shape_text,
)

MAX_NESTING = 4


class Signature(msgspec.Struct, frozen=True):
    """An `input_signature`: the `text` to write, with `tf` for TensorFlow, or the `reason` why there is none.

    `relaxed` tells that some size in it is not fixed.
    """

    text: str = ""
    reason: str = ""
    relaxed: bool = False


class _NoSpecError(Exception):
    """There is no spec; the argument says why."""


def signature(
    info: FunctionInfo,
    parameters: Iterable[ParameterEvidence],
    effects: Iterable[Effect],
    given: Collection[str],
    names: Collection[str] = (),
) -> Signature:
    """The signature of a function from what is known of its parameters and of the static sizes that it reads.

    `given` names the parameters that some visible call gives an argument, `names` what the function's module binds.
    """
    evidence = list(parameters)
    if len(evidence) != len(info.parameters):
        return Signature(reason="its parameters could not be looked at")
    try:
        specs = _specs(info, evidence, given, names)
    except _NoSpecError as why:
        return Signature(reason=str(why))
    if not specs:
        return Signature(reason="it takes no tensors")
    text = f"[{', '.join(specs)}]"
    relaxed = _OPEN.search(text) is not None
    read = next((effect for effect in effects if effect.kind == EFFECT), None)
    if relaxed and read is not None:
        return Signature(reason=f"it reads a static size that differs between calls: `{read.subject}`")
    return Signature(text, relaxed=relaxed)


_OPEN = re.compile(r"shape=\([^)]*None")


def _specs(
    info: FunctionInfo,
    parameters: Iterable[ParameterEvidence],
    given: Collection[str],
    names: Collection[str],
) -> list[str]:
    found: list[str] = []
    left_out = ""
    for parameter, evidence in zip(info.parameters, parameters, strict=True):
        name, kind = parameter.name, parameter.kind
        if evidence.source == "self":
            _check_receiver(info, name)
        elif parameter.has_default and evidence.source == "calls" and name not in given:
            left_out = left_out if kind == "keyword_only" else left_out or name
        elif kind == "kwarg":
            if not isinstance(evidence.value, Mapping) or evidence.value.items != ():
                raise _NoSpecError(f"`**{name}` has no spec")
        elif kind == "keyword_only":
            raise _NoSpecError(f"`{name}` is given by keyword only")
        elif kind == "vararg":
            found += _variadic(names, name, evidence)
        elif left_out:
            raise _NoSpecError(f"`{left_out}`, which takes its default, stands before `{name}`")
        else:
            _check_evidence(name, evidence)
            found.append(_spec(evidence.value, f"`{name}`", names))
    return found


def _check_receiver(info: FunctionInfo, name: str) -> None:
    if "classmethod" in info.decorators:
        raise _NoSpecError("the class that a class method gets has no spec")
    if name != "self":
        raise _NoSpecError(
            f"TensorFlow leaves out a method's object only if it is called `self`, not `{name}`"
        )


def _check_evidence(name: str, evidence: ParameterEvidence) -> None:
    if evidence.partial:
        raise _NoSpecError(f"a caller passes something for `{name}` that cannot be seen")
    if evidence.source not in ("calls", "annotation"):
        raise _NoSpecError(f"no visible call shows what `{name}` is")


def _variadic(names: Collection[str], name: str, evidence: ParameterEvidence) -> list[str]:
    value = evidence.value
    if evidence.source != "calls" or not isinstance(value, Sequence) or value.items is None:
        raise _NoSpecError(f"`*{name}` takes different numbers of arguments")
    return [_spec(item, f"`{name}[{n}]`", names) for n, item in enumerate(value.items)]


def _spec(value: Value, name: str, names: Collection[str], depth: int = 0) -> str:
    """The spec of one argument. Raises `_NoSpecError`."""
    alternatives = options(value)
    if len(alternatives) != 1:
        if NONE in alternatives:
            raise _NoSpecError(f"{name} may be `None`, which has no spec")
        return _join_of_tensors(alternatives, name)
    match value:
        case Tensor() | Array():
            return _tensor_spec(value, name)
        case Sequence() if depth < MAX_NESTING:
            return _sequence_spec(value, name, names, depth)
        case Mapping() if value.type == "dict" and value.items is not None and depth < MAX_NESTING:
            pairs = (
                f"{key.text}: {_spec(v, f'{name}[{key.text}]', names, depth + 1)}" for key, v in value.items
            )
            return "{" + ", ".join(pairs) + "}"
        case Variable():
            raise _NoSpecError(f"{name} is a variable; under a signature it would be its value")
        case Unknown():
            raise _NoSpecError(f"{name} is unknown ({value.reason})")
        case Const() | Py():
            raise _NoSpecError(
                f"{name} is a Python value (`{display(value)}`); under a signature it would be a tensor"
            )
        case Object():
            raise _NoSpecError(f"{name} is an object (`{display(value)}`), which has no spec")
        case _:
            raise _NoSpecError(f"{name} is `{display(value)}`, which has no spec")


def _join_of_tensors(alternatives: tuple[Value, ...], name: str) -> str:
    """Tensors and arrays alike may come for one parameter; the spec has to hold for both."""
    if not all(isinstance(o, Tensor | Array) for o in alternatives):
        kinds = " or ".join(f"`{display(o)}`" for o in alternatives)
        raise _NoSpecError(f"{name} is {kinds}, which no spec stands for")
    texts = {_tensor_spec(o, name) for o in alternatives if isinstance(o, Tensor | Array)}
    if len(texts) != 1:
        raise _NoSpecError(f"{name} is given tensors and arrays of different types")
    return texts.pop()


_CONSTRUCTORS = {"dense": "TensorSpec", "ragged": "RaggedTensorSpec", "sparse": "SparseTensorSpec"}


def _tensor_spec(value: Tensor | Array, name: str) -> str:
    form = value.form if isinstance(value, Tensor) else "dense"
    if form not in _CONSTRUCTORS:
        raise _NoSpecError(f"{name} is `{display(value)}`, which has no spec")
    if value.dtype is None:
        raise _NoSpecError(f"the dtype of {name} is not known, or differs between calls")
    if value.shape is None:
        raise _NoSpecError(f"the rank of {name} is not known, or differs between calls")
    return f"tf.{_CONSTRUCTORS[form]}(shape={shape_text(value.shape)}, dtype=tf.{value.dtype})"


def _sequence_spec(value: Sequence, name: str, names: Collection[str], depth: int) -> str:
    if value.items is None:
        raise _NoSpecError(f"the length of {name} is not the same in all calls, or not known")
    items = [_spec(item, f"{name}[{n}]", names, depth + 1) for n, item in enumerate(value.items)]
    if value.fields:
        cls = value.type.rpartition(".")[2]
        if cls not in names:
            raise _NoSpecError(f"{name} is a `{cls}`, a named tuple that its module does not know")
        return f"{cls}({', '.join(items)})"
    if value.type == "tuple":
        return f"({', '.join(items)},)" if len(items) == 1 else f"({', '.join(items)})"
    if value.type == "list":
        return f"[{', '.join(items)}]"
    raise _NoSpecError(f"{name} is a `{value.type}`, which has no spec")
