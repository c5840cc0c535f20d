"""What mendings believe of NumPy and TensorFlow, asked of both."""

from __future__ import annotations

import itertools
from functools import reduce
from typing import Any

import pytest

from graphlift.fixes.mend import numpy_call, static_size

pytestmark = pytest.mark.tensorflow

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, 1e30, -1e30]
SPECIAL += [float("inf"), float("-inf"), float("nan")]
DTYPES = ("float32", "float64")


def op(name: str) -> Any:
    import tensorflow as tf

    return reduce(getattr, name.split("."), tf)


def assert_same(array: Any, tensor: Any) -> None:
    import numpy as np

    other = tensor.numpy()
    assert (np.asarray(array).dtype, np.shape(array)) == (np.asarray(other).dtype, np.shape(other))
    np.testing.assert_allclose(array, other, rtol=2e-5, atol=0, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "wanted"), numpy_call.ELEMENTWISE.items())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_of_one_array(name: str, wanted: str, dtype: str) -> None:
    import numpy as np
    import tensorflow as tf

    x = tf.constant(SPECIAL, dtype)
    assert_same(getattr(np, name)(x), op(wanted)(x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "wanted"), numpy_call.PAIRWISE.items())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_of_two_arrays(name: str, wanted: str, dtype: str) -> None:
    import numpy as np
    import tensorflow as tf

    x, y = tf.unstack(tf.constant(list(itertools.product(SPECIAL, SPECIAL)), dtype), axis=1)
    assert_same(getattr(np, name)(x, y), op(wanted)(x, y))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "wanted"), numpy_call.REDUCTIONS.items())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_reductions(name: str, wanted: str, dtype: str) -> None:
    import numpy as np
    import tensorflow as tf

    numpy_function, tensor_function = getattr(np, name), op(wanted)
    for values in ([1.0, 2.0, 3.5], [5.0], [float("nan"), 1.0], [1.0, float("nan")], [float("inf"), 1.0]):
        x = tf.constant(values, dtype)
        assert_same(numpy_function(x), tensor_function(x))
    x = tf.reshape(tf.range(12, dtype=dtype), [3, 4]) - 5.0
    for given in ({"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}, {"keepdims": True}):
        assert_same(numpy_function(x, **given), tensor_function(x, **given))
    assert_same(numpy_function(x, 1), tensor_function(x, 1))


@pytest.mark.parametrize("name", numpy_call.REDUCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_which_reductions_raise_where_there_is_no_element(name: str) -> None:
    import numpy as np
    import tensorflow as tf

    nothing = tf.zeros([0])
    if name in numpy_call.NOT_OF_NOTHING:
        with pytest.raises(ValueError, match="zero-size array"):
            getattr(np, name)(nothing)
    else:
        assert_same(getattr(np, name)(nothing), op(numpy_call.REDUCTIONS[name])(nothing))


OTHERS = {
    "broadcast_to": {"input": [1.0]},
    "fill": {"value": 1.0},
    "random.stateless_normal": {"seed": [1, 2]},
    "random.stateless_truncated_normal": {"seed": [1, 2]},
    "random.stateless_uniform": {"seed": [1, 2]},
    "reshape": {"tensor": [0.0] * 6},
    "scatter_nd": {"indices": [[0]], "updates": [[1.0, 2.0, 3.0]]},
    "tile": {"input": [[1.0]]},
}
"""What the ops need besides the shape."""


@pytest.mark.parametrize(("name", "parameter"), static_size.OPS.items())
def test_shapes_with_tensors_in_them(name: str, parameter: str) -> None:
    import numpy as np
    import tensorflow as tf

    size = tf.shape(tf.zeros([2, 3]))

    def made(rows: Any) -> list[Any]:
        shapes: tuple[Any, ...] = ([rows, 3], (rows, 3))
        return [op(name)(**OTHERS.get(name, {}), **{parameter: shape}) for shape in shapes]

    drawn = name.startswith("random.") and "stateless" not in name
    for number, tensor, traced in zip(made(2), made(size[0]), tf.function(made)(size[0]), strict=True):
        assert number.shape == tensor.shape == traced.shape
        assert number.dtype == tensor.dtype == traced.dtype
        if not drawn:
            np.testing.assert_array_equal(number, tensor)
            np.testing.assert_array_equal(number, traced)
