"""The vocabulary in which the tables say what a call gives, and its evaluation.

An expression is a nest of calls in Python's syntax: `tensor(dtype(x), broadcast(x, y))`. Names are the callee's
parameters; the functions are those that the modules of `transfer/` register. Three kinds of functions make an
expression: dtype rules give a dtype name or `None`, shape rules a shape or `None`, result rules a value.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec

from graphlift.models.call import Call
from graphlift.models.contradictions import CHECKS, DTYPE, promotes
from graphlift.values import Unknown, Value

Rule = Callable[..., Any]
F = TypeVar("F", bound=Rule)

DTYPE_RULES: dict[str, Rule] = {}
SHAPE_RULES: dict[str, Rule] = {}
RESULT_RULES: dict[str, Rule] = {}
TAKE_CALL: set[str] = set()


def dtype_rule(function: F) -> F:
    """Register a function that gives a dtype; its name without a trailing underscore is the rule's."""
    return _register(DTYPE_RULES, function)


def shape_rule(function: F) -> F:
    """Register a function that gives a shape."""
    return _register(SHAPE_RULES, function)


def result_rule(function: F) -> F:
    """Register a function that gives a value; where its first parameter is `call`, it gets the call there."""
    if next(iter(inspect.signature(function).parameters), "") == "call":
        TAKE_CALL.add(function.__name__.rstrip("_"))
    return _register(RESULT_RULES, function)


def _register(registry: dict[str, Rule], function: F) -> F:
    name = function.__name__.rstrip("_")
    assert name not in DTYPE_RULES and name not in SHAPE_RULES and name not in RESULT_RULES, name
    registry[name] = function
    return function


@cache
def parse(text: str) -> ast.expr:
    """An expression's syntax tree."""
    return ast.parse(text, mode="eval").body


def evaluate(text: str, call: Call) -> Value:
    """The value that an expression gives for a call."""
    result = _evaluate(parse(text), call)
    if result is None:
        return Unknown(f"the model of `{call.name}` needs an argument that was not given")
    assert isinstance(result, msgspec.Struct), text
    value: Value = result  # type: ignore[assignment]  # Every struct that a result rule gives is a value.
    return value


def _evaluate(node: ast.expr, call: Call) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return call.value(node.id)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
        case ast.Tuple() | ast.List():
            return tuple(_evaluate(part, call) for part in node.elts)
        case ast.Call(func=ast.Name(id=name)):
            arguments = [_evaluate(argument, call) for argument in node.args]
            keywords = {k.arg: _evaluate(k.value, call) for k in node.keywords if k.arg is not None}
            check = CHECKS.get(name)
            found = None if check is None else check(*arguments, **keywords)
            if found is not None and not (found.kind == DTYPE and promotes(call.name)):
                call.contradict(found, [_parameter(argument) for argument in node.args])
            return _apply(name, call, arguments, keywords)
        case _:
            raise ValueError(f"not an expression of the tables: {ast.unparse(node)}")


def _parameter(node: ast.expr) -> str:
    """The parameter that an argument of a rule reads (the first one of an expression), or empty."""
    return next((part.id for part in ast.walk(node) if _is_read(part)), "")  # type: ignore[attr-defined]


def _is_read(node: ast.AST) -> bool:
    known = (RESULT_RULES, DTYPE_RULES, SHAPE_RULES)
    return isinstance(node, ast.Name) and not any(node.id in rules for rules in known)


def _apply(name: str, call: Call, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    if name in RESULT_RULES:
        leading = (call,) if name in TAKE_CALL else ()
        return RESULT_RULES[name](*leading, *arguments, **keywords)
    if name in DTYPE_RULES:
        return DTYPE_RULES[name](*arguments, **keywords)
    if name in SHAPE_RULES:
        return SHAPE_RULES[name](*arguments, **keywords)
    raise ValueError(f"no rule is called `{name}`")
