"""`initialized`, `shutdown`, `$/setTrace`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from graphlift.lsp.logs import set_verbose

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer


def register(server: GraphliftServer) -> None:
    """Add the handlers."""
    server.feature(types.INITIALIZED)(initialized)
    server.feature(types.SHUTDOWN)(shutdown)
    server.feature(types.SET_TRACE)(set_trace)


async def initialized(ls: GraphliftServer, params: types.InitializedParams) -> None:  # noqa: ARG001
    """Begin to work."""
    await ls.session.initialized()


async def shutdown(ls: GraphliftServer, *_: Any) -> None:
    """End the analysis process before the client is told that all is done."""
    await ls.session.close()


async def set_trace(ls: GraphliftServer, params: types.SetTraceParams) -> None:  # noqa: ARG001
    """Log more, or less."""
    set_verbose(params.value is not types.TraceValue.Off)
