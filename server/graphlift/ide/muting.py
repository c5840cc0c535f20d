"""Which diagnostics of a file are shown: comments hide some, settings switch rules off or change how loudly they speak.

Verdicts are not touched: they say what is true of a function. What is hidden is not reported, does not count for the
exit code, and the fixes that only it named are not offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from graphlift.rules.notices import all_notices
from graphlift.source.levels import FileLevels
from graphlift.source.suppressions import UNSUPPRESS, UNUSED, Suppression, near_rule, unknown_rules
from graphlift.verdict import Diagnostic, Location, Severity


class Repair(msgspec.Struct, frozen=True):
    """A comment that hides less than it says, and the names that should stay in it (none: it should go)."""

    comment: Suppression
    keep: tuple[str, ...]


class Muted(msgspec.Struct, frozen=True):
    """The diagnostics that are shown, and what follows from those that are not.

    `declined` are the fixes of each function that no shown diagnostic names any more; `repairs` are of comments that
    hide nothing.
    """

    shown: tuple[Diagnostic, ...]
    declined: dict[str, frozenset[str]]
    repairs: tuple[Repair, ...] = ()


def mute(
    path: str,
    diagnostics: Iterable[Diagnostic],
    comments: Sequence[Suppression],
    levels: FileLevels,
    *,
    whole: bool = True,
) -> Muted:
    """What is left of a file's diagnostics. `whole` is false where some may be missing: then no comment is unused."""
    shown: list[Diagnostic] = []
    hidden: list[Diagnostic] = []
    used: dict[int, set[str]] = {}
    for item in diagnostics:
        line = item.location.span.line
        hiding = [index for index, comment in enumerate(comments) if comment.hides(item.rule, line)]
        for index in hiding:
            used.setdefault(index, set()).add(item.rule)
        levelled = None if hiding else _levelled(item, levels)
        (hidden if levelled is None else shown).append(levelled or item)
    declined = _declined(shown, hidden)
    if not whole:
        return Muted(tuple(shown), declined)
    shown += _unused(path, comments, used, levels)
    repairs = [_repair(comment, used.get(index, set())) for index, comment in enumerate(comments)]
    return Muted(tuple(shown), declined, tuple(repairs))


def hides(rule: str, line: int, comments: Iterable[Suppression], levels: FileLevels) -> bool:
    """Whether a comment or a setting hides what a rule reports on a line."""
    return levels.level(rule) == "off" or any(comment.hides(rule, line) for comment in comments)


def _repair(comment: Suppression, used: set[str]) -> Repair:
    keep = []
    for name in comment.rules or ():
        near = near_rule(name) if name in unknown_rules(comment) else None
        if near is not None or name in used or name == UNUSED:
            keep.append(near or name)
    return Repair(comment, tuple(dict.fromkeys(keep)))


def _spare_names(comment: Suppression, used: Iterable[str]) -> tuple[str, ...]:
    """The names in a comment that hide nothing."""
    return tuple(name for name in comment.rules or () if name not in used and name != UNUSED)


def _levelled(item: Diagnostic, levels: FileLevels) -> Diagnostic | None:
    """The diagnostic as loud as it is set; `None` when it is switched off."""
    level = levels.level(item.rule)
    if level is None:
        return item
    return None if level == "off" else msgspec.structs.replace(item, severity=Severity(level))


def _declined(shown: Iterable[Diagnostic], hidden: Iterable[Diagnostic]) -> dict[str, frozenset[str]]:
    offered = {(item.function, slug) for item in shown for slug in item.fixes}
    found: dict[str, set[str]] = {}
    for item in hidden:
        for slug in item.fixes:
            if (item.function, slug) not in offered:
                found.setdefault(item.function, set()).add(slug)
    return {function: frozenset(slugs) for function, slugs in found.items()}


def _unused(
    path: str, comments: Sequence[Suppression], used: dict[int, set[str]], levels: FileLevels
) -> list[Diagnostic]:
    """What is wrong with the comments themselves."""
    severity = next(notice.severity for notice in all_notices() if notice.name == UNUSED)
    found: list[Diagnostic] = []
    for index, comment in enumerate(comments):
        message = comment.problem or _message(comment, used.get(index, set()))
        line = comment.span.line
        named = any(other.rules is not None and other.hides(UNUSED, line) for other in comments)
        blanket = any(other.whole_file and other.rules is None and not other.problem for other in comments)
        if not message or named or (blanket and not comment.problem):
            continue
        item = Diagnostic(
            Location(path, comment.span),
            UNUSED,
            severity,
            message,
            fixes=() if comment.problem else (UNSUPPRESS,),
        )
        levelled = _levelled(item, levels)
        found += [] if levelled is None else [levelled]
    return found


def _message(comment: Suppression, used: set[str]) -> str:
    """Why a comment is worth a word; empty when all of it hides something."""
    if comment.rules is None:
        return "" if used or comment.whole_file else "hides nothing: nothing is reported here"
    unknown = unknown_rules(comment)
    if unknown:
        name = unknown[0]
        near = near_rule(name)
        return f"there is no rule `{name}`" + (f"; did you mean `{near}`?" if near else "")
    spare = _spare_names(comment, used)
    names = " and ".join(f"`{name}`" for name in spare)
    where = "in this file" if comment.whole_file else "here"
    return f"hides nothing: {names} is not reported {where}" if spare else ""
