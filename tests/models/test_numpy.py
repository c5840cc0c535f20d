"""NumPy's functions against NumPy: each call is run, and answered for arguments of which ever less is known."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphlift import models
from graphlift.models import Arguments
from graphlift.values import Array, External, Py, Sequence, Unknown, Value, const, list_of, options, tuple_of
from tests.models.support import FakeHost

V = np.arange(1.0, 5.0)
W = np.arange(4)
F = np.ones((4,), np.float32)
M = np.arange(6.0).reshape(2, 3)
H = np.arange(6, dtype=np.float32).reshape(3, 2)
N = np.arange(6).reshape(2, 3)
S = np.array([[2.0, 1.0], [1.0, 3.0]])
T = np.arange(24.0).reshape(2, 3, 4)
B = np.array([True, False, True])
C = np.array([1 + 2j, 3.0])
G = np.random.default_rng(0)
R = np.random.RandomState(0)

CALLS = Path(__file__).with_name("numpy_calls.txt")
SOURCES = CALLS.read_text(encoding="utf-8").splitlines()
NAMES = {name: value for name, value in globals().items() if len(name) == 1} | {"np": np}


def abstract(value: Any, known: int) -> Value:
    """What is known of an argument: all of it (3), no sizes (2), no rank (1), nothing (0)."""
    if known == 0:
        return Unknown("an argument")
    if isinstance(value, np.ndarray):
        shape = value.shape if known == 3 else (None,) * value.ndim if known == 2 else None
        return Array(str(value.dtype), shape)
    if isinstance(value, type):
        return External(f"builtins.{value.__name__}")
    if isinstance(value, tuple | list):
        items = tuple(abstract(item, known) for item in value)
        return tuple_of(*items) if isinstance(value, tuple) else list_of(items)
    return const(value) if known == 3 else Py(type(value).__name__)


def holds(value: Value, real: Any) -> bool:
    """Whether what NumPy gave is what was answered."""
    return any(_holds(option, real) for option in options(value))


def _holds(value: Value, real: Any) -> bool:
    match value:
        case Unknown():
            return True
        case Array() if isinstance(real, np.ndarray | np.generic):
            if value.dtype is not None and value.dtype != str(real.dtype):
                return False
            if value.scalar and not isinstance(real, np.generic):
                return False
            return value.shape is None or (
                len(value.shape) == real.ndim
                and all(
                    want is None or want == size for want, size in zip(value.shape, real.shape, strict=True)
                )
            )
        case Py():
            return type(real).__name__ == value.type
        case Sequence():
            if type(real).__name__ != value.type and not isinstance(real, tuple):
                return False
            if value.items is None:
                return all(holds(value.element, item) for item in real)
            return len(value.items) == len(real) and all(map(holds, value.items, real))
    return False


def answer(source: str, known: int) -> Value:
    """What the model says of a call."""
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)

    def seen(node: ast.expr) -> Value:
        return abstract(eval(ast.unparse(node), dict(NAMES)), known)

    given = tuple(seen(node) for node in call.args)
    keywords = tuple((str(word.arg), seen(word.value)) for word in call.keywords)
    owner = ast.unparse(call.func).rpartition(".")[0]
    host = FakeHost()
    if owner.startswith("np"):
        name = ast.unparse(call.func).replace("np.", "numpy.", 1)
        return models.call(name, Arguments(given, keywords), host).value
    receiver: Value
    if owner in ("G", "R"):
        cls = "numpy.random.Generator" if owner == "G" else "numpy.random.RandomState"
        receiver = models.call(cls.replace("Generator", "default_rng"), Arguments((), ()), host).value
    else:
        receiver = seen(ast.Name(owner))
    method = ast.unparse(call.func).rpartition(".")[2]
    return models.method(receiver, method, Arguments(given, keywords), host).value


@pytest.mark.parametrize("source", SOURCES)
def test_what_numpy_gives_is_what_is_said(source: str) -> None:
    real = eval(source, dict(NAMES))
    for known in (3, 2, 1, 0):
        said = answer(source, known)
        assert holds(said, real), (known, said, getattr(real, "shape", None), type(real))


def test_most_answers_know_the_rank() -> None:
    vague = [source for source in SOURCES if isinstance(answer(source, 3), Unknown)]
    assert len(vague) <= len(SOURCES) // 10, vague
