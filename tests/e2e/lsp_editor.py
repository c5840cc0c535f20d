"""An editor for tests: keeps documents as editors do, applies edits, waits for messages, never for time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Union

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import client as stock
from pytest_lsp.protocol import LanguageClientProtocol

PATIENCE = 30.0
"""Seconds until a message that doesn't come fails the test."""


class CountingProtocol(LanguageClientProtocol):
    """Counts the answers to each request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked: set[Any] = set()
        self.answers: Counter[Any] = Counter()

    def send_request(self, method, params=None, callback=None, msg_id=None):
        future = super().send_request(method, params, callback, msg_id)
        self.asked.update(self._request_futures.keys() - self.asked)
        return future

    def _handle_response(self, msg_id, result=None, error=None):
        self.answers[msg_id] += 1
        super()._handle_response(msg_id, result, error)


def _converter() -> Any:
    """Like lsprotocol's, which takes a code action that has a command for a command."""
    converter = default_converter()

    def structure(value: Any, _: Any) -> types.Command | types.CodeAction:
        bare = isinstance(value.get("command"), str)
        return converter.structure(value, types.Command if bare else types.CodeAction)

    converter.register_structure_hook(Union[types.Command, types.CodeAction], structure)  # noqa: UP007
    return converter


class Editor(stock.LanguageClient):
    """A language client with documents."""

    def __init__(self) -> None:
        super().__init__(protocol_cls=CountingProtocol, converter_factory=_converter)
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.registrations: list[types.Registration] = []
        self.proposed: list[types.ApplyWorkspaceEditParams] = []
        self.refreshes = 0
        self.ended = False
        self.hint_refreshes = 0
        self.encoding = "utf-16"
        self._news = asyncio.Event()
        features = dict(stock.DEFAULT_CLIENT_FEATURES)
        for method, function in features.items():
            features[method] = self._noting(function)
        features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = self._noting(_publish)
        features[types.CLIENT_REGISTER_CAPABILITY] = self._noting(_register)
        features[types.WORKSPACE_DIAGNOSTIC_REFRESH] = self._noting(_refresh)
        features[types.WORKSPACE_CODE_LENS_REFRESH] = self._noting(_refresh)
        features[types.WORKSPACE_INLAY_HINT_REFRESH] = self._noting(_refresh_hints)
        features[types.WORKSPACE_APPLY_EDIT] = self._noting(_apply_edit)
        stock.register_lsp_features(self, features)

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def handler(params: Any) -> Any:
            result = function(self, params)
            self._news.set()
            return result

        return handler

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until the condition gives something true, looking again at each message; that value."""

        async def look() -> Any:
            while not (value := condition()):
                self._news.clear()
                await self._news.wait()
            return value

        return await asyncio.wait_for(look(), PATIENCE)

    async def begin(self, roots: list[str], **options: Any) -> types.InitializeResult:
        """Initialize; `options` are those of `capabilities`, and `initialization_options`.

        `announced` are a real editor's capabilities as it sent them, instead.
        """
        announced = options.pop("announced", None)
        initial = options.pop("initialization_options", None)
        folders = [types.WorkspaceFolder(root, root.rpartition("/")[2]) for root in roots]
        params = types.InitializeParams(
            capabilities=capabilities(**options)
            if announced is None
            else default_converter().structure(announced, types.ClientCapabilities),
            workspace_folders=folders,
            initialization_options=initial,
        )
        result = await self.initialize_session(params)
        self.encoding = str(types.PositionEncodingKind(result.capabilities.position_encoding).value)
        return result

    # Documents

    def open(self, uri: str, text: str, language: str = "python") -> None:
        self.texts[uri], self.versions[uri] = text, 1
        self.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
        )

    def rewrite(self, uri: str, text: str) -> None:
        """Send the whole new text."""
        self._changed(uri, text, types.TextDocumentContentChangeWholeDocument(text))

    def edit(self, uri: str, range: types.Range, new: str) -> None:
        """Send one change of a range."""
        text = self.texts[uri]
        start, end = self.offset(text, range.start), self.offset(text, range.end)
        changed = text[:start] + new + text[end:]
        self._changed(uri, changed, types.TextDocumentContentChangePartial(range, new))

    def replace(self, uri: str, old: str, new: str) -> None:
        """Send the replacement of the first `old` as a change of its range."""
        start = self.texts[uri].index(old)
        self.edit(uri, types.Range(self.at(uri, start), self.at(uri, start + len(old))), new)

    def _changed(self, uri: str, text: str, change: types.TextDocumentContentChangeEvent) -> None:
        self.texts[uri] = text
        self.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def apply(self, edit: types.WorkspaceEdit) -> None:
        """Apply an edit to the open documents and tell the server; checks the versions."""
        for change in edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            uri = change.text_document.uri
            assert change.text_document.version == self.versions[uri]
            for each in sorted(change.edits, key=lambda each: _key(each.range.start), reverse=True):
                self.edit(uri, each.range, each.new_text)
        for uri, edits in (edit.changes or {}).items():
            for each in sorted(edits, key=lambda each: _key(each.range.start), reverse=True):
                self.edit(uri, each.range, each.new_text)

    def close(self, uri: str) -> None:
        self.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        del self.texts[uri], self.versions[uri]

    # Positions, as an editor counts them

    def at(self, uri: str, offset: int) -> types.Position:
        before = self.texts[uri][:offset]
        column = before.rpartition("\n")[2]
        return types.Position(before.count("\n"), self._units(column))

    def find(self, uri: str, word: str) -> types.Position:
        return self.at(uri, self.texts[uri].index(word))

    def word(self, uri: str, word: str) -> types.Range:
        start = self.texts[uri].index(word)
        return types.Range(self.at(uri, start), self.at(uri, start + len(word)))

    def text_in(self, uri: str, range: types.Range) -> str:
        text = self.texts[uri]
        return text[self.offset(text, range.start) : self.offset(text, range.end)]

    def offset(self, text: str, position: types.Position) -> int:
        lines = text.split("\n")
        line = lines[position.line]
        column = next(
            column for column in range(len(line) + 1) if self._units(line[:column]) == position.character
        )
        return sum(len(each) + 1 for each in lines[: position.line]) + column

    def _units(self, text: str) -> int:
        width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[self.encoding]
        name = self.encoding if self.encoding == "utf-8" else f"{self.encoding}-le"
        return len(text.encode(name)) // width

    # Questions

    async def diagnosed(self, uri: str, version: int | None = None) -> list[types.Diagnostic]:
        """The diagnostics published for this version (the current one when `None`) of the document."""
        wanted = self.versions[uri] if version is None else version
        found = await self.until(
            lambda: [each for each in self.published if each.uri == uri and each.version == wanted]
        )
        return list(found[-1].diagnostics)

    async def hover_text(self, uri: str, word: str) -> str | None:
        hover = await self.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), self.find(uri, word))
        )
        return None if hover is None else hover.contents.value

    async def hints(self, uri: str, range: types.Range | None = None) -> list[types.InlayHint]:
        """The inlay hints in the range, or in the whole document, in their order."""
        end = self.at(uri, len(self.texts[uri]))
        found = await self.text_document_inlay_hint_async(
            types.InlayHintParams(
                types.TextDocumentIdentifier(uri), range or types.Range(types.Position(0, 0), end)
            )
        )
        return list(found or [])

    async def actions(
        self,
        uri: str,
        range: types.Range,
        diagnostics: list[types.Diagnostic] | None = None,
        only: list[str] | None = None,
        resolve: bool = True,
    ) -> list[types.CodeAction]:
        """The actions on offer; those of the lightbulb with their edits, unless they are not to be resolved."""
        context = types.CodeActionContext(diagnostics=diagnostics or [], only=only)
        found = await self.text_document_code_action_async(
            types.CodeActionParams(types.TextDocumentIdentifier(uri), range, context)
        )
        offered = [each for each in found or [] if isinstance(each, types.CodeAction)]
        for each in offered if resolve else ():
            each.data = _without_nulls(each.data)
            if each.edit is None and each.disabled is None and not each.kind.startswith("source."):
                each.edit = (await self.code_action_resolve_async(each)).edit
        return offered

    def said(self, words: str) -> list[str]:
        """The messages shown to the user that hold these words."""
        return [each.message for each in self.messages if words in each.message]

    async def end(self) -> None:
        """Shut down unless that was done, and check that each request was answered exactly once."""
        if self.ended:
            return
        self.ended = True
        await self.shutdown_session()
        assert {id: self.protocol.answers[id] for id in self.protocol.asked} == dict.fromkeys(
            self.protocol.asked, 1
        )


def _without_nulls(data: Any) -> Any:
    """What is left of a server's data in Neovim up to 0.11, whose tables can't hold a null."""
    if isinstance(data, dict):
        return {name: _without_nulls(each) for name, each in data.items() if each is not None}
    return [_without_nulls(each) for each in data] if isinstance(data, list) else data


def capabilities(
    encodings: tuple[str, ...] | None = None,
    markdown: bool = True,
    progress: bool = True,
    configuration: bool = False,
    rich: bool = True,
    pull: bool = False,
) -> types.ClientCapabilities:
    """Capabilities of an editor; `rich` ones show all there is of diagnostics and edits."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(
            position_encodings=None
            if encodings is None
            else [types.PositionEncodingKind(each) for each in encodings]
        ),
        window=types.WindowClientCapabilities(work_done_progress=progress),
        workspace=types.WorkspaceClientCapabilities(
            configuration=configuration,
            workspace_edit=types.WorkspaceEditClientCapabilities(
                document_changes=rich,
                change_annotation_support=types.ChangeAnnotationsSupportOptions() if rich else None,
            ),
            apply_edit=rich,
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=pull),
            code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=pull),
            inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=rich),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
        ),
        text_document=types.TextDocumentClientCapabilities(
            diagnostic=types.DiagnosticClientCapabilities(related_document_support=True) if pull else None,
            hover=types.HoverClientCapabilities(
                content_format=[types.MarkupKind.Markdown] if markdown else [types.MarkupKind.PlainText]
            ),
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=rich,
                version_support=rich,
                code_description_support=rich,
                data_support=rich,
            ),
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                ),
                is_preferred_support=rich,
                disabled_support=rich,
                resolve_support=types.ClientCodeActionResolveOptions(["edit"]) if rich else None,
                data_support=rich,
            ),
        ),
    )


def _publish(editor: Editor, params: types.PublishDiagnosticsParams) -> None:
    editor.published.append(params)
    editor.diagnostics[params.uri] = params.diagnostics


def _register(editor: Editor, params: types.RegistrationParams) -> None:
    editor.registrations += params.registrations


def _refresh_hints(editor: Editor, params: None) -> None:
    editor.hint_refreshes += 1


def _refresh(editor: Editor, params: None) -> None:
    editor.refreshes += 1


def _apply_edit(editor: Editor, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
    editor.proposed.append(params)
    editor.apply(params.edit)
    return types.ApplyWorkspaceEditResult(applied=True)


def _key(position: types.Position) -> tuple[int, int]:
    return position.line, position.character
