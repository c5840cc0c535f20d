"""Calls with arguments that often do not fit each other, really made: eagerly, or in a graph that is run.

Run as a program in a process of its own (`python -m tests.models.careless FILE WAY NAME…`), since TensorFlow aborts on
some arguments. Each line of output is a name to begin with, then each call that was taken.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import tensorflow as tf

from graphlift.models import table
from graphlift.models.table import Entry
from modelgen import trials

ROOT = Path(__file__).parents[2]
DTYPES = ("float32", "float64", "int32", "int64", "bool", "string", "float16", "complex64", "uint8")
SEEDS = range(9000, 9040)


class Careless(trials.Draw):
    """Arguments that are often of another dtype or shape than those beside them."""

    def tensor(self, dtype: str | None = None, shape: list[int] | None = None) -> Any:
        sizes = list(self.shape if shape is None else shape)
        if self.random.random() < 0.2:
            dtype = self.pick(*DTYPES)
        if self.random.random() < 0.3:
            sizes = [self.pick(1, 2, 3, 4, size) for size in sizes]
        if self.random.random() < 0.1:
            sizes = [*sizes, self.pick(1, 2, 3)] if self.random.random() < 0.5 else sizes[1:]
        if self.entry.name.startswith("numpy."):
            return super().tensor(dtype, sizes)
        name = dtype or self.dtype
        return tf.fill(sizes, "a") if name == "string" else tf.ones(sizes, name)


def attempt(entry: Entry, function: Callable[..., Any], seed: int, traced: bool) -> trials.Trial | None:
    """One call; `None` where it is refused."""
    chosen = trials.draw_arguments(entry, seed)
    given = {name: value for name, value in chosen.items() if not name.startswith("*")}
    spread = [value for name, values in chosen.items() if name.startswith("*") for value in values]
    described = tuple((name, trials.abstract(value)) for name, value in chosen.items())
    leading = trials._leading(entry, given, bool(spread))

    def call() -> Any:
        return function(*leading, *spread, **given)

    try:
        result = tf.function(call, autograph=False)() if traced else call()
        return trials.Trial(described, trials.abstract(result), 0)
    except Exception:  # noqa: BLE001 - a random call may fail in any way; only those that succeed are of interest.
        return None


def taken(file: str, way: str, names: list[str]) -> dict[str, list[trials.Trial]]:
    """The calls that each function takes, by its name. A call that kills the process ends that function's trials."""
    found: dict[str, list[trials.Trial]] = {}
    left = list(names)
    while left:
        command = [sys.executable, "-m", "tests.models.careless", file, way, *left]
        paths = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
        environment = {**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3"}
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        started = []
        for line in run.stdout.splitlines():
            name, _, body = line.partition(" ")
            if not body:
                started.append(name)
                found[name] = []
            else:
                found[name].append(msgspec.json.decode(body, type=trials.Trial))
        if not started:
            raise RuntimeError(run.stderr[-2000:])
        left = left[left.index(started[-1]) + 1 :]
    return found


def main(file: str, way: str, names: list[str]) -> None:
    from tests.models.test_tables import functions

    trials.Draw = Careless  # type: ignore[misc]  # The draws of this process are careless ones.
    objects = functions(file)
    for name in names:
        print(name, flush=True)
        entry = table.load(file).entries[name]
        for seed in SEEDS if name in objects else ():
            trial = attempt(entry, objects[name], seed, way == "traced")
            if trial is not None:
                print(name, msgspec.json.encode(trial).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
