"""One call while a model answers it: its arguments bound to parameters, and what is learned on the way."""

from __future__ import annotations

import ast
from functools import cache

from graphlift.models.api import Arguments, Hazard, Host
from graphlift.models.contradictions import Contradiction
from graphlift.values import DType, Unknown, Value, const, list_of, short_name, tuple_of

NO_NAMES: frozenset[str] = frozenset()


class Call:
    """The state of one answer.

    `params` holds a value for every parameter that was given or has a default; a parameter without either is
    absent. `rest` are the values that went into `*args`, `extra` those that went into `**kwargs`. Transfer
    functions add `hazards` and `ops` to what the table says of the callee; `name` is its canonical name.
    """

    __slots__ = ("extra", "given", "hazards", "host", "name", "ops", "params", "rest", "vague", "where")

    def __init__(self, name: str, params: tuple[str, ...], arguments: Arguments, host: Host) -> None:
        self.name = name
        self.host = host
        self.params: dict[str, Value] = {}
        self.rest: tuple[Value, ...] = ()
        self.extra: dict[str, Value] = {}
        self.given: set[str] = set()
        self.hazards: dict[Hazard, None] = {}
        self.where: dict[str, str] = {}
        """Where the argument of each parameter stands: `#2` for the third one, else its name."""
        self.ops = 0
        self.vague = arguments.star or arguments.double_star
        """Whether more arguments were given than can be seen."""
        self._bind(params, arguments)

    def _bind(self, params: tuple[str, ...], arguments: Arguments) -> None:
        shape = parsed(params)
        for index, value in enumerate(arguments.positional):
            if index < len(shape.positional):
                self.params[shape.positional[index]] = value
                self.where[shape.positional[index]] = f"#{index}"
            else:
                self.rest += (value,)
        for keyword, value in arguments.keywords:
            if keyword in shape.names:
                self.params[keyword] = value
            else:
                self.extra[keyword] = value
        self.given = set(self.params)
        for name in shape.names:
            if name in self.params:
                continue
            hidden = arguments.double_star or (arguments.star and name in shape.positional)
            if hidden:
                self.params[name] = Unknown(f"`{name}` may be given through `*` or `**`")
            elif name in shape.defaults:
                self.params[name] = shape.defaults[name]

    def value(self, name: str) -> Value | None:
        """The value of a parameter, of a keyword that went into `**kwargs`, or `None` where it is absent."""
        found = self.params.get(name)
        return self.extra.get(name) if found is None else found

    def hazard(self, kind: str, subject: str, certain: bool = True) -> None:
        """Report a hazard of this call."""
        self.hazards[Hazard(kind, subject, certain)] = None

    def contradict(self, found: Contradiction, names: list[str]) -> None:
        """Report arguments that cannot meet; `names` are the parameters that the check was given, in order."""
        sides = []
        for side in found.sides:
            name = names[side.position]
            member = "" if side.member is None else f"[{side.member}]"
            sides.append((self.where.get(name, name) + member, side.text))
        subject = f"`{short_name(self.name)}`: {found.text}"
        self.hazards[Hazard(found.kind, subject, sides=tuple(sides))] = None


class Signature:
    """Parameters in a form that can be bound: names in order, those that may be positional, defaults."""

    __slots__ = ("defaults", "keywords", "names", "positional", "variadic")

    def __init__(self, params: tuple[str, ...]) -> None:
        names: list[str] = []
        positional: list[str] = []
        self.defaults: dict[str, Value] = {}
        self.variadic = ""
        self.keywords = ""
        open_ended = True
        for text in params:
            if text.startswith("**"):
                self.keywords = text[2:]
                continue
            if text.startswith("*"):
                open_ended = False
                self.variadic = text[1:] or self.variadic
                continue
            name, has_default, default = text.partition("=")
            names.append(name)
            if open_ended:
                positional.append(name)
            if has_default:
                self.defaults[name] = default_value(default)
        self.names = tuple(names)
        self.positional = tuple(positional)


@cache
def parsed(params: tuple[str, ...]) -> Signature:
    """The parameters of an `Entry`, parsed once."""
    return Signature(params)


@cache
def default_value(text: str) -> Value:
    """The abstract value of a default as the tables write it."""
    if text == "...":
        return Unknown("the default is an object of the library")
    if text.startswith("tf."):
        return DType(text[3:])
    return _plain(ast.literal_eval(text))


def _plain(value: object) -> Value:
    if isinstance(value, tuple):
        return tuple_of(*(_plain(item) for item in value))
    if isinstance(value, list):
        return list_of(tuple(_plain(item) for item in value))
    assert value is None or isinstance(value, bool | int | float | str | bytes)
    return const(value)
