"""Reads the assertions in the comments of a file: a closed set, where a word that is not in it is an error."""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from .page import SourceFile

KINDS = (
    "error",
    "revealed",
    "verdict",
    "arguments",
    "signature",
    "fact",
    "calls",
    "recomputed",
    "graph",
    "bug",
)

GRAPH = ("same", "differs", "raises", "retraces", "hangs", "undecidable")
VERDICTS = ("convert", "blocked", "unprofitable", "remove", "reconfigure", "keep", "unknown")

_ORDINARY = frozenset({"type", "noqa", "graphlift", "fmt", "pylint", "mypy", "ruff", "pragma"})
"""Words with a colon that other tools read."""

_START = re.compile(r"#\s*(?P<word>[A-Za-z_]+):(?=\s|$)|#\s*(?P<bare>error)\s*(?=$|#)")
_NEARLY = re.compile(r"#\s*(?P<word>" + "|".join(KINDS) + r")\s*[\[\"]")
_FINDING = re.compile(r'(?:\[(?P<rule>[a-z0-9-]+)\])?\s*(?:"(?P<text>[^"]*)")?$')
_VERDICT = re.compile(r"(?P<verdict>[a-z]+)(?:\s*\[(?P<rules>[^\]]*)\])?(?:\s*\((?P<words>[^)]*)\))?$")
_GRAPH = re.compile(r'(?P<outcome>[a-z]+)(?:\s+(?P<error>[A-Za-z_.]+))?(?:\s+"(?P<text>[^"]*)")?$')


class ExpectationError(Exception):
    """An assertion that can't be read. `line` counts in the file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Expected:
    """One assertion: its kind, what stands after the colon, and the line of the file that it is about.

    For a comment on a line of its own that is the next line with code.
    """

    kind: str
    value: str
    line: int


@dataclass(frozen=True)
class Finding:
    """`error`: the rule and a part of the message; empty where any will do."""

    rule: str
    text: str


@dataclass(frozen=True)
class VerdictWanted:
    """`verdict`: which one, by which rules (`None`: whichever), and words on it such as `proven`."""

    verdict: str
    rules: frozenset[str] | None
    words: tuple[str, ...]


@dataclass(frozen=True)
class GraphWanted:
    """`graph`: the outcome, the name of the exception that is raised, and a part of the detail."""

    outcome: str
    error: str
    text: str


def expectations(file: SourceFile) -> list[Expected]:
    """The assertions of one file, in order. Raises `ExpectationError`."""
    found: list[Expected] = []
    waiting: list[tuple[str, str, int]] = []
    for line, comment, alone in _comments(file.text):
        for kind, value in _split(line, comment):
            if alone:
                waiting.append((kind, value, line))
            else:
                found.append(_checked(Expected(kind, value, line)))
    found += [_checked(Expected(kind, value, _next_code(file.text, line))) for kind, value, line in waiting]
    _bugs_stand_with_others(found)
    return sorted(found, key=lambda expected: expected.line)


def _comments(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each comment: its line, its text, and whether it has the line to itself."""
    try:
        tokens = [
            token
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.COMMENT
        ]
    except (tokenize.TokenError, SyntaxError):
        # The code of the test is not Python, which may be its point: strings with a # are then its own affair.
        for number, line in enumerate(text.splitlines(), 1):
            before, mark, after = line.partition("#")
            if mark:
                yield number, mark + after, not before.strip()
        return
    for token in tokens:
        yield token.start[0], token.string, not token.line[: token.start[1]].strip()


def _next_code(text: str, line: int) -> int:
    lines = text.splitlines()
    for number in range(line, len(lines)):
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            return number + 1
    raise ExpectationError(line, "there is no code below that this could be about")


def _split(line: int, comment: str) -> Iterator[tuple[str, str]]:
    """The assertions in one comment; a further `#` begins a further one."""
    starts = [match for match in _START.finditer(comment) if not _quoted(comment, match.start())]
    nearly = _NEARLY.search(comment)
    if nearly and not any(match.start() == nearly.start() for match in starts):
        raise ExpectationError(line, f"`{nearly[0]}`: there is no colon after `{nearly['word']}`")
    for index, match in enumerate(starts):
        word = match["word"] or match["bare"]
        if word in _ORDINARY:
            return
        if word not in KINDS:
            near = difflib.get_close_matches(word, KINDS, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else f" (there are {', '.join(KINDS)})"
            raise ExpectationError(line, f"there is no assertion `{word}`{hint}")
        end = starts[index + 1].start() if index + 1 < len(starts) else len(comment)
        yield word, comment[match.end() : end].strip()


def _quoted(comment: str, position: int) -> bool:
    return comment[:position].count('"') % 2 == 1


def _checked(expected: Expected) -> Expected:
    """The assertion itself; raises when its value can't be read."""
    readers = {"error": finding, "verdict": verdict, "graph": graph}
    reader = readers.get(expected.kind)
    if reader is not None:
        reader(expected)
    elif not expected.value:
        raise ExpectationError(expected.line, f"`{expected.kind}:` says nothing")
    return expected


def _bugs_stand_with_others(found: list[Expected]) -> None:
    for bug in found:
        if bug.kind == "bug" and not any(e.line == bug.line and e.kind != "bug" for e in found):
            raise ExpectationError(
                bug.line, "`bug:` goes with an assertion of what is wrong, on the same line"
            )


def finding(expected: Expected) -> Finding:
    """The value of `error`."""
    match = _FINDING.match(expected.value)
    if match is None:
        raise ExpectationError(
            expected.line, f'`error: {expected.value}` is not of the form `error: [rule] "text"`'
        )
    return Finding(match["rule"] or "", match["text"] or "")


def verdict(expected: Expected) -> VerdictWanted:
    """The value of `verdict`."""
    match = _VERDICT.match(expected.value)
    if match is None or match["verdict"] not in VERDICTS:
        raise ExpectationError(expected.line, f"`{expected.value}` is not a verdict ({', '.join(VERDICTS)})")
    rules = match["rules"]
    names = None if rules is None else frozenset(name.strip() for name in rules.split(",") if name.strip())
    words = tuple(word.strip() for word in (match["words"] or "").split(",") if word.strip())
    unknown = set(words) - {"proven", "assumed", "recommended", "covered"}
    if unknown:
        raise ExpectationError(expected.line, f"a verdict is not `{unknown.pop()}`, but proven, assumed, …")
    return VerdictWanted(match["verdict"], names, words)


def graph(expected: Expected) -> GraphWanted:
    """The value of `graph`."""
    match = _GRAPH.match(expected.value)
    if match is None or match["outcome"] not in GRAPH or (match["error"] and match["outcome"] != "raises"):
        forms = ", ".join(f"{name} E" if name == "raises" else name for name in GRAPH)
        raise ExpectationError(expected.line, f"`{expected.value}` is not an outcome ({forms})")
    return GraphWanted(match["outcome"], match["error"] or "", match["text"] or "")


def listed(expected: Expected) -> set[str]:
    """The value of `calls` or `recomputed`: names with commas between; `nothing` for none."""
    names = {name.strip() for name in expected.value.split(",") if name.strip()}
    return set() if names == {"nothing"} else names
