"""Everything that a run says, as one JSON object; its shape is in `cli.contract`."""

from __future__ import annotations

from graphlift.cli import contract
from graphlift.cli.output import Run


def document(run: Run) -> str:
    """The object as text."""
    return contract.encode(contract.document(run.reports, run.environment, run.seconds))
