"""Compares what the models say with what the libraries do."""

from __future__ import annotations

import random

from graphlift import models
from graphlift.models import Arguments, names
from graphlift.values import (
    NEVER,
    Array,
    Const,
    Dataset,
    DType,
    KerasTensor,
    Mapping,
    Never,
    Object,
    Py,
    Sequence,
    Shape,
    ShapeValue,
    Tensor,
    Unknown,
    Value,
    Variable,
    join_all,
    options,
)


class Silent:
    """A host whose callbacks give nothing that is known."""

    def __init__(self, keras: int = 3) -> None:
        self.keras = keras

    def invoke(
        self,
        function: Value,
        arguments: Arguments,
        *,
        traced: bool = False,
        repeated: bool = False,
        hosted: bool = False,
    ) -> Value:
        """Nothing is known of what a callback gives."""
        del function, arguments, traced, repeated, hosted
        return Unknown("a callback")


def within(observed: Value, inferred: Value) -> bool:
    """Whether what was observed lies inside what was inferred."""
    return any(_within(observed, option) for option in options(inferred))


def _within(observed: Value, inferred: Value) -> bool:
    match inferred:
        case Unknown():
            return True
        case Never():
            return False
        case Tensor():
            if not isinstance(observed, Tensor) or observed.form != inferred.form:
                return False
            return _typed(observed.dtype, observed.shape, inferred.dtype, inferred.shape)
        case KerasTensor() | Variable():
            if not isinstance(observed, type(inferred)):
                return False
            return _typed(observed.dtype, observed.shape, inferred.dtype, inferred.shape)
        case Array():
            if not isinstance(observed, Array) or (inferred.scalar and observed.shape != ()):
                return False
            return _typed(observed.dtype, observed.shape, inferred.dtype, inferred.shape)
        case Py():
            return isinstance(observed, Const | Py) and (
                observed.type == inferred.type or inferred.type == "object"
            )
        case Sequence():
            return isinstance(observed, Sequence) and _sequence(observed, inferred)
        case Mapping():
            return isinstance(observed, Mapping)
        case Object() if isinstance(observed, Object):
            return names.is_subclass(observed.cls, inferred.cls)
        case ShapeValue() if isinstance(observed, ShapeValue):
            return _typed(None, observed.shape, None, inferred.shape)
        case Dataset():
            return isinstance(observed, Dataset) and within(observed.element, inferred.element)
        case DType():
            return isinstance(observed, DType) and inferred.name in (None, observed.name)
        case _:
            # An observed object of a class that the domain has no value for is described as unknown.
            named = isinstance(observed, Sequence) and bool(observed.fields) and isinstance(inferred, Object)
            return observed == inferred or isinstance(observed, Unknown) or named


def _typed(dtype: str | None, shape: Shape, inferred_dtype: str | None, inferred_shape: Shape) -> bool:
    if inferred_dtype is not None and dtype != inferred_dtype:
        return False
    if inferred_shape is None or shape is None:
        return True
    if len(shape) != len(inferred_shape):
        return False
    return all(
        not isinstance(i, int) or not isinstance(o, int) or i == o
        for o, i in zip(shape, inferred_shape, strict=True)
    )


def _sequence(observed: Sequence, inferred: Sequence) -> bool:
    if observed.type != inferred.type and not (observed.fields and inferred.fields):
        return False
    if inferred.items is None:
        return all(within(item, inferred.element) for item in observed.items or ())
    if observed.items is None or len(observed.items) != len(inferred.items):
        return False
    return all(within(o, i) for o, i in zip(observed.items, inferred.items, strict=True))


def as_arguments(given: tuple[tuple[str, Value], ...], params: tuple[str, ...]) -> Arguments:
    """Described arguments as a call: variadic ones by position, with those in front of them; the rest by name."""
    spread: tuple[Value, ...] = ()
    vague = False
    for name, value in given:
        if name.startswith("*"):
            items = value.items if isinstance(value, Sequence) else None
            spread, vague = items or (), items is None
    named = {name: value for name, value in given if not name.startswith("*")}
    leading: list[Value] = []
    if spread:
        for text in params:
            name = text.partition("=")[0]
            if name not in named:
                break
            leading.append(named.pop(name))
    return Arguments((*leading, *spread), tuple(named.items()), star=vague)


def weakened(value: Value, chance: random.Random) -> Value:
    """A value that describes at least as much, with some of what is known forgotten."""
    if chance.random() < 0.06:
        return Unknown("forgotten")
    match value:
        case Tensor():
            dtype, shape = _forget(value.dtype, value.shape, chance)
            return Tensor(dtype, shape, value.form)
        case Array():
            dtype, shape = _forget(value.dtype, value.shape, chance)
            return Array(dtype, shape, value.scalar)
        case KerasTensor():
            dtype, shape = _forget(value.dtype, value.shape, chance)
            return KerasTensor(dtype, shape)
        case Const() if value.type != "None" and chance.random() < 0.25:
            return Py(value.type)
        case Sequence() if value.items is not None:
            items = tuple(weakened(item, chance) for item in value.items)
            if value.type == "list" and chance.random() < 0.15:
                return Sequence("list", None, join_all(items))
            return Sequence(value.type, items, join_all(items) if items else NEVER, "", value.fields)
        case _:
            return value


def _forget(dtype: str | None, shape: Shape, chance: random.Random) -> tuple[str | None, Shape]:
    if chance.random() < 0.2:
        dtype = None
    if shape is not None:
        shape = None if chance.random() < 0.12 else tuple(d if chance.random() < 0.7 else None for d in shape)
    return dtype, shape


def answer(name: str, given: tuple[tuple[str, Value], ...], params: tuple[str, ...], host: Silent) -> Value:
    """What the models say a call gives."""
    return models.call(name, as_arguments(given, params), host).value
