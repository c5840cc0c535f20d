"""Which functions to convert: the outermost safe ones, since what they call is traced with them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from graphlift.callgraph import CallGraph
from graphlift.facts import FunctionFacts
from graphlift.index import DefId
from graphlift.verdict import Verdict


class Planned(msgspec.Struct, frozen=True):
    """The plan for one function: `covered_by` names the function whose graph contains (or would contain) it.

    `declined` functions would be recommended if the user had not refused that.
    """

    recommended: bool = False
    covered_by: DefId | None = None
    declined: bool = False


class Plan(msgspec.Struct, frozen=True):
    """The plan for a program."""

    functions: dict[DefId, Planned]

    def of(self, definition: DefId) -> Planned:
        """The plan for one function."""
        return self.functions.get(definition, Planned())


def make_plan(
    verdicts: Mapping[DefId, tuple[Verdict, FunctionFacts]],
    graph: CallGraph,
    declined: frozenset[DefId] = frozenset(),
) -> Plan:
    """Choose among the convertible functions.

    A convertible function is covered when each of its visible callers is a graph, or is convertible and chosen or
    covered itself; everything else that is convertible is chosen. Removals and reconfigurations are always chosen.
    Functions in `declined` are not chosen and cover nothing, so that what they call is looked at by itself.
    """
    roles: dict[DefId, Planned] = {}
    for definition in sorted(verdicts):
        _role(definition, verdicts, graph, roles, (), declined)
    return Plan(roles)


def _role(
    definition: DefId,
    verdicts: Mapping[DefId, tuple[Verdict, FunctionFacts]],
    graph: CallGraph,
    roles: dict[DefId, Planned],
    above: tuple[DefId, ...],
    declined: frozenset[DefId],
) -> Planned:
    known = roles.get(definition)
    if known is not None:
        return known
    verdict, facts = verdicts[definition]
    if facts.in_graph is not None:
        by = facts.in_graph.by
        role = Planned(False, by if ":" in by else None)
    elif verdict in (Verdict.REMOVE, Verdict.RECONFIGURE):
        role = Planned(True)
    elif verdict is Verdict.CONVERT:
        cover = _cover(definition, verdicts, graph, roles, (*above, definition), declined)
        refused = cover is None and definition in declined
        role = Planned(cover is None and not refused, cover, refused)
    else:
        role = Planned()
    if not (above and definition in above):
        roles[definition] = role
    return role


def _cover(
    definition: DefId,
    verdicts: Mapping[DefId, tuple[Verdict, FunctionFacts]],
    graph: CallGraph,
    roles: dict[DefId, Planned],
    above: tuple[DefId, ...],
    declined: frozenset[DefId],
) -> DefId | None:
    """The outermost graph around every call of a function, if there is one around each."""
    found: DefId | None = None
    callers = sorted({c.caller for c in graph.callers_of(definition)} - {definition})
    if not callers:
        return None
    for caller in callers:
        if caller in above or caller not in verdicts:
            return None
        verdict, facts = verdicts[caller]
        if facts.decoration.decorated:
            found = found or caller
            continue
        if verdict is not Verdict.CONVERT:
            return None
        role = _role(caller, verdicts, graph, roles, above, declined)
        if role.declined:
            return None
        found = found or role.covered_by or caller
    return found
