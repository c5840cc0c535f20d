"""From facts and verdicts to the report of a file: places become locations, findings become diagnostics."""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

import msgspec

from graphlift.decision import Decision, assumption, decide
from graphlift.engine import Cancelled
from graphlift.facts import FunctionFacts, Mismatch, Program
from graphlift.ide.mismatches import mismatch_diagnostics
from graphlift.ide.muting import Repair, hides, mute
from graphlift.index import FunctionInfo, Unit, module_of, qualname_of
from graphlift.interp.entry import ParameterEvidence
from graphlift.interp.solver import Solver
from graphlift.plan import Plan, make_plan
from graphlift.resolve import files, path_of, unit
from graphlift.rules import Consequence, Finding, findings_of, mismatch_finding, rule_named
from graphlift.source.levels import RuleLevels
from graphlift.source.span import Place, Span
from graphlift.source.suppressions import Suppression, suppressions
from graphlift.values import (
    Array,
    Const,
    Instance,
    Mapping,
    Py,
    Sequence,
    SetOf,
    Tensor,
    Unknown,
    Variable,
    display,
    options,
)
from graphlift.verdict import (
    Diagnostic,
    FileReport,
    FunctionReport,
    Location,
    Parameter,
    Problem,
    Reason,
    Severity,
    TraceStep,
    Verdict,
)

Judged: TypeAlias = tuple[FunctionFacts, tuple[Finding, ...], Decision]

MOST_REASONS = 12
CONVERTIBLE = "convertible"
"""The notice about a function worth converting."""


