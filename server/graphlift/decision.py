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
from graphlift.index import FunctionInfo
from graphlift.interp.entry import ParameterEvidence
from graphlift.interp.uses import TENSOR_FUNCTION
from graphlift.rules import Consequence, Finding, rule_named
from graphlift.source.span import Place
from graphlift.values import TRUE, Tensor, Value, display, options
from graphlift.verdict import Argument, Verdict


class Decision(msgspec.Struct, frozen=True):
    """A verdict with what it rests on. `deciding` are the findings that made it, most telling first."""

    verdict: Verdict
    deciding: tuple[Finding, ...]
    assumptions: tuple[str, ...]
    summary: str
    arguments: tuple[Argument, ...] = ()
    """What the `tf.function` should be given, for `convert` and `reconfigure`."""

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
        consequence = Consequence(finding.consequence) if finding.consequence else rule.rule.consequence
        broken = consequence is Consequence.BROKEN
        groups[Consequence.RAISES if broken and not finding.eager else consequence].append(finding)
    if facts.decoration.decorated:
        return _decorated(facts, groups, assumptions_of(facts, line_of))
    return _eager(facts, groups, assumptions_of(facts, line_of))


def _ranked(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (not f.certain, len(f.via), f)))


def _eager(
    facts: FunctionFacts, groups: dict[Consequence, list[Finding]], assumptions: tuple[str, ...]
) -> Decision:
    harm = groups[Consequence.RAISES] + groups[Consequence.DIFFERS] + groups[Consequence.BROKEN]
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
    if certain and all(f.eager for f in certain):
        return Decision(Verdict.BLOCKED, _ranked(certain), (), "It raises as it is: that comes first.")
    if certain:
        count = len(certain)
        text = "Tracing would change what it does" if count == 1 else f"{count} things stand in the way"
        return Decision(Verdict.BLOCKED, _ranked(certain), (), f"Not convertible: {text.lower()}.")
    if unseen:
        return Decision(Verdict.UNKNOWN, _ranked(unseen), (), "Not enough can be seen to say.")
    remedy = _remedy(facts, retraces) if retraces else ()
    if retraces and not remedy:
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
    text = f"{facts.gain.amount} in one call."
    if remedy:
        text = f"with `{remedy[0].name}`, since the shapes of its arguments vary: {text}"
        return Decision(Verdict.CONVERT, _ranked(retraces), assumptions, f"Can run as a graph {text}", remedy)
    return Decision(Verdict.CONVERT, (), assumptions, f"Can run as a graph: {text}")


def _remedy(facts: FunctionFacts, retraces: list[Finding]) -> tuple[Argument, ...]:
    """The arguments under which a function is no longer traced again and again, where that is seen to be right.

    Shapes alone can be left open, and only where the body reads no static size that would then be unknown. An
    `input_signature` refuses calls that nobody sees here, so `reduce_retracing` is preferred as long as it is enough.
    """
    counted = facts.retracing
    if counted is None or not counted.again or any(f.rule != "shape-varies" for f in retraces):
        return ()
    if facts.of("static-shape"):
        return ()
    if not counted.relaxed_again:
        return (Argument("reduce_retracing", "True"),)
    return (Argument("input_signature", facts.signature.text),) if facts.signature.text else ()


def _takes_tensors(facts: FunctionFacts) -> bool:
    return any(isinstance(o, Tensor) for p in facts.parameters for o in options(p.value))


def _decorated(
    facts: FunctionFacts, groups: dict[Consequence, list[Finding]], assumptions: tuple[str, ...]
) -> Decision:
    converted = {e.place for e in facts.of("unconverted")} if _switched_off(groups) else set()
    raising = [f for f in groups[Consequence.RAISES] if f.certain and f.place not in converted]
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
    broken = [f for f in groups[Consequence.BROKEN] if f.certain]
    if broken:
        return Decision(
            Verdict.KEEP, _ranked(broken), assumptions, "It raises, as a graph and without: mend that first."
        )
    unseen = groups[Consequence.UNSEEN]
    if idle and facts.tensor_user and not differing:
        name = facts.tensor_user.rpartition(":")[2].rpartition(".")[2]
        text = f"There is no TensorFlow work here, but `{name}` uses what it returns as a tensor."
        return Decision(Verdict.KEEP, _ranked(idle), assumptions, text)
    doubtful = bool(unseen) or any(not f.certain for f in groups[Consequence.DIFFERS])
    if idle and facts.ops == 0 and not differing and not doubtful:
        return Decision(
            Verdict.REMOVE,
            _ranked(idle),
            assumptions,
            "There is no TensorFlow work here; the graph only costs.",
        )
    given = dict(facts.decoration.options)
    settled = "input_signature" in given or given.get("reduce_retracing") == TRUE
    if retraces and not settled:
        again = _retraced(facts, retraces, bool(differing), doubtful, assumptions)
        if again is not None:
            return again
    options = _ranked(groups[Consequence.OPTIONS])
    wanted = tuple(argument for finding in options for argument in finding.arguments)
    if wanted:
        text = "Right as a graph, but some of its arguments are out of date or don't fit its calls."
        return Decision(Verdict.RECONFIGURE, options, assumptions, text, wanted)
    if unseen and not differing:
        return Decision(Verdict.UNKNOWN, _ranked(unseen), (), "Not enough can be seen to say.")
    if retraces and not settled:
        text = "Runs as a graph, but is traced again and again: pass tensors, and objects that stay the same."
        return Decision(Verdict.KEEP, _ranked(retraces), assumptions, text)
    if differing:
        return Decision(
            Verdict.KEEP,
            _ranked(differing),
            assumptions,
            "Runs as a graph, but some of its lines run only while tracing.",
        )
    return Decision(Verdict.KEEP, (), assumptions, "Runs as a graph, rightly.")


