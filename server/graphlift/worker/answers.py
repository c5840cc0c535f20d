"""Which call of the workspace answers which question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from graphlift.ide.fix_all import apart, merged
from graphlift.ide.inlay_hints import InlayHint
from graphlift.ide.value_report import ValueReport
from graphlift.ide.workspace import Progress
from graphlift.source.config import Settings
from graphlift.source.span import Span
from graphlift.verdict import Environment, FileReport, Fix, FunctionReport
from graphlift.worker.protocol import (
    DiagnosticsOf,
    FilesOf,
    FixAll,
    FixesIn,
    FixWorkspace,
    HintsIn,
    HoverAt,
    HoverFacts,
    Query,
    ReportOf,
)


class Analysis(Protocol):
    """What the analysis process uses of `graphlift.ide.workspace.Workspace`; see there for the meaning."""

    def files(self) -> tuple[str, ...]: ...  # noqa: D102
    def rescan(self) -> None: ...  # noqa: D102
    def open(self, path: str, text: str) -> None: ...  # noqa: D102
    def close(self, path: str) -> None: ...  # noqa: D102
    def text(self, path: str) -> str: ...  # noqa: D102
    def settle(  # noqa: D102
        self, progress: Callable[[Progress], None] | None = None, budget: float | None = None
    ) -> bool: ...
    def report(self, path: str) -> FileReport: ...  # noqa: D102
    def function_at(  # noqa: D102
        self, path: str, line: int, column: int | None = None
    ) -> FunctionReport | None: ...
    def value_at(self, path: str, line: int, column: int) -> ValueReport | None: ...  # noqa: D102
    def inlay_hints(self, path: str, span: Span) -> tuple[InlayHint, ...]: ...  # noqa: D102
    def fixes(self, path: str, span: Span) -> tuple[Fix, ...]: ...  # noqa: D102
    def all_fixes(self, path: str, slugs: Sequence[str]) -> tuple[Fix, ...]: ...  # noqa: D102

    @property
    def environment(self) -> Environment: ...  # noqa: D102
    @property
    def left_out(self) -> int: ...  # noqa: D102


Factory = Callable[[Sequence[str], Settings, Callable[[], bool]], Analysis]
"""Makes an `Analysis` from roots, settings and the function that says whether to leave off."""


def answer(analysis: Analysis, query: Query) -> object:
    """The answer, in the type that the question names. May raise what the analysis raises."""
    match query:
        case HoverAt(path=path, line=line, column=column):
            return _hover(analysis, path, line, column)
        case HintsIn(path=path, span=span):
            return analysis.inlay_hints(path, span)
        case FixesIn(path=path, span=span):
            return analysis.fixes(path, span)
        case FixAll(path=path, slugs=slugs):
            fixes = _wanted(analysis, path, slugs, assumed=False)
            return merged(path, analysis.text(path), fixes) if fixes else None
        case FixWorkspace(slugs=slugs, assumed=assumed):
            return tuple(
                fix
                for path in analysis.files()
                for fix in apart(path, analysis.text(path), _wanted(analysis, path, slugs, assumed=assumed))
            )
        case ReportOf(path=path):
            return analysis.report(path)
        case DiagnosticsOf(paths=paths):
            return tuple(_diagnostics(analysis, path) for path in paths)
        case FilesOf():
            return analysis.files()


def subject(query: Query) -> str | None:
    """The file whose change makes the answer worthless, if there is one."""
    return None if isinstance(query, FilesOf | FixWorkspace | DiagnosticsOf) else query.path


def _diagnostics(analysis: Analysis, path: str) -> FileReport:
    return msgspec.structs.replace(analysis.report(path), functions=())


def _hover(analysis: Analysis, path: str, line: int, column: int) -> HoverFacts | None:
    function = analysis.function_at(path, line, column)
    if function is not None:
        return HoverFacts(function.name_span, function)
    value = analysis.value_at(path, line, column)
    return None if value is None else HoverFacts(value.span, value=value)


def _wanted(analysis: Analysis, path: str, slugs: Sequence[str], *, assumed: bool) -> list[Fix]:
    return [fix for fix in analysis.all_fixes(path, slugs) if fix.safe or assumed]
