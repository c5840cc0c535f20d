"""A small stand-in for the analysis: tests of the processes decide what it does and how long it takes.

It reads verdicts from comments on `def` lines (`# convert`, `# remove`, `# blocked`) and obeys orders in
comments anywhere in a text. `FILE` in an order is a path that serves as a switch between test and process.

- `# order: busy`: the workspace is never settled; settling polls for cancellation all the time
- `# order: wait FILE`: the report polls until FILE is gone
- `# order: crash FILE`: deletes FILE and ends the process hard when the text is reported, if FILE exists
- `# order: hang FILE`: deletes FILE and never returns nor polls, if FILE exists
- `# order: print`: prints to standard output
- `# order: raise`: the report raises
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from graphlift.engine import Cancelled
from graphlift.ide.inlay_hints import InlayHint
from graphlift.ide.value_report import ValueReport
from graphlift.ide.workspace import Progress
from graphlift.source.config import Settings
from graphlift.source.files import read
from graphlift.source.span import Span
from graphlift.verdict import (
    Diagnostic,
    Environment,
    FileReport,
    Fix,
    FunctionReport,
    Location,
    Reason,
    Severity,
    TextEdit,
    TraceStep,
    Verdict,
)

DEF = re.compile(r"^(?P<indent>\s*)def (?P<name>\w+)\(.*?(?:#\s*(?P<word>convert|remove|blocked).*)?$")


class FakeWorkspace:
    """Has the methods of `graphlift.worker.answers.Analysis`."""

    def __init__(self, roots: Sequence[str], settings: Settings, cancelled: Callable[[], bool]) -> None:
        self._roots = roots
        self._settings = settings
        self._cancelled = cancelled
        self._buffers: dict[str, str] = {}
        self.left_out = 0
        self.rescan()

    def files(self) -> tuple[str, ...]:
        return tuple(sorted(self._on_disk | self._buffers.keys()))

    def rescan(self) -> None:
        self._on_disk = {str(path) for root in self._roots for path in Path(root).rglob("*.py")}

    def open(self, path: str, text: str) -> None:
        self._buffers[path] = text

    def close(self, path: str) -> None:
        self._buffers.pop(path, None)

    def text(self, path: str) -> str:
        return self._text(path)

    def settle(self, progress: Callable[[Progress], None] | None = None, budget: float | None = None) -> bool:
        files = self.files()
        for number, path in enumerate(files):
            if progress is not None:
                progress(Progress(number, len(files), Path(path).name))
            self._poll()
            while "# order: busy" in self._text(path):
                self._poll()
        return True

    def report(self, path: str) -> FileReport:
        text = self._text(path)
        self._obey(text)
        lines = text.split("\n")
        functions = tuple(
            self._function(path, lines, number)
            for number, line in enumerate(lines, start=1)
            if DEF.match(line)
        )
        diagnostics = tuple(each for function in functions for each in self._diagnostics(function))
        return FileReport(path, len(lines), functions, diagnostics)

    def function_at(self, path: str, line: int, column: int | None = None) -> FunctionReport | None:
        for function in self.report(path).functions:
            on_name = column is not None and function.name_span.contains(line, column)
            if on_name or (column is None and function.line == line):
                return function
        return None

    def value_at(self, path: str, line: int, column: int) -> ValueReport | None:
        return None

    def inlay_hints(self, path: str, span: Span) -> tuple[InlayHint, ...]:
        return ()

    def fixes(self, path: str, span: Span) -> tuple[Fix, ...]:
        return tuple(
            self._fix(function)
            for function in self.report(path).functions
            if function.verdict in (Verdict.CONVERT, Verdict.REMOVE)
            and Span(function.line, 0, function.end_line, 10_000).overlaps(span)
        )

    def all_fixes(self, path: str, slugs: Sequence[str]) -> tuple[Fix, ...]:
        everything = self.fixes(path, Span(1, 0, 1_000_000, 0))
        return tuple(fix for fix in everything if fix.slug in slugs)

    @property
    def environment(self) -> Environment:
        release, python = self._settings.tensorflow or "2.21", self._settings.interpreter or ""
        return Environment("3.11", release, 3, "fake", python)

    def _text(self, path: str) -> str:
        return self._buffers[path] if path in self._buffers else read(path).text

    def _poll(self) -> None:
        if self._cancelled():
            raise Cancelled

    def _obey(self, text: str) -> None:
        self._poll()
        if "# order: print" in text:
            print("a stray print of some library")
        if "# order: raise" in text:
            raise ValueError("the order was to raise")
        for order in re.finditer(r"# order: wait (\S+)", text):
            while Path(order[1]).exists():
                self._poll()
        for order in re.finditer(r"# order: (crash|hang) (\S+)", text):
            switch = Path(order[2])
            if switch.exists():
                switch.unlink()
                if order[1] == "crash":
                    os._exit(7)
                threading.Event().wait()

    def _function(self, path: str, lines: list[str], number: int) -> FunctionReport:
        line = lines[number - 1]
        match = DEF.match(line)
        assert match is not None
        start = match.start("name")
        name_span = Span(number, start, number, match.end("name"))
        above = lines[number - 2] if number > 1 else ""
        decorators = ()
        if above.strip() == "@tf.function":
            decorators = (Span(number - 1, 0, number - 1, len(above)),)
        verdict, reasons = Verdict.UNPROFITABLE, ()
        if match["word"] == "convert":
            verdict = Verdict.KEEP if decorators else Verdict.CONVERT
        elif match["word"] == "remove":
            verdict = Verdict.REMOVE if decorators else Verdict.UNPROFITABLE
        elif match["word"] == "blocked":
            verdict = Verdict.BLOCKED
            place = Location(path, Span(number, 0, number, 3))
            culprit = Location(path, Span(number + 1, 0, number + 1, 3))
            steps = (TraceStep(place, "`outer` calls `inner`"), TraceStep(culprit, "`inner` prints"))
            reasons = (Reason("python-side-effect", "`seen` changes once per trace", place, steps),)
        return FunctionReport(
            path,
            match["name"],
            number,
            number + 1,
            name_span,
            "graph" if decorators else "eager",
            verdict,
            "proven",
            reasons=reasons,
            decorator_spans=decorators,
            recommended=verdict is Verdict.CONVERT,
            summary=f"`{match['name']}` is {verdict.value}.",
        )

    def _diagnostics(self, function: FunctionReport) -> list[Diagnostic]:
        rules = {
            Verdict.CONVERT: ("convertible", Severity.HINT),
            Verdict.REMOVE: ("no-tensor-computation", Severity.WARNING),
        }
        if function.verdict not in rules:
            return []
        rule, severity = rules[function.verdict]
        if rule in self._settings.ignore:
            return []
        place = Location(function.path, function.name_span)
        return [
            Diagnostic(
                place,
                rule,
                severity,
                function.summary,
                function.qualname,
                (function.verdict.value,),
                (TraceStep(place, "here"),),
            )
        ]

    def _fix(self, function: FunctionReport) -> Fix:
        line = self._text(function.path).split("\n")[function.line - 1]
        if function.verdict is Verdict.CONVERT:
            indent = line[: len(line) - len(line.lstrip())]
            edit = TextEdit(Span(function.line, 0, function.line, 0), f"{indent}@tf.function\n")
            title = f"Convert `{function.qualname}` to a graph"
        else:
            edit = TextEdit(Span(function.line - 1, 0, function.line, 0), "")
            title = f"Remove `@tf.function` from `{function.qualname}`"
        return Fix(title, function.path, (edit,), True, True, function.verdict.value, function.qualname)
