"""Diagnostics about values that cannot meet: at the line that raises, wherever the calls that lead there start."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from graphlift.index import MODULE_BODY, qualname_of
from graphlift.rules import Consequence, Finding, Rule, rule_named
from graphlift.source.span import Place
from graphlift.verdict import Diagnostic, Location, TraceStep

LocateFor = Callable[[Place], Location]
TraceFor = Callable[[Finding], tuple[TraceStep, ...]]


def mismatch_diagnostics(
    findings: Iterable[Finding], locate: LocateFor, trace: TraceFor
) -> dict[str, list[Diagnostic]]:
    """One diagnostic for each line that certainly raises in the program as it is, by path.

    Of several ways to the line, the one is told that shows where all values come from, the shortest of these.
    """
    best: dict[tuple[str, Place], Finding] = {}
    for finding in sorted(filter(_speaks, findings), key=_rank):
        best.setdefault((finding.rule, finding.place), finding)
    found: dict[str, list[Diagnostic]] = {}
    for finding in best.values():
        rule = _rule(finding)
        location = locate(finding.place)
        origins = (TraceStep(locate(o.place), f"{o.text}: it comes from here") for o in finding.origins)
        found.setdefault(location.path, []).append(
            Diagnostic(
                location,
                finding.rule,
                rule.severity,
                finding.message,
                _function(finding.place),
                (),
                (*origins, *trace(finding)),
            )
        )
    return found


def _rule(finding: Finding) -> Rule:
    found = rule_named(finding.rule)
    assert found is not None
    return found.rule


def _speaks(finding: Finding) -> bool:
    """Whether a finding is one of these; what installed packages do wrong is not for their users to mend."""
    mismatch = _rule(finding).consequence is Consequence.BROKEN
    return mismatch and finding.certain and finding.eager and not finding.place.definition.startswith("~")


def _rank(finding: Finding) -> tuple[int, int, Finding]:
    return (sum(bool(origin.parameter) for origin in finding.origins), len(finding.via), finding)


def _function(place: Place) -> str:
    return "" if place.definition.endswith(f":{MODULE_BODY}") else qualname_of(place.definition)
