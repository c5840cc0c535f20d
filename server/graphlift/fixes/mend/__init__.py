"""Mending: edits on the lines that keep a function from running as a graph.

One module per kind of mending, discovered, never listed. Each names in `RULES` the rules whose findings it may mend,
and its `mend` looks at the code that a finding points to and answers with a `Mending`, or with `None` where no edit
is right. What each promises, and when it calls itself safe, stands in `base`.
"""

from graphlift.fixes.mend.base import Blocker, Mending, Sight, Site
from graphlift.fixes.mend.offer import COMBINED, PREFIX, mend, mendable_rules
from graphlift.fixes.mend.whole import between

__all__ = [
    "COMBINED",
    "PREFIX",
    "Blocker",
    "Mending",
    "Sight",
    "Site",
    "between",
    "mend",
    "mendable_rules",
]
