"""What `graphlift check` prints, one file per format: each makes a text from a `Run`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

import msgspec

from graphlift.verdict import Diagnostic, Environment, FileReport, Fix, Problem


class Run(msgspec.Struct, frozen=True):
    """What one run of `check` found. `fixes` gives the edits on offer in a file, by its path."""

    reports: tuple[FileReport, ...]
    environment: Environment
    seconds: float
    fixes: Callable[[str], Sequence[Fix]]

    @property
    def diagnostics(self) -> Iterator[Diagnostic]:
        """All findings, file by file."""
        return (item for report in self.reports for item in report.diagnostics)

    @property
    def problems(self) -> Iterator[Problem]:
        """All that could not be analysed, file by file."""
        return (item for report in self.reports for item in report.problems)

    @property
    def found(self) -> bool:
        """Whether there is anything to report."""
        return any(report.diagnostics or report.problems for report in self.reports)


MACHINE_FORMATS = ("json", "sarif", "github", "gitlab", "junit")
"""Formats that programs read; each is a module here with a function `document(run)`."""

SERVICE_FORMATS = ("sarif", "github", "gitlab", "junit")
"""Those whose readers show the lines of files."""

FORMATS = ("text", "concise", *MACHINE_FORMATS)


def machine_document(output_format: str, run: Run) -> str:
    """The text of a format that programs read, without a newline at its end."""
    made: str = import_module(f"{__name__}.{output_format}").document(run)
    return made
