"""Values of many kinds as Python source, to hold what the analysis says of them against Python."""

from graphlift.ide.workspace import Workspace
from graphlift.interp.watch import watch
from graphlift.resolve import unit

SETUP = """\
import abc
import collections
import collections.abc
import dataclasses
import datetime
import enum
import fractions
import functools
import numbers
import pathlib
import typing
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class Base:
    pass


class Derived(Base):
    def __call__(self):
        return 1

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0


class Meta(type):
    pass


class Made(metaclass=Meta):
    pass


class Point(NamedTuple):
    x: int
    y: int


class Wide(NamedTuple("Wide", [("a", int)])):
    pass


Pair = collections.namedtuple("Pair", "a b")


class Longer(Pair):
    pass


class Table(dict):
    pass


class Row(list):
    pass


class Number(float):
    pass


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Name(str, enum.Enum):
    A = "a"


class Problem(ValueError):
    pass


class Layer(tf.keras.layers.Layer):
    pass


class Module(tf.Module):
    pass


@dataclasses.dataclass
class Record:
    a: int = 1


def plain():
    return 1


def numbered():
    yield 1
"""

VALUES = [
    "1", "1.5", "True", "None", "'a'", "b'a'", "1j", "...", "NotImplemented",
    "[1]", "(1,)", "{'a': 1}", "{1}", "frozenset([1])", "range(3)", "slice(1)", "bytearray(b'a')",
    "collections.OrderedDict(a=1)", "collections.defaultdict(list)", "collections.deque([1])",
    "collections.Counter('a')", "{'a': 1}.keys()", "{'a': 1}.items()", "iter([1])", "zip([1])", "enumerate([1])",
    "map(abs, [1])", "(n for n in [1])", "numbered()",
    "Base()", "Derived()", "Base", "Made", "Made()", "Point(1, 2)", "Wide(1)", "Pair(1, 2)", "Longer(1, 2)",
    "Table()", "Row()", "Number(1.0)", "Color.RED", "Level.LOW", "Name.A", "Record()", "Problem('a')",
    "ValueError('a')", "plain", "lambda: 1", "Base().__eq__", "functools.partial(plain)", "int", "tf",
    "pathlib.Path('a')", "datetime.date(2020, 1, 1)", "fractions.Fraction(1, 2)",
    "np.ones(2)", "np.float32(1.0)", "np.int64(1)", "np.bool_(True)", "np.float64(1.0)", "np.ones(2).sum()",
    "np.float32", "np.dtype('float32')",
    "tf.ones([2])", "tf.Variable(1.0)", "tf.ragged.constant([[1]])", "tf.sparse.eye(2)", "tf.TensorShape([1])",
    "tf.ones([2]).shape", "tf.float32", "tf.TensorSpec([2])", "tf.data.Dataset.range(2)", "tf.keras.Input([2])",
    "tf.keras.layers.Dense(1)", "tf.keras.Sequential()", "tf.keras.optimizers.SGD()",
    "tf.random.Generator.from_seed(1)",
    "tf.GradientTape()", "tf.function(plain)", "tf.IndexedSlices(tf.ones([1]), tf.constant([0]))",
    "Layer()", "Module()",
    "tf.TensorArray(tf.float32, 1)", "tf.keras.losses.MeanSquaredError()", "tf.keras.metrics.Mean()",
    "iter(tf.data.Dataset.range(2))", "tf.ones([2]).numpy()", "tf.constant(1.0).numpy()", "tf.constant('a').numpy()",
]  # fmt: skip


def values_of(tmp_path, expressions):
    """What the analysis takes each expression for, in order; `None` for one that no path reaches."""
    source = SETUP + "\n\ndef ask():\n" + "".join(f"    {each}\n" for each in expressions)
    (tmp_path / "asked.py").write_text(source, encoding="utf-8")
    workspace = Workspace([str(tmp_path)])
    workspace.settle()
    home = unit(workspace.db, "asked")
    seen = watch(workspace.solver, "asked:ask").expressions
    return [seen.get(home.parsed.span(each.value)) for each in home.nodes["asked:ask"].body]
