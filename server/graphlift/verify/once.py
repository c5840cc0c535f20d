"""One verification in a process of its own: reads a `Request` as JSON, writes an `Answer`.

Whoever wants the result no longer kills this process; the agent then ends what is running and tidies up.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

import msgspec

from graphlift.verify.judge import Judge
from graphlift.verify.request import Answer, Request
from graphlift.verify.server import ServerError

_START = (
    "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); "
    "from graphlift.verify.once import main; sys.exit(main())"
)


def answer(asked: Request) -> Answer:
    """Judge what is asked for, in this process."""
    try:
        with Judge(asked.interpreter, asked.keras) as judge:
            return Answer(tuple(judge.judge(plan) for plan in asked.plans))
    except ServerError as error:
        return Answer(failure=str(error))


def main() -> int:
    """Answer the request on standard input."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    sys.stdout.buffer.write(msgspec.json.encode(answer(asked)))
    return 0


async def judged(asked: Request) -> Answer:
    """The answer of a child process; a caller that is cancelled ends it.

    The child gets this process's search path: `-m` would put the current folder first, which is the user's.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-c",
        _START,
        "\n".join(sys.path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate(msgspec.json.encode(asked))
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        last = err.decode("utf-8", "replace").strip().splitlines()[-1:]
        return Answer(failure=f"the process that verifies ended with {process.returncode}: {' '.join(last)}")
    return msgspec.json.decode(out, type=Answer)
