"""Compare what Graphlift says of the programs in `tests/programs` with what TensorFlow measured.

    python scripts/score_programs.py [--json] [--details] [--explain] [PROGRAM ...]

`tests/programs/truth.json` (made by `scripts/judge_programs.py`) holds, for every function, what happens when
exactly that function is run as a graph. This script analyses each program on its own and prints

* verdict x outcome, one table for the programs that may be tuned on and one for the held-out ones;
* every *unsafe proposal*: `convert` where TensorFlow saw a difference, an exception, retracing or a hang;
* recall: how many are proposed of the eager functions that behave the same and are `GAIN` times faster (as
  `gain.json` has it, made by `scripts/measure_gain.py`);
* removals and other edits proposed for decorated functions, right and wrong, and decorators left in place on functions
  that can't be traced. `edits.json` (made by `scripts/judge_edits.py`) holds what becomes of a program by such an edit.

A removal is right where the program does the same without the decorator (or, where tracing fails, runs through) and the graph was not
faster; a reconfiguration where the program does the same, and the function is traced less often or no longer fails.

Exit status: 0, or 1 when there is an unsafe proposal, or 2 when the truth is missing or out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphlift.ide.workspace import Settings, Workspace
from graphlift.verdict import FunctionReport, Verdict

PROGRAMS = Path(__file__).resolve().parent.parent / "tests" / "programs"

GAIN = 1.1
"""Eager time divided by graph time from which a conversion counts as worth it."""

BROKEN = frozenset({"raises", "retraces", "hangs"})
"""Outcomes for which a decorator should go."""

UNSAFE = BROKEN | {"differs"}
"""Outcomes for which `convert` is a wrong answer."""

OUTCOMES = ("same", "differs", "raises", "retraces", "hangs", "undecidable", "uncalled")


@dataclass(frozen=True)
class Truth:
    """One line of `truth.json`: what TensorFlow did with one function."""

    path: str
    qualname: str
    line: int
    decorated: bool
    calls: int
    in_graph: int
    outcome: str
    what: str | None
    detail: str
    traces: int | None
    relaxed: str | None
    ratio: float | None

    @property
    def worth_it(self) -> bool:
        """Whether a graph does the same, measurably faster."""
        return self.outcome == "same" and self.ratio is not None and self.ratio >= GAIN

    def __str__(self) -> str:
        shown = f"{self.path}:{self.line} {self.qualname}: {self.outcome}"
        if self.relaxed is not None:
            shown += f" ({self.relaxed} with reduce_retracing)"
        if self.ratio is not None:
            shown += f", {self.ratio:g} times as fast"
        return shown + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Edit:
    """One line of `edits.json`: what TensorFlow made of an edit to a decorated function."""

    path: str
    qualname: str
    line: int
    verdict: str
    edit: str
    outcome: str
    detail: str
    ratio: float | None = None
    before: str = ""
    after: str = ""
    traces_before: int = 0
    traces_after: int = 0

    def __str__(self) -> str:
        shown = f"{self.verdict}: {self.outcome}" + (f" ({self.detail})" if self.detail else "")
        if self.before:
            shown += f"; {self.before} with {self.traces_before} traces, then {self.after} with {self.traces_after}"
        return shown if self.ratio is None else f"{shown}, the graph {self.ratio:g} times as fast"


@dataclass(frozen=True)
class Row:
    """One function with both answers, and what became of the edit that was proposed for it."""

    program: str
    holdout: bool
    truth: Truth
    said: FunctionReport
    edit: Edit | None = None

    @property
    def proposed(self) -> bool:
        """Whether following Graphlift puts this function into a graph."""
        return self.said.verdict is Verdict.CONVERT or (
            self.said.covered_by is not None and self.said.verdict is not Verdict.BLOCKED
        )

    @property
    def is_eager(self) -> bool:
        """Whether the program runs it eagerly: neither decorated to the eye nor by what a decorator of its own gives."""
        return not self.truth.decorated and self.said.execution == "eager"

    @property
    def outcome(self) -> str:
        """What TensorFlow says of the function in the way in which it is proposed."""
        relaxed = any(argument.name == "reduce_retracing" for argument in self.said.arguments)
        return self.truth.relaxed if relaxed and self.truth.relaxed is not None else self.truth.outcome

    @property
    def unsafe(self) -> bool:
        """Whether Graphlift offers a conversion that changes behaviour or fails."""
        return self.said.verdict is Verdict.CONVERT and self.outcome in UNSAFE

    @property
    def right(self) -> bool | None:
        """Whether the advice for a decorated function is right; `None` where that was not judged."""
        edit = self.edit
        if edit is None or edit.verdict != self.said.verdict.value or edit.outcome == "none":
            return None
        if self.said.verdict is Verdict.REMOVE:
            return self._removal_is_right(edit)
        if edit.outcome != "same" or edit.after in ("undecidable", "uncalled"):
            return False if edit.outcome != "same" else None
        fewer = edit.traces_after < edit.traces_before or self._options_alone
        return edit.after == "same" and (fewer or edit.before != "same")

    @property
    def _options_alone(self) -> bool:
        return any(reason.rule in ("deprecated-option", "autograph-off") for reason in self.said.reasons)

    def _removal_is_right(self, edit: Edit) -> bool | None:
        outcome = self.truth.outcome
        if outcome in ("undecidable", "uncalled"):
            return None
        if outcome == "differs" and self.truth.what != "result-type":
            # Only weights that a graph has frozen are better off changed.
            return any(reason.rule == "keras-frozen-weights" for reason in self.said.reasons)
        if outcome in ("raises", "hangs"):
            return edit.outcome in ("same", "differs")
        slower = outcome == "retraces" or (edit.ratio or self.truth.ratio or 0.0) < GAIN
        return edit.outcome == "same" and slower


class OutOfDateError(Exception):
    """The truth doesn't fit the programs as they are now."""


