"""What a finding is known by from one run to the next: its path, function, rule and message, not its line."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from graphlift.verdict import Diagnostic, Problem

_QUOTED = re.compile(r"(`[^`]*`)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def fingerprint(path: str, item: Diagnostic | Problem) -> str:
    """32 hexadecimal digits; `path` is what the file is called in the place where they are kept."""
    if isinstance(item, Problem):
        parts = (path, "", "problem", steady(item.message))
    else:
        parts = (path, item.function, item.rule, steady(item.message))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def steady(message: str) -> str:
    """A message without the numbers that change when code moves (lines, counts); names in it keep theirs."""
    parts = _QUOTED.split(message)
    return "".join(part if part.startswith("`") else _NUMBER.sub("0", part) for part in parts)


def numbered(text: str, seen: Counter[str]) -> str:
    """A fingerprint that was not given before in this run."""
    seen[text] += 1
    if seen[text] == 1:
        return text
    return hashlib.sha256(f"{text}\0{seen[text]}".encode()).hexdigest()[:32]
