"""One run of a program, in a process of its own: prepare, execute, replay, write what was seen, end."""

from __future__ import annotations

import ast
import builtins
import contextlib
import faulthandler
import json
import os
import platform
import resource
import signal
import sys
import time
import traceback
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf

from . import clock, steady
from .calls import Call, Recorder, described
from .changes import Changes
from .frames import ProgramFiles
from .functions import Functions
from .marks import stand_in, teach_autograph
from .output import Output, files_in
from .replay import replay
from .snapshot import Snapshots
from .source import MARK, Program, TargetMissing
from .timing import measure

_seconds = time.perf_counter


def environment() -> dict[str, Any]:
    """What the runs are made with. Loads Keras, so that the runs need not."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": getattr(sys.modules.get("tf_keras"), "__version__", "") or tf.keras.__version__,
        "numpy": np.__version__,
    }


def run(request: dict[str, Any]) -> NoReturn:
    """Execute one request in this (forked) process and end it. Never returns, never raises."""
    code = 70  # EX_SOFTWARE: the judge itself failed, and the record's last line says how.
    try:
        os.setpgid(0, 0)
        with open(request["record"], "w", encoding="utf-8") as record:
            try:
                _Run(request, record).go()
                code = 0
            except BaseException:  # noqa: BLE001 - the record is the only way to tell anyone
                record.write(json.dumps({"event": "fault", "text": traceback.format_exc()}) + "\n")
    finally:
        # No clean-up of TensorFlow's, no exit handlers of the program's.
        os._exit(code)


class _Run:
    def __init__(self, request: dict[str, Any], record: Any) -> None:
        self.request = request
        self.record = record
        self.files = ProgramFiles(request["root"])
        self.mode: str = request["mode"]
        self.changes = Changes()
        self.output = Output(self.files, request["scratch"])
        self.functions = Functions(self.files)
        self.program = Program(
            request["root"],
            request["entry"],
            request["module"],
            request["argv"],
            request["target"],
            request["paths"],
        )
        self.options = _options(request)

    def write(self, event: dict[str, Any]) -> None:
        self.record.write(json.dumps(event) + "\n")
        self.record.flush()

    def go(self) -> None:
        self._limit()
        os.chdir(self.request["cwd"])
        self.output.catch()
        self._prepare()
        self._scan()
        ballast = [object() for _ in range(10_007)] if self.request["shaken"] else []
        snapshots = Snapshots(self.files, self.changes.attributes)
        recorder = Recorder(snapshots, self.output, self.write, self.mode, self.options)
        self.functions.adopt = recorder.adopt
        self.functions.is_in_target = lambda: recorder.is_inside
        setattr(builtins, MARK, recorder.wrap)
        error = self._execute()
        self.write(
            {
                "event": "end",
                "error": error,
                "output": self.output.take(),
                "files": files_in(self.request["cwd"]),
                "state": snapshots.state(),
                "functions": self.functions.made,
                "reached": self.program.decorated,
                "in_graph": recorder.in_graph,
                "calls": recorder.count,
                "traces": recorder.traces(),
            }
        )
        if self.mode == "time":
            self._measure(recorder)
        elif self.mode != "untouched" and self.request["replay"]:
            replay(recorder, snapshots, self.changes)
        del ballast
        self.write({"event": "done", "notes": self.output.notes, "cpu": time.process_time()})

    def _limit(self) -> None:
        """Set the limits on processor time, memory and file sizes, and tell the place when time is up."""
        limits = self.request["limits"]
        stacks = open(self.request["stacks"], "w", encoding="utf-8")  # noqa: SIM115 - open until the end
        seconds = int(limits["cpu"])
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        faulthandler.register(signal.SIGXCPU, stacks, all_threads=False, chain=True)
        faulthandler.dump_traceback_later(max(1.0, limits["wall"] - 1.0), file=stacks)
        megabyte = 1 << 20
        size = limits["files"] * megabyte
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        # The limit is on address space, of which TensorFlow has taken its share already.
        room = _address_space() + limits["memory"] * megabyte
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def _prepare(self) -> None:
        """Make this process a steady place to run in; `time` runs keep the world as it is."""
        sys.dont_write_bytecode = True
        teach_autograph()
        steady.hold_seeds()
        if self.mode == "time":
            os.environ.pop("TF_NUM_INTRAOP_THREADS", None)
        else:
            # One kernel, one order of summation: what graph rewriting would fuse is no difference in meaning.
            tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
            clock.hold_clock(self.files)
            steady.hold_kernels()
        if self.mode == "untouched":
            self.functions.watch()
        else:
            self.functions.force_eager()

    def _scan(self) -> None:
        """Read the program's source; what isn't Python for this interpreter can't be imported either."""
        for folder, folders, names in os.walk(self.program.root):
            folders[:] = [name for name in folders if not name.startswith(".") and name != "site-packages"]
            for name in names:
                if name.endswith(".py"):
                    with (
                        open(os.path.join(folder, name), "rb") as file,
                        contextlib.suppress(SyntaxError, ValueError),
                    ):
                        self.changes.scan(ast.parse(file.read()), os.path.join(folder, name))

    def _execute(self) -> Any:
        try:
            self.program.execute()
        except TargetMissing as missing:
            return {"type": "TargetMissing", "bases": [], "message": str(missing), "frames": []}
        except SystemExit as leaving:
            return None if leaving.code in (None, 0) else described(leaving)
        except BaseException as error:  # noqa: BLE001 - whatever the program raises is part of what is seen
            return described(error)
        return None

    def _measure(self, recorder: Recorder) -> None:
        call = recorder.last
        if call is None:
            return
        # The recorder's wrapper is left out of what is measured.
        mark = stand_in(call.function)
        eager = call.function if mark is None else mark.original
        try:
            timing = measure(Call(eager, call.args, call.kwargs), eager, dict(self.options or {}))
            self.write({"event": "timing", **timing})
        except Exception as error:  # noqa: BLE001 - what a call raises when it is made again is its own affair
            self.write({"event": "timing", "error": described(error)})


def _options(request: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments for `tf.function`: plain data, and expressions in which `tf` stands for TensorFlow."""
    expressions = request["expressions"]
    if request["options"] is None and not expressions:
        return None
    made = {name: eval(text, {"tf": tf}) for name, text in expressions.items()}
    return {**(request["options"] or {}), **made}


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 40  # Not Linux: the limit then is too wide to matter.
