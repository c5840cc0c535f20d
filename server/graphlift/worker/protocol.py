"""The messages between the language server and the analysis process.

These are the only types that the two share. They travel as MessagePack, each message after its length (four
bytes, big-endian), over the standard input and output of the analysis process.

Every message that changes what is analysed (an *input*) carries a **revision**, a number that the server
counts up. Every message that says something about the analysed files carries the revision of the last input
that it took into account, so the server can tell an answer about the text on the screen from one about an
older text. Paths, lines and columns are as in `graphlift.ide.workspace`.
"""

from __future__ import annotations

import struct
from enum import Enum

import msgspec

from graphlift.ide.value_report import ValueReport
from graphlift.source.config import Settings
from graphlift.source.span import Span
from graphlift.verdict import Environment, FileReport, FunctionReport


class Folders(msgspec.Struct, frozen=True):
    """Folders that share their settings, and so are analysed together."""

    roots: tuple[str, ...]
    settings: Settings


class Configure(msgspec.Struct, frozen=True, tag=True):
    """Input: analyse these folders; there is at least one entry. The first message; may be sent again later.

    Buffers that are open stay open.
    """

    revision: int
    folders: tuple[Folders, ...]


class Open(msgspec.Struct, frozen=True, tag=True):
    """Input: `text` stands for the file from now on; also sent for every later change of the buffer."""

    revision: int
    path: str
    text: str


class Close(msgspec.Struct, frozen=True, tag=True):
    """Input: the disk speaks for the file again."""

    revision: int
    path: str


class Rescan(msgspec.Struct, frozen=True, tag=True):
    """Input: files changed on the disk; look again."""

    revision: int


class Pause(msgspec.Struct, frozen=True, tag=True):
    """Leave off (or take up again) the analysis of the whole workspace; open files are served as before."""

    paused: bool


class HoverAt(msgspec.Struct, frozen=True, tag=True):
    """Question: what is there to say about this position? Answered by `HoverFacts` or nothing."""

    path: str
    line: int
    column: int


class HintsIn(msgspec.Struct, frozen=True, tag=True):
    """Question: which inlay hints stand in the span? Answered by a sequence of `InlayHint`."""

    path: str
    span: Span


class FixesIn(msgspec.Struct, frozen=True, tag=True):
    """Question: which edits are on offer where the span touches? Answered by a sequence of `Fix`."""

    path: str
    span: Span


class FixAll(msgspec.Struct, frozen=True, tag=True):
    """Question: the proven edits of these kinds in a file, as one. Answered by a `Fix` or nothing."""

    path: str
    slugs: tuple[str, ...]


class FixWorkspace(msgspec.Struct, frozen=True, tag=True):
    """Question: the edits of these kinds in all files, one `Fix` for each file that has any.

    `assumed` takes those in that rest on assumptions. Answered by a sequence of `Fix`.
    """

    slugs: tuple[str, ...]
    assumed: bool


class ReportOf(msgspec.Struct, frozen=True, tag=True):
    """Question: what is said of this file? Answered by a `FileReport`."""

    path: str


class DiagnosticsOf(msgspec.Struct, frozen=True, tag=True):
    """Question: what is wrong in these files? Answered by a sequence of `FileReport` without their functions."""

    paths: tuple[str, ...]


class FilesOf(msgspec.Struct, frozen=True, tag=True):
    """Question: which files belong to the workspace? Answered by a sequence of paths."""


Query = HoverAt | HintsIn | FixesIn | FixAll | FixWorkspace | ReportOf | DiagnosticsOf | FilesOf


class Standing(str, Enum):
    """What an answer rests on.

    `SETTLED`: the evidence of the whole workspace. `PRELIMINARY`: less, since its first analysis goes on; a
    better answer follows. `STOPPED`: less, since the user stopped that.
    """

    SETTLED = "settled"
    PRELIMINARY = "preliminary"
    STOPPED = "stopped"


class HoverFacts(msgspec.Struct, frozen=True):
    """What to show at a position: `function` when it is a function's name or decorator, else `value`."""

    span: Span
    function: FunctionReport | None = None
    value: ValueReport | None = None
    standing: Standing = Standing.SETTLED


class Ask(msgspec.Struct, frozen=True, tag=True):
    """A question; answered by exactly one `Answer` or `Refusal` with the same `id`."""

    id: int
    query: Query


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """The answer to this question is no longer wanted (its `Refusal` or `Answer` still comes)."""

    id: int


class Stop(msgspec.Struct, frozen=True, tag=True):
    """End the process."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The process has started and reads its input."""

    pid: int


class Answer(msgspec.Struct, frozen=True, tag=True):
    """The answer to a question; `result` is the MessagePack of the type that the question names."""

    id: int
    revision: int
    result: msgspec.Raw


class Refusal(msgspec.Struct, frozen=True, tag=True):
    """No answer. `reason`: `cancelled`, `outdated` (the file changed meanwhile), or `failed`."""

    id: int
    revision: int
    reason: str
    message: str


class Reported(msgspec.Struct, frozen=True, tag=True):
    """What is now said of an open file: after each change of its text, and when something else changed it."""

    revision: int
    report: FileReport
    standing: Standing


class Advanced(msgspec.Struct, frozen=True, tag=True):
    """How far the analysis of the workspace is: `done` of `total` files."""

    done: int
    total: int
    message: str


class Settled(msgspec.Struct, frozen=True, tag=True):
    """The whole workspace is analysed, at this revision; `files` is its number of files.

    `complete` is false when the analysis failed on the way (a `Trouble` told why). `left_out` counts the files
    over the limit. `environment` is that of the first folder, `environments` has each folder's.
    """

    revision: int
    files: int
    environment: Environment
    complete: bool
    left_out: int = 0
    environments: dict[str, Environment] = {}


class Trouble(msgspec.Struct, frozen=True, tag=True):
    """Something failed inside the analysis that is not the answer to a question."""

    message: str
    details: str


ToWorker = Configure | Open | Close | Rescan | Pause | Ask | Cancel | Stop
FromWorker = Ready | Answer | Refusal | Reported | Advanced | Settled | Trouble
Input = Configure | Open | Close | Rescan

_LENGTH = struct.Struct(">I")
HEADER_SIZE = _LENGTH.size
_encoder = msgspec.msgpack.Encoder()


def frame(message: ToWorker | FromWorker) -> bytes:
    """The message as it goes over the pipe."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


def body_size(header: bytes) -> int:
    """The size in bytes of the message body that follows this header."""
    size: int = _LENGTH.unpack(header)[0]
    return size
