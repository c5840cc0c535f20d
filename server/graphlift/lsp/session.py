"""One client's session: its documents, its analysis process, and what is known of its files.

Everything here runs on the event loop. The session holds state and keeps the analysis told of it; what is
answered to which request is in `requests/`, one file each.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from graphlift.lsp import notebooks
from graphlift.lsp import settings as client_settings
from graphlift.lsp.abilities import Abilities
from graphlift.lsp.documents import Document, Documents
from graphlift.lsp.positions import Encoding, choose_encoding
from graphlift.lsp.progress import LoadProgress
from graphlift.lsp.publish import Publisher
from graphlift.lsp.reports import Reports
from graphlift.lsp.uris import path_of, uri_of
from graphlift.source import config
from graphlift.source.config import Settings
from graphlift.source.files import LARGEST_FILE
from graphlift.source.text import Lines
from graphlift.verdict import Environment
from graphlift.worker.client import Policy, State, WorkerClient
from graphlift.worker.protocol import Advanced, Folders, Reported, Settled

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer

logger = logging.getLogger(__name__)

_PROJECT_FILES = ("pyproject.toml", "graphlift.toml", "pylock.toml", "*.lock", "requirements*.txt")
"""Files that hold the settings or say which TensorFlow is meant: when one changes, the analysis begins anew."""


class WorkerOptions(msgspec.Struct, frozen=True):
    """How the analysis process is run: `arguments` of `graphlift.worker.process`, and when it is given up."""

    arguments: tuple[str, ...] = ()
    policy: Policy = Policy()


class Session:
    """The state between `initialize` and `shutdown`."""

    def __init__(
        self, server: GraphliftServer, params: types.InitializeParams, options: WorkerOptions
    ) -> None:
        self._server = server
        self._initial_settings = params.initialization_options
        self._tasks: set[asyncio.Task[None]] = set()
        self._rescan: asyncio.TimerHandle | None = None
        self._told: set[str] = set()
        self.roots = _roots(params)
        self.can = Abilities.of(params.capabilities)
        home = self.roots[0] if self.roots else str(Path.cwd())
        self.documents = Documents(Encoding(choose_encoding(params.capabilities)), home)
        self.reports = Reports(self.documents)
        self.publisher = Publisher(server, self.documents, self.can)
        self.progress = LoadProgress(server, self._progress_cancelled)
        self.settings = client_settings.ClientSettings()
        """The client's settings that are about no folder."""
        self._of_folders: dict[str, client_settings.ClientSettings] = {}
        self.folders: tuple[Folders, ...] = ()
        """What the analysis was told of folders and settings."""
        self.shows_hints = False
        """Whether the settings ask for inlay hints."""
        self._hints_to_refresh = False
        """Whether hints may be on the screen that the settings no longer ask for."""
        self._notebooks: dict[str, notebooks.Notebook] = {}
        self.verifying = asyncio.Lock()
        """One program of the user's runs at a time."""
        self.settlings = 0
        """How often the whole workspace was analysed."""
        self._next_settling = asyncio.Event()
        self.closing = False
        self._environments: dict[str, Environment] = {}
        self._environment: Environment | None = None
        self.worker = WorkerClient(self, options.policy, options.arguments)

    # Life

    def fit(self, capabilities: types.ServerCapabilities) -> None:
        """Adjust the announced capabilities to what this client can take."""
        capabilities.text_document_sync = types.TextDocumentSyncOptions(
            open_close=True, change=types.TextDocumentSyncKind.Incremental, save=False
        )
        if not self.can.pulls:
            capabilities.diagnostic_provider = None
        own = client_settings.own_commands(self._initial_settings)
        commands = capabilities.execute_command_provider
        if own and commands is not None:
            # A client that registers each command it is told of can't have one of that name itself.
            commands.commands = [name for name in commands.commands if name not in own]

    async def initialized(self) -> None:
        """Begin to work: the handshake is over and the client may be asked."""
        self.worker.start()
        await self.load_settings()
        await self._watch_files()

    async def close(self) -> None:
        """End the analysis process and whatever else goes on."""
        self.closing = True
        self._next_settling.set()
        if self._rescan is not None:
            self._rescan.cancel()
        for task in self._tasks:
            task.cancel()
        await self.worker.stop()

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside the requests; its failure is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._background_done)

    def _background_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("Something in the background failed", exc_info=task.exception())

    # Settings and folders

    async def load_settings(self) -> None:
        """Ask the client for the settings, where it can be asked, and let the analysis have them."""
        if not self.can.asks_settings:
            self.use_settings(None)
            return
        scopes = self.roots if len(self.roots) > 1 else ()
        items = [
            types.ConfigurationItem(None if root is None else uri_of(root), client_settings.SECTION)
            for root in (None, *scopes)
        ]
        try:
            answer = await self._server.workspace_configuration_async(types.ConfigurationParams(items))
        except JsonRpcException as error:
            logger.warning("The client did not tell the settings: %s", error)
            answer = ()
        configured, *of_roots = answer or (None,)
        self.use_settings(configured, dict(zip(scopes, of_roots, strict=False)))

    def use_settings(self, configured: Any, of_roots: Mapping[str, Any] | None = None) -> None:
        """Take in these settings over those of `initializationOptions`, and what is set for some folders."""
        self.settings = client_settings.parse(self._initial_settings, configured)
        self._of_folders = {
            root: client_settings.parse(self._initial_settings, configured, given)
            for root, given in (of_roots or {}).items()
        }
        for parsed in (self.settings, *self._of_folders.values()):
            for problem in parsed.problems:
                self.tell_once(types.MessageType.Warning, problem)
        self.configure()

    def configure(self) -> None:
        """Analyse with the client's settings over those of the configuration files, which are read again.

        For each folder the file nearest to it counts; one that is wrong is told and left out. Folders whose
        settings are the same are analysed together, so that they see each other's modules.
        """
        found = {root: config.find(root) for root in self.roots}
        self.publisher.configurations(found.values())
        groups: list[Folders] = []
        for root in self.roots or (None,):
            file = config.Configuration() if root is None else found[root]
            settings = file.settings if isinstance(file, config.Configuration) else config.Settings()
            wanted = client_settings.over(settings, self._of_folders.get(root or "", self.settings))
            number = next((n for n, group in enumerate(groups) if group.settings == wanted), None)
            roots = () if root is None else (root,)
            if number is None:
                groups.append(Folders(roots, wanted))
            else:
                groups[number] = Folders((*groups[number].roots, *roots), wanted)
        self.folders = tuple(groups)
        self._hints_to_refresh = self._hints_to_refresh or self.shows_hints
        self.shows_hints = any(group.settings.inlay_hints.any for group in groups)
        self.worker.configure(self.folders)

    def settings_of(self, path: str) -> Settings:
        """What is set for a file: by the folder with the longest path that holds it, else by the first."""
        holding = [
            (len(root), group.settings)
            for group in self.folders
            for root in group.roots
            if Path(path).is_relative_to(root)
        ]
        return max(holding, key=lambda each: each[0])[1] if holding else self.folders[0].settings

    def environment_of(self, path: str) -> Environment | None:
        """What the verdicts on a file's functions hold for; `None` before that is known."""
        roots = [root for root in self._environments if Path(path).is_relative_to(root)]
        return self._environments[max(roots, key=len)] if roots else self._environment

    def folders_changed(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        """Analyse other folders than before."""
        removed = {path_of(folder.uri, os.curdir) for folder in event.removed}
        added = [path_of(folder.uri, os.curdir) for folder in event.added]
        self.roots = tuple(dict.fromkeys([root for root in self.roots if root not in removed] + added))
        self.background(self.load_settings())

    async def _watch_files(self) -> None:
        if not self.can.watches_files:
            return
        patterns = ("**/*.py", "**/.gitignore", *(f"**/{name}" for name in _PROJECT_FILES))
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(each) for each in patterns]
        )
        registration = types.Registration(
            "graphlift-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options
        )
        try:
            await self._server.client_register_capability_async(types.RegistrationParams([registration]))
        except JsonRpcException as error:
            logger.warning("The client does not watch files: %s", error)

    def files_changed(self, events: Sequence[types.FileEvent]) -> None:
        """Look at the disk again shortly; many events come in a row when a branch is checked out."""
        names = [event.uri.rpartition("/")[2] for event in events]
        if any(fnmatch(name, pattern) for name in names for pattern in _PROJECT_FILES):
            self.configure()
        elif self._rescan is None:
            self._rescan = asyncio.get_running_loop().call_later(0.2, self._rescan_now)

    def _rescan_now(self) -> None:
        self._rescan = None
        self.worker.rescan()

    # Documents

    def did_open(self, item: types.TextDocumentItem) -> None:
        """Analyse the client's text instead of the file."""
        path = self.documents.path(item.uri)
        if item.language_id != "python" and not path.endswith((".py", ".pyi")):
            return
        self._take(Document(item.uri, path, item.version, Lines(item.text)))

    def did_change(
        self,
        identifier: types.VersionedTextDocumentIdentifier,
        changes: Sequence[types.TextDocumentContentChangeEvent],
    ) -> None:
        """Apply the changes in their order."""
        document = self.documents.by_uri(identifier.uri)
        if document is None:
            logger.debug("Ignoring a change of %s, which is not open", identifier.uri)
            return
        lines = document.lines
        for change in changes:
            lines = self.documents.encoding.changed(lines, change)
        self._take(msgspec.structs.replace(document, lines=lines, version=identifier.version))

    def did_close(self, uri: str) -> None:
        """Analyse the file again, and take its diagnostics off the screen."""
        document = self.documents.by_uri(uri)
        if document is not None:
            self.documents.remove(document.path)
            self.reports.forget(document.path)
            self.worker.close(document.path)
            self.publisher.closed(document)

    # Notebooks

    def notebook_opened(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Analyse a notebook's cells as one module."""
        self._take_notebook(notebooks.opened(params))

    def notebook_changed(self, params: types.DidChangeNotebookDocumentParams) -> None:
        """Apply a change of cells or of their texts."""
        before = self._notebooks.get(params.notebook_document.uri)
        if before is None:
            logger.debug("Ignoring a change of %s, which is not open", params.notebook_document.uri)
            return
        after = notebooks.changed(before, params, self.documents.encoding)
        self._take_notebook(after)
        self.publisher.clear(uri for uri in before.texts if uri not in after.texts)

    def notebook_closed(self, uri: str) -> None:
        """Analyse the notebook no longer."""
        if self._notebooks.pop(uri, None) is not None:
            self.did_close(uri)

    def _take_notebook(self, notebook: notebooks.Notebook) -> None:
        self._notebooks[notebook.uri] = notebook
        self._take(notebooks.document(notebook, self.documents.path(notebook.uri)))

    def _take(self, document: Document) -> None:
        revision = self.worker.open(document.path, document.lines.text)
        self.documents.put(msgspec.structs.replace(document, revision=revision))
        if len(document.lines.text) > LARGEST_FILE:
            name = Path(document.path).name
            self.tell_once(
                types.MessageType.Info,
                f"Graphlift: {name} is not analysed; it has more than {LARGEST_FILE:,} characters.",
            )
        self.reports.supersede(document.path)

    # What the analysis process tells

    def worker_state(self, state: State, detail: str) -> None:
        """Tell the user when the analysis is gone, and when it is back."""
        if state is State.WAITING:
            logger.warning("%s; starting it again", _sentence(detail))
            self.tell(types.MessageType.Warning, f"Graphlift: {detail}. It is started again.")
        elif state is State.FAILED:
            logger.error("%s; giving up", _sentence(detail))
            self.progress.end("stopped")
            self.tell(
                types.MessageType.Error,
                f"Graphlift: {detail}. It stays off until Graphlift is restarted (command graphlift.restart).",
            )
        else:
            logger.info("Analysis process: %s (pid %s)", state.value, self.worker.pid)

    def worker_reported(self, reported: Reported) -> None:
        """Show what is now said of a file."""
        taken = self.reports.take(reported)
        if taken is not None:
            self.publisher.reported(taken)
            if taken.again:
                self._refresh()

    def worker_advanced(self, progress: Advanced) -> None:
        """Show how far the analysis of the workspace is."""
        if self.can.progress:
            self.progress.report(progress.done, progress.total, progress.message)

    def worker_settled(self, settled: Settled) -> None:
        """Take the progress off the screen."""
        self.settlings += 1
        self._next_settling.set()
        self._next_settling = asyncio.Event()
        self._environment, self._environments = settled.environment, settled.environments
        if settled.left_out:
            total = settled.files + settled.left_out
            self.tell_once(
                types.MessageType.Warning,
                f"Graphlift: the workspace has {total:,} Python files; {settled.left_out:,} of them are not "
                "analysed. Leave out what does not matter (exclude), or raise the limit (max-files).",
            )
        self.progress.end(f"{settled.files} files" if settled.complete else "failed, see the log")
        if self.can.refreshes_hints and (self.shows_hints or self._hints_to_refresh):
            self._hints_to_refresh = False
            self.background(self._ask_refresh(self._server.workspace_inlay_hint_refresh_async))
        logger.info("Analysed %s files at revision %s", settled.files, settled.revision)

    async def settled(self, times: int) -> None:
        """Wait until the workspace was analysed that often, or the session ends."""
        while self.settlings < times and not self.closing:
            await self._next_settling.wait()

    def worker_trouble(self, message: str, details: str) -> None:
        """Log a failure of the analysis, and tell the user once."""
        logger.error("%s\n%s", message, details)
        self.tell_once(
            types.MessageType.Error, f"Graphlift: {message} (details in the log; please report this)"
        )

    def worker_said(self, line: str) -> None:
        """Log what the process wrote to standard error."""
        logger.info("Analysis process: %s", line)

    def _progress_cancelled(self) -> None:
        self.worker.pause(True)
        self.progress.end("paused")
        self.tell(
            types.MessageType.Info,
            "Graphlift: only open files are analysed until Graphlift is restarted (command graphlift.restart).",
        )

    def _refresh(self) -> None:
        """Let the client ask again for what it pulled: something elsewhere changed its meaning."""
        if self.can.pulls and self.can.refreshes_diagnostics:
            self.background(self._ask_refresh(self._server.workspace_diagnostic_refresh_async))
        if self.can.refreshes_lenses and self.settings.code_lens != "off":
            self.background(self._ask_refresh(self._server.workspace_code_lens_refresh_async))

    async def _ask_refresh(self, ask: Callable[[None], Awaitable[None]]) -> None:
        try:
            await ask(None)
        except JsonRpcException as error:
            logger.info("The client does not refresh: %s", error)

    # The user

    def tell(self, kind: types.MessageType, message: str) -> None:
        """Show the user a message."""
        self._server.window_show_message(types.ShowMessageParams(kind, message))

    def tell_once(self, kind: types.MessageType, message: str) -> None:
        """Show the user a message that was not shown before in this session."""
        if message not in self._told:
            self._told.add(message)
            self.tell(kind, message)

    async def restart(self) -> None:
        """Begin anew with another analysis process."""
        self._told.clear()
        self.worker.pause(False)
        await self.worker.restart()


def _roots(params: types.InitializeParams) -> tuple[str, ...]:
    uris = [folder.uri for folder in params.workspace_folders or ()]
    if not uris and params.root_uri:
        uris = [params.root_uri]
    roots = [path_of(uri, os.curdir) for uri in uris if uri.startswith("file:")]
    if not uris and params.root_path:
        roots = [os.path.normpath(params.root_path)]
    return tuple(dict.fromkeys(roots))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
