"""`isinstance` as it is answered without running anything, held against Python: never wrong, and often known.

A wrong answer takes the code behind it away, with all that it does.
"""

import pytest

from graphlift.values import const

from .python_values import SETUP, VALUES, values_of

pytestmark = pytest.mark.xdist_group("isinstance")

KINDS = [
    "int", "float", "bool", "str", "bytes", "complex", "type(None)", "object", "type", "(int, str)", "(list, tuple)",
    "list", "tuple", "dict", "set", "frozenset", "range", "slice",
    "collections.OrderedDict", "collections.defaultdict", "collections.deque",
    "collections.abc.Sequence", "collections.abc.Mapping", "collections.abc.Iterable", "collections.abc.Callable",
    "collections.abc.Iterator", "collections.abc.Sized", "collections.abc.Hashable", "collections.abc.Set",
    "collections.abc.MutableMapping", "collections.abc.Container", "typing.Callable", "typing.Mapping", "typing.List",
    "typing.Tuple", "typing.Iterable",
    "numbers.Number", "numbers.Integral", "numbers.Real", "numbers.Complex", "numbers.Rational",
    "Base", "Derived", "Meta", "Made", "Point", "Wide", "Pair", "Longer", "Table", "Row", "Number", "Color", "Level",
    "Name", "Record", "Problem", "ValueError", "Exception", "BaseException", "enum.Enum", "enum.IntEnum",
    "pathlib.Path", "pathlib.PurePath", "datetime.date", "fractions.Fraction", "functools.partial",
    "np.ndarray", "np.generic", "np.floating", "np.integer", "np.number", "np.float64", "np.float32", "np.bool_",
    "tf.Tensor", "tf.Variable", "tf.RaggedTensor", "tf.SparseTensor", "tf.TensorShape", "tf.DType", "tf.TensorSpec",
    "tf.TypeSpec", "tf.types.experimental.TensorLike", "tf.data.Dataset", "tf.Module",
    "tf.keras.layers.Layer", "tf.keras.Model", "tf.keras.optimizers.Optimizer", "tf.keras.KerasTensor",
    "tf.random.Generator", "tf.IndexedSlices", "tf.TensorArray", "tf.keras.losses.Loss", "tf.keras.metrics.Metric",
    "tf.Operation", "tf.GradientTape", "Layer", "Module", "(tf.Tensor, tf.Variable)", "(np.ndarray, tf.Tensor)",
]  # fmt: skip


def test_isinstance_is_never_answered_wrongly(tmp_path):
    pytest.importorskip("tensorflow")
    said = iter(values_of(tmp_path, [f"isinstance({value}, {kind})" for value in VALUES for kind in KINDS]))
    scope = {}
    exec(SETUP, scope)
    wrong, known = [], 0
    for value in VALUES:
        made = eval(value, scope)
        for kind in KINDS:
            answer = {const(True): True, const(False): False}.get(next(said))
            known += answer is not None
            if answer is not None and answer != isinstance(made, eval(kind, scope)):
                wrong.append(f"isinstance({value}, {kind}) is not {answer}")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong)
    assert known > 0.5 * len(VALUES) * len(KINDS), known
