"""Compare the estimate of what a graph gains with what was measured (`tests/programs/gain.json`).

    python scripts/gain.py [--json] [--far NUMBER]

Prints how the estimated number of ops ranks the measured ratios (eager time divided by graph time), for the programs
that may be tuned on, for the held-out ones and for both; how the number of ops that were really dispatched ranks
them, which no estimate can better by much; the measured ratios by estimate; and what each threshold for
`unprofitable` would get wrong. `--far` lists so many functions of tuned programs whose estimate is far off.

Exit status: 0, or 2 when the measurements don't fit the programs.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphlift.facts.gain import BANDS, TOO_FEW
from graphlift.resolve import unit
from score_programs import GAIN, PROGRAMS, OutOfDateError, load_programs, settled


@dataclass(frozen=True)
class Row:
    """One measured function, with the estimate."""

    path: str
    qualname: str
    holdout: bool
    estimate: int
    ops: int
    ratio: float


def estimates(program: str) -> dict[tuple[str, int], int]:
    """The estimated ops of every function of one program, by path and line of the `def`."""
    workspace = settled(program)
    found = {}
    for path in workspace.files():
        for definition, layout in unit(workspace.db, workspace.key_of(path)).layouts.items():
            root = workspace.solver.state.roots.get(definition)
            if root is not None and "<lambda>" not in definition:
                found[path.removeprefix(f"{PROGRAMS}/"), layout.def_line] = root.summary.ops
    return found


def rows(known: Mapping[tuple[str, int], int]) -> list[Row]:
    """All measured functions; `known` are the estimates of their programs."""
    measured = json.loads((PROGRAMS / "gain.json").read_text("utf-8"))
    holdout = {entry["name"]: entry["holdout"] for entry in load_programs(())}
    found = []
    for row in measured:
        estimate = known.get((row["path"], row["line"]))
        if estimate is None:
            raise OutOfDateError(
                f"{row['path']}:{row['line']} {row['qualname']} is not there: measure it again"
            )
        program = row["path"].partition("/")[0]
        ratio = row["eager"] / row["graph"]
        found.append(Row(row["path"], row["qualname"], holdout[program], estimate, row["ops"], ratio))
    return found


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value; equal ones share theirs."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    found = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for index in order[first : last + 1]:
            found[index] = (first + last) / 2
        first = last + 1
    return found


def spearman(pairs: Iterable[tuple[float, float]]) -> float:
    """Spearman's rank correlation."""
    left, right = zip(*pairs, strict=True)
    return statistics.correlation(ranks(left), ranks(right))


def correlations(found: Sequence[Row]) -> dict[str, dict[str, float]]:
    """How the estimate, and the ops really dispatched, rank the ratios of several groups."""
    groups: dict[str, Callable[[Row], bool]] = {
        "all": lambda _: True,
        "with at least one op": lambda row: row.ops > 0,
        "tuned": lambda row: not row.holdout,
        "held out": lambda row: row.holdout,
    }
    told = {}
    for name, belongs in groups.items():
        members = [row for row in found if belongs(row)]
        told[name] = {
            "functions": len(members),
            "estimate": round(spearman((row.estimate, row.ratio) for row in members), 3),
            "measured ops": round(spearman((row.ops, row.ratio) for row in members), 3),
            "estimate and measured ops": round(spearman((row.estimate, row.ops) for row in members), 3),
        }
    return told


def by_band(found: Sequence[Row]) -> list[str]:
    """Measured ratios by estimate, as rows of a Markdown table."""
    lines = [
        "| estimated ops | functions | quartiles of the ratio | share ≥ 1.1 | share ≤ 0.9 |",
        "|---|---|---|---|---|",
    ]
    edges = [0, *sorted(band.ops for band in BANDS)]
    for low, high in zip(edges, [*edges[1:], math.inf], strict=True):
        ratios = sorted(row.ratio for row in found if low <= row.estimate < high)
        if not ratios:
            continue
        shown = f"{low}" if high == low + 1 else f"{low}+" if high == math.inf else f"{low}–{high - 1:g}"
        quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        lines.append(
            f"| {shown} | {len(ratios)} | {' / '.join(f'{each:.2f}' for each in quartiles)} "
            f"| {sum(r >= GAIN for r in ratios) / len(ratios):.0%} | {sum(r <= 0.9 for r in ratios) / len(ratios):.0%} |"
        )
    return lines


def by_threshold(found: Sequence[Row]) -> list[str]:
    """What thresholds get wrong: worth it but below, and not below but slower as a graph."""
    lines = ["| unprofitable below | worth it, but below | slower, but not below |", "|---|---|---|"]
    for threshold in range(4, 13):
        lost = sum(row.ratio >= GAIN and row.estimate < threshold for row in found)
        wasted = sum(row.ratio < 1 and row.estimate >= threshold for row in found)
        mark = " (chosen)" if threshold == TOO_FEW else ""
        lines.append(
            f"| {threshold}{mark} | {lost} of {sum(row.ratio >= GAIN for row in found)} | {wasted} |"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare the estimated gain with what was measured.")
    parser.add_argument("--json", action="store_true", help="print the correlations as JSON")
    parser.add_argument("--far", type=int, default=0, help="list so many functions whose estimate is far off")
    options = parser.parse_args(arguments)
    try:
        names = sorted(entry["name"] for entry in load_programs(()))
        found = rows({place: ops for name in names for place, ops in estimates(name).items()})
    except OutOfDateError as problem:
        print(problem, file=sys.stderr)
        return 2
    told = correlations(found)
    if options.json:
        print(json.dumps(told, indent=2))
        return 0
    print("| functions | number | estimate | measured ops |\n|---|---|---|---|")
    for name, each in told.items():
        print(f"| {name} | {each['functions']} | {each['estimate']:.2f} | {each['measured ops']:.2f} |")
    print("", *by_band(found), "", *by_threshold(found), sep="\n")
    tuned = [row for row in found if not row.holdout]
    far = sorted(tuned, key=lambda row: -abs(math.log((row.estimate + 3) / (row.ops + 3))))
    for row in far[: options.far]:
        print(f"{row.estimate:8} {row.ops:6} {row.ratio:7.2f} {row.path} {row.qualname}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
