"""Edits on source text, one file per edit: pure functions from a text and a function in it to a `Fix`.

Each either gives a `Fix` that was proved (the edited text parses to the tree that the edit means) or a
`Refusal` that says why not.
"""

from graphlift.fixes.arguments import set_argument, set_arguments
from graphlift.fixes.combine import Combined, combine
from graphlift.fixes.convert import convert
from graphlift.fixes.edits import OverlappingEditsError, apply, invert
from graphlift.fixes.layout import Refusal, Target
from graphlift.fixes.remove import remove

__all__ = [
    "Combined",
    "OverlappingEditsError",
    "Refusal",
    "Target",
    "apply",
    "combine",
    "convert",
    "invert",
    "remove",
    "set_argument",
    "set_arguments",
]