def load_truth() -> dict[tuple[str, int], Truth]:
    """`truth.json`, by path below `tests/programs` and line of the `def`; ratios from `gain.json` where it has them."""
    file = PROGRAMS / "truth.json"
    if not file.exists():
        raise OutOfDateError(f"{file} is missing: run scripts/judge_programs.py")
    ratios = load_ratios()
    rows = (Truth(**row) for row in json.loads(file.read_text("utf-8")))
    return {
        (row.path, row.line): replace(row, ratio=ratios.get((row.path, row.qualname, row.line), row.ratio))
        for row in rows
    }


def load_ratios() -> dict[tuple[str, str, int], float]:
    """Eager time divided by graph time as `scripts/measure_gain.py` measured them, by path, name and line."""
    rows = json.loads((PROGRAMS / "gain.json").read_text("utf-8"))
    return {
        (row["path"], row["qualname"], row["line"]): round(row["eager"] / row["graph"], 2) for row in rows
    }


def load_edits() -> dict[tuple[str, int], Edit]:
    """`edits.json`, by path below `tests/programs` and line of the `def`."""
    file = PROGRAMS / "edits.json"
    rows = (Edit(**row) for row in json.loads(file.read_text("utf-8"))) if file.exists() else ()
    return {(row.path, row.line): row for row in rows}


def load_programs(only: Sequence[str]) -> list[dict[str, Any]]:
    """The entries of `programs.json`, all or those named."""
    entries: list[dict[str, Any]] = json.loads((PROGRAMS / "programs.json").read_text("utf-8"))
    unknown = set(only) - {entry["name"] for entry in entries}
    if unknown:
        raise OutOfDateError(f"no such program: {', '.join(sorted(unknown))}")
    return [entry for entry in entries if not only or entry["name"] in only]


@lru_cache(maxsize=1)
def settled(name: str) -> Workspace:
    """One program, analysed as a project of its own."""
    workspace = Workspace([str(PROGRAMS / name)], Settings(tensorflow="2.21", keras=3))
    workspace.settle()
    return workspace


def analyse(name: str) -> Iterator[tuple[str, FunctionReport]]:
    """Every function of one program."""
    workspace = settled(name)
    for path in workspace.files():
        for function in workspace.report(path).functions:
            yield Path(path).relative_to(PROGRAMS).as_posix(), function


def join(entry: dict[str, Any], truth: dict[tuple[str, int], Truth]) -> list[Row]:
    """The functions of one program with both answers."""
    name, rows, edits = entry["name"], [], load_edits()
    expected = {key for key in truth if key[0].startswith(f"{name}/")}
    for path, said in analyse(name):
        known = truth.get((path, said.line))
        if known is None or known.qualname != said.qualname:
            raise OutOfDateError(
                f"{path}:{said.line} {said.qualname} is not in truth.json: judge {name} again"
            )
        expected.discard((path, said.line))
        rows.append(Row(name, entry["holdout"], known, said, edits.get((path, said.line))))
    if expected:
        path, line = min(expected)
        raise OutOfDateError(f"Graphlift doesn't report {path}:{line} {truth[path, line].qualname}")
    return rows


def table(rows: Iterable[Row]) -> list[str]:
    """Verdict x outcome, as lines of text."""
    cells = Counter((row.said.verdict.value, row.truth.outcome) for row in rows)
    lines = [f"{'':14}" + "".join(f"{outcome:>13}" for outcome in OUTCOMES)]
    for verdict in Verdict:
        counts = [cells[verdict.value, outcome] for outcome in OUTCOMES]
        lines.append(f"{verdict.value:14}" + "".join(f"{count or '.':>13}" for count in counts))
    return lines


