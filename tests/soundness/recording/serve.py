"""A fork server: imports TensorFlow once, then forks a child for each program that it is asked to run.

Requests and answers are JSON lines on standard input and output. The process itself executes no TensorFlow, since a
fork of a process that has started TensorFlow's threads would hang.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
from typing import Any

import keras  # noqa: F401 - loaded here, so that the runs need not
import tensorflow as tf

from . import run
from .describe import describe


def main() -> None:
    """Answer requests until standard input ends."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    tf.Module  # noqa: B018 - the package is lazy: this loads what the runs need
    for line in requests:
        request = json.loads(line)
        answer = {"names": resolve(request["names"])} if "names" in request else _fork(request)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def resolve(names: list[str]) -> dict[str, Any]:
    """What canonical names of library objects stand for, described; names that stand for nothing are left out."""
    found = {}
    for name in names:
        with contextlib.suppress(ImportError, AttributeError):
            found[name] = describe(_lookup(name))
    return found


def _lookup(name: str) -> Any:
    parts = name.split(".")
    if parts[0] == "keras" and len(parts) > 1 and os.environ.get("TF_USE_LEGACY_KERAS") == "1":
        parts[0] = "tf_keras"
    for length in range(len(parts), 0, -1):
        with contextlib.suppress(ImportError):
            value: Any = importlib.import_module(".".join(parts[:length]))
            for part in parts[length:]:
                value = getattr(value, part)
            return value
    raise ImportError(name)


def _fork(request: dict[str, Any]) -> dict[str, Any]:
    child = os.fork()
    if child == 0:
        run.main(request)
    _, status = os.waitpid(child, 0)
    name = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""
    return {"signal": name, "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1}


if __name__ == "__main__":
    sys.exit(main())
