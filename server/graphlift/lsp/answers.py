"""Answers of the analysis, checked to fit the text on the client's screen."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from pygls.exceptions import JsonRpcContentModified, JsonRpcException

from graphlift.lsp.documents import Document, Documents
from graphlift.worker.client import OutdatedError, Stamped, WorkerError

T = TypeVar("T")

_REQUEST_FAILED = -32803
"""LSP's code for a request that was right and could not be answered."""


async def fetch(documents: Documents, document: Document, question: Awaitable[Stamped[T]]) -> T:
    """The value of an answer about a document; an error for the client when there is none that fits.

    An answer about a text that is no longer on the screen is worth nothing, since its positions are wrong.
    """
    try:
        stamped = await question
    except OutdatedError as error:
        raise _modified() from error
    except WorkerError as error:
        raise request_failed(str(error)) from error
    if not documents.is_current(document) or stamped.revision < document.revision:
        raise _modified()
    return stamped.value


def request_failed(reason: str) -> JsonRpcException:
    """The answer to a request that was right and can't be answered."""
    return JsonRpcException(f"Graphlift: {reason}", _REQUEST_FAILED)


def _modified() -> JsonRpcException:
    return JsonRpcContentModified("The document changed meanwhile.")
