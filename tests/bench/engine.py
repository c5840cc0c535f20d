"""Times the query engine and prints JSON: microseconds per operation, the best of several runs.

    python tests/bench/engine.py [--repeat N]

- `call`: a plain Python call, for comparison.
- `get_fresh`: a memo verified at this revision, read from inside a query (with recording of the dependency);
  `get_fresh_two_parts`: the same for a query whose key has two parts.
- `execute`: running a trivial query for the first time; `chain_cold`: the same in a chain, each asking the
  next.
- `verify`: verifying one memo after an unrelated change, among 10,000.
- `cut_off`: answering a query that rests on 10,000 memos, after an edit without consequence.
- `cycle_run`: one execution within a cycle of 1,000 members.
- `save`, `load`: one persistent memo to disk and back.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from graphlift.engine import Database, input_query, query
from graphlift.engine.disk import load, save

WIDTH = 10_000


@input_query
def number(db: Database, key: int) -> int:
    return key


@query(persist=True)
def parity(db: Database, key: int) -> int:
    return number(db, key) % 2


@query
def parity_of(db: Database, key: int, other: int) -> int:
    return number(db, key) % 2


@query
def total(db: Database) -> int:
    return sum(parity(db, key) for key in range(WIDTH))


@query
def chain(db: Database, depth: int) -> int:
    return number(db, 0) if depth == 0 else chain(db, depth - 1) + 1


@query(cycle=lambda *_: 0)
def ring(db: Database, place: int) -> int:
    return max(ring(db, (place + 1) % 1000), number(db, place) % 7)


@query
def reader(db: Database, what: str) -> float:
    """Seconds for `WIDTH` reads of memos that are verified at this revision."""
    keys = range(WIDTH)
    if what == "one":
        for key in keys:
            parity(db, key)
        start = time.perf_counter()
        for key in keys:
            parity(db, key)
        return time.perf_counter() - start
    for key in keys:
        parity_of(db, key, 0)
    start = time.perf_counter()
    for key in keys:
        parity_of(db, key, 0)
    return time.perf_counter() - start


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plain_calls() -> float:
    def identity(db: object, key: int) -> int:
        return key

    start = time.perf_counter()
    for key in range(WIDTH):
        identity(None, key)
    return time.perf_counter() - start


def measure(directory: Path) -> dict[str, float]:
    found = {"call": plain_calls() / WIDTH}
    db = Database()
    for key in range(WIDTH):
        db.set(number, key, key)
    found["execute"] = timed(lambda: total(db)) / WIDTH
    db.set(number, -1, 0)
    # One memo and one input each.
    found["verify"] = timed(lambda: total(db)) / WIDTH
    db.set(number, 7, 9)
    found["cut_off"] = timed(lambda: total(db))
    found["get_fresh"] = reader(db, "one") / WIDTH
    found["get_fresh_two_parts"] = reader(db, "two") / WIDTH
    found["chain_cold"] = timed(lambda: chain(db, 5000)) / 5000
    db.log = True
    found["cycle_run"] = timed(lambda: ring(db, 0)) / len(db.executed)
    path = directory / "cache"
    found["save"] = timed(lambda: save(db, path, "bench")) / WIDTH
    other = Database()
    found["load"] = timed(lambda: load(other, path, "bench")) / WIDTH
    return found


def best(repeat: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as directory:
        runs = [measure(Path(directory)) for _ in range(repeat)]
    return {name: round(min(run[name] for run in runs) * 1e6, 3) for name in runs[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the query engine.")
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    result: dict[str, object] = {"python": platform.python_version(), "unit": "microseconds"}
    sys.setrecursionlimit(50_000)
    threading.stack_size(256 << 20)
    worker = threading.Thread(target=lambda: result.update(best(repeat)))
    worker.start()
    worker.join()
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
