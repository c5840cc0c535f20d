"""What the client can ask, one file for each request; `register` connects them to a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphlift.lsp.requests import (
    code_action,
    code_lens,
    commands,
    diagnostic,
    hover,
    inlay_hint,
    lifecycle,
    verify,
    workspace,
)

if TYPE_CHECKING:
    from graphlift.lsp.server import GraphliftServer


def register(server: GraphliftServer) -> None:
    """Add the handlers of all requests and notifications."""
    for module in (
        lifecycle,
        workspace,
        diagnostic,
        hover,
        code_action,
        code_lens,
        inlay_hint,
        commands,
        verify,
    ):
        module.register(server)
