"""What to run: one program, one function of it, under which limits."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec


class Program(msgspec.Struct, frozen=True):
    """A program that can be started.

    `root` is the absolute directory that holds its files and is searched first for imports; `entry` is the
    script to run, relative to `root`, or with `module=True` the dotted name of the module to run (`python
    -m`). `paths` are directories that are searched for imports after `root`. `inputs` are files and
    directories (absolute) that are copied into the empty directory which the program finds as its current one.
    """

    root: str
    entry: str = "main.py"
    module: bool = False
    argv: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


class Target(msgspec.Struct, frozen=True):
    """The one function to wrap: a `def` in one of the program's files.

    `path` is absolute, `qualname` is Python's `__qualname__`, `line` the 1-based line of the `def` keyword;
    0 where there is only one function of that name.
    """

    path: str
    qualname: str
    line: int = 0


class Limits(msgspec.Struct, frozen=True):
    """What one run may use; a run that needs more is ended.

    `seconds` are seconds of processor time, so that a busy machine changes no outcome; a run that waits
    without working is ended after four times as long by the clock. `memory` and `files` are mebibytes:
    memory on top of what TensorFlow itself takes, and the size of the largest file written.
    """

    seconds: int = 60
    memory: int = 4096
    files: int = 256

    def tightened(self, eager: float) -> Limits:
        """The limits for a graph run when the eager one took `eager` seconds of processor time.

        Tracing may take longer than running, but not without end: ten times as long and ten seconds more.
        """
        return msgspec.structs.replace(self, seconds=min(self.seconds, 10 + int(10 * eager)))


class Plan(msgspec.Struct, frozen=True):
    """One judgement to make.

    `options` are the arguments for `tf.function` (plain data); `None` takes over those of a `tf.function`
    that the program itself puts around the target. `expressions` are more arguments, as Python expressions in
    which `tf` is TensorFlow. `replay` says whether calls are made again after the
    program's end with changed weights and state; `timed` asks for the speed of both ways.
    """

    program: Program
    target: Target
    options: dict[str, Any] | None = None
    expressions: dict[str, str] = {}
    limits: Limits = Limits()
    replay: bool = True
    timed: bool = False


def fingerprint(program: Program) -> str:
    """A digest of the program's files, to know when it has been changed."""
    digest = hashlib.sha256()
    for path in sorted(Path(program.root).rglob("*.py")):
        if "site-packages" not in path.parts and not any(part.startswith(".") for part in path.parts[1:]):
            status = path.stat()
            digest.update(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\0".encode())
    return digest.hexdigest()


def safe_name(text: str) -> str:
    """A part of a directory name made from a function's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40]
