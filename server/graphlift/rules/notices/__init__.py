"""What Graphlift reports that is not a rule's finding: one file each, whose docstring is the documentation.

A notice has a name like a rule, its module's with hyphens, and can be switched off and suppressed like one. `SEVERITY`
is how loudly it speaks unless it is set otherwise.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import msgspec

from graphlift.verdict import Severity


class Notice(msgspec.Struct, frozen=True):
    """A notice's name, severity and documentation (Markdown)."""

    name: str
    severity: Severity
    text: str
    since: str = "0.1"

    @property
    def title(self) -> str:
        """The first line of the documentation."""
        return self.text.strip().partition("\n")[0]


@cache
def all_notices() -> tuple[Notice, ...]:
    """Every notice, by name."""
    found: list[Notice] = []
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        found.append(Notice(entry.name.replace("_", "-"), module.SEVERITY, module.__doc__ or ""))
    return tuple(sorted(found, key=lambda notice: notice.name))
