"""Several folders with settings of their own, each analysed by itself, behind the face of one analysis.

A file belongs to the folder with the longest path that holds it; what lies outside of all, to the first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import msgspec

from graphlift.ide.inlay_hints import InlayHint
from graphlift.ide.value_report import ValueReport
from graphlift.ide.workspace import Progress
from graphlift.source.span import Span
from graphlift.verdict import Environment, FileReport, Fix, FunctionReport
from graphlift.worker.answers import Analysis, Factory
from graphlift.worker.protocol import Folders


def opened(folders: Sequence[Folders], factory: Factory, cancelled: Callable[[], bool]) -> Analysis:
    """The analysis of these folders: one, or several behind one face."""
    made = [(each.roots, factory(each.roots, each.settings, cancelled)) for each in folders]
    return made[0][1] if len(made) == 1 else Several(made)


class Several:
    """Has the methods of `Analysis`."""

    def __init__(self, parts: Sequence[tuple[Sequence[str], Analysis]]) -> None:
        self._parts = [analysis for _, analysis in parts]
        by_root = [(root, analysis) for roots, analysis in parts for root in roots]
        self._by_root = sorted(by_root, key=lambda each: -len(each[0]))
        self._due = list(self._parts)
        """Those that are not settled."""

    def _of(self, path: str) -> Analysis:
        for root, analysis in self._by_root:
            if path == root or path.startswith(root.rstrip(os.sep) + os.sep):
                return analysis
        return self._parts[0]

    def _changed(self, analysis: Analysis) -> None:
        if not any(each is analysis for each in self._due):
            self._due.append(analysis)

    def files(self) -> tuple[str, ...]:
        """The files of all folders, each by the one that it belongs to."""
        found = {path for part in self._parts for path in part.files() if self._of(path) is part}
        return tuple(sorted(found))

    def rescan(self) -> None:
        """Look at the disk again."""
        for part in self._parts:
            part.rescan()
        self._due = list(self._parts)

    def open(self, path: str, text: str) -> None:
        """Let a text stand for a file."""
        self._of(path).open(path, text)
        self._changed(self._of(path))

    def close(self, path: str) -> None:
        """Let the disk speak for a file again."""
        self._of(path).close(path)
        self._changed(self._of(path))

    def text(self, path: str) -> str:
        """The text that is analysed for a file."""
        return self._of(path).text(path)

    def settle(self, progress: Callable[[Progress], None] | None = None, budget: float | None = None) -> bool:
        """Settle one folder after the other, each for the budget; whether all are settled."""
        while self._due:
            part = self._due[0]
            before = sum(len(each.files()) for each in self._parts if each not in self._due)
            after = sum(len(each.files()) for each in self._due[1:])
            if not part.settle(_shifted(progress, before, after), budget):
                return False
            self._due.remove(part)
            if budget is not None and self._due:
                return False
        return True

    def report(self, path: str) -> FileReport:
        """What is said of one file."""
        return self._of(path).report(path)

    def function_at(self, path: str, line: int, column: int | None = None) -> FunctionReport | None:
        """The function at a position."""
        return self._of(path).function_at(path, line, column)

    def value_at(self, path: str, line: int, column: int) -> ValueReport | None:
        """The value at a position."""
        return self._of(path).value_at(path, line, column)

    def inlay_hints(self, path: str, span: Span) -> tuple[InlayHint, ...]:
        """The hints in a span."""
        return self._of(path).inlay_hints(path, span)

    def fixes(self, path: str, span: Span) -> tuple[Fix, ...]:
        """The edits on offer in a span."""
        return self._of(path).fixes(path, span)

    def all_fixes(self, path: str, slugs: Sequence[str]) -> tuple[Fix, ...]:
        """The edits on offer in a file."""
        return self._of(path).all_fixes(path, slugs)

    @property
    def environment(self) -> Environment:
        """That of the first folder."""
        return self._parts[0].environment

    @property
    def left_out(self) -> int:
        """How many files are over the limits of their folders."""
        return sum(part.left_out for part in self._parts)

    def environment_of(self, root: str) -> Environment:
        """That of the folder of this root."""
        return self._of(root).environment


def _shifted(
    progress: Callable[[Progress], None] | None, before: int, after: int
) -> Callable[[Progress], None] | None:
    """The progress of one folder among all."""
    if progress is None:
        return None
    tell = progress
    return lambda own: tell(
        msgspec.structs.replace(own, done=before + own.done, total=before + own.total + after)
    )
