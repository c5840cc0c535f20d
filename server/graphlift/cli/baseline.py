"""The findings that a project lives with for now: a file that lists them, so that only new ones are reported.

A finding is known by its path (relative to the file's directory), its function, its rule and its message, not by its
line: code may move. Equal ones are counted. The file shrinks by itself: what no longer occurs is dropped from it when
`check` runs, as far as the run could have seen it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from graphlift.cli.contract import json_text
from graphlift.cli.fingerprints import steady
from graphlift.source.files import WriteProblem, write_whole
from graphlift.verdict import Diagnostic, FileReport

VERSION = 1


class Key(NamedTuple):
    """What a finding is known by."""

    path: str
    function: str
    rule: str
    message: str


class Entry(msgspec.Struct, frozen=True):
    """Some equal findings. `message` is without the numbers that change when code moves."""

    path: str
    function: str
    rule: str
    message: str
    count: int


class _File(msgspec.Struct, frozen=True):
    version: int
    findings: list[Entry]


class Baseline(msgspec.Struct, frozen=True):
    """A baseline file and what it lists."""

    path: str
    counts: dict[Key, int]

    def key(self, item: Diagnostic) -> Key:
        """What a finding is known by in this file."""
        relative = os.path.relpath(item.location.path, Path(self.path).parent).replace(os.sep, "/")
        return Key(relative, item.function, item.rule, steady(item.message))


class Compared(msgspec.Struct, frozen=True):
    """The reports without what the baseline lists, how many findings that hides, and the baseline that is left."""

    reports: tuple[FileReport, ...]
    hidden: int
    gone: int
    remaining: Baseline


def load(path: str) -> Baseline | str:
    """Read a baseline file; a sentence that says why it can't be."""
    try:
        found = msgspec.json.decode(Path(path).read_bytes(), type=_File)
    except FileNotFoundError:
        return f"there is no baseline {path}; `--update-baseline` writes it"
    except OSError as error:
        return f"the baseline {path} cannot be read: {error.strerror or error}"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"{path} is not a baseline of Graphlift ({error})"
    if found.version != VERSION:
        return f"the baseline {path} has version {found.version}; this Graphlift reads version {VERSION}"
    counts: Counter[Key] = Counter()
    for entry in found.findings:
        counts[Key(entry.path, entry.function, entry.rule, entry.message)] += entry.count
    return Baseline(path, dict(counts))


def taken(path: str, reports: Sequence[FileReport]) -> Baseline:
    """The baseline that lists all findings of these reports."""
    empty = Baseline(path, {})
    return Baseline(path, dict(Counter(empty.key(item) for report in reports for item in report.diagnostics)))


def compare(
    baseline: Baseline, reports: Sequence[FileReport], can_report: Callable[[str, str], bool]
) -> Compared:
    """Take what the baseline lists out of the reports.

    Of equal findings the first in the file are the known ones. `can_report(path, rule)` says whether the rule is on in
    a file; an entry is dropped when the run looked for it and did not find it, or when its file is gone.
    """
    left = Counter(baseline.counts)
    kept: list[FileReport] = []
    looked_at: dict[str, str] = {}
    hidden = 0
    for report in reports:
        if not report.problems:
            relative = os.path.relpath(report.path, Path(baseline.path).parent).replace(os.sep, "/")
            looked_at[relative] = report.path
        shown: list[Diagnostic] = []
        for item in report.diagnostics:
            key = baseline.key(item)
            if left[key] > 0:
                left[key] -= 1
                hidden += 1
            else:
                shown.append(item)
        kept.append(msgspec.structs.replace(report, diagnostics=tuple(shown)))
    gone = {
        key: count for key, count in left.items() if count > 0 and _gone(key, baseline, looked_at, can_report)
    }
    counts = {key: count - gone.get(key, 0) for key, count in baseline.counts.items()}
    remaining = Baseline(baseline.path, {key: count for key, count in counts.items() if count > 0})
    return Compared(tuple(kept), hidden, sum(gone.values()), remaining)


def _gone(
    key: Key, baseline: Baseline, looked_at: dict[str, str], can_report: Callable[[str, str], bool]
) -> bool:
    if key.path in looked_at:
        return can_report(looked_at[key.path], key.rule)
    return not (Path(baseline.path).parent / key.path).exists()


def save(baseline: Baseline) -> WriteProblem | None:
    """Write a baseline file in one step; why that could not be done."""
    entries = [Entry(*key, count=count) for key, count in sorted(baseline.counts.items())]
    text = json_text(msgspec.to_builtins(_File(VERSION, entries))) + "\n"
    return write_whole(baseline.path, text.encode())
