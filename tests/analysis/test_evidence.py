"""Types in docstrings, and values in the words that users read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from graphlift.interp.docstrings import documented_types
from graphlift.values import (
    NONE,
    Array,
    Dataset,
    Instance,
    KerasTensor,
    Mapping,
    Py,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    brief,
    const,
    display,
    join_all,
    spelled,
    tuple_of,
)
from tests.analysis.support import functions, workspace

F32 = Tensor("float32", (None, 3))
SCALAR = Tensor("int64", ())


@pytest.mark.parametrize(
    ("docstring", "types"),
    [
        ("Args:\n    x (int): what\n    y (list of ints, optional): what", {"x": "int", "y": "list[int]"}),
        ("Args:\n  x (:class:`tf.Tensor`): what", {"x": "tf.Tensor"}),
        ("Args:\n    x (str or None): what (int): what", {"x": "str | None"}),
        ("Args:\n    x (dict(str, int)): what", {"x": "dict(str, int)"}),
        ("Args:\n    x: (int): what", {}),
        ("Returns:\n    x (int): what", {}),
        ("Args:\n    x (int): what\n\nRaises:\n    ValueError (int): what", {"x": "int"}),
        ("x (int): what", {}),
        ("Parameters\n----------\nx : int, optional\n    what\ny : str", {"x": "int", "y": "str"}),
        ("Parameters\n----------\nx : tf.Tensor, shape (n, 3)\n    what", {"x": "tf.Tensor"}),
        ("Parameters\n----------\nx : boolean, default: True", {"x": "bool"}),
        ("Parameters\n----------\nx\n    what : int", {}),
        ("Returns\n-------\nx : int", {}),
        (":param int x: what\n:type y: integer or float", {"x": "int", "y": "int | float"}),
        (":param x: what int y: what", {}),
        ("", {}),
    ],
)
def test_types_in_docstrings(docstring: str, types: dict[str, str]):
    assert documented_types(f"Do something.\n\n{docstring}") == types


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (F32, "float32[None, 3]"),
        (SCALAR, "int64[]"),
        (Tensor("float32", (5,)), "float32[5]"),
        (Tensor("float32"), "float32[...]"),
        (Tensor(None, (2,)), "tensor[2]"),
        (Tensor(), "tensor"),
        (Tensor("float32", ("n", 3)), "float32[None, 3]"),
        (Tensor("int32", (2, None), "ragged"), "ragged int32[2, None]"),
        (Variable("float32", (3,)), "Variable float32[3]"),
        (KerasTensor("float32", (None,)), "KerasTensor float32[None]"),
        (Array("float64", (3,)), "np float64[3]"),
        (tuple_of(F32, SCALAR), "(float32[None, 3], int64[])"),
        (tuple_of(F32), "(float32[None, 3],)"),
        (Sequence("list", None, SCALAR), "list of int64[]"),
        (Mapping("dict", ((const("a"), SCALAR),), const("a"), SCALAR), "{'a': int64[]}"),
        (Dataset(tuple_of(SCALAR, SCALAR)), "Dataset of (int64[], int64[])"),
        (join_all((SCALAR, NONE)), "int64[] | None"),
        # Nothing to show: no tensors, partly unknown, too many alternatives, too long.
        (Py("int"), ""),
        (NONE, ""),
        (Unknown("why"), ""),
        (Array("float64", (), scalar=True), ""),
        (Instance("m:C"), ""),
        (tuple_of(F32, Py("int")), ""),
        (tuple_of(), ""),
        (Sequence("list", (), SCALAR), ""),
        (join_all((SCALAR, Py("str"))), ""),
        (join_all((SCALAR, NONE, Variable(), KerasTensor())), ""),
        (tuple_of(*[Tensor("float32", (None, 28, 28, 3))] * 3), ""),
        (Sequence("list", None, Sequence("list", None, Sequence("list", None, SCALAR))), ""),
    ],
)
def test_brief_types(value: Value, text: str):
    assert brief(value) == text


def test_keys_of_a_dict_are_shown_by_their_type_and_spelled_out_one_by_one():
    entries = ((const("a"), SCALAR), (const("b"), Py("int")))
    known = Mapping("dict", entries, join_all(k for k, _ in entries), join_all(v for _, v in entries))
    assert display(known) == "dict[str, int | tf.TensorSpec(shape=(), dtype=tf.int64)]"
    assert spelled(known) == "{'a': tf.TensorSpec(shape=(), dtype=tf.int64), 'b': int}"
    mixed = Mapping("dict", None, join_all((const("a"), const(1))), Py("int"))
    assert display(mixed) == spelled(mixed) == "dict[int | str, int]"


def test_long_tuples_are_shown_by_what_their_items_have_in_common():
    assert display(tuple_of(*[Py("int")] * 17)) == "tuple[int, ...]"
    assert display(tuple_of(*[Py("int")] * 3)) == "tuple[int, int, int]"
    assert spelled(Sequence("list", (Py("int"), NONE), Py("int"))) == "[int, None]"
    assert (
        spelled(Sequence("m.Point", (Py("int"), NONE), Py("int"), "", ("x", "y"))) == "Point(x=int, y=None)"
    )


TRUSTED = """\
import tensorflow as tf


def first(items: list){returns}:
    return items[0]


def scale(items: list):
    x = first(items)
    y = tf.tanh(x) * tf.exp(x) + tf.sin(x) - tf.sqrt(tf.abs(x))
    return tf.reduce_sum(y * y)
"""


@pytest.mark.parametrize(("returns", "trusts"), [(" -> tf.Tensor", True), ("", False)])
def test_a_return_annotation_that_decides_is_an_assumption(tmp_path: Path, returns: str, trusts: bool):
    made = workspace(tmp_path, {"main.py": TRUSTED.format(returns=returns)})
    assumptions = functions(made)["scale"].assumptions
    assert ("`first` gives what its return annotation says" in assumptions) is trusts


def test_a_return_annotation_is_not_asked_where_the_result_is_known(tmp_path: Path):
    text = TRUSTED.format(returns=" -> tf.Tensor").replace("return items[0]", "return tf.ones([3])")
    made = workspace(tmp_path, {"main.py": text})
    assert not any("return annotation" in each for each in functions(made)["scale"].assumptions)
    assert "x: tf.TensorSpec(shape=(3,), dtype=tf.float32)" in made.hover(made.files()[0], 9, 4).markdown


TYPE_PARAMETERS = """\
import tensorflow as tf

type Batch = dict[str, tf.Tensor]


def f[T: tf.Tensor, U](x: T, y: U, z: Batch):
    return x, y, z


class A[K: (tf.Tensor, tf.Variable)]:
    def g(self, x: K):
        return x
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is Python 3.12's (PEP 695)")
def test_type_parameters_stand_for_their_bounds(tmp_path: Path):
    made = functions(workspace(tmp_path, {"main.py": TYPE_PARAMETERS}))
    tensor = "tf.TensorSpec(shape=None, dtype=None)"
    assert [p.type for p in made["f"].parameters] == [tensor, "unknown", f"dict[str, {tensor}]"]
    assert made["A.g"].parameters[1].type == f"{tensor} | tf.Variable(shape=None, dtype=None)"
