"""Facts and findings to a verdict.

The verdict says what would happen if this one function were run as a graph. For an eager function: `unprofitable`
when there is nothing to gain, `blocked` when a finding is certain, `unknown` when something that decides cannot be
seen, else `convert`. For a decorated one: `remove` when tracing certainly raises or there is nothing to gain and
removing it changes nothing, `reconfigure` when other arguments help, else `keep`.

Confidence is `proven` when nothing rests on an assumption; the assumptions are listed in words a user can check.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from graphlift.facts import FunctionFacts
from graphlift.interp.entry import ParameterEvidence
from graphlift.rules import Consequence, Finding, rule_named
from graphlift.source.span import Place
from graphlift.values import Tensor, options
from graphlift.verdict import Verdict


class Decision(msgspec.Struct, frozen=True):
    """A verdict with what it rests on. `deciding` are the findings that made it, most telling first."""

    verdict: Verdict
    deciding: tuple[Finding, ...]
    assumptions: tuple[str, ...]
    summary: str

    @property
    def confidence(self) -> str:
        """`proven` or `assumed`."""
        return "assumed" if self.assumptions else "proven"


LineOf = Callable[[Place], int]
"""The present line of a place, for messages."""


def decide(facts: FunctionFacts, findings: tuple[Finding, ...], line_of: LineOf) -> Decision:
    """The verdict on one function."""
    groups: dict[Consequence, list[Finding]] = {c: [] for c in Consequence}
    for finding in findings:
        rule = rule_named(finding.rule)
        assert rule is not None
        groups[rule.rule.consequence].append(finding)
    if facts.decoration.decorated:
        return _decorated(facts, groups, _assumptions(facts, line_of))
    return _eager(facts, groups, _assumptions(facts, line_of))


def _ranked(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (not f.certain, len(f.via), f)))


def _eager(
    facts: FunctionFacts, groups: dict[Consequence, list[Finding]], assumptions: tuple[str, ...]
) -> Decision:
    harm = groups[Consequence.RAISES] + groups[Consequence.DIFFERS]
    certain = [f for f in harm if f.certain]
    unseen = groups[Consequence.UNSEEN] + [f for f in harm if not f.certain]
    retraces = groups[Consequence.RETRACES]
    gainless = groups[Consequence.NO_GAIN]
    in_graph = [f for f in gainless if f.rule == "already-in-graph"]
    idle = [f for f in gainless if f.rule != "already-in-graph"]
    if in_graph:
        return Decision(
            Verdict.UNPROFITABLE, _ranked(in_graph), (), "Already runs in a graph; nothing to gain."
        )
    if idle and facts.ops == 0 and not unseen:
        return Decision(Verdict.UNPROFITABLE, _ranked(idle), (), "No TensorFlow work to put into a graph.")
    if certain:
        count = len(certain)
        text = "Tracing would change what it does" if count == 1 else f"{count} things stand in the way"
        return Decision(Verdict.BLOCKED, _ranked(certain), (), f"Not convertible: {text.lower()}.")
    if unseen:
        return Decision(Verdict.UNKNOWN, _ranked(unseen), (), "Not enough can be seen to say.")
    if retraces:
        return Decision(
            Verdict.BLOCKED, _ranked(retraces), (), "Not convertible: it would be traced again and again."
        )
    if idle:
        return Decision(
            Verdict.UNPROFITABLE, _ranked(idle), (), "Too little TensorFlow work for a graph to pay."
        )
    if facts.raises:
        return Decision(Verdict.UNPROFITABLE, (), (), "It always raises; there is nothing to speed up.")
    unknown = [p for p in facts.parameters if p.source == "nothing"]
    if unknown and not _takes_tensors(facts):
        names = ", ".join(f"`{p.name}`" for p in unknown)
        return Decision(Verdict.UNKNOWN, (), (), f"Nothing shows what {names} is; not enough to say.")
    return Decision(
        Verdict.CONVERT,
        (),
        assumptions,
        f"Can run as a graph: about {facts.ops} TensorFlow operations in one call.",
    )


def _takes_tensors(facts: FunctionFacts) -> bool:
    return any(isinstance(o, Tensor) for p in facts.parameters for o in options(p.value))


def _decorated(
    facts: FunctionFacts, groups: dict[Consequence, list[Finding]], assumptions: tuple[str, ...]
) -> Decision:
    raising = [f for f in groups[Consequence.RAISES] if f.certain]
    differing = [f for f in groups[Consequence.DIFFERS] if f.certain and f.rule != "python-result"]
    retraces = groups[Consequence.RETRACES]
    idle = [f for f in groups[Consequence.NO_GAIN] if f.rule == "no-tensor-computation"]
    frozen = [f for f in differing if f.rule == "keras-frozen-weights"]
    if frozen:
        return Decision(
            Verdict.REMOVE,
            _ranked(frozen),
            assumptions,
            "Its weights freeze: Keras traces it before they exist.",
        )
    if raising:
        return Decision(
            Verdict.REMOVE, _ranked(raising), assumptions, "Tracing it raises: it cannot run as a graph."
        )
    unseen = groups[Consequence.UNSEEN]
    if idle and facts.ops == 0 and not differing and not unseen:
        return Decision(
            Verdict.REMOVE,
            _ranked(idle),
            assumptions,
            "There is no TensorFlow work here; the graph only costs.",
        )
    if retraces and "input_signature" not in dict(facts.decoration.options):
        return Decision(
            Verdict.RECONFIGURE,
            _ranked(retraces),
            assumptions,
            "Traced again and again: give it tensors or an `input_signature`.",
        )
    if unseen and not differing:
        return Decision(Verdict.UNKNOWN, _ranked(unseen), (), "Not enough can be seen to say.")
    if differing:
        return Decision(
            Verdict.KEEP,
            _ranked(differing),
            assumptions,
            "Runs as a graph, but some of its lines run only while tracing.",
        )
    return Decision(Verdict.KEEP, (), assumptions, "Runs as a graph, rightly.")


def _assumptions(facts: FunctionFacts, line_of: LineOf) -> tuple[str, ...]:
    found = [text for p in facts.parameters if (text := _assumption(facts, p, line_of))]
    found += [f"`@{text}` passes calls on to the function unchanged" for text in facts.opaque_decorators]
    return tuple(found)


def _assumption(facts: FunctionFacts, parameter: ParameterEvidence, line_of: LineOf) -> str:
    from graphlift.values import display

    name, kind = parameter.name, display(parameter.value)
    if parameter.source == "calls":
        return f"one caller passes something for `{name}` that cannot be seen" if parameter.partial else ""
    if parameter.source == "self":
        return ""
    seen = "one caller's value cannot be seen" if parameter.partial else "no caller is visible"
    name_of = facts.info.name
    if parameter.source == "annotation":
        return f"{seen} of `{name_of}`: `{name}` is taken for {kind} as it is annotated"
    if parameter.source == "protocol":
        return f"`{name}` is taken for {kind}, which is what Keras passes to `{name_of}`"
    if parameter.source == "use":
        what = {"uses-model": "a Keras model", "uses-optimizer": "an optimizer", "uses-python": kind}.get(
            parameter.subject, "a tensor"
        )
        where = "" if parameter.place is None else f" on line {line_of(parameter.place)}"
        return f"{seen} of `{name_of}`: `{name}` is taken for {what} because of its use{where}"
    if parameter.source == "default":
        return f"{seen} of `{name_of}`: `{name}` is taken for {kind} like its default"
    return f"{seen} of `{name_of}`: nothing shows what `{name}` is"
