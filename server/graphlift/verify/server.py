"""The agent's process, seen from this side: start it, ask for runs, end it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from graphlift.verify.plan import Limits, Program, Target, safe_name
from graphlift.verify.record import Run, read

_AGENT = Path(__file__).parent / "agent"

_BOOT = """
import importlib.util, sys
place = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "_graphlift_agent", place + "/__init__.py", submodule_search_locations=[place])
sys.modules["_graphlift_agent"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from _graphlift_agent import serve
sys.exit(serve.main())
"""

_START = 180.0
"""Seconds that an import of TensorFlow may take on a machine that is busy or reads it from a cold disk."""

_GRACE = 20.0
"""Seconds that an answer may come after the wall-clock limit of its run."""


class ServerError(Exception):
    """The agent can't be started, or has gone; the message says what to do."""


class Server:
    """A fork server in the user's interpreter: one import of TensorFlow for any number of runs.

    `interpreter` is a Python that has TensorFlow; `keras` is 2 (`tf_keras` must be installed there from
    TensorFlow 2.16 on) or 3. Use it as a context manager. Not thread-safe.
    """

    def __init__(self, interpreter: str, keras: int = 3) -> None:
        if not hasattr(os, "fork"):
            raise ServerError("`verify` needs a system that can fork a process (Linux or macOS)")
        self.interpreter = interpreter
        self.keras = keras
        self.environment: Mapping[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._scratch = Path(tempfile.mkdtemp(prefix="graphlift-verify-"))
        self._log = self._scratch / "agent.log"
        self._temporary = self._scratch / "tmp"
        """The temporary folder of the programs: a run that ends at once, or is killed, leaves its files behind.

        It is the same for all runs, which are compared with each other, and may print its name.
        """
        self._temporary.mkdir()
        self._count = 0

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove everything that the runs left."""
        self._stop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def start(self) -> Mapping[str, str]:
        """Start the process unless it runs; the versions of Python, TensorFlow, Keras and NumPy."""
        if self._process is not None:
            return self.environment
        try:
            with self._log.open("w") as log:
                self._process = subprocess.Popen(
                    [self.interpreter, "-c", _BOOT, str(_AGENT)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    encoding="utf-8",
                    env=self._variables(),
                    cwd=self._scratch,
                    start_new_session=True,
                )
        except OSError as error:
            raise ServerError(f"cannot start {self.interpreter}: {error.strerror or error}") from error
        assert self._process.stdout is not None
        self._answers = queue.Queue()
        threading.Thread(target=_pump, args=(self._process.stdout, self._answers), daemon=True).start()
        hello = self._answer(_START)
        if hello is None:
            tail = self._log_tail()
            self._stop()
            reason = f": {tail.splitlines()[-1]}" if tail else ""
            raise ServerError(
                f"{self.interpreter} cannot import TensorFlow{reason}\n"
                "Choose an interpreter that has it, or install it there: python -m pip install tensorflow"
            )
        self.environment = hello["ready"]
        return self.environment

    def run(
        self,
        program: Program,
        target: Target | None,
        mode: str,
        *,
        options: Mapping[str, Any] | None = None,
        expressions: Mapping[str, str] | None = None,
        limits: Limits,
        replay: bool = True,
        shaken: bool = False,
    ) -> Run:
        """Make one run: `mode` is `eager`, `graph`, `untouched` or `time`.

        `shaken` runs get other addresses for their objects, so that what depends on addresses shows.
        """
        self.start()
        self._count += 1
        place = self._scratch / f"{self._count:05}-{mode}-{safe_name(target.qualname if target else '')}"
        work = place / "work"
        work.mkdir(parents=True)
        _copy_inputs(program, work)
        wall = limits.seconds * 4.0
        before = set(self._temporary.iterdir())
        request = {
            "id": self._count,
            "root": program.root,
            "entry": program.entry,
            "module": program.module,
            "argv": list(program.argv),
            "paths": list(program.paths),
            "target": _as_data(target),
            "mode": mode,
            "options": None if options is None else dict(options),
            "expressions": dict(expressions or {}),
            "replay": replay,
            "shaken": shaken,
            "limits": {
                "cpu": limits.seconds,
                "wall": wall,
                "memory": limits.memory,
                "files": limits.files,
            },
            "cwd": str(work),
            "scratch": str(place),
            "record": str(place / "record"),
            "stacks": str(place / "stacks"),
        }
        answer = self._ask(request, wall + _GRACE)
        stacks = place / "stacks"
        stack = stacks.read_text(encoding="utf-8", errors="replace") if stacks.exists() else ""
        run = read(place / "record", _stopped(answer), stack)
        shutil.rmtree(place, ignore_errors=True)
        _remove(set(self._temporary.iterdir()) - before)
        return run

    def _ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and wait for its answer; a process that is lost meanwhile is replaced, once."""
        try:
            return self._ask_once(request, seconds)
        except ServerError:
            self.start()
            return self._ask_once(request, seconds)

    def _ask_once(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = self._answer(seconds)
        except BrokenPipeError:
            answer = None
        if answer is None:
            code = process.poll()
            how = f"doesn't answer within {seconds:.0f} s" if code is None else f"ended with status {code}"
            tail = self._log_tail()
            self._stop()
            raise ServerError(f"the process that runs programs {how}:\n{tail}")
        return answer

    def _answer(self, seconds: float) -> dict[str, Any] | None:
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        return None if line is None else json.loads(line)

    def _variables(self) -> dict[str, str]:
        variables = dict(os.environ)
        variables.update(
            # One thread for linear algebra: NumPy's pool would make the server many-threaded, and sums come
            # out in one order.
            OPENBLAS_NUM_THREADS="1",
            OMP_NUM_THREADS="1",
            MKL_NUM_THREADS="1",
            TF_NUM_INTRAOP_THREADS="1",
            TF_ENABLE_ONEDNN_OPTS="0",
            TF_CPP_MIN_LOG_LEVEL="3",
            CUDA_VISIBLE_DEVICES="-1",
            PYTHONHASHSEED="0",
            PYTHONDONTWRITEBYTECODE="1",
            PYTHONUNBUFFERED="1",
            MPLBACKEND="Agg",
            TZ="UTC",
        )
        variables |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._temporary))
        variables["TF_USE_LEGACY_KERAS"] = "1" if self.keras == 2 else "0"
        if variables.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
            variables["KERAS_BACKEND"] = "tensorflow"
        variables.pop("PYTHONSTARTUP", None)
        return variables

    def _log_tail(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return "\n".join(lines[-15:])

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()  # It then ends what is running, and itself.
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _pump(lines: IO[str], answers: queue.Queue[str | None]) -> None:
    """Move answers into a queue, where waiting for one can have an end; `None` when there are no more."""
    with contextlib.suppress(ValueError):  # Closed by `_stop`.
        for line in lines:
            answers.put(line)
    answers.put(None)


def _stopped(answer: dict[str, Any]) -> str:
    if not answer["in_time"] or answer["signal"] == signal.SIGXCPU:
        return "time"
    if answer["signal"]:
        return f"signal {signal.Signals(answer['signal']).name}"
    return ""


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _as_data(target: Target | None) -> dict[str, Any] | None:
    if target is None:
        return None
    return {"path": target.path, "qualname": target.qualname, "line": target.line}


def _copy_inputs(program: Program, work: Path) -> None:
    for name in program.inputs:
        source = Path(name)
        if source.is_dir():
            shutil.copytree(source, work / source.name)
        else:
            shutil.copy2(source, work / source.name)
