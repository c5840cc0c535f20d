"""Which of the fixes on offer a client is shown, as what kind of action, and what each one mends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from graphlift.verdict import Diagnostic, Fix

QUICKFIX = "quickfix"
REWRITE = "refactor.rewrite"


class Mended(msgspec.Struct, frozen=True):
    """What is needed of a diagnostic that the client shows: the function and the fixes that it names.

    `key` is whatever the caller knows the diagnostic by.
    """

    key: int
    function: str
    fixes: tuple[str, ...]


class Action(msgspec.Struct, frozen=True):
    """One entry of the lightbulb's menu; `mends` holds the keys of the diagnostics that it takes away."""

    fix: Fix
    kind: str
    mends: tuple[int, ...] = ()


def actions(fixes: Iterable[Fix], shown: Sequence[Mended], only: Sequence[str] | None) -> list[Action]:
    """One action per fix. `only` holds the kinds that the client wants (all when `None`).

    A conversion is a quick fix where the client shows its hint and a rewrite elsewhere (or when only
    rewrites are wanted); everything else mends something, so it is a quick fix.
    """
    found: dict[tuple[str, str, str], Action] = {}
    for fix in fixes:
        mends = tuple(each.key for each in shown if fix.slug in each.fixes and each.function == fix.function)
        kinds = [QUICKFIX, REWRITE] if mends else [REWRITE]
        if fix.slug != "convert":
            kinds = [QUICKFIX]
        kind = next((kind for kind in kinds if wanted(kind, only)), None)
        if kind is not None:
            found.setdefault((fix.path, fix.slug, fix.function), Action(fix, kind, mends))
    return sorted(found.values(), key=lambda action: (not action.mends, not action.fix.preferred))


def wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether a kind is among the wanted ones; `refactor` wants `refactor.rewrite` too, nothing wants all."""
    return not only or any(kind == each or kind.startswith(f"{each}.") or not each for each in only)


def mended(key: int, diagnostic: Diagnostic) -> Mended:
    """What `actions` needs to know of one of our own diagnostics."""
    return Mended(key, diagnostic.function, diagnostic.fixes)