class Reporter:
    """Makes reports from a settled program; keeps what it has worked out.

    Functions that are in `judged` are not judged again.
    """

    def __init__(
        self,
        program: Program,
        solver: Solver,
        levels: RuleLevels,
        judged: abc.Mapping[str, Judged | None] | None = None,
    ) -> None:
        self._program = program
        self._solver = solver
        self._db = solver.db
        self._levels = levels
        self._repairs: dict[str, tuple[Repair, ...]] = {}
        self._comments: dict[str, tuple[Suppression, ...]] = {}
        self._keys = {path: key for key, path in files(self._db, "").paths.items()}
        self._judged: dict[str, Judged | None] = dict(judged or {})
        self._files: dict[str, FileReport] = {}
        self._plan: Plan | None = None

    def judge(self, definition: str) -> Judged | None:
        """Facts, findings and decision about one function; `None` when it has not been judged."""
        if definition not in self._judged:
            if (
                self._solver.cancelled()
            ):  # The plan judges every function of the program, which can take long.
                raise Cancelled
            facts = self._program.facts(definition)
            if facts is None:
                self._judged[definition] = None
            else:
                findings = findings_of(facts)
                decision = decide(facts, findings, self.line_of)
                self._judged[definition] = (facts, findings, decision)
        return self._judged[definition]

    @property
    def judged(self) -> abc.Mapping[str, Judged | None]:
        """What was found out so far, by function."""
        return self._judged

    @property
    def plan(self) -> Plan:
        """Which functions of the program to convert."""
        if self._plan is None:
            verdicts = {}
            declined = set()
            # Without a root nothing of a module is judged; until the workspace has settled that is so of most.
            judgeable = {module_of(definition) for definition in self._solver.state.roots}
            for path, key in self._keys.items():
                if key not in judgeable:
                    continue
                for info in unit(self._db, key).index.functions:
                    judged = None if info.is_lambda else self.judge(info.id)
                    if judged is not None:
                        verdicts[info.id] = (judged[2].verdict, judged[0])
                        if judged[2].verdict is Verdict.CONVERT and self._declines(path, key, info):
                            declined.add(info.id)
            self._plan = make_plan(verdicts, self._program.graph, frozenset(declined))
        return self._plan

    def _declines(self, path: str, key: str, info: FunctionInfo) -> bool:
        """Whether the user does not want to hear that the function is worth converting."""
        line = unit(self._db, key).layouts[info.id].name_span.line
        return hides(CONVERTIBLE, line, self.suppressions(path), self._levels.at(path))

    def suppressions(self, path: str) -> tuple[Suppression, ...]:
        """The suppression comments of a file."""
        if path not in self._comments:
            key = self._keys.get(path)
            text = "" if key is None else unit(self._db, key).parsed.text
            self._comments[path] = suppressions(text)
        return self._comments[path]

    def knows(self, path: str) -> bool:
        """Whether the report of a file has been made already."""
        return path in self._files

    def file(self, path: str, problems: tuple[Problem, ...]) -> FileReport:
        """The report of one file; `problems` are those of reading it."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = self._file(path, problems)
        return known

    def repairs(self, path: str) -> tuple[Repair, ...]:
        """What is to be done about the suppression comments of a file whose report was made."""
        return self._repairs.get(path, ())

    def _file(self, path: str, problems: tuple[Problem, ...]) -> FileReport:
        key = self._keys.get(path)
        if key is None:
            return FileReport(path, problems=problems)
        found = unit(self._db, key)
        if not problems:
            problems = tuple(Problem(path, p.line, p.message) for p in found.parsed.problems)
        problems += tuple(self._failures(path, found))
        functions: list[FunctionReport] = []
        diagnostics: list[Diagnostic] = []
        for info in found.index.functions:
            judged = None if info.is_lambda else self.judge(info.id)
            if judged is None:
                continue
            report = self._function(path, found, info, *judged)
            functions.append(report)
            diagnostics.extend(self._diagnostics(info.id, report, judged[0], judged[1]))
        diagnostics.extend(self._mismatches.get(path, ()))
        muted = mute(path, diagnostics, self.suppressions(path), self._levels.at(path), whole=not problems)
        self._repairs[path] = muted.repairs
        functions = [
            msgspec.structs.replace(f, declined=tuple(sorted(slugs)), recommended=False)
            if (slugs := muted.declined.get(f.qualname))
            else f
            for f in sorted(functions, key=lambda f: (f.line, f.qualname))
        ]
        unique = {
            (d.location, d.rule, d.message): d
            for d in sorted(muted.shown, key=lambda d: (d.location, d.rule, d.message, d.function))
        }
        return FileReport(path, _line_count(found), tuple(functions), tuple(unique.values()), problems)

    def _failures(self, path: str, found: Unit) -> Iterator[Problem]:
        """Errors in Graphlift itself that left functions of a file unknown."""
        for definition, failure in self._solver.state.failures.items():
            layout = found.layouts.get(definition)
            if layout is not None:
                name = definition.partition(":")[2]
                message = f"internal error, `{name}` was not analysed: {failure.message}. Please report it."
                yield Problem(path, layout.def_line, message, internal=True)

    @cached_property
    def _mismatches(self) -> dict[str, list[Diagnostic]]:
        """The diagnostics about values that cannot meet, by path."""
        judged = (self.judge(definition) for definition in self._solver.state.roots)
        findings = [f for found in judged if found is not None for f in found[1]]
        shared = self._program.mismatches
        findings += [mismatch_finding(Mismatch(e, True, True)) for e in shared.top_level()]
        return mismatch_diagnostics(findings, self.locate, self._trace)

    # Places

    def locate(self, place: Place) -> Location:
        """Where a place is now."""
        holder = unit(self._db, module_of(place.definition))
        layout = holder.layouts.get(place.definition)
        lines = layout.first_line - 1 if layout is not None else 0
        return Location(path_of(self._db, holder.key), place.span.shifted(lines))

    def _trace(self, finding: Finding) -> tuple[TraceStep, ...]:
        steps = []
        for call in finding.via:
            location = self.locate(call)
            steps.append(TraceStep(location, f"calls `{self._source(location)}`"))
        if finding.via:
            steps.append(TraceStep(self.locate(finding.place), finding.message))
        return tuple(steps)

    def _source(self, location: Location) -> str:
        """The text of a call up to its arguments, on one line."""
        key = self._keys.get(location.path)
        if key is None:
            return "…"
        span = location.span
        line = unit(self._db, key).parsed.line(span.line)
        text = line[span.column :] if span.end_line > span.line else line[span.column : span.end_column]
        return text.partition("(")[0].strip() or "…"

    # Functions

    def _function(
        self,
        path: str,
        found: Unit,
        info: FunctionInfo,
        facts: FunctionFacts,
        findings: tuple[Finding, ...],
        decision: Decision,
    ) -> FunctionReport:
        layout = found.layouts[info.id]
        deciding = decision.deciding[:MOST_REASONS]
        planned = self.plan.of(info.id)
        covered = planned.covered_by
        return FunctionReport(
            path=path,
            qualname=qualname_of(info.id),
            line=layout.def_line,
            end_line=layout.end_line,
            name_span=layout.name_span,
            execution="graph" if facts.decoration.decorated else "eager",
            verdict=decision.verdict,
            confidence=decision.confidence,
            assumptions=decision.assumptions,
            reasons=tuple(self._reason(finding) for finding in deciding),
            parameters=tuple(self.parameter(p) for p in facts.parameters),
            effects=tuple(sorted({_effect_text(f) for f in findings})),
            recommended=planned.recommended,
            covered_by=None if covered is None else self._qualified(covered),
            decorator_spans=tuple(layout.decorators[n] for n in facts.decoration.decorators),
            summary=decision.summary,
            arguments=decision.arguments,
            input_signature=facts.signature.text or None,
            no_signature=facts.signature.reason,
            gain="" if facts.in_graph is not None else facts.gain.text,
        )

    def _qualified(self, definition: str) -> str:
        return f"{path_of(self._db, module_of(definition))}::{qualname_of(definition)}"

    def _reason(self, finding: Finding) -> Reason:
        inside = finding.via[0] if finding.via else finding.place
        return Reason(
            finding.rule, finding.message, self.locate(inside), self._trace(finding), finding.certain
        )

    def assumption(self, facts: FunctionFacts, evidence: ParameterEvidence) -> str:
        """What is assumed of one parameter, in words a user can check; empty where nothing is."""
        return assumption(facts.info, evidence, self.line_of)

    def line_of(self, place: Place) -> int:
        """The line in its file at which a place stands."""
        return self.locate(place).span.line

    def parameter(self, evidence: ParameterEvidence) -> Parameter:
        """What the report says of a parameter."""
        texts = {
            "calls": "visible calls",
            "annotation": "its annotation",
            "protocol": "Keras's protocol",
            "docstring": "its docstring",
            "default": "its default",
            "self": "the method's own object",
            "nothing": "nothing",
        }
        text = texts.get(evidence.source, "")
        if evidence.source == "use" and evidence.place is not None:
            location = self.locate(evidence.place)
            text = f"its use on line {location.span.line}"
        return Parameter(evidence.name, _kind(evidence), display(evidence.value), text)

    # Diagnostics

    def _diagnostics(
        self,
        definition: str,
        report: FunctionReport,
        facts: FunctionFacts,
        findings: tuple[Finding, ...],
    ) -> list[Diagnostic]:
        if facts.decoration.decorated:
            return self._graph_diagnostics(report, findings)
        if facts.in_graph is not None and facts.in_graph.by == definition:
            return self._graph_diagnostics(report, tuple(filter(_of_traced_callback, findings)))
        planned = self.plan.of(definition)
        if report.verdict is Verdict.CONVERT and (planned.recommended or planned.declined):
            location = Location(report.path, report.name_span)
            return [
                Diagnostic(
                    location,
                    CONVERTIBLE,
                    Severity.HINT,
                    f"`{report.qualname}` can run as a graph",
                    report.qualname,
                    ("convert",),
                )
            ]
        return []

    def _calls(self, finding: Finding) -> tuple[TraceStep, ...]:
        """The calls that show what a finding says about the arguments of the function."""
        return tuple(TraceStep(self.locate(origin.place), origin.text) for origin in finding.origins)

    def _graph_diagnostics(self, report: FunctionReport, findings: tuple[Finding, ...]) -> list[Diagnostic]:
        found = []
        offered = {Verdict.REMOVE: ("remove",), Verdict.RECONFIGURE: ("reconfigure",)}.get(report.verdict, ())
        for finding in findings:
            rule = rule_named(finding.rule)
            assert rule is not None
            if rule.rule.consequence is Consequence.BROKEN and finding.eager:
                continue  # Told at the line that raises (`_mismatches`).
            quiet = finding.meant or rule.rule.severity in (Severity.INFORMATION, Severity.HINT)
            decides = bool(offered) and any(r.rule == finding.rule for r in report.reasons)
            fixes = offered if decides or report.verdict is Verdict.REMOVE else ()
            if not finding.certain or (quiet and not decides):
                continue
            inside = finding.via[0] if finding.via else finding.place
            location = self.locate(inside)
            if location.path != report.path:
                continue
            severity = Severity.WARNING if quiet else rule.rule.severity
            found.append(
                Diagnostic(
                    location,
                    finding.rule,
                    severity,
                    finding.message,
                    report.qualname,
                    fixes,
                    self._trace(finding) + self._calls(finding),
                )
            )
        return found


def _line_count(found: Unit) -> int:
    text = found.parsed.text
    return found.parsed.line_count - (1 if text.endswith(("\n", "\r")) or not text else 0)


def _of_traced_callback(finding: Finding) -> bool:
    """Whether a finding on a function that a library always traces (`Dataset.map`) is about what that does."""
    rule = rule_named(finding.rule)
    assert rule is not None
    harmful = rule.rule.consequence in (Consequence.RAISES, Consequence.DIFFERS)
    return harmful and finding.rule not in ("python-result", "frozen-state")


def _effect_text(finding: Finding) -> str:
    return f"{finding.rule}: {finding.message}"


def _kind(evidence: ParameterEvidence) -> str:
    if evidence.source == "self":
        return "self"
    kinds = set()
    for option in options(evidence.value):
        if isinstance(option, Unknown):
            return "unknown"
        if isinstance(option, Tensor | Variable):
            kinds.add("tensor")
        elif isinstance(option, Sequence | Mapping | SetOf):
            kinds.add("container")
        elif isinstance(option, Const | Py | Array | Instance):
            kinds.add("python")
        else:
            kinds.add("python")
    kinds = kinds - {"python"} if len(kinds) > 1 else kinds
    return kinds.pop() if len(kinds) == 1 else ("container" if kinds else "unknown")


def whole_file(path: str) -> Location:
    """The very beginning of a file, for what concerns all of it."""
    return Location(path, Span(1, 0, 1, 0))
