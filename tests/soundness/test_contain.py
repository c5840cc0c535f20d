"""The comparison tells a right value from a wrong one: for each thing that is inside, a twin that is not."""

from __future__ import annotations

import pytest

from graphlift.values import (
    NEVER,
    NONE,
    TRUE,
    Array,
    Class,
    Const,
    Dataset,
    DType,
    External,
    Function,
    GraphFunction,
    Instance,
    KerasTensor,
    Mapping,
    Object,
    Py,
    Sequence,
    SetOf,
    ShapeValue,
    Spec,
    Tensor,
    TensorArray,
    Unknown,
    Variable,
    const,
    join,
    list_of,
    tuple_of,
)

from .contain import World, contains, shape_inside
from .judge import known

LIST, TUPLE, DICT, SET = ([["", "builtins", name]] for name in ("list", "tuple", "dict", "set"))
NET = ["/p/main.py", "__main__", "Net"]
BIG = ["/p/main.py", "__main__", "Big"]
DENSE = ["/k/dense.py", "keras.src.layers.dense", "Dense"]
LAYER = ["/k/layer.py", "keras.src.layers.layer", "Layer"]
LIBRARY = {
    "keras.layers.Dense": ["class", [DENSE, LAYER]],
    "keras.layers.Layer": ["class", [LAYER]],
    "numpy.sum": ["function", "", "numpy", "sum"],
    "tensorflow.nn": ["module", "tensorflow._api.v2.nn"],
}
WORLD = World(LIBRARY.get, lambda file, name: f"main:{name}" if file == "/p/main.py" else "")


def tensor(dtype, shape, form="dense", eager=True):
    return ["tensor", form, dtype, shape, eager]


def number(value):
    return ["const", type(value).__name__, repr(value)]


def listed(*items, kind=LIST):
    return ["sequence", kind, list(items), len(items), []]


F32 = tensor("float32", [2, 3])
NOTHING = ["const", "None", "None"]

