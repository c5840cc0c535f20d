"""Measures `graphlift check` on a path and prints JSON: seconds, lines a second, peak memory.

    python tests/bench/check.py PATH [--runs N]

The first run is `cold`: a new process, with the file system's cache dropped where that is allowed. The
others are `warm`; the median is given. Each run is a process of its own, and its peak memory is what the
system says.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def measure(path: str) -> dict[str, Any]:
    """One run: what it said in short, seconds and peak resident memory in MiB."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "graphlift", "check", "--output-format", "json", path], stdout=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        code = os.waitstatus_to_exitcode(status)
        process.returncode = code
        if code not in (0, 1):
            raise SystemExit(f"graphlift check {path} ended with exit code {code}")
        output.seek(0)
        summary = json.load(output)["summary"]
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "seconds": round(seconds, 3),
        "lines": summary["lines"],
        "lines_per_second": round(summary["lines"] / seconds),
        "peak_mib": round(usage.ru_maxrss * unit / 2**20, 1),
        "verdicts": summary["verdicts"],
    }


def drop_file_cache() -> bool:
    """Make the next reads come from the disk; only the system's administrator may."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("1\n", encoding="ascii")
    except OSError:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path")
    parser.add_argument("--runs", type=int, default=3, help="warm runs (%(default)s)")
    parser.add_argument(
        "--drop-cache", action="store_true", help="drop the system's file cache first (as administrator)"
    )
    arguments = parser.parse_args()
    dropped = arguments.drop_cache and drop_file_cache()
    cold = measure(arguments.path)
    warm = [measure(arguments.path) for _ in range(max(arguments.runs, 1))]
    middle = dict(warm[0])
    for key in ("seconds", "lines_per_second", "peak_mib"):
        middle[key] = statistics.median(run[key] for run in warm)
    result = {
        "path": arguments.path,
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "file_cache_dropped": dropped,
        "cold": cold,
        "warm": middle,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
