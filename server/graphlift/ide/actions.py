"""Which of the fixes on offer a client is shown, as what kind of action, and what each one mends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from graphlift.source.span import Span
from graphlift.source.suppressions import SUPPRESS
from graphlift.verdict import Diagnostic, Fix

SHARED = "shared"
"""The slug of what several fixes of a file need, such as an import; on its own it changes nothing."""
QUICKFIX = "quickfix"
REWRITE = "refactor.rewrite"


class Mended(msgspec.Struct, frozen=True):
    """What is needed of a diagnostic that the client shows: the function and the fixes that it names.

    `key` is whatever the caller knows the diagnostic by; `at` is its place, where that is known.
    """

    key: int
    function: str
    fixes: tuple[str, ...]
    rule: str = ""
    at: Span | None = None


class Action(msgspec.Struct, frozen=True):
    """One entry of the lightbulb's menu; `mends` holds the keys of the diagnostics that it takes away."""

    fix: Fix
    kind: str
    mends: tuple[int, ...] = ()


def actions(fixes: Iterable[Fix], shown: Sequence[Mended], only: Sequence[str] | None) -> list[Action]:
    """One action per fix. `only` holds the kinds that the client wants (all when `None`).

    A conversion is a quick fix where the client shows its hint and a rewrite elsewhere (or when only
    rewrites are wanted); everything else mends something, so it is a quick fix. Comments that hide a diagnostic are
    offered last, and where the client shows the diagnostic alone.
    """
    found: dict[tuple[object, ...], Action] = {}
    for fix in fixes:
        mends = tuple(each.key for each in shown if _mends(fix, each))
        if fix.slug == SUPPRESS and not mends:
            continue
        kinds = [QUICKFIX, REWRITE] if mends else [REWRITE]
        if fix.slug != "convert":
            kinds = [QUICKFIX]
        kind = next((kind for kind in kinds if wanted(kind, only)), None)
        if kind is not None:
            found.setdefault((fix.path, fix.slug, fix.function, fix.edits), Action(fix, kind, mends))
    return sorted(
        found.values(),
        key=lambda action: (action.fix.slug == SUPPRESS, not action.mends, not action.fix.preferred),
    )


def _mends(fix: Fix, shown: Mended) -> bool:
    """Whether a fix takes a diagnostic away."""
    if not fix.rule:
        return fix.slug in shown.fixes and shown.function == fix.function
    line = None if fix.at is None else fix.at.line
    return shown.rule == fix.rule and shown.at is not None and shown.at.line == line


def wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether a kind is among the wanted ones; `refactor` wants `refactor.rewrite` too, nothing wants all."""
    return not only or any(kind == each or kind.startswith(f"{each}.") or not each for each in only)


def mended(key: int, diagnostic: Diagnostic) -> Mended:
    """What `actions` needs to know of one of our own diagnostics."""
    return Mended(key, diagnostic.function, diagnostic.fixes, diagnostic.rule, diagnostic.location.span)
