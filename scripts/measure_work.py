"""Measure how many ops an eager call of TensorFlow's and Keras's functions, layers, losses, metrics and optimizers dispatches.

    python scripts/measure_work.py

Functions are called with drawn arguments (as `scripts/make_models.py` draws them), objects with small ones of each rank;
the median of the calls that succeed goes to `server/graphlift/models/data/work.json`, by canonical name. An
optimizer has two lines: the ops of a step whatever it updates, and those for each variable.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import signal
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from graphlift.models import table
from graphlift.models.table import Entry
from graphlift.verify.agent.counting import dispatched
from modelgen import build, trials

WORK = Path(table.__file__).parent / "data" / "work.json"
TRIES = 24
"""Calls of each function that are tried."""

SETTINGS: dict[str, Any] = {
    "units": 3,
    "filters": 2,
    "kernel_size": 2,
    "pool_size": 2,
    "input_dim": 5,
    "output_dim": 3,
    "num_heads": 2,
    "key_dim": 3,
    "rate": 0.5,
    "stddev": 0.5,
    "scale": 0.5,
    "groups": 1,
    "size": 2,
    "n": 2,
    "axes": 1,
    "dims": (1,),
    "target_shape": (-1,),
    "activation": "tanh",
    "padding": 1,
    "cropping": 1,
}
"""What constructors are given that require it."""
DIFFERENT = {"keras.layers.GroupNormalization": {"groups": 2}, "keras.layers.UpSampling1D": {"size": 2}}


def shaped(name: str, shape: list[int]) -> Any:
    """A tensor in place of the placeholder that a drawn argument is."""
    return tf.fill(shape, "a") if name == "string" else tf.cast(tf.ones(shape), name)


def functions() -> Iterator[tuple[str, Entry, Callable[..., Any]]]:
    """The library functions to call."""
    for library, file, root in (("tensorflow", "tensorflow", tf), ("keras", "keras3", keras)):
        for name, entry in table.read(file)[1].items():
            if entry.kind != "function" or name in build.NOT_TRIED or "io" in entry.flags:
                continue
            value: Any = root
            for part in name.split(".")[1:]:
                value = getattr(value, part, None)
            if callable(value) and not inspect.isclass(value) and build.is_tried(name, library):
                yield name, entry, value


def measured(entry: Entry, function: Callable[..., Any]) -> int | None:
    """The ops of a call of a function; `None` where no call succeeds."""
    counts = []
    for seed in range(TRIES):
        with contextlib.suppress(Exception):
            chosen = trials.draw_arguments(entry, seed)
            given = {name: value for name, value in chosen.items() if not name.startswith("*")}
            spread = [value for name, values in chosen.items() if name.startswith("*") for value in values]
            leading = trials.leading(entry, given, bool(spread))
            counts.append(dispatched(lambda: function(*leading, *spread, **given))["ops"])  # noqa: B023
    return statistics.median_low(counts) if counts else None


def inputs() -> list[Any]:
    """What layers are tried with."""
    matrix, steps, image = tf.ones([4, 8]), tf.ones([2, 5, 6]), tf.ones([2, 8, 8, 4])
    volume, rows = tf.ones([2, 4, 4, 4, 2]), tf.zeros([2, 3], tf.int32)
    pairs = [(a, a) for a in (matrix, steps)]
    lists = [([a, a],) for a in (matrix, steps)]
    cells = [(matrix, [tf.zeros([4, 3])] * count) for count in (1, 2)]
    return [*((a,) for a in (steps, image, volume, matrix, rows)), *lists, *pairs, *cells]


def made(name: str, cls: Any) -> Any:
    """An instance with what the constructor requires; `None` where that is not known."""
    required = [
        p.name
        for p in inspect.signature(cls.__init__).parameters.values()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"
    ]
    given = {key: SETTINGS[key] for key in required if key in SETTINGS} | DIFFERENT.get(name, {})
    with contextlib.suppress(Exception):
        return cls(**given)
    return None


def counted(call: Callable[..., Any], *arguments: Any) -> int | None:
    """The ops of the second call, when everything is built; `None` where the arguments are refused."""
    with contextlib.suppress(Exception):
        call(*arguments)
        return dispatched(lambda: call(*arguments))["ops"]
    return None


def public(module: Any, base: Any) -> Iterator[tuple[str, Any]]:
    """The classes of a module of Keras, by canonical name."""
    for short, cls in sorted(vars(module).items()):
        if inspect.isclass(cls) and issubclass(cls, base):
            yield (
                f"{module.__name__.replace('keras.api', 'keras').replace('._tf_keras.keras', '')}.{short}",
                cls,
            )


def of_layers() -> Iterator[tuple[str, int]]:
    """A call of each layer."""
    for name, cls in public(keras.layers, keras.layers.Layer):
        layer = made(name, cls)
        for arguments in inputs() if layer is not None else ():
            found = counted(layer, *arguments)
            if found is not None:
                yield f"{name}.__call__", found
                break


def of_losses_and_metrics() -> Iterator[tuple[str, int]]:
    """A call of each loss; what a metric's methods do."""
    labels, likely = tf.constant([0, 1, 2, 1]), tf.nn.softmax(tf.ones([4, 3]))
    pairs = [(likely, likely), (tf.ones([4, 1]), tf.ones([4, 1])), (labels, likely)]
    for name, cls in public(keras.losses, keras.losses.Loss):
        for pair in pairs if (loss := made(name, cls)) is not None else ():
            found = counted(loss, *pair)
            if found is not None:
                yield f"{name}.__call__", found
                break
    for name, cls in public(keras.metrics, keras.metrics.Metric):
        metric = made(name, cls)
        for pair in [*pairs, (likely,)] if metric is not None else ():
            found = counted(metric.update_state, *pair)
            if found is not None:
                for method in ("result", "reset_state"):
                    yield f"{name}.{method}", counted(getattr(metric, method)) or 0
                yield f"{name}.update_state", found
                yield f"{name}.__call__", counted(metric, *pair) or found
                break


