"""The last report of each open document, and waiting for the next one."""

from __future__ import annotations

import asyncio

import msgspec

from graphlift.lsp.documents import Document, Documents
from graphlift.verdict import FileReport
from graphlift.worker.protocol import Reported, Standing


class SupersededError(Exception):
    """The document changed or was closed while its report was waited for."""


class Taken(msgspec.Struct, frozen=True):
    """A report that is about the text on the screen.

    `parsed` is false when that text can't be parsed: then nothing in the report is about functions. `again`
    is true when the same text was reported before (and not as preliminary), so something elsewhere changed.
    """

    document: Document
    report: FileReport
    standing: Standing
    parsed: bool
    again: bool

    @property
    def preliminary(self) -> bool:
        """Whether a better report follows."""
        return self.standing is Standing.PRELIMINARY


class Reports:
    """What the analysis said of the open documents."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._latest: dict[str, Taken] = {}
        self._parsed: dict[str, Taken] = {}
        self._waiting: dict[str, list[asyncio.Future[Taken]]] = {}

    def current(self, document: Document) -> Taken | None:
        """The report of this very text, if there is one."""
        taken = self._latest.get(document.path)
        return taken if taken is not None and taken.document is document else None

    def last(self, document: Document) -> Taken | None:
        """The last report of a text of the document that could be parsed; perhaps an older text."""
        return self._parsed.get(document.path)

    async def wait(self, document: Document) -> Taken:
        """The report of this very text, once there is one that no better one follows.

        Raises `SupersededError` when there won't be.
        """
        taken = self.current(document)
        if taken is not None and not taken.preliminary:
            return taken
        if not self._documents.is_current(document):
            raise SupersededError
        future: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(document.path, []).append(future)
        return await future

    def take(self, reported: Reported) -> Taken | None:
        """Take in a report; `None` when it is about a text that is no longer on the screen."""
        report = reported.report
        document = self._documents.by_path(report.path)
        if document is None or document.revision > reported.revision:
            return None
        before = self.current(document)
        parsed = bool(report.functions) or not report.problems
        again = before is not None and not before.preliminary
        taken = Taken(document, report, reported.standing, parsed, again)
        self._latest[report.path] = taken
        if parsed:
            self._parsed[report.path] = taken
        for future in () if taken.preliminary else self._waiting.pop(report.path, ()):
            if not future.done():
                future.set_result(taken)
        return taken

    def supersede(self, path: str) -> None:
        """Tell those who wait for a report of the document that its text is another now."""
        for future in self._waiting.pop(path, ()):
            if not future.done():
                future.set_exception(SupersededError())

    def forget(self, path: str) -> None:
        """The document was closed."""
        self.supersede(path)
        self._latest.pop(path, None)
        self._parsed.pop(path, None)
