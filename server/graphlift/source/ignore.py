"""Git's ignore patterns: which paths under a directory a list of patterns leaves out.

The meaning is that of gitignore(5), and `exclude` in Graphlift's configuration is written the same way.
Patterns that git itself treats as broken (a trailing backslash, an unclosed bracket) match nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec


class Pattern(msgspec.Struct, frozen=True):
    """One pattern. `negated` lets a path in again; `directory_only` patterns match directories alone."""

    regex: re.Pattern[str]
    negated: bool
    directory_only: bool


class IgnoreList(msgspec.Struct, frozen=True):
    """Patterns that hold below one directory, whose path with POSIX separators is `base`."""

    base: str
    patterns: tuple[Pattern, ...]

    def verdict(self, path: str, is_directory: bool) -> bool | None:
        """Whether the path is ignored (`True`), let in again (`False`) or not spoken of (`None`).

        `path` is absolute with POSIX separators. Only the path itself is looked at, not its parents: a walker
        that does not enter ignored directories never asks about what they hold.
        """
        prefix = self.base.rstrip("/") + "/"
        if not path.startswith(prefix):
            return None
        relative = path[len(prefix) :]
        for pattern in reversed(self.patterns):
            if (is_directory or not pattern.directory_only) and pattern.regex.fullmatch(relative):
                return not pattern.negated
        return None


def parse_ignore(lines: Iterable[str], base: str) -> IgnoreList:
    """The patterns of a `.gitignore` file, or of a list in the configuration, for the directory `base`."""
    return IgnoreList(base, tuple(pattern for line in lines if (pattern := _pattern(line)) is not None))


def _pattern(line: str) -> Pattern | None:
    line = _without_trailing_spaces(line.rstrip("\r\n"))
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    if negated:
        line = line[1:]
    directory_only = line.endswith("/")
    line = line[:-1] if directory_only else line
    if not line or line.endswith("/"):
        return None
    anchored = "/" in line
    line = line.removeprefix("/")
    body = _translate(line)
    if body is None:
        return None
    prefix = "" if anchored else "(?:.*/)?"
    try:
        return Pattern(re.compile(prefix + body, re.DOTALL), negated, directory_only)
    except re.error:
        return None


def _without_trailing_spaces(line: str) -> str:
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if backslashes % 2 and len(stripped) < len(line) else stripped


def _translate(glob: str) -> str | None:
    """A regular expression for a pattern without leading or trailing slash."""
    out: list[str] = []
    position = 0
    while position < len(glob):
        rest = glob[position:]
        at_start = position == 0 or glob[position - 1] == "/"
        if at_start and rest == "**":
            out.append(".+")
            position += 2
        elif at_start and rest.startswith("**/"):
            out.append("(?:.*/)?")
            position += 3
        elif rest[0] == "*":
            out.append("[^/]*")
            position += len(rest) - len(rest.lstrip("*"))
        elif rest[0] == "?":
            out.append("[^/]")
            position += 1
        elif rest[0] == "[":
            length, text = _bracket(rest)
            if length == 0:
                return None
            out.append(text)
            position += length
        elif rest[0] == "\\":
            if len(rest) == 1:
                return None
            out.append(re.escape(rest[1]))
            position += 2
        else:
            out.append(re.escape(rest[0]))
            position += 1
    return "".join(out)


_POSIX_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


def _bracket(glob: str) -> tuple[int, str]:
    """The length of the bracket expression that `glob` begins with, and its regex; 0 when unclosed."""
    position = 1
    negated = glob[1:2] in ("!", "^")
    position += negated
    members: list[str] = []
    first = True
    while position < len(glob):
        character = glob[position]
        if character == "]" and not first:
            inner = "".join(members)
            return position + 1, f"(?!/)[^{inner}]" if negated else f"(?!/)[{inner}]"
        first = False
        name = re.match(r"\[:(\w+):\]", glob[position:])
        if name is not None:
            if name[1] not in _POSIX_CLASSES:
                return 0, ""
            members.append(_POSIX_CLASSES[name[1]])
            position += name.end()
            continue
        if character == "\\":
            position += 1
            if position == len(glob):
                return 0, ""
            character = glob[position]
            members.append(re.escape(character))
        elif character == "-":
            members.append("-" if members and glob[position + 1 : position + 2] not in ("", "]") else "\\-")
        else:
            members.append(re.escape(character))
        position += 1
    return 0, ""
