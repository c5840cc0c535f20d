"""Measure what running as a graph gains for the functions of `tests/programs` that behave the same both ways.

    python scripts/measure_gain.py [--python PATH] [--missing] [PROGRAM ...]

Each function for which `truth.json` says `same` is called eagerly and as a graph in turn, some forty times each, with
the arguments of the program's last call. `tests/programs/gain.json` holds, per function, the microseconds of the
fastest round each way (what else runs on the machine only adds to the others), the ops that an eager call dispatches one
by one, and the numbers in their results. Programs that aren't named keep their lines; the file is written after each
program, so the script may be interrupted and go on with `--missing`. `scripts/gain.py` compares the estimate with it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphlift.verify import Judge, Limits, Plan, Program, Target

PROGRAMS = Path(__file__).resolve().parent.parent / "tests" / "programs"
GAINS = PROGRAMS / "gain.json"

SECONDS = 60
"""Processor time that one run of a program may take."""


def measure(judge: Judge, truth: dict[str, Any]) -> dict[str, Any] | None:
    """One line of `gain.json`; `None` where the last call can't be made again."""
    path = PROGRAMS / truth["path"]
    program = Program(root=str(PROGRAMS / path.relative_to(PROGRAMS).parts[0]))
    target = Target(str(path), truth["qualname"], truth["line"])
    timing = judge.time(Plan(program=program, target=target, limits=Limits(seconds=SECONDS)))
    if timing is None:
        return None
    eager, graph = timing.fastest
    return {
        "path": truth["path"],
        "qualname": truth["qualname"],
        "line": truth["line"],
        "eager": round(eager * 1e6, 1),
        "graph": round(graph * 1e6, 1),
        "ops": timing.ops,
        "elements": timing.elements,
    }


def load() -> list[dict[str, Any]]:
    """The lines there are."""
    found: list[dict[str, Any]] = json.loads(GAINS.read_text("utf-8")) if GAINS.exists() else []
    return found


def save(rows: Sequence[dict[str, Any]]) -> None:
    """Write all lines in a fixed order."""
    ordered = sorted(rows, key=lambda row: (row["path"], row["line"]))
    GAINS.write_text("[\n" + ",\n".join(json.dumps(row) for row in ordered) + "\n]\n", "utf-8")


def program_of(row: dict[str, Any]) -> str:
    """The program that a line is about."""
    return str(row["path"]).partition("/")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure what a graph gains for each function.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="only these programs")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has TensorFlow")
    parser.add_argument("--missing", action="store_true", help="only programs that have no lines yet")
    options = parser.parse_args(arguments)
    truth = json.loads((PROGRAMS / "truth.json").read_text("utf-8"))
    same = [row for row in truth if row["outcome"] == "same"]
    names = sorted({program_of(row) for row in same} & set(options.programs or map(program_of, same)))
    if options.missing:
        known = {program_of(row) for row in load()}
        names = [name for name in names if name not in known]
    with Judge(options.python) as judge:
        for name in names:
            started = time.monotonic()
            found = [measure(judge, row) for row in same if program_of(row) == name]
            rows = [row for row in found if row is not None]
            save([*(row for row in load() if program_of(row) != name), *rows])
            print(f"{name}: {len(rows)} functions, {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
