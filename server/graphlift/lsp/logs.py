"""The server's log, shown by the client (`window/logMessage`)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer


class ClientLog(logging.Handler):
    """Sends log records to the client; all of them while it traces, else those from INFO up."""

    def __init__(self, server: GraphliftServer) -> None:
        super().__init__(logging.INFO)
        self._server = server
        self._sending = False

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; what sending itself logs is dropped, or it would never end."""
        if self._sending or self._server.protocol.writer is None or _is_routine(record):
            return
        self._sending = True
        try:
            self._server.window_log_message(
                types.LogMessageParams(_kind(record.levelno), self.format(record))
            )
        except OSError:
            self.handleError(record)
        finally:
            self._sending = False


def send_logs_to(server: GraphliftServer) -> None:
    """Let the client show the log; pygls's own chatter only from WARNING up."""
    handler = ClientLog(server)
    handler.setFormatter(logging.Formatter("%(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("graphlift").setLevel(logging.INFO)


def set_verbose(verbose: bool) -> None:
    """Log details too, while the client traces."""
    level = logging.DEBUG if verbose else logging.INFO
    logging.getLogger("graphlift").setLevel(level)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, ClientLog):
            handler.setLevel(level)


def _is_routine(record: logging.LogRecord) -> bool:
    """Whether pygls logs as an error what was meant as an answer to the client."""
    error = record.exc_info[1] if record.exc_info else None
    return isinstance(error, JsonRpcException) and not isinstance(error, JsonRpcInternalError)


def _kind(level: int) -> types.MessageType:
    if level >= logging.ERROR:
        return types.MessageType.Error
    if level >= logging.WARNING:
        return types.MessageType.Warning
    return types.MessageType.Info if level >= logging.INFO else types.MessageType.Log
