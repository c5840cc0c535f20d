"""The server's side of the analysis process: start it, ask it, watch it, and start it again when it ends.

The client mirrors every input (folders, settings, open buffers), so a new process is brought to the same
state by sending them again. A question that a dying process left unanswered is asked once more of the next.

States: `stopped` → `starting` → `ready` → (ends or is stuck) → `waiting` → `starting` …, and `failed` when it
ended too often in a short time; `restart` leaves `failed`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Generic, Protocol, TypeVar

import msgspec

from graphlift.ide.inlay_hints import InlayHint
from graphlift.source.span import Span
from graphlift.verdict import FileReport, Fix
from graphlift.worker.page import Bell, Page
from graphlift.worker.protocol import (
    HEADER_SIZE,
    Advanced,
    Answer,
    Ask,
    Cancel,
    Close,
    Configure,
    DiagnosticsOf,
    FilesOf,
    FixAll,
    FixesIn,
    FixWorkspace,
    Folders,
    FromWorker,
    HintsIn,
    HoverAt,
    HoverFacts,
    Open,
    Pause,
    Query,
    Ready,
    Refusal,
    Reported,
    ReportOf,
    Rescan,
    Settled,
    Stop,
    ToWorker,
    Trouble,
    body_size,
    frame,
)

T = TypeVar("T")
_LONGEST_LINE = 16 * 2**20
"""Of the process's standard error, in bytes."""

logger = logging.getLogger(__name__)
_decoder = msgspec.msgpack.Decoder(FromWorker)


class State(str, Enum):
    """What the analysis process is doing; see the module's text."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


class Policy(msgspec.Struct, frozen=True):
    """When a process counts as stuck, and how often it may end. Times in seconds.

    A process is stuck when it works without a heartbeat for `stuck_after`, or isn't ready `start_within`
    after its start. One collection of garbage in the largest workspaces takes ten seconds of a processor that is
    not shared. The n-th end within `window` is followed by a pause of `pauses[n - 1]`; after the last
    pause the next end is final.
    """

    stuck_after: float = 60.0
    start_within: float = 60.0
    window: float = 300.0
    pauses: tuple[float, ...] = (0.0, 1.0, 5.0, 15.0)
    stop_within: float = 2.0


class Stamped(msgspec.Struct, Generic[T], frozen=True):
    """An answer and the revision of the last input that it takes into account."""

    revision: int
    value: T


class WorkerError(Exception):
    """A question got no answer; the text says why in words for the user."""


class OutdatedError(WorkerError):
    """The file that the question was about changed before it was answered."""


class UnavailableError(WorkerError):
    """There is no analysis process to ask."""


class Listener(Protocol):
    """What the client tells, always from the event loop's thread."""

    def worker_state(self, state: State, detail: str) -> None:
        """The process changed its state; `detail` is for the user and may be empty."""

    def worker_reported(self, reported: Reported) -> None:
        """A file was analysed."""

    def worker_advanced(self, progress: Advanced) -> None:
        """The analysis of the workspace moves on."""

    def worker_settled(self, settled: Settled) -> None:
        """The analysis of the workspace is done."""

    def worker_trouble(self, message: str, details: str) -> None:
        """Something failed in the process that is not an answer."""

    def worker_said(self, line: str) -> None:
        """The process wrote a line to standard error."""


class _Pending(msgspec.Struct):
    query: Query
    future: asyncio.Future[Answer]
    tries: int = 1


