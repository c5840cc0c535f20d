"""Inlay hints as plain data; `ide.value_hints` makes them."""

from __future__ import annotations

import msgspec


class InlayHint(msgspec.Struct, frozen=True, order=True):
    """A few characters to show at a position that are not in the text.

    `kind` is `tensor` (after a name that is bound), `parameter` or `return`. The value is that of the expression at
    `about`, a line and column, whose hover says more; `None` for what a function returns.
    """

    line: int
    column: int
    label: str
    kind: str
    about: tuple[int, int] | None = None
