"""Checks `fixed mend-…` blocks: TensorFlow judges the program after the edit."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from graphlift.fixes import apply
from graphlift.ide.workspace import Workspace
from graphlift.source.span import Span
from graphlift.verdict import Fix
from graphlift.verify import Judge, Outcome, Plan, Program, Target
from graphlift.verify.compare import first_difference
from graphlift.verify.record import Run

from .failures import Failure
from .page import Section, Snapshot, SourceFile
from .static import settings, write

if TYPE_CHECKING:
    from .graphs import Known


def wanted(section: Section) -> list[tuple[SourceFile, Snapshot]]:
    """The test's blocks that hold a mended file, each with the file that the cursor is in."""
    return [
        (file, snapshot)
        for file in section.versions[0]
        if file.cursor is not None
        for snapshot in section.snapshots
        if snapshot.kind == "fixed" and snapshot.argument.startswith("mend")
    ]


def check(
    section: Section, place: Path, file: SourceFile, snapshot: Snapshot, judge: Judge, known: Known
) -> list[Failure]:
    """In what TensorFlow contradicts a mending.

    The mended program must do the same with the function as a graph. After a safe mending it must do eagerly what it
    did before.
    """
    fix = _fix(section, place, file, snapshot)
    if fix is None:
        return []  # `test_page` says that the block is wrong.
    text = apply(file.text, fix.edits)
    after = _plan(section, place, file, fix, text)
    path = place / file.name
    path.write_text(text, encoding="utf-8")
    judgement = known.judge(judge, after, section, text)
    failures = []
    if judgement.outcome is not Outcome.SAME:
        found = f"graph: {judgement.outcome.value} {judgement.detail}"
        failures.append(Failure(file, 1, f"graph: same after `{fix.title}`", found))
    path.write_text(file.text, encoding="utf-8")
    if fix.safe:
        how = Path(__file__).read_text(encoding="utf-8")  # What is kept was found by this very code.
        difference = known.kept(
            judge, section, f"{text}|{how}", lambda: _eagerly(section, place, file, fix, text, judge)
        )
        if difference:
            failures.append(Failure(file, 1, f"the same eagerly after `{fix.title}`", difference))
    return failures


def _eagerly(section: Section, place: Path, file: SourceFile, fix: Fix, text: str, judge: Judge) -> str:
    """What is different when the program before the edit and the one after it run eagerly; empty for nothing."""
    runs = []
    first, last = _lines(file, fix)
    inside = all(first <= edit.span.line and edit.span.end_line <= last + 1 for edit in fix.edits)
    for each in (file.text, text):
        (place / file.name).write_text(each, encoding="utf-8")
        plan = _plan(section, place, file, fix, each)
        run = judge.server.run(plan.program, plan.target, "eager", limits=plan.limits)
        runs.append(run if inside else _without_arguments(run))
    (place / file.name).write_text(file.text, encoding="utf-8")
    difference = first_difference(*runs)
    return "" if difference is None else str(difference)


def _lines(file: SourceFile, fix: Fix) -> tuple[int, int]:
    """The first and the last line of the function that a fix is about."""
    from .graphs import definitions

    tree = ast.parse(file.text)
    first = next(at for name, at in definitions(tree) if name == fix.function)
    node = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.lineno == first)
    return first, node.end_lineno or first


def _without_arguments(run: Run) -> Run:
    """A run of a program whose callers were edited: what they pass has changed on purpose."""
    return replace(run, calls=tuple(replace(call, arguments=None) for call in run.calls))


def _fix(section: Section, place: Path, file: SourceFile, snapshot: Snapshot) -> Fix | None:
    write(section, place)
    workspace = Workspace([str(place)], settings(section, place))
    workspace.settle()
    assert file.cursor is not None
    line, column = file.cursor
    found = workspace.fixes(str(place / file.name), Span(line, column, line, column))
    return next((fix for fix in found if fix.slug == snapshot.argument), None)


def _plan(section: Section, place: Path, file: SourceFile, fix: Fix, text: str) -> Plan:
    from .graphs import LIMITS, definitions

    line = next(at for name, at in definitions(ast.parse(text)) if name == fix.function)
    target = Target(str(place / file.name), fix.function, line)
    return Plan(Program(str(place), section.entry.name), target, limits=LIMITS)