INSIDE_AND_OUTSIDE = {
    "unknown": (Unknown("it"), F32, None),
    "never": (NEVER, None, F32),
    "dtype": (Tensor("float32"), F32, tensor("float64", [2, 3])),
    "rank": (Tensor("float32", (None, None)), F32, tensor("float32", [2])),
    "size": (Tensor("float32", (None, 3)), F32, tensor("float32", [2, 4])),
    "size that is not known while tracing": (
        Tensor("float32", (2, 3)),
        tensor("float32", [None, 3], eager=False),
        tensor("float32", [None, 4], eager=False),
    ),
    "form": (Tensor(form="ragged"), tensor("int32", [2, None], "ragged"), tensor("int32", [2, None])),
    "eager": (Tensor(eager=True), F32, tensor("float32", [2, 3], eager=False)),
    "tensor is no variable": (Variable("float32"), ["variable", "float32", [2], False], F32),
    "variable is no tensor": (Tensor("float32"), F32, ["variable", "float32", [2], False]),
    "Keras tensor": (KerasTensor("float32", (None, 3)), ["keras-tensor", "float32", [None, 3]], F32),
    "array": (Array("float64", (2,)), ["array", "float64", [2], False], ["array", "float32", [2], False]),
    "scalar": (Array("float64", (), True), ["array", "float64", [], True], ["array", "float64", [], False]),
    "array that is traced": (
        Tensor("float64", (2,)),
        ["array", "float64", [2], False],
        ["array", "int64", [2], False],
    ),
    "number that is traced": (Tensor("float32", ()), number(1.5), number(1)),
    "tensor array": (
        TensorArray("float32", (3,)),
        ["tensor-array", "float32", [3]],
        ["tensor-array", "float32", [4]],
    ),
    "spec": (Spec("int32", (None,)), ["spec", "dense", "int32", [None]], ["spec", "dense", "int64", [None]]),
    "dtype object": (DType("float32"), ["dtype", "float32"], ["dtype", "float64"]),
    "shape object": (ShapeValue((2, None)), ["shape", [2, 5]], ["shape", [3, 5]]),
    "constant": (const(3), number(3), number(4)),
    "constant of another type": (TRUE, number(True), number(1)),
    "none": (NONE, NOTHING, number(0)),
    "int": (Py("int"), number(3), number(True)),
    "float": (Py("float"), number(3.0), ["array", "float64", [], True]),
    "library type": (
        Py("pathlib.PosixPath"),
        ["object", [["/l", "pathlib", "PosixPath"]]],
        ["object", [["/l", "io", "StringIO"]]],
    ),
    "union": (join(NONE, Py("int")), NOTHING, number(0.5)),
    "tuple": (
        tuple_of(const(1), Tensor()),
        listed(number(1), F32, kind=TUPLE),
        listed(F32, number(1), kind=TUPLE),
    ),
    "length": (tuple_of(const(1)), listed(number(1), kind=TUPLE), listed(number(1), number(1), kind=TUPLE)),
    "element": (Sequence("list", None, Py("int")), listed(number(1), number(2)), listed(number(1), F32)),
    "kind of sequence": (list_of((const(1),)), listed(number(1)), listed(number(1), kind=TUPLE)),
    "empty list": (list_of(()), listed(), listed(number(1))),
    "dict": (
        Mapping("dict", ((Const("str", "'a'"), Py("int")),), Py("str"), Py("int")),
        ["mapping", DICT, [[number("a"), number(1)]], 1],
        ["mapping", DICT, [[number("b"), number(1)]], 1],
    ),
    "entries": (
        Mapping("dict", None, Py("str"), Tensor()),
        ["mapping", DICT, [[number("b"), F32]], 1],
        ["mapping", DICT, [[number("b"), number("c")]], 1],
    ),
    "set": (SetOf("set", Py("int")), ["set", SET, [number(1)]], ["set", SET, [number("a")]]),
    "dataset": (
        Dataset(tuple_of(Tensor("float32", (None,)), Tensor("int64", ()))),
        ["dataset", listed(["spec", "dense", "float32", [4]], ["spec", "dense", "int64", []], kind=TUPLE)],
        ["dataset", ["spec", "dense", "float32", [4]]],
    ),
    "instance": (Instance("main:Net"), ["object", [BIG, NET]], ["object", [BIG]]),
    "exact instance": (Instance("main:Net", exact=True), ["object", [NET]], ["object", [BIG, NET]]),
    "class": (Class("main:Net"), ["class", [NET]], ["class", [BIG, NET]]),
    "library object": (Object("keras.layers.Layer"), ["object", [DENSE, LAYER]], ["object", [NET]]),
    "library class": (Object("keras.layers.Dense"), ["object", [DENSE, LAYER]], ["object", [LAYER]]),
    "library function": (External("numpy.sum"), LIBRARY["numpy.sum"], ["function", "", "numpy", "prod"]),
    "module": (External("tensorflow.nn"), ["module", "tensorflow.nn"], ["module", "tensorflow.math"]),
    "function": (
        Function("main:f"),
        ["function", "/p/main.py", "__main__", "f"],
        ["function", "/p/main.py", "__main__", "g"],
    ),
    "redefined function": (
        Function("main:f@2"),
        ["function", "/p/main.py", "__main__", "f"],
        ["function", "/q.py", "q", "f"],
    ),
    "graph function": (
        GraphFunction(Function("main:f")),
        ["graph-function"],
        ["function", "/p/main.py", "__main__", "f"],
    ),
}


@pytest.mark.parametrize("name", INSIDE_AND_OUTSIDE)
def test_what_is_inside_and_its_twin(name):
    value, inside, outside = INSIDE_AND_OUTSIDE[name]
    if inside is not None:
        assert contains(value, inside, WORLD, False)
    if outside is not None:
        assert not contains(value, outside, WORLD, False)


def test_a_number_is_no_tensor_while_a_graph_is_made():
    assert contains(Tensor("float32", ()), number(1.5), WORLD, False)
    assert not contains(Tensor("float32", ()), number(1.5), WORLD, True)


def test_equal_symbolic_sizes_are_equal():
    assert shape_inside(("n", "n", "m"), [2, 2, 3])
    assert not shape_inside(("n", "n", "m"), [2, 3, 3])


@pytest.mark.parametrize(
    ("value", "dtypes", "shapes", "expected"),
    [
        (Tensor("float32", (2, 3)), {"float32"}, [[2, 3]], (True, True, True)),
        (Tensor("float32", (None, 3)), {"float32"}, [[2, 3]], (True, True, False)),
        (Tensor("float32", (None, 3)), {"float32"}, [[2, 3], [4, 3]], (True, True, True)),
        (Tensor(None, None), {"float32"}, [[2, 3]], (False, False, False)),
        (Tensor(None, None), {"float32", "int32"}, [[2], [2, 3]], (True, True, True)),
        (Variable("float32", (2,)), {"float32"}, [[2]], (True, True, True)),
        (Unknown("it"), {"float32"}, [[2]], (False, False, False)),
    ],
)
def test_what_counts_as_known(value, dtypes, shapes, expected):
    assert known(value, dtypes, shapes) == expected