def of_optimizers() -> Iterator[tuple[str, int]]:
    """A step of each optimizer: `apply_gradients` as such, and `.each` for a variable."""
    for name, cls in public(keras.optimizers, keras.optimizers.Optimizer):
        steps = []
        for many in (1, 3) if (made(name, cls)) is not None else ():
            variables = [tf.Variable(tf.ones([3])) for _ in range(many)]
            optimizer = cls()
            found = counted(optimizer.apply_gradients, [(tf.ones([3]), v) for v in variables])
            steps += [] if found is None else [found]
        if len(steps) == 2:
            each = (steps[1] - steps[0]) // 2
            yield f"{name}.apply_gradients", max(steps[0] - each, 0)
            yield f"{name}.apply_gradients.each", each


def forked(work: Callable[[], Iterator[tuple[str, int | None]]]) -> Iterator[tuple[str, int | None]]:
    """What is worked out in a child process, up to where it dies: some arguments make TensorFlow abort."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with os.fdopen(writer, "w", buffering=1) as out:
            for name, found in work():
                out.write(f"{json.dumps([name, found])}\n")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as lines:
        for line in lines:
            yield tuple(json.loads(line))
    os.waitpid(child, 0)


def of_functions(skip: int) -> Iterator[tuple[str, int | None]]:
    """Calls of the functions from a number on; a name is told twice, before and after it is measured."""
    tf.compat.v1.placeholder = shaped
    for name, entry, function in list(functions())[skip:]:
        yield name, None
        signal.alarm(30)
        yield name, measured(entry, function)


def main() -> int:
    found: dict[str, int] = {}
    every = [name for name, _, _ in functions()]
    done = 0
    while done < len(every):
        last = every[-1]
        for name, count in forked(lambda: of_functions(done)):  # noqa: B023
            last = name
            if count is not None:
                found[name] = count
        done = every.index(last) + 1
        print(f"{done} of {len(every)} functions", flush=True)
    for part in (of_layers, of_losses_and_metrics, of_optimizers):
        found |= {name: count for name, count in forked(part) if count is not None}
    lines = ",\n".join(f"{json.dumps(name)}: {count}" for name, count in sorted(found.items()))
    WORK.write_text("{\n" + lines + "\n}\n", "utf-8")
    print(f"{len(found)} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
