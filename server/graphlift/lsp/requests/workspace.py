"""`workspace/didChangeConfiguration` and `workspace/didChangeWatchedFiles`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lsprotocol import types

from graphlift.lsp.settings import SECTION

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer


def register(server: GraphliftServer) -> None:
    """Add the handlers."""
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(configuration_changed)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(files_changed)


async def configuration_changed(ls: GraphliftServer, params: types.DidChangeConfigurationParams) -> None:
    """Take the settings that come with the notification, or ask for them where none do."""
    given = params.settings
    if isinstance(given, Mapping) and isinstance(given.get(SECTION), Mapping):
        ls.session.use_settings(given[SECTION])
    else:
        await ls.session.load_settings()


async def files_changed(ls: GraphliftServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Look at the disk again."""
    ls.session.files_changed(params.changes)
