"""Runs `graphlift check` on the pinned packages and writes `docs/corpus.md`.

    python scripts/corpus_report.py [--cache DIR] [--output FILE] [NAME...]

Each package is analysed by a process of its own, under a limit of time and memory, so that a package
that can't be analysed is a line of the table and not the end of the run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from corpus import CorpusError, Package, default_cache, fetch, named
from graphlift import __version__
from graphlift.verdict import Verdict

OUTPUT = Path(__file__).parents[1] / "docs" / "corpus.md"
SECONDS = 900
GIBIBYTES = 6


def measure(directory: Path) -> dict[str, Any]:
    """One run of `graphlift check`: its document, or why there is none; seconds and peak memory in MiB."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "graphlift", "check", "--output-format", "json", "."],
            cwd=directory,
            stdout=output,
            stderr=errors,
            preexec_fn=_limit,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        result: dict[str, Any] = {"seconds": seconds, "mib": usage.ru_maxrss / 1024}
        if process.returncode in (0, 1):
            result["document"] = json.load(output)
        else:
            last = errors.read().decode(errors="replace").strip().splitlines()
            result["failure"] = last[0] if last else f"exit code {process.returncode}"
    return result


def seen(directory: Path) -> str:
    """How much of a package is seen: shares of known verdicts and resolved calls, as cells of the table."""
    script = Path(__file__).with_name("resolved_calls.py")
    run = subprocess.run(
        [sys.executable, str(script), str(directory)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_limit,
    )
    if run.returncode:
        return " | "
    found = json.loads(run.stdout)
    verdicts = 100 * found["known_verdicts"] / max(1, found["functions"])
    calls = 100 * found["resolved_calls"] / max(1, found["calls"])
    return f"{verdicts:.1f} | {calls:.1f}"


def _limit() -> None:
    """In the child: end a run that takes too much, rather than the machine."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (GIBIBYTES * 2**30, GIBIBYTES * 2**30))


def row(package: Package, measured: dict[str, Any], shares: str) -> str:
    """A package's line of the table."""
    name = f"{package.name} {package.version}"
    cost = f"{measured['seconds']:.1f} | {measured['mib']:.0f}"
    if "failure" in measured:
        return f"| {name} | | | {' | ' * (len(Verdict) - 1)} | | {shares} | {cost} |"
    summary = measured["document"]["summary"]
    counts = " | ".join(str(summary["verdicts"].get(verdict.value, 0)) for verdict in Verdict)
    problems = len(measured["document"]["problems"])
    return f"| {name} | {summary['files']} | {summary['functions']} | {counts} | {problems} | {shares} | {cost} |"


def notes(package: Package, measured: dict[str, Any]) -> list[str]:
    """What the table has no room for: failures, problems, and why functions are unknown."""
    if "failure" in measured:
        return [f"- **{package.name}** was not analysed: {measured['failure']}"]
    document = measured["document"]
    lines = [
        f"- {package.name}: problem in `{each['path']}`, line {each['line']}: {each['message']}"
        for each in document["problems"]
    ]
    unknown = [each for each in document["functions"] if each["verdict"] == "unknown"]
    rules = Counter(each["reasons"][0]["rule"] for each in unknown if each["reasons"])
    if rules:
        common = ", ".join(f"{rule} {count}" for rule, count in rules.most_common(3))
        lines.append(f"- {package.name}: first reasons of unknown functions: {common}")
    return lines


def page(names: list[str], rows: list[str], remarks: list[str]) -> str:
    """The whole page."""
    verdicts = " | ".join(verdict.value for verdict in Verdict)
    head = f"| package | files | functions | {verdicts} | problems | known % | calls % | seconds | peak MiB |"
    rule = "|" + "---|" * (head.count("|") - 1)
    return "\n".join(
        [
            "# On real packages",
            "",
            "`graphlift check` on pinned releases from the package index, tests inside the packages included,",
            "without the packages that they import. Problems are files that could not be read or parsed; *known* is",
            "the share of functions with a verdict other than `unknown`, *calls* that of calls in functions whose",
            "callee is known (`scripts/resolved_calls.py`).",
            "",
            "```",
            " ".join(["python scripts/corpus_report.py", *names]),
            "```",
            "",
            f"Graphlift {__version__}, Python {sys.version.split()[0]}, {os.cpu_count()} cores, one process, "
            "nothing cached.",
            "",
            head,
            rule,
            *rows,
            "",
            *remarks,
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure Graphlift on the pinned packages.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="packages; all unless named")
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--output", type=Path, default=OUTPUT, help="%(default)s")
    arguments = parser.parse_args()
    rows, remarks = [], []
    try:
        for package in named(arguments.names):
            directory = fetch(package, arguments.cache)
            measured = measure(directory)
            rows.append(row(package, measured, seen(directory)))
            remarks += notes(package, measured)
            print(rows[-1], flush=True)
    except CorpusError as error:
        print(f"corpus: {error}", file=sys.stderr)
        return 1
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(page(arguments.names, rows, remarks), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
