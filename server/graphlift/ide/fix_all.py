"""All the fixes of a file as one edit."""

from __future__ import annotations

from collections.abc import Sequence

from graphlift.fixes import Refusal, combine
from graphlift.verdict import Fix


def merged(path: str, text: str, fixes: Sequence[Fix]) -> Fix | None:
    """One fix that does what all of these do to a file; `None` when nothing of it goes together.

    A fix that wants to change the same text as an earlier one is left out; it is on offer again afterwards.
    """
    combined = combine(text, fixes)
    if isinstance(combined, Refusal) or not combined.edits:
        return None
    names = ", ".join(f"`{fix.function}`" for fix in combined.made if fix.function) or "suppression comments"
    return Fix(
        title=f"Mend {names}" if any(fix.slug != "convert" for fix in combined.made) else f"Convert {names}",
        path=path,
        edits=combined.edits,
        safe=all(fix.safe for fix in combined.made),
        slug="fix-all",
    )