def _switched_off(groups: dict[Consequence, list[Finding]]) -> bool:
    """Whether the decorator keeps AutoGraph from converting what it could."""
    return any(f.rule == "autograph-off" for f in groups[Consequence.OPTIONS])


_OF_ARGUMENTS = frozenset({"python-number-argument", "shape-varies"})


def _retraced(
    facts: FunctionFacts,
    retraces: list[Finding],
    differing: bool,
    doubtful: bool,
    assumptions: tuple[str, ...],
) -> Decision | None:
    """What to do with a `tf.function` that is traced again and again; `None` to leave it.

    What runs once per trace would run more or less often with fewer traces, or at each call, so a function in which
    something does is left alone. Where nothing helps and nearly every call is traced, the graph only costs; it goes,
    unless there is something that cannot be seen.
    """
    if differing:
        return None
    if facts.scalar_signature.text and all(f.rule in _OF_ARGUMENTS for f in retraces):
        text = "Traced for each Python number: an `input_signature` makes tensors of them."
        wanted = (Argument("input_signature", facts.scalar_signature.text),)
        return Decision(Verdict.RECONFIGURE, _ranked(retraces), assumptions, text, wanted)
    remedy = _remedy(facts, retraces)
    if remedy:
        text = f"Traced for each shape of its arguments: `{remedy[0].name}` leaves the sizes open."
        return Decision(Verdict.RECONFIGURE, _ranked(retraces), assumptions, text, remedy)
    counted = facts.retracing
    if doubtful or counted is None or not counted.nearly_always:
        return None
    text = "Traced at nearly every call: the graph only costs."
    return Decision(Verdict.REMOVE, _ranked(retraces), assumptions, text)


def assumptions_of(facts: FunctionFacts, line_of: LineOf) -> tuple[str, ...]:
    """All that is assumed in what is known of a function, in words a user can check."""
    found = [text for p in facts.parameters if (text := assumption(facts.info, p, line_of))]
    found += [text for each in facts.around if (text := assumption(each.info, each.parameter, line_of))]
    if any(p.exported for p in facts.parameters):
        name = facts.info.name
        found.append(f"`{name}` is exported: callers outside pass the like of what visible callers pass")
    trusted = {e.target.rpartition(":")[2] for e in facts.of("trusts-annotation")}
    found += [f"`{name}` gives what its return annotation says" for name in sorted(trusted)]
    if facts.of("trusts-model"):
        found.append("a Keras model whose class is not seen gives tensors")
    found += [f"`@{text}` passes calls on to the function unchanged" for text in facts.opaque_decorators]
    return tuple(found)


def assumption(info: FunctionInfo, parameter: ParameterEvidence, line_of: LineOf) -> str:
    """What is assumed of one parameter, in words a user can check; empty where nothing is."""
    name, kind = parameter.name, _kind(parameter.value)
    if parameter.source == "calls":
        return f"one caller passes something for `{name}` that cannot be seen" if parameter.partial else ""
    if parameter.source == "self":
        return ""
    seen = "one caller's value cannot be seen" if parameter.partial else "no caller is visible"
    name_of = info.parent.rpartition(":")[2] if info.in_class and info.name == "__init__" else info.name
    if parameter.source == "annotation":
        return f"{seen} of `{name_of}`: `{name}` is taken for {kind} as it is annotated"
    if parameter.source == "protocol":
        return f"`{name}` is taken for {kind}, which is what Keras passes to `{name_of}`"
    if parameter.source == "use":
        what = {
            "uses-model": "a Keras model",
            "uses-optimizer": "an optimizer",
            "uses-strategy": "a distribution strategy",
            "uses-metric": "a metric",
            "uses-function": _FUNCTION,
            "uses-python": kind,
        }.get(parameter.subject, "a tensor")
        where = f": `{parameter.text}`" if parameter.text else ""
        where = where if parameter.place is None else f" on line {line_of(parameter.place)}"
        return f"{seen} of `{name_of}`: `{name}` is taken for {what} because of its use{where}"
    if parameter.source == "docstring":
        return f"{seen} of `{name_of}`: `{name}` is taken for {kind} as its docstring says"
    if parameter.source == "default":
        return f"{seen} of `{name_of}`: `{name}` is taken for {kind} like its default"
    return f"{seen} of `{name_of}`: nothing shows what `{name}` is"


_FUNCTION = "a function that computes with tensors and does nothing else"


def _kind(value: Value) -> str:
    """What a parameter is taken for, in words."""
    if value == TENSOR_FUNCTION:
        return _FUNCTION
    return "a tensor" if value == Tensor() else display(value)
