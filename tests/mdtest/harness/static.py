"""Checks the assertions about what Graphlift says: one workspace per test, and each diagnostic accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graphlift.fixes import apply
from graphlift.ide import inspect
from graphlift.ide.workspace import Workspace
from graphlift.source.config import ConfigurationError, Settings, load
from graphlift.source.span import Span
from graphlift.verdict import Diagnostic, FileReport, FunctionReport

from . import offers
from .expect import ExpectationError, Expected, expectations, finding, listed, verdict
from .failures import Failure
from .page import Section, Snapshot, SourceFile


def write(section: Section, place: Path, version: int = 0) -> None:
    """Put the files of a version of the test on disk."""
    for file in section.versions[version]:
        path = place / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    if section.settings and version == 0:
        (place / "graphlift.toml").write_text(section.settings, encoding="utf-8")


def settings(section: Section, place: Path) -> Settings:
    """The test's settings; the default ones where it sets none."""
    if not section.settings:
        return Settings()
    found = load(place / "graphlift.toml")
    assert found is not None
    if isinstance(found, ConfigurationError):
        raise ExpectationError(1, str(found))
    return found.settings


def check(section: Section, place: Path, default_rule: str = "", *, hints: bool = True) -> list[Failure]:
    """Everything in which the test's assertions and Graphlift disagree.

    `place` is an empty directory. A bare `error` is one of `default_rule`. Without `hints`, hints that a
    function is worth converting need no assertion.
    """
    write(section, place)
    workspace = Workspace([str(place)], settings(section, place))
    failures: list[Failure] = []
    files: dict[str, SourceFile] = {}
    for number, version in enumerate(section.versions):
        if number:
            inspect.clear_executed(workspace)
            for file in version:
                workspace.open(str(place / file.name), file.text)
        workspace.settle()
        files.update({file.name: file for file in version})
        for file in files.values():
            failures += _file(workspace, place, file, default_rule, hints)
        failures += _recomputed(workspace, version, number)
        failures += _at_cursor(workspace, place, version, section.snapshots)
    return failures


def _file(
    workspace: Workspace, place: Path, file: SourceFile, default_rule: str, hints: bool
) -> list[Failure]:
    path = str(place / file.name)
    report = workspace.report(path)
    wanted = expectations(file)
    return [
        *_problems(file, report, wanted),
        *_diagnostics(file, report, wanted, default_rule, hints),
        *_verdicts(file, report, wanted),
        *offers.check(file, report, wanted),
        *_exactly(file, wanted, "revealed", inspect.revealed(workspace, path)),
        *_facts(file, wanted, inspect.facts(workspace, path)),
        *_calls(file, wanted, inspect.calls(workspace, path)),
    ]


def _problems(file: SourceFile, report: FileReport, wanted: list[Expected]) -> Iterable[Failure]:
    """A file that can't be parsed says so; such a problem is asserted as `error` without a rule."""
    for problem in report.problems:
        if not any(e.kind == "error" and not finding(e).rule and e.line == problem.line for e in wanted):
            yield Failure(file, problem.line, "no problem", f"a problem: {problem.message}")


# --- diagnostics ---


def _diagnostics(
    file: SourceFile, report: FileReport, wanted: list[Expected], default_rule: str, hints: bool
) -> Iterable[Failure]:
    left = [
        diagnostic for diagnostic in report.diagnostics if not _is_verdict_hint(diagnostic, report, wanted)
    ]
    for expected in wanted:
        if expected.kind != "error":
            continue
        found = next((each for each in left if _matches(expected, each, default_rule)), None)
        if found is not None:
            left.remove(found)
            continue
        if any(p.line == expected.line and finding(expected).text in p.message for p in report.problems):
            continue
        here = [_shown(each) for each in report.diagnostics if each.location.span.line == expected.line]
        yield Failure(file, expected.line, f"error: {expected.value}", "; ".join(here) or "nothing")
    for diagnostic in left:
        if not hints and diagnostic.rule == "convertible":
            continue
        yield Failure(file, diagnostic.location.span.line, "nothing", _shown(diagnostic))


def _matches(expected: Expected, diagnostic: Diagnostic, default_rule: str) -> bool:
    wanted = finding(expected)
    rule = wanted.rule or default_rule
    return (
        diagnostic.location.span.line == expected.line
        and (not rule or rule == diagnostic.rule)
        and wanted.text in diagnostic.message
    )


def _is_verdict_hint(diagnostic: Diagnostic, report: FileReport, wanted: list[Expected]) -> bool:
    """Whether a diagnostic only repeats a verdict that is asserted: `verdict: convert` covers its hint."""
    lines = {f.line for f in report.functions if f.qualname == diagnostic.function}
    asserted = any(e.kind == "verdict" and e.line in lines for e in wanted)
    return asserted and diagnostic.rule == "convertible"


def _shown(diagnostic: Diagnostic) -> str:
    return f'{diagnostic.severity.value}: [{diagnostic.rule}] "{diagnostic.message}"'