class WorkerClient:
    """Owns the analysis process. All methods belong to the event loop's thread."""

    def __init__(self, listener: Listener, policy: Policy | None = None, options: Sequence[str] = ()) -> None:
        self._listener = listener
        self._policy = policy or Policy()
        self._options = tuple(options)
        self.state = State.STOPPED
        self._revision = 0
        self._configure: Configure | None = None
        self._buffers: dict[str, Open] = {}
        self._paused = False
        self._pending: dict[int, _Pending] = {}
        self._last_id = 0
        self._process: asyncio.subprocess.Process | None = None
        self._page: Page | None = None
        self._life: asyncio.Task[None] | None = None
        self._ends: deque[float] = deque()
        self._last_words: deque[str] = deque(maxlen=20)
        self._end_reason = ""

    @property
    def pid(self) -> int | None:
        """The process's id while there is one."""
        return None if self._process is None else self._process.pid

    # Life

    def start(self) -> None:
        """Start the process, and keep it running from now on."""
        if self._life is None:
            self._life = asyncio.get_running_loop().create_task(self._live(), name="graphlift-worker")

    async def stop(self) -> None:
        """End the process for good; unanswered questions raise `UnavailableError`."""
        life, self._life = self._life, None
        if life is None:
            return
        process = self._process
        if process is not None and process.returncode is None:
            self._send(Stop())
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), self._policy.stop_within)
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life
        self._set_state(State.STOPPED)
        self._abandon("the analysis process was stopped")

    async def restart(self) -> None:
        """End the process and start another, whatever happened before."""
        await self.stop()
        self._ends.clear()
        self.start()

    async def _live(self) -> None:
        while True:
            reason = await self._live_once()
            now = time.monotonic()
            self._ends.append(now)
            while self._ends[0] < now - self._policy.window:
                self._ends.popleft()
            count = len(self._ends)
            if count > len(self._policy.pauses):
                minutes = max(1, round(self._policy.window / 60))
                self._set_state(State.FAILED, f"{reason}; it ended {count} times within {minutes} min")
                self._abandon("the analysis process keeps ending; restart it to try again")
                return
            self._set_state(State.WAITING, reason)
            await asyncio.sleep(self._policy.pauses[count - 1])

    async def _live_once(self) -> str:
        """One process from its start to its end; why it ended, in words for the user."""
        self._set_state(State.STARTING)
        self._end_reason = ""
        page = Page.create()
        try:
            process = await asyncio.create_subprocess_exec(
                *_command(page.name, self._options),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
                pass_fds=page.handles,
            )
        except OSError as error:
            page.close()
            return f"the analysis process could not be started: {error}"
        page.started()
        self._process, self._page = process, page
        self._replay()
        tasks = [
            asyncio.ensure_future(work)
            for work in (self._read(process), self._listen(process), self._watch(process, page))
        ]
        try:
            await process.wait()
            await asyncio.wait(tasks[:2], timeout=self._policy.stop_within)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._process = self._page = None
            page.close()
        return self._end_reason or _describe_end(process.returncode, self._last_words)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                header = await process.stdout.readexactly(HEADER_SIZE)
                body = await process.stdout.readexactly(body_size(header))
                message = _decoder.decode(body)
            except asyncio.IncompleteReadError:
                return
            except msgspec.DecodeError as error:
                self._end_reason = f"the analysis process sent something unreadable ({error}) and was ended"
                process.kill()
                return
            self._receive(message)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            self._last_words.append(text)
            self._tell(self._listener.worker_said, text)

    async def _watch(self, process: asyncio.subprocess.Process, page: Page) -> None:
        """Kill the process when it is stuck; counts looks, not time, so a suspended machine is no cause."""
        looks, look_every = 10, self._policy.stuck_after / 10
        start_looks = max(1, round(self._policy.start_within / look_every))
        same, last = 0, page.pulse()
        while process.returncode is None:
            await asyncio.sleep(look_every)
            pulse = page.pulse()
            waiting = pulse is None and self.state is State.READY
            same = same + 1 if pulse == last and not waiting else 0
            last = pulse
            if same >= (looks if self.state is State.READY else start_looks):
                seconds = same * look_every
                self._end_reason = (
                    f"the analysis process gave no sign of life for {seconds:.0f} s and was ended"
                )
                process.kill()
                return

    # Inputs

    def configure(self, folders: Sequence[Folders]) -> int:
        """Analyse these folders; the revision of this input."""
        self._configure = Configure(self._next_revision(), tuple(folders))
        self._send(self._configure)
        return self._revision

    def open(self, path: str, text: str) -> int:
        """Let `text` stand for the file (also for each later change); the revision of this input."""
        self._buffers[path] = Open(self._next_revision(), path, text)
        self._send(self._buffers[path])
        return self._revision

    def close(self, path: str) -> int:
        """Let the disk speak for the file again; the revision of this input."""
        self._buffers.pop(path, None)
        self._send(Close(self._next_revision(), path))
        return self._revision

    def rescan(self) -> int:
        """Look at the disk again; the revision of this input."""
        self._send(Rescan(self._next_revision()))
        return self._revision

    def pause(self, paused: bool) -> None:
        """Leave off, or take up again, the analysis of the whole workspace."""
        self._paused = paused
        self._send(Pause(paused))

    def _next_revision(self) -> int:
        self._revision += 1
        return self._revision

    # Questions. Each raises `OutdatedError`, `UnavailableError` or another `WorkerError`; when the caller is
    # cancelled, the process is told.

    async def hover(self, path: str, line: int, column: int) -> Stamped[HoverFacts | None]:
        """What to show at a position."""
        return await self._ask(HoverAt(path, line, column), _HOVER)

    async def inlay_hints(self, path: str, span: Span) -> Stamped[tuple[InlayHint, ...]]:
        """The inlay hints in a span."""
        return await self._ask(HintsIn(path, span), _HINTS)

    async def fixes(self, path: str, span: Span) -> Stamped[tuple[Fix, ...]]:
        """The edits on offer where the span touches."""
        return await self._ask(FixesIn(path, span), _FIXES)

    async def fix_all(self, path: str, slugs: Sequence[str]) -> Stamped[Fix | None]:
        """The proven edits of these kinds in a file, as one."""
        return await self._ask(FixAll(path, tuple(slugs)), _FIX)

    async def fix_workspace(self, slugs: Sequence[str], *, assumed: bool) -> Stamped[tuple[Fix, ...]]:
        """The edits of these kinds in all files, one for each file that has any."""
        return await self._ask(FixWorkspace(tuple(slugs), assumed), _FIXES)

    async def report(self, path: str) -> Stamped[FileReport]:
        """What is said of a file."""
        return await self._ask(ReportOf(path), _REPORT)

    async def diagnostics(self, paths: Sequence[str]) -> Stamped[tuple[FileReport, ...]]:
        """What is wrong in these files; the reports say nothing of functions."""
        return await self._ask(DiagnosticsOf(tuple(paths)), _REPORTS)

    async def files(self) -> Stamped[tuple[str, ...]]:
        """The files of the workspace."""
        return await self._ask(FilesOf(), _PATHS)

    async def _ask(self, query: Query, decoder: msgspec.msgpack.Decoder[T]) -> Stamped[T]:
        if self.state is State.FAILED:
            raise UnavailableError("the analysis process keeps ending; restart it to try again")
        if self.state is State.STOPPED:
            raise UnavailableError("the analysis process is not running")
        self._last_id += 1
        id = self._last_id
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[id] = _Pending(query, future)
        self._send(Ask(id, query))
        try:
            answer = await future
        except asyncio.CancelledError:
            self._send(Cancel(id))
            raise
        finally:
            self._pending.pop(id, None)
        return Stamped(answer.revision, decoder.decode(answer.result))

    # Messages

    def _send(self, message: ToWorker) -> None:
        """Ring and send. Without a process nothing is lost: `_replay` tells a new one everything."""
        process, page = self._process, self._page
        if process is None or page is None or process.stdin is None or process.stdin.is_closing():
            return
        page.ring(Bell.ANY)
        if not isinstance(message, Ask):
            page.ring(Bell.FIRM)
        process.stdin.write(frame(message))

    def _replay(self) -> None:
        """Tell a new process all that the one before knew, and ask it what that one left unanswered."""
        if self._configure is not None:
            self._send(self._configure)
        for buffer in self._buffers.values():
            self._send(buffer)
        if self._paused:
            self._send(Pause(True))
        for id, pending in list(self._pending.items()):
            if pending.tries < 2:
                pending.tries += 1
                self._send(Ask(id, pending.query))
            else:
                _fail(pending, WorkerError("the analysis process ended twice over this question"))

    def _receive(self, message: FromWorker) -> None:
        match message:
            case Ready():
                self._set_state(State.READY)
            case Answer(id=id):
                pending = self._pending.get(id)
                if pending is not None and not pending.future.done():
                    pending.future.set_result(message)
            case Refusal(id=id, reason=reason, message=text):
                pending = self._pending.get(id)
                if pending is not None:
                    _fail(pending, OutdatedError(text) if reason == "outdated" else WorkerError(text))
            case Reported():
                self._tell(self._listener.worker_reported, message)
            case Advanced():
                self._tell(self._listener.worker_advanced, message)
            case Settled():
                self._tell(self._listener.worker_settled, message)
            case Trouble(message=text, details=details):
                self._tell(self._listener.worker_trouble, text, details)

    def _abandon(self, reason: str) -> None:
        for pending in list(self._pending.values()):
            _fail(pending, UnavailableError(reason))

    def _set_state(self, state: State, detail: str = "") -> None:
        self.state = state
        self._tell(self._listener.worker_state, state, detail)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        """Call the listener; its mistakes must not end the watch over the process."""
        try:
            callback(*arguments)
        except Exception:
            logger.exception("Could not pass on a message of the analysis process")


