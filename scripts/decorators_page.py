"""The tables of `docs/decorators.md`: which decorators came back, and what is found on those that stay."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from undecorate import Taken

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

READ = Path(__file__).with_name("decorators.toml")
"""What was found by reading: of misses their cause, of findings whether they are right."""

RECOMMENDED, COVERED, INSIDE, MISSED, GONE = (
    "recommended",
    "covered",
    "in a graph anyway",
    "missed",
    "not analysed",
)
BACK = (RECOMMENDED, COVERED, INSIDE)

RIGHT, UNSEEN, IMPRECISE = "right", "unseen", "imprecise"
"""Why a function does not come back."""

FALSE, UNDECIDABLE, UNREAD = "false", "undecidable", "unread"
"""What a finding is, where it is not right."""


@dataclass(frozen=True)
class Stripped:
    """A function that had a `tf.function`, and what is said of it without."""

    path: str
    taken: Taken
    function: dict[str, Any] | None

    @property
    def place(self) -> str:
        return f"{self.path}:{self.taken.line}"

    @property
    def fate(self) -> str:
        """Whether it comes back, and how."""
        if self.function is None:
            return GONE
        if self.function["verdict"] == "convert":
            if self.function["recommended"]:
                return RECOMMENDED
            return COVERED if self.function["covered_by"] else MISSED
        reasons = {reason["rule"] for reason in self.function["reasons"]}
        return INSIDE if reasons == {"already-in-graph"} else MISSED

    def reason(self) -> str:
        """The first reason against it."""
        reasons = self.function["reasons"] if self.function else []
        if not reasons:
            return ""
        first = reasons[0]
        origin = first["trace"][-1] if first["trace"] else first
        elsewhere = "" if origin["path"] == self.path else f"`{origin['path']}`, "
        return f"{first['rule']}: {_cell(first['message'])} ({elsewhere}line {origin['line']})"


@dataclass(frozen=True)
class Finding:
    """A warning or error inside a decorated function."""

    path: str
    function: str
    line: int
    rule: str
    message: str


@dataclass(frozen=True)
class Rows:
    """What the tables hold of one package."""

    name: str
    stripped: list[Stripped]
    elsewhere: int
    findings: list[Finding]
    outside: int

    @staticmethod
    def of(
        name: str, before: dict[str, Any], after: dict[str, Any], taken: Sequence[tuple[str, Taken]]
    ) -> Rows:
        """From the two documents, and what was taken away between them."""
        functions = {(each["path"], each["qualname"], each["line"]): each for each in after["functions"]}
        known = {(path, each.qualname, each.line): each for path, each in taken if each.qualname is not None}
        stripped = [
            Stripped(path, each, functions.get((path, qualname or "", line)))
            for (path, qualname, line), each in sorted(
                known.items(), key=lambda item: (item[0][0], item[0][2])
            )
        ]
        findings, outside = _findings(before, set(known))
        return Rows(name, stripped, sum(each.qualname is None for _, each in taken), findings, outside)


def _findings(
    document: dict[str, Any], decorated: set[tuple[str, str | None, int]]
) -> tuple[list[Finding], int]:
    """The warnings and errors on decorated functions, and how many there are elsewhere."""
    spans = [
        (each["path"], each["line"], each["end_line"], each["qualname"])
        for each in document["functions"]
        if (each["path"], each["qualname"], each["line"]) in decorated
    ]
    found, outside = [], 0
    for each in document["diagnostics"]:
        if each["severity"] not in ("error", "warning"):
            continue
        around = [span for span in spans if span[0] == each["path"] and span[1] <= each["line"] <= span[2]]
        if around:
            inner = max(around, key=lambda span: span[1])
            found.append(Finding(each["path"], inner[3], each["line"], each["rule"], each["message"]))
        else:
            outside += 1
    return found, outside


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(READ.read_text(encoding="utf-8")) if READ.is_file() else {}


def _of_miss(package: str, miss: Stripped) -> dict[str, str]:
    """What was found out about a miss: its class and why."""
    for entry in _read().get("miss", ()):
        if package.startswith(entry["package"]) and miss.place in entry["places"]:
            return {"class": entry["class"], "why": entry["why"]}
    return {"class": UNREAD, "why": ""}


def _of_finding(package: str, finding: Finding) -> dict[str, str]:
    """What was found out about a finding."""
    for entry in _read().get("finding", ()):
        if (
            package.startswith(entry["package"])
            and finding.rule == entry["rule"]
            and f"{finding.path}:{finding.line}" in entry["places"]
            and entry.get("about", "") in finding.message
        ):
            return {"class": entry["class"], "why": entry["why"]}
    return {"class": UNREAD, "why": ""}


def page(rows: Sequence[Rows]) -> str:
    """The whole page."""
    return "\n".join([HEAD, *_totals(rows), "", *_misses(rows), "", *_found(rows), ""])


def summary(rows: Sequence[Rows]) -> str:
    """The totals, for the terminal."""
    return "\n".join(_totals(rows))


def _totals(rows: Sequence[Rows]) -> Iterator[str]:
    columns = (
        "functions",
        *BACK,
        "back %",
        RIGHT,
        UNSEEN,
        IMPRECISE,
        "findings",
        FALSE,
        UNDECIDABLE,
        "false per 10",
    )
    yield f"| package | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    together: Counter[str] = Counter()
    for row in rows:
        counts = _counts(row)
        together += counts
        yield _total(row.name, counts)
    yield _total("**together**", together)


def _counts(row: Rows) -> Counter[str]:
    counts = Counter(each.fate for each in row.stripped)
    counts["functions"] = len(row.stripped)
    missed = (each for each in row.stripped if each.fate not in BACK)
    counts.update(f"missed {_of_miss(row.name, each)['class']}" for each in missed)
    counts["findings"] = len(row.findings)
    counts.update(f"found {_of_finding(row.name, each)['class']}" for each in row.findings)
    return counts


def _total(name: str, counts: Counter[str]) -> str:
    functions = counts["functions"]
    back = sum(counts[fate] for fate in BACK)
    false = counts[f"found {FALSE}"]
    cells = [name, functions, *(counts[fate] for fate in BACK)]
    cells.append(f"{100 * back / functions:.0f}" if functions else "")
    cells += [counts[f"missed {what}"] for what in (RIGHT, UNSEEN, IMPRECISE)]
    cells += [counts["findings"], false, counts[f"found {UNDECIDABLE}"]]
    cells.append(f"{10 * false / functions:.1f}" if functions else "")
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _misses(rows: Sequence[Rows]) -> Iterator[str]:
    yield "## What does not come back"
    for row in rows:
        missed = [each for each in row.stripped if each.fate not in BACK]
        if not missed:
            continue
        yield f"\n### {row.name}\n"
        yield "| function | was | verdict | first reason | read |"
        yield "|---|---|---|---|---|"
        for each in missed:
            verdict = each.function["verdict"] if each.function else GONE
            read = _of_miss(row.name, each)
            note = f"{read['class']}: {read['why']}" if read["why"] else read["class"]
            yield (
                f"| `{each.taken.qualname}` ({each.place}) | {each.taken.spelling} | {verdict} "
                f"| {each.reason()} | {_cell(note)} |"
            )


def _found(rows: Sequence[Rows]) -> Iterator[str]:
    yield "## What is found on decorated functions"
    for row in rows:
        if not row.findings:
            continue
        yield f"\n### {row.name}\n"
        yield "| place | function | finding | read |"
        yield "|---|---|---|---|"
        for alike in _alike(row.findings):
            first = alike[0]
            read = _of_finding(row.name, first)
            note = f"{read['class']}: {read['why']}" if read["why"] else read["class"]
            more = f" (and {len(alike) - 1} more)" if len(alike) > 1 else ""
            yield (
                f"| {first.path}:{first.line} | `{first.function}` | {first.rule}: {_cell(first.message)}{more} "
                f"| {_cell(note)} |"
            )


def _alike(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of one rule in one line together."""
    groups: dict[tuple[str, int, str], list[Finding]] = {}
    for each in findings:
        groups.setdefault((each.path, each.line, each.rule), []).append(each)
    return list(groups.values())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


