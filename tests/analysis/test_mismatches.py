"""Single operations, each right or wrong: Graphlift reports exactly those that TensorFlow refuses in both modes."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphlift.ide.workspace import Workspace
from graphlift.source.config import Settings

PRELUDE = """\
import keras
import numpy as np
import tensorflow as tf

inputs = keras.Input((4,))
model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
layer = keras.layers.Dense(2)
variable = tf.Variable(tf.ones([2]))
loose = tf.Variable(tf.ones([2]), shape=tf.TensorShape(None))
own = keras.Variable(np.ones([3], "float32"))
ragged = tf.ragged.constant([[1.0, 2.0], [3.0]])
"""
"""What the operations use; values that the analysis knows."""

REFUSED = """\
tf.ones([2, 3]) + tf.ones([2])
tf.ones([2, 3]) - [1.0, 2.0]
tf.ones([0, 3]) * tf.ones([2, 3])
tf.ones([2, 3]) < tf.ones([4])
tf.ones([2, 3]) @ tf.ones([2, 3])
tf.ones([2, 3]) @ tf.ones([3])
tf.ones([2, 3])[0, 0, 0]
tf.ones([2, 3])[2]
tf.ones([2, 3])[0, -4]
variable[0, 0]
variable + tf.ones([3])
tf.add(tf.ones([2]), tf.ones([3]))
tf.maximum(tf.ones([2, 3]), np.ones([2], "float32"))
tf.matmul(tf.ones([5, 2, 3]), tf.ones([4, 3, 2]))
tf.matmul(tf.ones([2, 3]), tf.ones([2, 3]), transpose_a=True, transpose_b=True)
tf.matmul(tf.ones([2, 3]), tf.ones([3]))
tf.linalg.matvec(tf.ones([2, 3]), tf.ones([2]))
tf.tensordot(tf.ones([5, 2]), tf.ones([3, 2]), 1)
tf.tensordot(tf.ones([5, 2]), tf.ones([3, 2]), [[0], [1]])
tf.einsum("ij,jk->ik", tf.ones([5, 2]), tf.ones([3, 2]))
tf.concat([tf.ones([2, 3]), tf.ones([3])], 0)
tf.concat([tf.ones([2, 3]), tf.ones([2, 4])], axis=0)
tf.concat([tf.ones([2, 3]), tf.ones([2, 3])], axis=2)
tf.stack([tf.ones([3]), tf.ones([2])])
tf.reshape(tf.ones([2, 3]), [4, 2])
tf.reshape(tf.ones([2, 3]), [4, -1])
tf.reduce_mean(tf.ones([2, 3]), axis=-3)
tf.expand_dims(tf.ones([2, 3]), 4)
tf.squeeze(tf.ones([2, 1]), 0)
tf.transpose(tf.ones([2, 3]), [0, 1, 2])
tf.where([True, False], tf.ones([2]), tf.ones([3]))
tf.nn.conv2d(tf.ones([1, 8, 8, 3]), tf.ones([3, 3, 2, 4]), 1, "SAME")
model(tf.ones([2, 3]))
tf.ones([3]) + tf.ones([3], tf.float64)
tf.range(3) * tf.ones([3])
tf.range(3) + 0.5
tf.ones([3]) == tf.range(3)
tf.constant(True) == 1
tf.constant("a") + 1
tf.constant([1, 2]) * [0.5, 0.5]
tf.subtract(tf.ones([3]), tf.range(3))
tf.matmul(tf.ones([2, 3]), tf.ones([3, 2], tf.float64))
tf.einsum("i,i->", tf.ones([3]), tf.range(3))
tf.concat([tf.ones([3]), tf.range(3)], 0)
tf.stack([tf.range(3), tf.range(3, dtype=tf.int64)])
tf.where(tf.ones([3]) > 0.0, tf.ones([3]), tf.range(3))
tf.where(tf.ones([3]) > 0.0, tf.range(3), 0.5)
tf.gather(tf.ones([3]), tf.constant([0.0]))
tf.gather(tf.ones([3]), tf.ones([3]) > 0.0)
""".splitlines()

TAKEN = """\
tf.ones([2, 3]) + tf.ones([2, 1])
tf.ones([0, 3]) * tf.ones([1, 3])
tf.ones([2, 3]) == tf.ones([4])
tf.ones([2, 3]) != [1.0, 2.0]
tf.ones([3]) == None
tf.ones([2, 3])[..., tf.newaxis, 0]
tf.ones([2, 3])[-2, -3]
tf.ones([2, 3])[5:]
loose.assign(tf.ones([3])) + tf.ones([3])
tf.linalg.matvec(tf.ones([2, 3]), tf.ones([3]))
tf.matmul(tf.ones([5, 2, 3]), tf.ones([1, 3, 2]))
tf.matmul(tf.ones([2, 3]), tf.ones([4, 3]), transpose_b=True)
tf.tensordot(tf.ones([5, 2]), tf.ones([3, 2]), [[1], [1]])
tf.einsum("bi,bj->bij", tf.ones([2, 3]), tf.ones([2, 4]))
tf.concat([tf.ones([2, 3]), tf.ones([2, 4])], axis=-1)
tf.concat([tf.ones([3]), [1, 2]], 0)
tf.stack([tf.ones([3]), [1.0, 2.0, 3.0], np.ones(3, "float32")])
tf.reshape(tf.ones([2, 6]), (3, -1, 2))
tf.reduce_sum(tf.ones([2, 3]), axis=[-1, -2])
tf.expand_dims(tf.ones([2, 3]), 2)
tf.transpose(tf.ones([2, 3]), [1, 0])
tf.where([True, False, True], 1.0, tf.ones([3]))
tf.where(tf.ones([3]) > 0.0, tf.range(3), 0)
tf.nn.conv2d(tf.ones([1, 8, 8, 4]), tf.ones([3, 3, 2, 4]), 1, "SAME")
model(tf.ones([2, 4], tf.float64))
model(tf.ones([2, 4, 1]))
layer(tf.ones([2, 3], tf.float64)) + tf.ones([2])
keras.ops.add(tf.ones([3]), tf.range(3))
own + tf.range(3)
own * np.ones([3])
ragged + tf.constant([[1.0], [2.0]])
tf.range(3) * np.float64(2.0)
tf.ones([3]) * np.ones([3])
np.ones([3]) * tf.ones([3])
np.ones([2, 3]) @ np.ones([3])
tf.ones([3]) ** 2
2 ** tf.ones([3])
tf.clip_by_value(tf.range(5), 0, 3)
tf.gather(tf.ones([5, 4]), [0, 1], axis=1)
tf.gather(tf.ones([5]), np.array([0, 1]))
tf.constant("a") + "b"
tf.constant([1, 2] * np.int64(2)) + tf.constant([1, 2, 3, 4])
tf.shape(tf.ones([2, 3]))[0] * 4
""".splitlines()


def is_taken(operation: str, names: dict[str, object], traced: bool) -> bool:
    function = eval(f"lambda: {operation}", names)
    try:
        (tf.function(function, autograph=False) if traced else function)()
    except Exception:  # noqa: BLE001 - TensorFlow and Keras refuse in several ways.
        return False
    return True


@pytest.fixture(scope="module")
def names() -> dict[str, object]:
    found: dict[str, object] = {"keras": keras, "np": np, "tf": tf}
    exec(PRELUDE, found)
    found["layer"](tf.ones([1, 3]))  # type: ignore[operator]  # A graph may not be where it makes its variables.
    return found


@pytest.mark.parametrize("operation", REFUSED)
def test_the_operation_is_refused(operation: str, names: dict[str, object]):
    assert not is_taken(operation, names, False)
    assert not is_taken(operation, names, True)


@pytest.mark.parametrize("operation", TAKEN)
def test_the_operation_is_taken(operation: str, names: dict[str, object]):
    assert is_taken(operation, names, False)
    assert is_taken(operation, names, True)


def reported(place: Path, operations: list[str]) -> list[str]:
    """The operations that are reported, each in a function of its own."""
    path = place / "main.py"
    path.write_text(PRELUDE + "".join(f"def f{n}():\n    {text}\n" for n, text in enumerate(operations)))
    workspace = Workspace([str(place)], Settings())
    workspace.settle()
    first = PRELUDE.count("\n") + 2
    found = [d for d in workspace.report(str(path)).diagnostics if d.rule.endswith("-mismatch")]
    lines = [d.location.span.line - first for d in found]
    return [operations[line // 2] for line in lines]


def test_each_refused_operation_is_reported(tmp_path: Path):
    assert reported(tmp_path, REFUSED) == REFUSED


def test_no_operation_that_is_taken_is_reported(tmp_path: Path):
    assert reported(tmp_path, TAKEN) == []
