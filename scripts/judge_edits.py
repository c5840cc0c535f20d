"""Find out what TensorFlow makes of the edits that Graphlift proposes for decorated functions.

    python scripts/judge_edits.py [--python PATH] [--missing] [--no-timing] [PROGRAM ...]

For every `remove` and `reconfigure` in `tests/programs` the edit is made in a copy of the program. Original and copy
run as they are, and what they print, raise and write is compared: that is what somebody sees who follows the advice. Of a
`reconfigure`, the function is judged in the copy as well: its traces are counted under the new arguments. Of a `remove`, a
call is timed both ways, also where the types of the results differ.

The results go to `tests/programs/edits.json`, one line per edit, with the text that the edit puts in or takes away; a row whose
text is no longer the proposed one counts as missing. `scripts/score_programs.py` says what is right.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from graphlift.fixes import apply
from graphlift.ide.workspace import Workspace
from graphlift.verdict import Fix, FunctionReport, Verdict
from graphlift.verify import Judge, Limits, Outcome, Plan, Program, Target
from graphlift.verify.compare import program_difference
from graphlift.verify.record import Run
from judge_programs import definitions, save, short
from score_programs import PROGRAMS, load_programs, settled

EDITS = PROGRAMS / "edits.json"
PROPOSALS = {Verdict.REMOVE: "remove", Verdict.RECONFIGURE: "reconfigure"}


def load() -> dict[tuple[str, int], dict[str, Any]]:
    """The rows there are, by path and line of the `def`."""
    rows = json.loads(EDITS.read_text("utf-8")) if EDITS.exists() else []
    return {(row["path"], row["line"]): row for row in rows}


def proposals(workspace: Workspace) -> Iterator[tuple[FunctionReport, Fix | None]]:
    """The decorated functions of one program for which an edit is advised; `None` where none can be made."""
    for path in workspace.files():
        for function in workspace.report(path).functions:
            if function.verdict in PROPOSALS:
                fixes = workspace.fixes(path, function.name_span)
                slugs = (PROPOSALS[function.verdict], "reconfigure", "remove", "arguments")
                own = (f for f in fixes if f.function == function.qualname and f.slug in slugs)
                yield function, next(own, None)


def edit_text(text: str, fix: Fix | None) -> str:
    """An edit in one line, to know it again."""
    if fix is None:
        return "none"
    lines = text.splitlines(keepends=True)
    shown = []
    for edit in fix.edits:
        span = edit.span
        taken = lines[span.line - 1 : span.end_line]
        if len(taken) == 1:
            taken = [taken[0][span.column : span.end_column]]
        shown.append(f"{' '.join(''.join(taken).split())} -> {' '.join(edit.text.split())}")
    return "; ".join(shown)


class EditJudge:
    """Judges the edits of one program after the other."""

    def __init__(self, judge: Judge, limits: Limits, timed: bool) -> None:
        self._judge = judge
        self._limits = limits
        self._timed = timed

    def row(self, name: str, function: FunctionReport, fix: Fix | None, text: str) -> dict[str, Any]:
        """What becomes of the program with this one edit."""
        path = Path(function.path)
        row: dict[str, Any] = {
            "path": path.relative_to(PROGRAMS).as_posix(),
            "qualname": function.qualname,
            "line": function.line,
            "verdict": function.verdict.value,
            "edit": edit_text(text, fix),
        }
        if fix is None:
            return {**row, "outcome": "none", "detail": "no edit can be made"}
        root = PROGRAMS / name
        original = Target(str(path), function.qualname, function.line)
        with tempfile.TemporaryDirectory(prefix="graphlift-edit-") as scratch:
            copy = Path(scratch) / name
            shutil.copytree(root, copy, ignore=shutil.ignore_patterns("__pycache__"))
            edited = copy / path.relative_to(root)
            edited.write_text(apply(text, fix.edits), "utf-8")
            row |= self._compared(root, copy)
            if function.verdict is Verdict.RECONFIGURE:
                lines = [d.line for d in definitions(edited) if d.qualname == function.qualname]
                nearest = min(lines, key=lambda line: abs(line - function.line))
                row |= self._traced(root, original, "before")
                row |= self._traced(copy, Target(str(edited), function.qualname, nearest), "after")
            elif self._timed:
                plan = Plan(Program(root=str(root)), original, limits=self._limits)
                timing = self._judge.time(plan)
                row["ratio"] = None if timing is None else round(timing.ratio, 2)
        return row

    def _as_it_is(self, root: Path) -> Run:
        plan = Plan(Program(root=str(root)), Target(str(root / "main.py"), ""), limits=self._limits)
        return self._judge.as_it_is(plan)

    def _compared(self, root: Path, copy: Path) -> dict[str, str]:
        before, after = self._as_it_is(root), self._as_it_is(copy)
        if after.stopped:
            return {"outcome": "hangs", "detail": f"ended by {after.stopped}"}
        if after.end is None:
            return {"outcome": "raises", "detail": short(after.fault)}
        failed = after.end.error
        if failed is not None and (before.end is None or before.end.error is None):
            message = failed.message.replace(str(copy), "")
            return {"outcome": "raises", "detail": short(f"{failed.type}: {message}")}
        difference = program_difference(before, after)
        if difference is None:
            return {"outcome": "same", "detail": ""}
        shown = f"{difference.where} is {difference.eager} before and {difference.graph} after"
        return {"outcome": "differs", "detail": short(shown)}

    def _traced(self, root: Path, target: Target, when: str) -> dict[str, Any]:
        judgement = self._judge.judge(Plan(Program(root=str(root)), target, limits=self._limits))
        shown = judgement.outcome.value
        if not judgement.calls and judgement.outcome is Outcome.SAME:
            shown = "uncalled"
        return {f"{when}": shown, f"traces_{when}": judgement.traces}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Judge the edits proposed for decorated functions.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="only these programs")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has TensorFlow")
    parser.add_argument("--missing", action="store_true", help="only edits that have no rows yet")
    parser.add_argument("--no-timing", action="store_true", help="don't measure speed")
    parser.add_argument("--seconds", type=int, default=60, help="processor time that one run may take")
    options = parser.parse_args(arguments)
    rows = load()
    with Judge(options.python) as judge:
        edits = EditJudge(judge, Limits(seconds=options.seconds), not options.no_timing)
        for entry in load_programs(options.programs):
            name, workspace, kept = entry["name"], settled(entry["name"]), set()
            for function, fix in proposals(workspace):
                text = workspace.text(function.path)
                key = (Path(function.path).relative_to(PROGRAMS).as_posix(), function.line)
                kept.add(key)
                known = rows.get(key)
                if options.missing and known is not None and known["edit"] == edit_text(text, fix):
                    continue
                rows[key] = edits.row(name, function, fix, text)
                print(f"{key[0]}:{key[1]} {function.qualname}: {rows[key]['outcome']}", flush=True)
            gone = [key for key in rows if key[0].startswith(f"{name}/") and key not in kept]
            for key in gone:
                del rows[key]
            save(rows.values(), EDITS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
