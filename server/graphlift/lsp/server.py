"""The language server process: `run` speaks LSP over standard input and output, or over TCP.

It never analyses anything itself (see `graphlift.worker`), so it answers while the analysis is busy.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from typing import Any

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcServerNotInitialized
from pygls.io_ import run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

import graphlift
from graphlift.lsp.logs import send_logs_to
from graphlift.lsp.notebooks import SELECTOR
from graphlift.lsp.protocol import GraphliftProtocol
from graphlift.lsp.session import Session, WorkerOptions

logger = logging.getLogger(__name__)


class GraphliftServer(LanguageServer):
    """The pygls server with one `Session`."""

    def __init__(self, worker: WorkerOptions | None = None) -> None:
        super().__init__(
            "graphlift",
            graphlift.__version__,
            protocol_cls=GraphliftProtocol,
            converter_factory=default_converter,
            notebook_document_sync=SELECTOR,
            max_workers=2,
        )
        self._worker = worker or WorkerOptions()
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The client's session; before `initialize` every request is refused."""
        if self._session is None:
            raise JsonRpcServerNotInitialized("The server has not been initialized.")
        return self._session

    def open_session(self, params: types.InitializeParams) -> Session:
        """Begin the session that `initialize` asks for."""
        self._session = Session(self, params, self._worker)
        return self._session

    @property
    def was_shut_down(self) -> bool:
        """Whether the client asked for the end before it came."""
        return bool(self.protocol._shutdown)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what went wrong outside the answers to requests, which tell it themselves."""
        if source is not FeatureRequestError:
            logger.error("%s: %s", getattr(source, "__name__", source), error, exc_info=error)


def create(worker: WorkerOptions | None = None) -> GraphliftServer:
    """A server with all its handlers, not yet connected to anything."""
    from graphlift.lsp import requests

    server = GraphliftServer(worker)
    requests.register(server)
    return server


def run(tcp: tuple[str, int] | None = None, worker: WorkerOptions | None = None) -> int:
    """Serve one client until it says `exit` or goes away; the process's exit code.

    `tcp` is the address to listen on (port 0 lets the system choose; the address is printed to standard
    error); without it the client is on standard input and output. `worker` is for tests.
    """
    server = create(worker)
    send_logs_to(server)
    if tcp is None:
        server.start_io()
    else:
        try:
            asyncio.run(_serve_tcp(server, *tcp))
        except (SystemExit, KeyboardInterrupt):
            logger.debug("The server ends")
        finally:
            server.shutdown()  # type: ignore[no-untyped-call]
    return 0 if server.was_shut_down else 1


async def _serve_tcp(server: GraphliftServer, host: str, port: int) -> None:
    """Serve the first client that connects; there is one session per process."""
    connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    connected = asyncio.get_running_loop().create_future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if connected.done():
            writer.close()
        else:
            connected.set_result((reader, writer))

    listener = await asyncio.start_server(accept, host, port)
    address = listener.sockets[0].getsockname()
    print(f"graphlift: listening on {address[0]}:{address[1]}", file=sys.stderr, flush=True)
    reader, writer = await connected
    listener.close()
    server.protocol.set_writer(writer)
    await run_async(
        stop_event=threading.Event(),
        reader=reader,
        protocol=server.protocol,
        logger=logger,
        error_handler=server.report_server_error,
    )
