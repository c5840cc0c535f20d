"""What is kept after an analysis, and what is not."""

from __future__ import annotations

import gc
from pathlib import Path

from graphlift.interp.frame import Frame
from graphlift.interp.reader import Reader
from tests.analysis.support import workspace

PROGRAM = """
import tensorflow as tf

def collect(array: "tf.TensorArray", x: "list[tf.Tensor]", scale: float = 1.0):
    for n in range(3):
        array = array.write(n, x[n] * scale)
    return array, [array, x]

def pairs(x):
    return [collect(tf.TensorArray(tf.float32, 3), [x, x, x]) for _ in range(2)]

class Model(tf.keras.Model):
    def call(self, x, training=None):
        return sorted(pairs(x), key=lambda pair: pair[0].size())

Model()(tf.ones([2]))
"""


def test_a_run_that_has_ended_is_gone_without_the_cyclic_collector(tmp_path: Path) -> None:
    gc.collect()
    gc.disable()
    try:
        made = workspace(tmp_path, {"main.py": PROGRAM})
        made.report(str(tmp_path / "main.py"))
        left = [each for each in gc.get_objects() if isinstance(each, Frame | Reader)]
    finally:
        gc.enable()
    assert left == []


def test_like_effects_are_kept_once(tmp_path: Path) -> None:
    calls = "\n".join(f"    f({n}, x)" for n in range(5))
    text = (
        f"import tensorflow as tf\n\ndef f(n, x):\n    print(n)\n    return tf.sin(x)\n\ndef g(x):\n{calls}\n"
    )
    made = workspace(tmp_path, {"main.py": text})
    state = made.solver.state
    found = [e for task, summary in state.summaries.items() if task[1] == "main:f" for e in summary.effects]
    assert len(found) > len(set(found)) == len({id(effect) for effect in found})
    assert not state.shared
