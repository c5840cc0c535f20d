"""Try which of TensorFlow's functions XLA compiles on a CPU, and hold that against what `models/xla.py` says.

    python scripts/try_xla.py [PREFIX]

Functions are called with drawn arguments (as `scripts/make_models.py` draws them), eagerly, as a graph and as a graph with
`jit_compile=True`. One is *compiled* where a call works, else *refused* where the graph works and XLA names an operation that it
lacks. What arguments decide (a size that must be known, say) is told and counts for neither.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from graphlift.models.table import Entry
from graphlift.models.xla import under_xla
from measure_work import forked, functions, shaped
from modelgen import trials

TRIES = 30
ENOUGH = 3
"""Calls with tensors that tell."""

USUAL = (tf.float32, tf.int32, tf.int64, tf.bool)
"""XLA lacks some operations for some dtypes alone, and takes no strings at all: only these tell."""

LACKING = re.compile(r"unsupported operations|not supported by XLA|No registered .* for XLA", re.IGNORECASE)


def fate(entry: Entry, function: Any) -> str:
    """What becomes of a function under XLA; empty where no call tells."""
    told: list[str] = []
    for seed in range(TRIES):
        with contextlib.suppress(Exception):
            told += filter(None, [_one(entry, function, seed)])
        if len(told) == ENOUGH:
            break
    ranks = ("compiled", "refused", "depends")
    return min(told, key=lambda text: ranks.index(text.split()[0]), default="")


def _one(entry: Entry, function: Any, seed: int) -> str:
    chosen = trials.draw_arguments(entry, seed)
    given = {name: value for name, value in chosen.items() if not name.startswith("*")}
    spread = [value for name, values in chosen.items() if name.startswith("*") for value in values]
    leading = trials.leading(entry, given, bool(spread))
    arguments: tuple[Any, dict[str, Any]] = ([*leading, *spread], given)
    flat = tf.nest.flatten(arguments)
    tensors = [value for value in flat if _enters(value)]
    if not tensors or any(tf.as_dtype(value.dtype) not in USUAL for value in tensors):
        return ""

    def call(*entered: Any) -> Any:
        left = list(entered)
        positional, named = tf.nest.pack_sequence_as(
            arguments, [left.pop(0) if _enters(v) else v for v in flat]
        )
        return tf.nest.map_structure(lambda v: v, function(*positional, **named))

    call(*tensors)
    made = tf.function(call).get_concrete_function(*tensors)
    made(*tensors)
    if not [
        op
        for op in made.graph.get_operations()
        if op.type not in ("Placeholder", "Identity", "Const", "NoOp")
    ]:
        return ""
    try:
        tf.function(call, jit_compile=True)(*tensors)
    except (tf.errors.OpError, ValueError, TypeError) as error:
        text = str(error)
        if LACKING.search(text):
            return f"refused {re.sub(r'[^:]*XLA_CPU_JIT: ', '', text.splitlines()[0])[:80]}"
        return f"depends {' '.join(text.split())[:90]}"
    return "compiled"


def _enters(value: Any) -> bool:
    return tf.is_tensor(value) or isinstance(value, np.ndarray)


def of_functions(names: list[str]) -> Iterator[tuple[str, Any]]:
    """The fates of these functions; a name is told twice, before and after it is tried."""
    tf.compat.v1.placeholder = shaped
    every = {name: (entry, function) for name, entry, function in functions()}
    for name in names:
        yield name, None
        signal.alarm(60)
        yield name, fate(*every[name])


def main() -> int:
    prefix = sys.argv[1] if len(sys.argv) > 1 else "tensorflow."
    left = [name for name, _, _ in functions() if name.startswith(prefix)]
    wrong = 0
    while left:
        last = left[-1]
        for name, told in forked(lambda: of_functions(left)):  # noqa: B023
            last = name
            if not told:
                continue
            said = under_xla(name)
            right = told.startswith("depends") or (said == "refused") == told.startswith("refused")
            wrong += not right
            print(f"{' ' if right else '!'} {name}: {told} (said: {said or 'compiled'})", flush=True)
        left = left[left.index(last) + 1 :]
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
