"""The fork server: imports TensorFlow once, then forks a child for each run that it is asked for.

Requests arrive as JSON lines on standard input, answers leave as JSON lines on what was standard output (the
program never sees either). One request is under way at a time; when standard input ends, so does whatever is
running, and the directory that the server was started in is removed. The process stays single-threaded and
executes no TensorFlow: a fork of a process that has started TensorFlow's threads would hang.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any


def main() -> int:
    """Answer requests until standard input ends."""
    scratch = os.getcwd()
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)

    started = time.monotonic()
    from . import job

    _answer(answers, {"ready": job.environment(), "seconds": time.monotonic() - started, "pid": os.getpid()})
    for line in requests:
        request = json.loads(line)
        answer = _run(request, job, (requests.fileno(), answers.fileno()))
        if answer is None:
            break
        _answer(answers, answer)
    # Whoever asked may be gone without having had the time to tidy up.
    shutil.rmtree(scratch, ignore_errors=True)
    return 0


def _answer(answers: Any, content: dict[str, Any]) -> None:
    answers.write(json.dumps(content) + "\n")
    answers.flush()


def _run(request: dict[str, Any], job: Any, pipes: tuple[int, int]) -> dict[str, Any] | None:
    """Fork one run, wait for its end, and kill it at its time limit; `None` when nobody waits for it any more."""
    started = time.monotonic()
    with _child_signals() as ended:
        child = os.fork()
        if child == 0:
            # The child ends in `job.run`, whatever happens there.
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for pipe in (*pipes, *ended):
                os.close(pipe)
            job.run(request)
        status = _wait(child, ended[0], pipes[0], started + request["limits"]["wall"])
    in_time = status is not None
    abandoned = not in_time and _readable((pipes[0],), 0.0)
    if status is None:
        # A child that is killed before it became the leader of its own group is reached by its id alone.
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # What the program left running ends with it.
    if abandoned:
        return None
    return {
        "id": request["id"],
        "in_time": in_time,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
        "seconds": time.monotonic() - started,
    }


@contextlib.contextmanager
def _child_signals() -> Iterator[tuple[int, int]]:
    """A pipe that becomes readable whenever a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    try:
        yield readable, writable
    finally:
        signal.set_wakeup_fd(-1)
        os.close(readable)
        os.close(writable)


def _readable(pipes: tuple[int, ...], seconds: float) -> list[int]:
    return select.select(pipes, [], [], seconds)[0]


def _wait(child: int, ended: int, requests: int, deadline: float) -> int | None:
    """The child's exit status; `None` at the deadline, or when the requests end."""
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        readable = _readable((ended, requests), left)
        if ended in readable:
            os.read(ended, 4096)
        elif requests in readable:
            return None


if __name__ == "__main__":
    sys.exit(main())