@dataclass(frozen=True)
class Score:
    """The numbers that matter, over some rows, with the rows behind them."""

    unsafe: tuple[Row, ...]
    found: tuple[Row, ...]
    missed: tuple[Row, ...]
    removals: tuple[Row, ...]
    reconfigured: tuple[Row, ...]
    kept_broken: tuple[Row, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Score:
        """Count."""
        worthy = [row for row in rows if row.is_eager and row.truth.worth_it]
        stays = (Verdict.KEEP, Verdict.RECONFIGURE)
        return cls(
            unsafe=tuple(row for row in rows if row.unsafe),
            found=tuple(row for row in worthy if row.proposed),
            missed=tuple(row for row in worthy if not row.proposed),
            removals=tuple(row for row in rows if row.said.verdict is Verdict.REMOVE),
            reconfigured=tuple(row for row in rows if row.said.verdict is Verdict.RECONFIGURE),
            kept_broken=tuple(
                row for row in rows if row.said.verdict in stays and row.outcome in BROKEN and not row.right
            ),
        )

    @property
    def wrong(self) -> tuple[Row, ...]:
        """The edits of decorated functions that are wrong."""
        return tuple(row for row in (*self.removals, *self.reconfigured) if row.right is False)

    def numbers(self) -> dict[str, int]:
        """Counts, for machines."""
        return {
            "unsafe": len(self.unsafe),
            "unsafe_proven": sum(row.said.confidence == "proven" for row in self.unsafe),
            "unsafe_retraces": sum(row.truth.outcome == "retraces" for row in self.unsafe),
            "worth_it": len(self.found) + len(self.missed),
            "proposed": len(self.found),
            "removals": len(self.removals),
            "removals_wrong": sum(row.right is False for row in self.removals),
            "reconfigured": len(self.reconfigured),
            "reconfigured_wrong": sum(row.right is False for row in self.reconfigured),
            "kept_broken": len(self.kept_broken),
        }

    def lines(self) -> list[str]:
        """Counts, for people."""
        worthy = len(self.found) + len(self.missed)
        share = f"{len(self.found) / worthy:.0%}" if worthy else "-"
        retraced = sum(row.truth.outcome == "retraces" for row in self.unsafe)
        mended = sum(row.truth.relaxed == "same" for row in self.unsafe)
        return [
            f"unsafe proposals        {len(self.unsafe)}, of which {retraced} only retrace ({mended} not if relaxed)",
            f"proposed of worth it    {len(self.found)} of {worthy} ({share})",
            f"removals                {_judged(self.removals)}",
            f"reconfigurations        {_judged(self.reconfigured)}",
            f"kept though broken      {len(self.kept_broken)}",
        ]


def _judged(rows: Sequence[Row]) -> str:
    right, wrong = (sum(row.right is answer for row in rows) for answer in (True, False))
    share = f" ({right / (right + wrong):.0%} right)" if right + wrong else ""
    return f"{len(rows)}: {right} right, {wrong} wrong, {len(rows) - right - wrong} not judged{share}"


def describe(row: Row) -> list[str]:
    """One function for a reader who wants to know why."""
    said = row.said
    lines = [f"  {row.truth}", f"    {said.verdict.value} ({said.confidence})"]
    lines += [f"    {row.edit}"] if row.edit is not None else []
    lines += [f"    assumes {text}" for text in said.assumptions]
    lines += [
        f"    {reason.rule}: {reason.message} (line {reason.location.span.line})" for reason in said.reasons
    ]
    return lines


def overview(title: str, rows: Sequence[Row]) -> list[str]:
    """The table and the counts of one group of programs, as lines of text."""
    programs = len({row.program for row in rows})
    head = f"{title}: {programs} programs, {len(rows)} functions"
    return [head, "", *table(rows), "", *Score.of(rows).lines()]


def report(title: str, rows: Sequence[Row], details: bool, explain: bool) -> None:
    """Print everything about one group of programs."""
    score = Score.of(rows)
    print("", *overview(title, rows), sep="\n")
    sections = [
        ("Unsafe proposals", score.unsafe),
        ("Removals and reconfigurations that are wrong", score.wrong),
    ]
    if details:
        sections += [("Worth it but not proposed", score.missed), ("Kept though broken", score.kept_broken)]
    for heading, members in sections:
        if members:
            print(f"\n{heading}")
        for row in members:
            shown = describe(row) if explain else [f"  {row.truth}"]
            print("\n".join(shown))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare verdicts with what TensorFlow measured.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="only these programs")
    parser.add_argument("--json", action="store_true", help="print counts as JSON")
    parser.add_argument("--details", action="store_true", help="list what was missed, too")
    parser.add_argument("--explain", action="store_true", help="print reasons and assumptions")
    parser.add_argument("--holdout-details", action="store_true", help="list held-out functions, too")
    options = parser.parse_args(arguments)
    try:
        truth, entries = load_truth(), load_programs(options.programs)
        judged = {path.partition("/")[0] for path, _ in truth}
        unjudged = [entry["name"] for entry in entries if entry["name"] not in judged]
        if unjudged:
            print(f"not judged yet, left out: {', '.join(unjudged)}", file=sys.stderr)
        rows = [row for entry in entries if entry["name"] in judged for row in join(entry, truth)]
    except OutOfDateError as problem:
        print(problem, file=sys.stderr)
        return 2
    groups = {
        "Tuned": [row for row in rows if not row.holdout],
        "Held out": [row for row in rows if row.holdout],
    }
    if options.json:
        print(json.dumps({name: Score.of(members).numbers() for name, members in groups.items()}, indent=2))
    else:
        for name, members in groups.items():
            if members:
                quiet = name == "Held out" and not options.holdout_details
                report(name, members, options.details and not quiet, options.explain and not quiet)
    return 1 if any(row.unsafe for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
