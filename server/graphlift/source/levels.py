"""Which rules speak in which file, and how loudly: the settings `select`, `ignore`, `rules` and `per-path`."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

import msgspec

from graphlift.source.config import Level, Settings
from graphlift.source.ignore import IgnoreList, parse_ignore


class FileLevels(msgspec.Struct, frozen=True):
    """What is set for one file. `select` of `None` selects every rule."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    rules: dict[str, Level] = {}

    def level(self, rule: str) -> Level | None:
        """The level that is set for a rule: `off`, a severity, or `None` for the rule's own."""
        if rule in self.ignore or (self.select is not None and rule not in self.select):
            return "off"
        return self.rules.get(rule)


class RuleLevels:
    """The levels in every file. Patterns are relative to the settings' `base`, else to `fallback`."""

    def __init__(self, settings: Settings, fallback: str | None = None) -> None:
        base = (settings.base or fallback or os.getcwd()).replace(os.sep, "/")  # noqa: PTH109 - links stay.
        select = None if settings.select is None else frozenset(settings.select)
        self._general = FileLevels(select, frozenset(settings.ignore), settings.rules)
        self._paths = tuple(
            (pattern.startswith("!"), parse_ignore([pattern.removeprefix("!")], base), given)
            for pattern, given in settings.per_path.items()
        )

    def at(self, path: str) -> FileLevels:
        """The levels in the file of this absolute path."""
        found = self._general
        for negated, patterns, given in self._paths:
            if _matches(patterns, path.replace(os.sep, "/")) is negated:
                continue
            found = FileLevels(
                found.select if given.select is None else frozenset(given.select),
                found.ignore | frozenset(given.ignore),
                {**found.rules, **given.rules},
            )
        return found


def _matches(patterns: IgnoreList, path: str) -> bool:
    """Whether the pattern matches the file or a directory that it is in."""
    if patterns.verdict(path, is_directory=False):
        return True
    return any(patterns.verdict(str(parent), is_directory=True) for parent in PurePosixPath(path).parents)
