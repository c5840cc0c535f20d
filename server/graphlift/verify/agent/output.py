"""What a run says and leaves behind: text on the standard streams, log records, warnings, files."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
import warnings
from typing import Any

from .frames import AUTOGRAPH, GENERATED, ProgramFiles

_OF_TENSORFLOW = re.compile(
    rb"^(?:[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\].*|WARNING: All log messages before absl.*"
    rb"|\d{4}-\d\d-\d\d [\d:.]+: [IWEF] .*|To change this .*|To enable the following instructions.*)\n?",
    re.MULTILINE,
)

_TENSORFLOWS_LOGGERS = ("tensorflow", "absl")

MOST_TEXT = 64 * 1024
"""Bytes of text kept of one stretch."""

MOST_FILE = 256 * 1024
"""Bytes of a file that are kept as text; of a bigger or binary one only the size is."""


class Output:
    """Catches the process's standard streams, below Python too, and the program's log records.

    TensorFlow's own messages are left out of both: they tell of tracing, which is what differs anyway.
    """

    def __init__(self, files: ProgramFiles, directory: str) -> None:
        self._files = files
        self._paths = [os.path.join(directory, name) for name in ("stdout", "stderr")]
        self._read = [0, 0]
        self._records: list[str] = []
        self.notes: list[str] = []
        """What AutoGraph and TensorFlow's Python code warned of, such as a function that isn't converted."""

    def catch(self) -> None:
        """Redirect the streams; from now on nothing reaches those of the process's parent."""
        for number, path in zip((1, 2), self._paths):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(handle, number)
            os.close(handle)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(
            1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
        )
        sys.stderr = os.fdopen(
            2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
        )
        self._catch_records()

    def _is_programs(self, filename: str) -> bool:
        """Whether the program speaks; calls that AutoGraph has converted come from its own file."""
        return self._files.owns(filename) or GENERATED in filename or AUTOGRAPH in filename

    def _catch_records(self) -> None:
        handle = logging.Logger.handle
        records = self._records

        def caught(logger: logging.Logger, record: logging.LogRecord) -> None:
            if logger.name not in _TENSORFLOWS_LOGGERS and self._is_programs(record.pathname):
                records.append(f"{record.levelname}:{record.name}:{record.getMessage()}")
            handle(logger, record)

        logging.Logger.handle = caught  # type: ignore[assignment, method-assign]
        for name in _TENSORFLOWS_LOGGERS:
            logger = logging.getLogger(name)
            logger.handlers = [_Notes(self.notes)]
            logger.propagate = False
        show = warnings.showwarning

        def shown(message: Any, category: Any, filename: str, *rest: Any, **more: Any) -> None:
            if self._is_programs(filename):
                records.append(f"WARNING:{category.__name__}:{message}")
            else:
                show(message, category, filename, *rest, **more)

        warnings.showwarning = shown

    def take(self) -> dict[str, Any]:
        """What was said since the last time: `stdout`, `stderr`, `logs`; empty entries are left out."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
        said: dict[str, Any] = {}
        for index, name in enumerate(("stdout", "stderr")):
            with open(self._paths[index], "rb") as file:
                file.seek(self._read[index])
                data = file.read()
            self._read[index] += len(data)
            data = _OF_TENSORFLOW.sub(b"", data)
            if data:
                said[name] = data[:MOST_TEXT].decode("utf-8", "backslashreplace")
        if self._records:
            said["logs"] = self._records[:]
            self._records.clear()
        return said


class _Notes(logging.Handler):
    def __init__(self, notes: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._notes) < 20:
            self._notes.append(record.getMessage()[:2000])


def files_in(directory: str) -> list[list[Any]]:
    """Every file under the directory: `[path, "text", content]` or `[path, "binary", size]`, sorted."""
    found = []
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            found.append([os.path.relpath(path, directory).replace(os.sep, "/"), *_content(path)])
    return sorted(found)


def _content(path: str) -> tuple[str, Any]:
    size = os.path.getsize(path)
    if size > MOST_FILE:
        return "binary", size
    with open(path, "rb") as file:
        data = file.read()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "binary", size
    if "\0" in text:
        return "binary", size
    return "text", text if len(text) <= MOST_TEXT else hashlib.sha256(data).hexdigest()
