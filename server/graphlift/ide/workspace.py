"""The one entry to the analysis, for the command line and for the analysis process of the server alike.

Plain data in, plain data out: no LSP types, no syntax trees. Not thread-safe: one thread owns a `Workspace`.
Paths are absolute, normalised strings; a path need not exist on disk when a buffer is open for it.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from graphlift import fixes as editing
from graphlift.engine import Database
from graphlift.facts import Program
from graphlift.fixes.mend import COMBINED
from graphlift.ide.hover import function_markdown
from graphlift.ide.inlay_hints import InlayHint
from graphlift.ide.mendings import Mender
from graphlift.ide.muting import Repair
from graphlift.ide.report import Judged, Reporter
from graphlift.ide.suppressing import mending, suppressing
from graphlift.ide.trial import Bench
from graphlift.ide.value_hints import inlay_hints
from graphlift.ide.value_report import ValueReport, value_markdown
from graphlift.ide.values import Values
from graphlift.index import module_of
from graphlift.interp.solver import Solver
from graphlift.models import use_release
from graphlift.models.uses import OPAQUE_LIBRARIES
from graphlift.resolve import Files, files, source_text
from graphlift.resolve.environment import Installed, find_environment
from graphlift.resolve.modules import module_keys
from graphlift.source.config import Settings as Settings
from graphlift.source.discover import discover
from graphlift.source.files import LARGEST_FILE, ReadProblem, SourceText
from graphlift.source.levels import RuleLevels
from graphlift.source.notebooks import SUFFIX, read_module
from graphlift.source.span import Span
from graphlift.verdict import (
    Environment,
    FileReport,
    Fix,
    FunctionReport,
    Problem,
    Verdict,
)

RECURSION_LIMIT = 20_000
"""Python frames; expressions of some thousand terms are interpreted recursively."""


class Progress(msgspec.Struct, frozen=True):
    """How far the analysis of the workspace is: `done` of `total` files; `message` says what goes on."""

    done: int
    total: int
    message: str


class Hover(msgspec.Struct, frozen=True):
    """What to show at a position, as Markdown, and the text it is about."""

    markdown: str
    span: Span


class Workspace:
    """A set of files under some roots, open buffers over them, and all that is known about them."""

    def __init__(
        self,
        roots: Sequence[str],
        settings: Settings | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        *,
        notebooks: bool = False,
    ) -> None:
        """Look at the files under the roots; with `notebooks` at notebooks too, each of which is one module.

        An editor leaves these out, since it edits them by their cells, and opens those that it shows.
        """
        gc.set_threshold(200_000, 20, 50)  # Long-lived trees and summaries: full collections find nothing.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))
        self.settings = settings or Settings()
        self.roots = tuple(str(Path(root).absolute()) for root in roots)
        self._keys = module_keys(self.roots)
        self._suffixes = (".py", SUFFIX) if notebooks else (".py",)
        self.left_out = 0
        """How many files there are over `max-files`, which are not analysed."""
        self._on_disk = self._discovered()
        self._levels = RuleLevels(self.settings, next(iter(self.roots), None))
        self._installed: Installed = find_environment(
            self.roots,
            self.settings.interpreter,
            self.settings.tensorflow,
            self.settings.keras,
            {path: source.text for path, source in self._on_disk.items()},
        )
        use_release(self._installed.tensorflow)
        self.db = Database(cancelled)
        self.solver = Solver(self.db, self._installed.keras, cancelled)
        self._buffers: dict[str, str] = {}
        self._stale = True
        self._next: Solver | None = None
        """The settling under way; `solver` answers from the one before until it is done."""
        self._edited: set[str] = set()
        """Files whose functions are due to be judged anew, with the evidence of the last settling."""
        self._reporter: Reporter | None = None
        self._judged: Mapping[str, Judged | None] = {}
        """What was found out about functions of modules that were not edited since: it holds until all settles."""
        self._values: Values | None = None
        self._mender: Mender | None = None
        self._publish()

    # Files

    def files(self) -> tuple[str, ...]:
        """The Python files of the workspace and the open buffers, sorted."""
        return tuple(sorted({*self._on_disk, *self._buffers}))

    def rescan(self) -> None:
        """Look at the disk again: files created, changed or deleted since the last look."""
        self._on_disk = self._discovered()
        self._publish()

    def _discovered(self) -> dict[str, SourceText]:
        found = discover(
            self.roots,
            self.settings.exclude,
            base=self.settings.base,
            respect_gitignore=self.settings.respect_gitignore,
            suffixes=self._suffixes,
        )
        taken = found.files[: self.settings.max_files]
        self.left_out = len(found.files) - len(taken)
        return {path: _within_limit(read_module(path)) for path in taken}

    def open(self, path: str, text: str) -> None:
        """Let `text` stand for the file from now on, whatever the disk says; also for each later change."""
        known = path in self._buffers or path in self._on_disk
        before = self.text(path)
        self._buffers[path] = text
        if not known:
            self._publish()
        elif (analysed := self.text(path)) != before:
            self.db.set(source_text, path, analysed)
            self._outdate(path)

    def close(self, path: str) -> None:
        """Let the disk speak for the file again."""
        if self._buffers.pop(path, None) is not None:
            if path in self._on_disk:
                self._on_disk[path] = _within_limit(read_module(path))
            self._publish()

    def text(self, path: str) -> str:
        """The text that is analysed for a file: the open buffer's, else the disk's, else nothing."""
        if path in self._buffers:
            return _within_limit(SourceText(self._buffers[path])).text
        found = self._on_disk.get(path)
        return found.text if found is not None and not found.problems else ""

    def key_of(self, path: str) -> str:
        """The module key of a file; see `resolve.modules`."""
        return self._keys.key(path)

    def _publish(self) -> None:
        """Tell the database about the set of files and their texts."""
        paths: dict[str, str] = {}
        for path in self.files():
            paths.setdefault(self.key_of(path), path)
            self.db.set(source_text, path, self.text(path))
        opaque = OPAQUE_LIBRARIES
        search = (*self._keys.folders, *self._installed.search)
        self.db.set(files, "", Files(paths, self._keys.starts, search, opaque))
        self._outdate()

    def _outdate(self, path: str | None = None) -> None:
        """Something has changed: one file's text, or (without a path) the set of files."""
        self._stale = True
        if path is None:
            self._judged = {}
        else:
            self._edited.add(path)
            if self._reporter is not None and self.solver.state.settled:
                self._judged = self._reporter.judged
            key = self.key_of(path)
            self._judged = {name: found for name, found in self._judged.items() if module_of(name) != key}
        self._reporter = None

    # Analysis

    def settle(self, progress: Callable[[Progress], None] | None = None, budget: float | None = None) -> bool:
        """Bring the evidence up to date over the whole workspace, open files first (the slow path).

        Works for about `budget` seconds (without limit when `None`) and says whether everything is settled;
        call again to go on. Raises `Cancelled` (see `engine`) when `cancelled()` turns true; what was done
        is kept.
        """
        use_release(self._installed.tensorflow)
        if self._stale or self._next is None:
            self._next = self.solver.successor()
            self._stale = False
        deadline = None if budget is None else time.monotonic() + budget
        told = -1
        for done, total in self._next.settle():
            if progress is not None and done != told:
                told = done
                progress(Progress(done, total, "Analysing"))
            if deadline is not None and time.monotonic() > deadline and done < total:
                return False
        if self.solver is not self._next:
            self.solver = self._next
            self._reporter = None
            self._judged = {}
            self._edited.clear()
        return True

    def report(self, path: str) -> FileReport:
        """What is said of one file, with the evidence known so far (the fast path).

        Before the workspace has settled for the first time there are no diagnostics yet: callers that are not
        analysed could still change every verdict.
        """
        use_release(self._installed.tensorflow)
        settled = self.solver.state.settled
        if not settled:
            self._edited.add(path)
        for edited in sorted(self._edited):
            self.solver.refresh(self.key_of(edited))
            self._edited.discard(edited)
            self._reporter = None
        if self._reporter is None:
            self._reporter = Reporter(Program(self.solver), self.solver, self._levels, self._judged)
        found = self._reporter.file(path, self._problems(path))
        return found if settled else msgspec.structs.replace(found, diagnostics=())

    def _problems(self, path: str) -> tuple[Problem, ...]:
        found = self._on_disk.get(path)
        if path in self._buffers:
            found = _within_limit(SourceText(self._buffers[path]))
        return () if found is None else tuple(Problem(path, p.line, p.message) for p in found.problems)

    # Questions

    def function_at(self, path: str, line: int, column: int | None = None) -> FunctionReport | None:
        """The innermost function whose lines hold the position; with a column, only on its name or decorator."""
        best: FunctionReport | None = None
        for function in self.report(path).functions:
            if column is not None:
                spans = (function.name_span, *function.decorator_spans)
                if not any(span.contains(line, column) for span in spans):
                    continue
            elif not self._first_line(function) <= line <= function.end_line:
                continue
            if best is None or function.line >= best.line:
                best = function
        return best

    @staticmethod
    def _first_line(function: FunctionReport) -> int:
        return min([function.line, *(span.line for span in function.decorator_spans)])

    def hover(self, path: str, line: int, column: int) -> Hover | None:
        """What to show when the pointer rests on a position: a function's verdict, or an expression's value."""
        function = self.function_at(path, line, column)
        if function is None:
            value = self.value_at(path, line, column)
            return None if value is None else Hover(value_markdown(value, path), value.span)
        span = next(s for s in (function.name_span, *function.decorator_spans) if s.contains(line, column))
        return Hover(function_markdown(function, self.environment), span)

    def value_at(self, path: str, line: int, column: int) -> ValueReport | None:
        """What the expression at a position holds, and why; `None` where there is none or it is never reached."""
        return self._values_of(path).at(self.key_of(path), line, column)

    def parameters_of(self, function: FunctionReport) -> tuple[ValueReport, ...]:
        """What is known of a function's parameters and why, with what each visible call passes."""
        return self._values_of(function.path).parameters(self.key_of(function.path), function.line)

    def inlay_hints(self, path: str, span: Span) -> tuple[InlayHint, ...]:
        """The hints that the settings ask for in a span of a file; none before the workspace has settled."""
        wanted = self.settings.inlay_hints
        if not wanted.any or not self.solver.state.settled:
            return ()
        values = self._values_of(path)
        return tuple(inlay_hints(values, self.solver, self.key_of(path), span, wanted))

    def _values_of(self, path: str) -> Values:
        """What is known of values now; looked at anew when the evidence has changed."""
        known = self._reporter is not None and self._reporter.knows(path)
        if self.solver.state.settled or not known:  # Until it has settled, each report judges the file anew.
            self.report(path)
        assert self._reporter is not None
        if self._values is None or self._values.reporter is not self._reporter:
            self._values = Values(self._reporter, self.solver)
        return self._values

    def fixes(self, path: str, span: Span) -> tuple[Fix, ...]:
        """The edits on offer for the functions and diagnostics that touch the span."""
        report = self.report(path)
        wanted = {
            diagnostic.function
            for diagnostic in report.diagnostics
            if diagnostic.fixes and diagnostic.location.span.overlaps(span)
        }
        found = []
        heads = []
        for function in report.functions:
            first = self._first_line(function)
            head = Span(first, 0, function.name_span.end_line, function.name_span.end_column + 1)
            if head.overlaps(span):
                heads.append(function.qualname)
            if function.qualname in wanted or head.overlaps(span):
                found.append(self._fix(function))
        wanted_fixes = [fix for fix in found if fix is not None]
        text = self.text(path)
        if self.solver.state.settled:  # What callers pass is not known before.
            wanted_fixes += self._mender_now().at(report, self.key_of(path), text, span, heads)
        wanted_fixes += mending(report, text, self._repairs(path), span)
        return (*wanted_fixes, *suppressing(report, text, span))

    def _mender_now(self) -> Mender:
        """What finds the edits for blocked functions, for the evidence of the last report."""
        assert self._reporter is not None
        if self._mender is None or self._mender.reporter is not self._reporter:
            bench = Bench(self.db, self.solver, self._levels)
            self._mender = Mender(self._reporter, self.solver, bench)
        return self._mender

    def reports_rule(self, path: str, rule: str) -> bool:
        """Whether a rule is on in a file."""
        return self._levels.at(path).level(rule) != "off"

    def _repairs(self, path: str) -> tuple[Repair, ...]:
        return () if self._reporter is None else self._reporter.repairs(path)

    def all_fixes(self, path: str, slugs: Sequence[str]) -> tuple[Fix, ...]:
        """The edits on offer in a whole file, of these kinds (`convert`, `remove`, …), in source order."""
        report = self.report(path)
        fixes = [self._fix(function) for function in report.functions if function.recommended]
        mended = mending(report, self.text(path), self._repairs(path))
        if COMBINED in slugs and self.solver.state.settled:
            mended += self._mender_now().whole(report, self.key_of(path), self.text(path))
        return tuple(fix for fix in (*fixes, *mended) if fix is not None and fix.slug in slugs)

    def _fix(self, function: FunctionReport) -> Fix | None:
        target = editing.Target(function.qualname, function.line)
        text = self.text(function.path)
        if function.verdict is Verdict.CONVERT:
            made = editing.convert(function.path, text, target, arguments=function.arguments)
        elif function.verdict is Verdict.REMOVE:
            made = editing.remove(function.path, text, target, decorator_spans=function.decorator_spans)
        elif function.verdict is Verdict.RECONFIGURE:
            made = editing.set_arguments(
                function.path, text, target, function.arguments, decorator_spans=function.decorator_spans
            )
        else:
            return None
        if isinstance(made, editing.Refusal) or made.slug in function.declined:
            return None
        proven = function.confidence == "proven"
        return msgspec.structs.replace(made, safe=made.safe and proven, preferred=proven)

    @property
    def environment(self) -> Environment:
        """The Python, TensorFlow and Keras that the verdicts hold for."""
        found = self._installed
        return Environment(found.python, found.tensorflow, found.keras, found.source, found.interpreter)


def _within_limit(source: SourceText) -> SourceText:
    """The file, or one without text where it is too large."""
    if len(source.text) <= LARGEST_FILE:
        return source
    problem = ReadProblem(1, f"is not analysed: it has more than {LARGEST_FILE:,} characters")
    return SourceText("", problems=(problem,))
