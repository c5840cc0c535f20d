"""Python files as people write them: read to text, written back without disturbing anything.

Reading never raises. What Python itself would refuse (an undecodable byte, an unknown encoding, a null byte)
becomes a `ReadProblem`, and the text is still as good as can be had, so that the rest of the file is
analysed. Writing replaces the file in one step and keeps its encoding, byte order mark, newlines, permissions
and, where the path is a symbolic link, the link.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import stat
import tempfile
import tokenize
from pathlib import Path

import msgspec

from graphlift.source.text import Lines, dominant_newline

LARGEST_FILE = 1_000_000
"""Characters; a file that has more is a problem and not analysed. Such files hold data."""


class ReadProblem(msgspec.Struct, frozen=True):
    """Why Python would not accept the bytes of a file. `line` is 1-based."""

    line: int
    message: str


class SourceText(msgspec.Struct, frozen=True):
    """The text of a file and what is needed to write it back.

    `text` keeps the file's own newlines and has no byte order mark (`bom` says whether the file has one).
    `newline` is the newline that most lines end in. With `problems`, `text` may hold U+FFFD in the place of
    bytes that could not be decoded, and the file can't be written.
    """

    text: str
    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"
    problems: tuple[ReadProblem, ...] = ()

    def encoded(self, text: str) -> bytes:
        """The bytes of `text` in this file's encoding; `UnicodeEncodeError` when it can't say them."""
        return (codecs.BOM_UTF8 if self.bom else b"") + text.encode(self.encoding)


class WriteProblem(msgspec.Struct, frozen=True):
    """Why a file was not written; it is as it was before."""

    path: str
    message: str


def read(path: str | Path) -> SourceText:
    """Read a Python file; never raises. An unreadable file is an empty text with a problem."""
    try:
        with os.fdopen(_open_without_waiting(path), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return _unreadable("is not a regular file")
            return decode(file.read())
    except OSError as error:
        return _unreadable(f"cannot be read: {error.strerror or error}")
    except ValueError:  # A null byte in the path itself.
        return _unreadable("cannot be read: the path holds a null character")


def decode(data: bytes) -> SourceText:
    """Decode the bytes of a Python file: byte order mark, encoding declaration (PEP 263), else UTF-8."""
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    encoding, problem = _declared_encoding(body, bom)
    problems = [problem] if problem is not None else []
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        problems.append(_undecodable(body, error))
        text = body.decode(encoding, "replace")
    except (LookupError, ValueError) as error:
        problems.append(ReadProblem(1, f"cannot be decoded as {encoding}: {error}"))
        text, encoding = body.decode("utf-8", "replace"), "utf-8"
    null = text.find("\0")
    if null >= 0:
        line, _ = Lines(text).position(null)
        problems.append(ReadProblem(line, "holds a null byte, which Python does not accept"))
    return SourceText(text, encoding, bom, dominant_newline(text), tuple(problems))


def write(path: str | Path, source: SourceText, text: str) -> WriteProblem | None:
    """Replace the file that `source` was read from by `text`, in one step.

    Returns why it could not be done. Nothing is written when the file can't be encoded, was read with
    problems or has changed on disk since `source` was read.
    """
    if source.problems:
        return WriteProblem(str(path), f"is left alone, because it {source.problems[0].message}")
    try:
        original, data = source.encoded(source.text), source.encoded(text)
    except UnicodeEncodeError as error:
        character = error.object[error.start : error.end]
        return WriteProblem(str(path), f"declares the encoding {source.encoding}, which has no {character!r}")
    target = Path(os.path.realpath(path))  # A symbolic link stays; what it points to is replaced.
    try:
        if target.read_bytes() != original:
            return WriteProblem(str(path), "has changed on disk since it was read; run the command again")
        _replace(target, data)
    except OSError as error:
        return WriteProblem(str(path), f"cannot be written: {error.strerror or error}")
    return None


def write_whole(path: str | Path, data: bytes) -> WriteProblem | None:
    """Make a file of these bytes, or replace one, in one step. Returns why it could not be done."""
    try:
        _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        return WriteProblem(str(path), f"cannot be written: {error.strerror or error}")
    return None


def _replace(target: Path, data: bytes) -> None:
    """Write beside the file and rename over it: readers see the old bytes or the new ones, never a part."""
    status = target.stat() if target.exists() else None
    if status is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask() if status is None else stat.S_IMODE(status.st_mode))
        if status is not None and hasattr(os, "chown"):
            # Another owner can be kept by root alone; for everybody else the new file belongs to the writer.
            with contextlib.suppress(PermissionError):
                os.chown(temporary, status.st_uid, status.st_gid)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The bits that new files of this process don't get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _open_without_waiting(path: str | Path) -> int:
    """A descriptor for reading; a named pipe does not wait for its other end."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))


def _unreadable(message: str) -> SourceText:
    return SourceText("", problems=(ReadProblem(1, message),))


def _declared_encoding(body: bytes, bom: bool) -> tuple[str, ReadProblem | None]:
    """The encoding that the first two lines declare, and why it can't be the one."""
    head = _first_lines(body)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(head).readline)
    except SyntaxError as error:
        if (error.msg or "").startswith("invalid or missing encoding"):
            return "utf-8", None  # The bytes of the head are not UTF-8; decoding the whole says where.
        return "utf-8", ReadProblem(1, f"declares an encoding that Python does not know ({error.msg})")
    if encoding in ("utf-8", "utf-8-sig"):
        return "utf-8", None
    if bom:
        return "utf-8", ReadProblem(1, f"begins with a UTF-8 byte order mark but declares {encoding}")
    if not _extends_ascii(encoding):
        return "utf-8", ReadProblem(1, f"declares the encoding {encoding}, in which Python can't read source")
    return encoding, None


def _first_lines(body: bytes) -> bytes:
    """The first two lines with LF newlines, which is what `tokenize` looks at."""
    lines = body[:4096].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"\n".join(lines[:2]) + b"\n"


def _extends_ascii(encoding: str) -> bool:
    """Whether plain ASCII source means itself in this encoding (not so in UTF-16 or EBCDIC)."""
    sample = "# -*- coding: x -*-\r\nimport a"
    try:
        return sample.encode("ascii").decode(encoding) == sample
    except (LookupError, ValueError):
        return False


def _undecodable(body: bytes, error: UnicodeDecodeError) -> ReadProblem:
    before = body[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return ReadProblem(
        before.count(b"\n") + 1,
        f"holds the byte 0x{body[error.start]:02X}, which is not valid {error.encoding.upper()}; save the "
        'file as UTF-8, or declare its encoding in the first line (such as "# -*- coding: latin-1 -*-")',
    )
