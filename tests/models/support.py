"""Objects of the libraries beside the abstract values that stand for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphlift import models
from graphlift.models import Arguments
from graphlift.values import Object, Unknown, Value, const, list_of, tuple_of


class FakeHost:
    """A host whose callbacks are Python functions on abstract values."""

    def __init__(self, keras: int = 3, callbacks: dict[Value, Callable[..., Value]] | None = None) -> None:
        self.keras = keras
        self.callbacks = callbacks or {}
        self.invoked: list[tuple[Value, Arguments, bool, bool]] = []

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
        self.invoked.append((function, arguments, traced, repeated))
        body = self.callbacks.get(function)
        return Unknown("a callback") if body is None else body(*arguments.positional)


def plain(value: Any) -> Value:
    """The abstract value of a plain Python object."""
    if isinstance(value, tuple):
        return tuple_of(*(plain(item) for item in value))
    if isinstance(value, list):
        return list_of(tuple(plain(item) for item in value))
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return const(value)
    return value


def arguments(*positional: Any, **keywords: Any) -> Arguments:
    return Arguments(
        tuple(plain(value) for value in positional),
        tuple((name, plain(value)) for name, value in keywords.items()),
    )


def construct(cls: str, host: FakeHost, *positional: Any, **keywords: Any) -> Object:
    made = models.call(cls, arguments(*positional, **keywords), host).value
    assert isinstance(made, Object)
    return made
