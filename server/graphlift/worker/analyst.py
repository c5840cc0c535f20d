"""What the analysis process does: take inputs, answer questions, and between them settle the workspace.

One thread owns the workspace. Its work comes in this order:

1. messages, as they came: inputs are applied at once, questions are queued;
2. questions that can be answered now. Each is interrupted by a later input and then asked again, except when
   that input changed the very file it is about: then it is refused as outdated, since its positions mean
   nothing any more;
3. reports of open files whose text changed, with the evidence known so far, the one edited last first;
4. the evidence of the whole workspace, in slices, once no edit came for a while; then the reports that this
   changes.

3 and 4 are interrupted by any message; what the analysis found until then stays in its own caches.

Until the workspace was settled once, callers that nobody looked at could change every verdict: what is said
until then is *preliminary*, and questions about edits wait. When the user stops that first analysis, nothing
better comes, and there are no edits on offer.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable

import msgspec

from graphlift.engine import Cancelled
from graphlift.ide.workspace import Progress
from graphlift.verdict import FileReport, Problem
from graphlift.worker.answers import Analysis, Factory, answer, subject
from graphlift.worker.folders import Several, opened
from graphlift.worker.inbox import Inbox
from graphlift.worker.page import Bell, Page
from graphlift.worker.protocol import (
    Advanced,
    Answer,
    Ask,
    Cancel,
    Close,
    Configure,
    FilesOf,
    FixAll,
    FixesIn,
    FixWorkspace,
    Folders,
    FromWorker,
    HoverAt,
    HoverFacts,
    Input,
    Open,
    Pause,
    Refusal,
    Reported,
    Rescan,
    Settled,
    Standing,
    Stop,
    ToWorker,
    Trouble,
)

_NEVER = float("inf")


class Pace(msgspec.Struct, frozen=True):
    """Times in seconds.

    `quiet`: without edits before the workspace is settled again; `slice`: one piece of that; `progress`:
    between two progress messages; `question`: after which a question is given up.
    """

    quiet: float = 1.0
    slice: float = 0.5
    progress: float = 0.1
    question: float = 60.0


class Analyst:
    """The state of the analysis process. `run` works until the server says stop."""

    def __init__(
        self, inbox: Inbox, send: Callable[[FromWorker], None], page: Page, factory: Factory, pace: Pace
    ) -> None:
        self._inbox = inbox
        self._send = send
        self._page = page
        self._factory = factory
        self._pace = pace
        self._analysis: Analysis | None = None
        self._roots: tuple[str, ...] = ()
        self._failure = ""
        """Why there is no analysis although one was asked for; until then, questions wait."""
        self._revision = 0
        self._buffers: dict[str, str] = {}
        self._questions: deque[Ask] = deque()
        self._edited: dict[str, None] = {}
        """Open files whose report is due whatever it says, the one edited last at the end."""
        self._doubtful: dict[str, None] = {}
        """Open files whose report is due if it differs from the one sent."""
        self._sent: dict[str, bytes] = {}
        self._loaded = False
        """Whether the workspace was settled since it was configured."""
        self._settled = True
        self._announced = True
        self._complete = True
        self._paused = False
        self._quiet_until = 0.0
        self._progress_at = 0.0
        self._heeded: Bell | None = None
        self._deadline = _NEVER

    def run(self) -> None:
        """Work until `Stop`."""
        while True:
            message = self._inbox.take(self._patience())
            if isinstance(message, Stop):
                return
            self._page.beat()
            self._page.set_busy(True)
            if message is None:
                self._work()
            else:
                self._receive(message)
            self._page.set_busy(False)

    def _patience(self) -> float | None:
        """How long to wait for a message before there is other work; `None` when there is none."""
        if self._analysis is None:
            return 0.0 if self._failure and self._questions else None
        if self._edited or self._doubtful or any(self._can_answer(ask) for ask in self._questions):
            return 0.0
        if self._settled:
            return None if self._announced else 0.0
        if self._paused:
            return None
        return max(0.0, self._quiet_until - time.monotonic()) if self._loaded else 0.0

    def _interrupted(self) -> bool:
        """Whether the analysis should leave off; it asks this often."""
        self._page.beat()
        if self._heeded is None:
            return False
        return self._inbox.expecting(self._heeded) or time.monotonic() > self._deadline

    # Messages

    def _receive(self, message: ToWorker) -> None:
        match message:
            case Ask():
                self._questions.append(message)
            case Cancel(id=id):
                self._refuse_where(lambda ask: ask.id == id, "cancelled", "no longer wanted")
            case Pause(paused=paused):
                self._paused = paused
                self._doubtful = dict.fromkeys(self._buffers)
            case Configure() | Open() | Close() | Rescan():
                self._revision = message.revision
                self._settled = self._announced = False
                try:
                    self._apply(message)
                except Exception as error:  # noqa: BLE001 - whatever fails in the analysis, the process goes on
                    self._trouble("A change could not be taken in", error)

    def _apply(self, message: Input) -> None:
        match message:
            case Configure(folders=folders):
                self._configure(folders)
            case Open(path=path, text=text):
                if path in self._buffers:
                    self._quiet_until = time.monotonic() + self._pace.quiet
                self._buffers[path] = text
                self._edited.pop(path, None)
                self._edited[path] = None
                self._outdate(path)
                if self._analysis is not None:
                    self._analysis.open(path, text)
            case Close(path=path):
                for known in (self._buffers, self._edited, self._doubtful, self._sent):
                    known.pop(path, None)
                self._outdate(path)
                if self._analysis is not None:
                    self._analysis.close(path)
            case Rescan():
                if self._analysis is not None:
                    self._analysis.rescan()

    def _configure(self, folders: tuple[Folders, ...]) -> None:
        self._analysis, self._failure, self._loaded = None, "", False
        self._roots = tuple(root for each in folders for root in each.roots)
        try:
            analysis = opened(folders, self._factory, self._interrupted)
            for path, text in self._buffers.items():
                analysis.open(path, text)
        except Exception as error:
            self._failure = f"the workspace could not be opened: {_describe(error)}"
            raise
        self._analysis = analysis
        self._edited = dict.fromkeys(self._buffers)

    def _outdate(self, path: str) -> None:
        self._refuse_where(lambda ask: subject(ask.query) == path, "outdated", f"{path} changed meanwhile")

    def _refuse_where(self, condition: Callable[[Ask], bool], reason: str, message: str) -> None:
        for ask in [ask for ask in self._questions if condition(ask)]:
            self._questions.remove(ask)
            self._send(Refusal(ask.id, self._revision, reason, message))

    # Work

    def _work(self) -> None:
        ask = next((ask for ask in self._questions if self._can_answer(ask)), None)
        if ask is not None:
            self._answer(ask)
        elif self._edited or self._doubtful:
            self._report()
        elif self._settled:
            self._announce()
        else:
            self._settle()

    def _can_answer(self, ask: Ask) -> bool:
        """Whether there is no need to wait for the first settling of the workspace."""
        if self._loaded or self._paused or self._analysis is None:
            return True
        return isinstance(ask.query, HoverAt | FilesOf)

    @property
    def _standing(self) -> Standing:
        """What an answer is worth now."""
        if self._loaded:
            return Standing.SETTLED
        return Standing.STOPPED if self._paused else Standing.PRELIMINARY

    def _attempt(self, work: Callable[[], None], heeded: Bell, deadline: float = _NEVER) -> bool:
        """Run something that heeds the bell; false when it was interrupted. Lets other exceptions through."""
        self._heeded, self._deadline = heeded, deadline
        try:
            work()
        except Cancelled:
            return False
        finally:
            self._heeded, self._deadline = None, _NEVER
        return True

    def _answer(self, ask: Ask) -> None:
        if self._analysis is None:
            self._refuse_where(lambda each: each is ask, "failed", self._failure)
            return
        deadline = time.monotonic() + self._pace.question
        try:
            done = self._attempt(lambda: self._answer_now(ask), Bell.FIRM, deadline)
        except Exception as error:  # noqa: BLE001 - the question is refused with the reason, the process goes on
            self._trouble(f"{type(ask.query).__name__} failed", error)
            self._refuse_where(lambda each: each is ask, "failed", _describe(error))
            return
        if not done and time.monotonic() > deadline:
            seconds = f"{self._pace.question:g} s"
            self._refuse_where(lambda each: each is ask, "failed", f"gave up after {seconds}")

    def _answer_now(self, ask: Ask) -> None:
        assert self._analysis is not None
        if self._standing is Standing.STOPPED and isinstance(ask.query, FixesIn | FixAll | FixWorkspace):
            result: object = None if isinstance(ask.query, FixAll) else ()
        else:
            result = answer(self._analysis, ask.query)
        if isinstance(result, HoverFacts):
            result = msgspec.structs.replace(result, standing=self._standing)
        self._questions.remove(ask)
        self._send(Answer(ask.id, self._revision, msgspec.Raw(msgspec.msgpack.encode(result))))

    def _report(self) -> None:
        path = next(reversed(self._edited or self._doubtful))
        try:
            if not self._attempt(lambda: self._report_one(path), Bell.ANY):
                return
        except Exception as error:  # noqa: BLE001 - told to the user; the other files are still reported
            self._trouble(f"{path} could not be analysed", error)
            # Somebody may wait for the report.
            failed = FileReport(path, problems=(Problem(path, 1, _describe(error), internal=True),))
            self._send(Reported(self._revision, failed, self._standing))
            self._sent.pop(path, None)
        self._edited.pop(path, None)
        self._doubtful.pop(path, None)

    def _report_one(self, path: str) -> None:
        assert self._analysis is not None
        reported = Reported(self._revision, self._analysis.report(path), self._standing)
        content = msgspec.msgpack.encode((reported.report, reported.standing))
        if path in self._edited or self._sent.get(path) != content:
            self._send(reported)
            self._sent[path] = content

    def _settle(self) -> None:
        try:
            self._attempt(self._settle_slice, Bell.ANY)
        except Exception as error:  # noqa: BLE001 - told to the user; the next edit tries again
            self._trouble("The workspace could not be analysed", error)
            self._settled, self._complete = True, False
        if self._settled:
            self._loaded = True
            self._doubtful = dict.fromkeys(self._buffers)

    def _settle_slice(self) -> None:
        assert self._analysis is not None
        self._settled = self._analysis.settle(self._show_progress, self._pace.slice)
        self._complete = True

    def _show_progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now >= self._progress_at:
            self._progress_at = now + self._pace.progress
            self._send(Advanced(progress.done, progress.total, progress.message))

    def _announce(self) -> None:
        assert self._analysis is not None
        self._announced = True
        try:
            settled = self._described(self._analysis)
        except Exception as error:  # noqa: BLE001 - told to the user
            self._trouble("The workspace could not be described", error)
            return
        self._send(settled)

    def _described(self, analysis: Analysis) -> Settled:
        environments = {}
        if isinstance(analysis, Several):
            environments = {root: analysis.environment_of(root) for root in self._roots}
        files, left_out = len(analysis.files()), analysis.left_out
        return Settled(self._revision, files, analysis.environment, self._complete, left_out, environments)

    def _trouble(self, what: str, error: Exception) -> None:
        self._send(Trouble(f"{what}: {_describe(error)}", "".join(traceback.format_exception(error))))


def _describe(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