_HOVER: msgspec.msgpack.Decoder[HoverFacts | None] = msgspec.msgpack.Decoder(HoverFacts | None)
_FIX: msgspec.msgpack.Decoder[Fix | None] = msgspec.msgpack.Decoder(Fix | None)
_HINTS: msgspec.msgpack.Decoder[tuple[InlayHint, ...]] = msgspec.msgpack.Decoder(tuple[InlayHint, ...])
_FIXES: msgspec.msgpack.Decoder[tuple[Fix, ...]] = msgspec.msgpack.Decoder(tuple[Fix, ...])
_REPORT: msgspec.msgpack.Decoder[FileReport] = msgspec.msgpack.Decoder(FileReport)
_REPORTS: msgspec.msgpack.Decoder[tuple[FileReport, ...]] = msgspec.msgpack.Decoder(tuple[FileReport, ...])
_PATHS: msgspec.msgpack.Decoder[tuple[str, ...]] = msgspec.msgpack.Decoder(tuple[str, ...])


def _fail(pending: _Pending, error: WorkerError) -> None:
    if not pending.future.done():
        pending.future.set_exception(error)


def _command(page: str, options: Sequence[str]) -> list[str]:
    """The command that starts the process.

    It runs isolated and gets this process's search path explicitly: `-m` and `-c` alone would put the current
    folder first, which is the user's project, whose `types.py` would then stand for the standard library's.
    """
    start = (
        "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); "
        "from graphlift.worker.process import main; sys.exit(main(sys.argv[1:]))"
    )
    return [sys.executable, "-I", "-c", start, "\n".join(sys.path), page, *options]


def _describe_end(code: int | None, last_words: Iterable[str]) -> str:
    """Why a process ended, in words for the user: its exit code or signal and the last line it wrote."""
    if code is not None and code < 0:
        try:
            how = f"was ended by signal {signal.Signals(-code).name}"
        except ValueError:
            how = f"was ended by signal {-code}"
    else:
        how = f"ended with exit code {code}"
    words = [line for line in last_words if line.strip()]
    return f"the analysis process {how}" + (f" ({words[-1]})" if words else "")