HEAD = """# The decorators of others

Written by `python scripts/decorators.py`; do not edit. What was found out by reading is in `scripts/decorators.toml`.

People who know TensorFlow put `tf.function` by hand into seven pinned packages (`scripts/corpus.py`). Here it is taken away
again, in every spelling (`scripts/undecorate.py`), and Graphlift says where it would put it. Tests are left out. Each package is
analysed by itself, without what it imports, for the releases of TensorFlow and Keras that it was written for.

*Recommended* and *covered* functions come back as `convert`; *in a graph anyway* means that everything that calls the function
is a graph already, so that a decorator of its own adds nothing. A `tf.function(f)` call counts for the function `f` where that is
a `def` of the same module or a method of the same class; the others, such as `tf.function(model.call)`, are taken away too and
are not counted. Wrappers that libraries have made of `tf.function` (`common.function` of tf-agents) are a class of their own
in the tables. neural-structured-learning has no `tf.function` outside its tests and examples.

A miss is *right* where the function cannot be a graph as it is written without doing something else, or would gain nothing: its
authors accept what Graphlift reports (a message that is logged once, an attribute that is frozen). *Unseen* means that the
function calls what somebody passes to it and nobody in the package shows (`preprocessor`, `strategy`): the verdict is `unknown`,
as it has to be. *Imprecise* ones could be seen and are not yet.

The second half lists the warnings and errors on these functions as they are, decorated, each read in the source: *right*,
*false*, or *undecidable* where it depends on how the function is used.

"""
