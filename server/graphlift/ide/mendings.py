"""The edits on offer on the lines that keep a function from running as a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

import msgspec

from graphlift import fixes as editing
from graphlift.decision import assumptions_of
from graphlift.facts import FunctionFacts
from graphlift.facts.gradients import may_take_gradients
from graphlift.fixes.mend import COMBINED, Blocker, between, mend, mendable_rules
from graphlift.ide.report import Reporter
from graphlift.ide.trial import Bench, Tried
from graphlift.index import DefId, module_of, qualname_of
from graphlift.interp.solver import Solver
from graphlift.interp.watch import Watched, watch
from graphlift.rules import Finding
from graphlift.source.span import Place, Span
from graphlift.values import Unknown, Value
from graphlift.verdict import FileReport, Fix, FunctionReport, Reason, Verdict

_MENDABLE = frozenset({Verdict.BLOCKED, Verdict.REMOVE, Verdict.KEEP, Verdict.RECONFIGURE})

_SILENT = {"static-shape": "shape-varies"}
"""Effects that no finding points to though an edit there helps, and the rule that must have found something."""

_LOSING = frozenset({"mend-static-size"})
"""Edits after which the graph knows less of shapes."""

_ASSUMED = "what its arguments are is assumed"


class Mender:
    """Finds mendings in the files of one state of the program; keeps what it has looked at."""

    def __init__(self, reporter: Reporter, solver: Solver, bench: Bench) -> None:
        self.reporter = reporter
        self._solver = solver
        self._bench = bench
        self._watched: dict[DefId, Watched] = {}

    def at(self, report: FileReport, key: str, text: str, span: Span, heads: Iterable[str]) -> list[Fix]:
        """The mendings whose code begins on a line of the span, and all of the functions named in `heads`.

        With those of a function comes the one that does all of them, where they are safe and enough.
        """
        named = frozenset(heads)
        singles: dict[object, Fix] = {}
        wholes: list[Fix] = []
        for function in report.functions:
            head = function.qualname in named
            if not any(head or _begins_in(span, b.at) for b, _ in self._blockers(function, key)):
                continue
            fixes = self._fixes(function, key, text)
            near = [fix for fix in fixes if head or (fix.at is not None and _begins_in(span, fix.at))]
            if not all(_is_met(reason, fixes) for reason in function.reasons):
                near = [fix for fix in near if fix.safe]  # What changes the program must be worth it.
            near = [fix for fix in near if not self._breaks(function, key, text, fix)]
            for fix in near:
                singles.setdefault((fix.slug, fix.edits), fix)
            if near and _all_safe(fixes):
                whole = self._combined(function, key, text, fixes)
                wholes += [] if whole is None else [whole]
        return [*singles.values(), *wholes]

    def _breaks(self, function: FunctionReport, key: str, text: str, fix: Fix) -> bool:
        """Whether an edit that takes static sizes away puts something new in the function's way: what needs them."""
        if fix.slug not in _LOSING:
            return False
        before = self.reporter.judge(f"{key}:{function.qualname}")
        after = editing.apply(text, fix.edits)
        tried = self._bench.judge(function.path, key, text, after, function.qualname)
        if before is None or tried is None:
            return True
        return _certain(tried.decision.deciding) > _certain(before[2].deciding)

    def whole(self, report: FileReport, key: str, text: str) -> Iterator[Fix]:
        """For each function that mending makes convertible the fix that does it; it says whether it is safe.

        Callers come before what they call: a graph holds its callees.
        """
        for function in sorted(report.functions, key=lambda f: -self._reach(f, key)):
            fixes = self._fixes(function, key, text)
            found = self._combined(function, key, text, fixes) if fixes else None
            if found is not None:
                yield found

    def _reach(self, function: FunctionReport, key: str) -> int:
        """How much of what stands in a function's way is in functions that it calls."""
        own = f"{key}:{function.qualname}"
        return sum(definition != own for _, definition in self._blockers(function, key))

    # What stands in the way

    def _blockers(self, function: FunctionReport, key: str) -> list[tuple[Blocker, DefId]]:
        """What stands in a function's way in this file, each with the definition that holds it."""
        judged = self.reporter.judge(f"{key}:{function.qualname}")
        if judged is None or function.verdict not in _MENDABLE:
            return []
        facts, findings, _ = judged
        return [
            (self._blocker(function, point, key), point[1].definition)
            for point in _points(facts, findings)
            if module_of(point[1].definition) == key
        ]

    def _blocker(self, function: FunctionReport, point: tuple[str, Place, str], key: str) -> Blocker:
        rule, place, said = point
        at, holder = self.reporter.locate(place).span, qualname_of(place.definition)
        return Blocker(rule, at, holder, function.qualname, said, self._calls(place.definition, key))

    def _calls(self, definition: DefId, key: str) -> tuple[Span, ...] | None:
        """The calls of a function, where all of them are in the module."""
        judged = self.reporter.judge(definition)
        if judged is None or any(module_of(call.caller) != key for call in judged[0].callers):
            return None
        return tuple(dict.fromkeys(self.reporter.locate(call.place).span for call in judged[0].callers))

    def _fixes(self, function: FunctionReport, key: str, text: str) -> list[Fix]:
        found: dict[object, Fix] = {}
        for blocker, definition in self._blockers(function, key):
            for fix in mend(function.path, text, blocker, self._sight(definition), self._differentiated):
                if fix.safe and self._is_assumed(definition):
                    fix = msgspec.structs.replace(fix, safe=False, title=f"{fix.title} (unsafe: {_ASSUMED})")
                found.setdefault((fix.slug, fix.edits), fix)
        return list(found.values())

    @cached_property
    def _differentiated(self) -> bool:
        """Whether anything in the program may ask for gradients."""
        return may_take_gradients(self._solver.db)

    def _sight(self, definition: DefId) -> Callable[[Span], Value]:
        """What the expressions of a definition, and of its callers, hold in eager execution."""
        judged = self.reporter.judge(definition)
        callers = () if judged is None else tuple(call.caller for call in judged[0].callers)

        def value(span: Span) -> Value:
            for each in dict.fromkeys((definition, *callers)):
                seen = self._watched.get(each)
                if seen is None:
                    seen = self._watched[each] = watch(self._solver, each, plain=True)
                if span in seen.expressions:
                    return seen.expressions[span]
            return Unknown("not seen")

        return value

    def _is_assumed(self, definition: DefId) -> bool:
        """Whether what a function's expressions hold rests on something that is not seen."""
        judged = self.reporter.judge(definition)
        if judged is None:
            return True
        return bool(assumptions_of(judged[0], self.reporter.line_of))

    # All at once

    def _combined(self, function: FunctionReport, key: str, text: str, fixes: list[Fix]) -> Fix | None:
        """The fix that makes all of these and the function a graph; `None` where that is not enough for it."""
        if not fixes or not all(_is_met(reason, fixes) for reason in function.reasons):
            return None
        chosen: dict[object, Fix] = {}
        for fix in sorted(fixes, key=lambda fix: not fix.safe):
            chosen.setdefault((fix.rule, fix.at), fix)
        combined = editing.combine(text, chosen.values())
        if isinstance(combined, editing.Refusal) or combined.text == text:
            return None
        tried = self._bench.judge(function.path, key, text, combined.text, function.qualname)
        if tried is None:
            return None
        result, safe = combined.text, all(fix.safe for fix in combined.made)
        title = f"Mend `{function.qualname}`"
        if function.execution == "eager":
            made = _converted(function, tried, combined.text)
            if made is None:
                return None
            result = editing.apply(combined.text, made.edits)
            safe = safe and made.safe and tried.decision.confidence == "proven"
            title = f"{title} and run it as a graph"
        elif tried.decision.verdict is not Verdict.KEEP or tried.decision.deciding:
            return None
        if not safe:
            title = f"{title} (unsafe)"
        edits = between(text, result)
        return Fix(title, function.path, edits, safe, slug=COMBINED, function=function.qualname)


