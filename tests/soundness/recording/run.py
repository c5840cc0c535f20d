"""One run of a program, in a process of its own: its modules are instrumented as they are imported."""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any, NoReturn

import tensorflow as tf

from .describe import PROGRAM, Described, describe
from .instrument import SEE, Point, instrument

ALWAYS = 24
"""The first values of a place are all described, later ones now and then: `SOMETIMES`, up to `NEVER` of them."""
SOMETIMES = 16
NEVER = 3000
MAX_DIFFERENT = 60


class Recording:
    """The places of the program and what was seen there.

    The instrumented texts lie in the folder `copies`, where AutoGraph finds them.
    """

    def __init__(self, root: str, copies: Path) -> None:
        self.root = root
        self.copies = copies
        self.points: list[Point] = []
        self.files: list[tuple[str, int]] = []
        """Each file with the number of its first point, in the order in which they were instrumented."""
        self.counts: list[int] = []
        self.seen: list[dict[str, tuple[Described, bool]]] = []

    def instrumented(self, path: str) -> types.CodeType:
        """The code of a file that notes what it sees."""
        self.files.append((path, len(self.points)))
        text = instrument(Path(path).read_text("utf-8"), self.points)
        more = len(self.points) - len(self.counts)
        self.counts += [0] * more
        self.seen += [{} for _ in range(more)]
        copy = self.copies / Path(path).relative_to(self.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, "utf-8")
        return compile(text, str(copy), "exec", dont_inherit=True)

    def see(self, number: int, value: Any) -> Any:
        """Note a value at a place, and give it back."""
        count = self.counts[number]
        self.counts[number] = count + 1
        if count < ALWAYS or (count < NEVER and not count % SOMETIMES):
            table = self.seen[number]
            if len(table) < MAX_DIFFERENT:
                described = describe(value)
                in_graph = not tf.executing_eagerly()
                table.setdefault(f"{described}{in_graph}", (described, in_graph))
        return value

    def data(self) -> dict[str, Any]:
        """Everything that was seen, by file."""
        ends = [first for _, first in self.files[1:]] + [len(self.points)]
        return {
            path: [
                {
                    "kind": point.kind,
                    "span": [point.line, point.column, point.end_line, point.end_column],
                    "name": point.text,
                    "values": list(seen.values()),
                }
                for point, seen in zip(self.points[first:end], self.seen[first:end], strict=True)
                if seen
            ]
            for (path, first), end in zip(self.files, ends, strict=True)
        }


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the program's own modules and has them instrumented."""

    def __init__(self, root: str, recording: Recording) -> None:
        self.root = root + os.sep
        self.recording = recording

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not spec.origin or not spec.origin.startswith(self.root):
            return None
        if isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Loader(fullname, spec.origin, self.recording)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, recording: Recording) -> None:
        super().__init__(fullname, path)
        self.recording = recording

    def get_code(self, fullname: str) -> types.CodeType:
        return self.recording.instrumented(self.path)


def main(request: dict[str, Any]) -> NoReturn:
    """Run the program and write what was seen; the process ends here."""
    recording = Recording(request["root"], Path(request["copies"]))
    PROGRAM.append(request["copies"])
    try:
        _limit(request["seconds"])
        error = _execute(request, recording)
        text = json.dumps({"error": error, "files": recording.data()})
        Path(request["out"]).write_text(text.replace(request["copies"], request["root"]), "utf-8")
    except BaseException:  # noqa: BLE001 - whatever it is, it is what the caller has to be told
        Path(request["out"]).write_text(json.dumps({"error": traceback.format_exc(), "files": {}}), "utf-8")
    os._exit(0)


def _limit(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _execute(request: dict[str, Any], recording: Recording) -> str:
    root, entry = request["root"], str(Path(request["root"], request["entry"]))
    os.chdir(request["cwd"])
    setattr(builtins, SEE, tf.autograph.experimental.do_not_convert(recording.see))
    sys.meta_path.insert(0, _Finder(root, recording))
    sys.path[0] = str(Path(entry).parent)
    sys.argv = [entry]
    if request["mode"] == "eager":
        tf.config.run_functions_eagerly(True)
        tf.data.experimental.enable_debug_mode()
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=entry, __builtins__=builtins)
    sys.modules["__main__"] = module
    try:
        exec(recording.instrumented(entry), module.__dict__)
    except SystemExit as exit_:
        if exit_.code not in (None, 0):
            return f"exit status {exit_.code}"
    except Exception:  # noqa: BLE001 - the program's own failure is part of the record
        return traceback.format_exc()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(5)
    return ""
