"""How much an eager call hands to TensorFlow: the ops that it dispatches one by one, and the size of their results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorflow.python.framework import op_callbacks


def dispatched(run: Callable[[], object]) -> dict[str, int]:
    """The `ops` that run eagerly while `run` is called, gradients included, and the `elements` of their results.

    A call of a graph counts as one op, whatever is inside; ops that only become part of a graph are not counted.
    """
    found = {"ops": 0, "elements": 0}

    def seen(*told: Any, **named: Any) -> None:
        outputs = told[3]
        if named.get("graph") is None:
            found["ops"] += 1
            found["elements"] += sum(_size(output) for output in outputs)

    op_callbacks.add_op_callback(seen)
    try:
        run()
    finally:
        op_callbacks.remove_op_callback(seen)
    return found


def _size(output: Any) -> int:
    return output.shape.num_elements() or 0