def _converted(function: FunctionReport, tried: Tried, text: str) -> Fix | None:
    """The conversion of a function that has become convertible."""
    if tried.decision.verdict is not Verdict.CONVERT:
        return None
    target = editing.Target(function.qualname, tried.line)
    made = editing.convert(function.path, text, target, arguments=tried.decision.arguments)
    return None if isinstance(made, editing.Refusal) else made


def _is_met(reason: Reason, fixes: list[Fix]) -> bool:
    """Whether some fix is about a reason: its rule, or the code that it points to."""
    place = reason.trace[-1].location if reason.trace else reason.location
    return any(
        reason.rule in (fix.rule, _SILENT.get(fix.rule))
        or (place.path == fix.path and any(edit.span.overlaps(place.span) for edit in fix.edits))
        for fix in fixes
    )


def _certain(findings: tuple[Finding, ...]) -> int:
    return sum(finding.certain for finding in findings)


def _all_safe(fixes: list[Fix]) -> bool:
    """Whether there is a safe fix for each place that has any."""
    safe = {(fix.rule, fix.at) for fix in fixes if fix.safe}
    return all((fix.rule, fix.at) in safe for fix in fixes)


def _points(facts: FunctionFacts, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Place, str]]:
    """What an edit may mend: the rule (or the effect), where, and what is said of it."""
    rules = {finding.rule for finding in findings}
    for finding in findings:
        if finding.rule in mendable_rules():
            yield finding.rule, finding.place, finding.message
    for kind, needed in _SILENT.items():
        if needed in rules:
            for effect in facts.of(kind):
                yield kind, effect.place, effect.subject


def _begins_in(span: Span, at: Span) -> bool:
    return span.line <= at.line <= span.end_line