# --- verdicts, facts, types, calls ---


def _verdicts(file: SourceFile, report: FileReport, wanted: list[Expected]) -> Iterable[Failure]:
    by_line = {function.line: function for function in report.functions}
    for expected in wanted:
        if expected.kind != "verdict":
            continue
        function = by_line.get(expected.line)
        if function is None:
            yield Failure(file, expected.line, f"verdict: {expected.value}", "no function on this line")
        elif not _has_verdict(function, expected):
            yield Failure(file, expected.line, f"verdict: {expected.value}", _shown_verdict(function))


def _has_verdict(function: FunctionReport, expected: Expected) -> bool:
    wanted = verdict(expected)
    rules = {reason.rule for reason in function.reasons}
    true = {function.confidence}
    if function.recommended:
        true.add("recommended")
    if function.covered_by is not None:
        true.add("covered")
    return (
        function.verdict.value == wanted.verdict
        and (wanted.rules is None or rules == wanted.rules)
        and true >= set(wanted.words)
    )


def _shown_verdict(function: FunctionReport) -> str:
    rules = sorted({reason.rule for reason in function.reasons})
    shown = f"{function.verdict.value} [{', '.join(rules)}] ({function.confidence})"
    reasons = [f"line {r.location.span.line}: [{r.rule}] {r.message}" for r in function.reasons]
    return "\n".join([f"verdict: {shown}", *reasons, *(f"assumed: {a}" for a in function.assumptions)])


def _exactly(
    file: SourceFile, wanted: list[Expected], kind: str, found: list[tuple[int, str]]
) -> Iterable[Failure]:
    """Each thing found must be asserted, and each assertion must be found."""
    left = list(found)
    for expected in wanted:
        if expected.kind != kind:
            continue
        if (expected.line, expected.value) in left:
            left.remove((expected.line, expected.value))
            continue
        here = [text for line, text in found if line == expected.line]
        left = [each for each in left if each[0] != expected.line]
        yield Failure(file, expected.line, f"{kind}: {expected.value}", "; ".join(here) or "nothing")
    for line, text in left:
        yield Failure(file, line, "nothing", f"{kind}: {text}")


def _facts(file: SourceFile, wanted: list[Expected], found: list[tuple[int, str]]) -> Iterable[Failure]:
    """A function has more facts than a test is about: those asserted must be among them."""
    for expected in wanted:
        here = [text for line, text in found if line == expected.line]
        if expected.kind == "fact" and expected.value not in here:
            yield Failure(file, expected.line, f"fact: {expected.value}", "; ".join(here) or "no facts")


def _calls(file: SourceFile, wanted: list[Expected], found: list[tuple[int, str]]) -> Iterable[Failure]:
    for expected in wanted:
        if expected.kind != "calls":
            continue
        here = {text for line, text in found if line == expected.line}
        if here != listed(expected):
            yield Failure(
                file,
                expected.line,
                f"calls: {expected.value}",
                f"calls: {', '.join(sorted(here)) or 'nothing'}",
            )


def _recomputed(workspace: Workspace, version: tuple[SourceFile, ...], number: int) -> Iterable[Failure]:
    asserted = [(file, e) for file in version for e in expectations(file) if e.kind == "recomputed"]
    if not asserted:
        return
    file, first = asserted[0]
    if not number:
        yield Failure(file, first.line, "an edit", "`recomputed` without an edit: everything is computed")
        return
    wanted = {name for _, e in asserted for name in listed(e)}
    found = set(inspect.executed(workspace))
    if found != wanted:
        yield Failure(
            file,
            first.line,
            f"recomputed: {', '.join(sorted(wanted)) or 'nothing'}",
            f"recomputed: {', '.join(sorted(found)) or 'nothing'}",
        )


# --- the cursor ---


def _at_cursor(
    workspace: Workspace, place: Path, version: tuple[SourceFile, ...], snapshots: tuple[Snapshot, ...]
) -> Iterable[Failure]:
    for file in version:
        if file.cursor is None:
            continue
        for snapshot in snapshots:
            actual = _answer(workspace, str(place / file.name), file.cursor, snapshot)
            if actual.rstrip("\n") != snapshot.text.rstrip("\n"):
                yield Failure(file, file.cursor[0], snapshot.text, actual, snapshot)


def _answer(workspace: Workspace, path: str, cursor: tuple[int, int], snapshot: Snapshot) -> str:
    line, column = cursor
    if snapshot.kind == "hover":
        hover = workspace.hover(path, line, column)
        return "(no hover)" if hover is None else hover.markdown
    fixes = workspace.fixes(path, Span(line, column, line, column))
    if snapshot.kind == "actions":
        return "\n".join(fix.title for fix in fixes) or "(no actions)"
    chosen = [fix for fix in fixes if snapshot.argument in ("", fix.slug)]
    if len(chosen) != 1:
        return f"({len(chosen)} fixes: {', '.join(fix.slug for fix in chosen) or 'none'})"
    return apply(workspace.text(path), chosen[0].edits)
