"""All the fixes of a file as one edit, or each as one that can be made without the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

import msgspec

from graphlift.fixes import Refusal, combine
from graphlift.ide.actions import SHARED
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


def apart(path: str, text: str, fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """The fixes of a file that go together, any of which can be left out; what several of them need comes first."""
    combined = combine(text, fixes)
    if isinstance(combined, Refusal):
        return ()
    needed = Counter(edit for fix in combined.made for edit in set(fix.edits))
    shared = tuple(edit for edit in combined.edits if needed[edit] > 1)
    found = []
    if shared:
        found.append(
            Fix(f"What the edits of {PurePath(path).name} need", path, shared, safe=True, slug=SHARED)
        )
    for fix in combined.made:
        own = tuple(edit for edit in combined.edits if needed[edit] == 1 and edit in fix.edits)
        found.append(msgspec.structs.replace(fix, edits=own))
    return tuple(found)
