"""The values of expressions by where they stand, for hovers and inlay hints.

Definitions are looked at (run once more, see `interp.watch`) when somebody asks about them, and the answers are kept
until the evidence changes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from graphlift.facts import FunctionFacts
from graphlift.ide.report import Reporter
from graphlift.ide.value_report import MOST_CALLS, Passed, ValueReport
from graphlift.index import MODULE_BODY, DefId, Unit, qualname_of
from graphlift.interp.entry import ParameterEvidence
from graphlift.interp.solver import Solver
from graphlift.interp.watch import Watched, watch
from graphlift.resolve import unit
from graphlift.source.span import Place, Span
from graphlift.values import (
    Bound,
    Class,
    Const,
    External,
    Function,
    GraphFunction,
    KerasTensor,
    Mapping,
    Method,
    Module,
    Never,
    Sequence,
    Tensor,
    Unknown,
    Value,
    display,
    options,
    spelled,
)

_LONGEST_TEXT = 40
"""Characters of an expression's source that are quoted."""

_CALLABLES = (Bound, Class, External, Function, GraphFunction, Method)


class Values:
    """Looks at definitions of one state of the program; remembers what it saw."""

    def __init__(self, reporter: Reporter, solver: Solver) -> None:
        self.reporter = reporter
        self._solver = solver
        self._watched: dict[DefId, Watched] = {}
        self._passed: dict[DefId, list[tuple[Place, dict[str, Value]]]] | None = None

    def watched(self, definition: DefId) -> Watched:
        """The values of one definition's expressions and bound names."""
        known = self._watched.get(definition)
        if known is None:
            known = self._watched[definition] = watch(self._solver, definition)
        return known

    # Where

    def definitions(self, key: str, span: Span) -> Iterator[tuple[DefId, Span]]:
        """The definitions of a module that touch a span, with their own spans, the innermost first."""
        holder = unit(self._solver.db, key)
        found = []
        for definition, node in holder.nodes.items():
            whole = definition.endswith(f":{MODULE_BODY}")
            own = Span(1, 0, holder.parsed.line_count + 1, 0) if whole else holder.parsed.span(node)
            if own.overlaps(span):
                found.append((definition, own))
        found.sort(key=lambda pair: (pair[1].end_line - pair[1].line, pair[1].end_column - pair[1].column))
        yield from found

    def at(self, key: str, line: int, column: int) -> ValueReport | None:
        """The narrowest sensible expression at a position and its value; `None` where nothing is known to be.

        That is the name, attribute, call, subscript or operation there; for the name of a called function the call.
        """
        holder = unit(self._solver.db, key)
        text = holder.parsed.line(line)
        if not text[max(0, column - 1) : column + 1].strip():
            return None
        inner: list[Span] = []
        for definition, own in self.definitions(key, Span(line, column, line, column)):
            seen = self.watched(definition)
            spans = [s for s in (*seen.bindings, *seen.expressions) if s.contains(line, column)]
            spans = [s for s in spans if not any(_covers(s, other) for other in inner)]
            # A position between two tokens belongs to the one that begins there.
            inside = [s for s in spans if (line, column) < (s.end_line, s.end_column)] or spans
            inside.sort(key=_size)
            for position, span in enumerate(inside):
                wider = inside[position + 1] if position + 1 < len(inside) else None
                if self._is_mute(holder, seen, span, wider):
                    return None
                found = self._sensible(holder, definition, seen, span)
                if found is not None:
                    return found
            if not definition.endswith(f":{MODULE_BODY}"):
                inner.append(own)
        return None

    @staticmethod
    def _is_mute(holder: Unit, seen: Watched, span: Span, wider: Span | None) -> bool:
        """Whether neither what stands there nor what is around it is worth a word: literals, modules by themselves.

        A key says what it stands for in the container.
        """
        value, text = _value(seen, span), _source(holder, span)
        if isinstance(value, Module | External) and "." not in text:
            return (
                not _follows(holder, span, ".") and not _follows(holder, span, "(") and "." not in value.name
            )
        literal = text[:1] in "0123456789'\"-" or text in _KEYWORDS
        key = _follows(holder, span, "]") and wider is not None and _source(holder, wider)[0] not in "[({"
        return literal and isinstance(value, Const) and not key

    def _sensible(self, holder: Unit, definition: DefId, seen: Watched, span: Span) -> ValueReport | None:
        """The report on what stands at a span, `None` where the wider expression around it says more."""
        value = _value(seen, span)
        text = _source(holder, span)
        if span in seen.expressions and all(isinstance(o, _CALLABLES) for o in options(value)):
            call = next((s for s in seen.expressions if _is_call_of(holder, s, span)), None)
            if call is not None:
                return self._report(holder, definition, call, seen.expressions[call])
        if isinstance(value, Module) or (isinstance(value, External) and _follows(holder, span, ".")):
            return None
        if isinstance(value, Never) or not text or (isinstance(value, Const) and text[0] in "0123456789'\"-"):
            return None
        return self._report(holder, definition, span, value)

    def parameters(self, key: str, line: int) -> tuple[ValueReport, ...]:
        """The parameters of the function whose `def` stands on a line, in order."""
        holder = unit(self._solver.db, key)
        definition = next((d for d in holder.functions if holder.layouts[d].def_line == line), "")
        judged = self.reporter.judge(definition) if definition else None
        if judged is None:
            return ()
        found = []
        for parameter in judged[0].parameters:
            span = holder.layouts[definition].name_span
            report = ValueReport(
                span=span,
                text=parameter.name,
                role="parameter",
                type=display(parameter.value),
                spelled=spelled(parameter.value),
                reason=_reason(parameter.value),
            )
            found.append(self._with_evidence(report, judged[0], parameter))
        return tuple(found)

    # What

    def _report(self, holder: Unit, definition: DefId, span: Span, value: Value) -> ValueReport:
        text = _source(holder, span)
        judged = self.reporter.judge(definition)
        facts = None if judged is None else judged[0]
        parameter = None
        if facts is not None and text.isidentifier():
            parameter = next((p for p in facts.parameters if p.name == text), None)
        name = all(part.isidentifier() for part in text.split("."))
        report = ValueReport(
            span=span,
            text=text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…",
            role="parameter" if parameter is not None else "name" if name else "expression",
            type=display(value),
            spelled=spelled(value),
            reason=_reason(value),
            graph="" if facts is None else _graph_note(facts, value),
        )
        if parameter is None or facts is None:
            return report
        return self._with_evidence(report, facts, parameter)

    def _with_evidence(
        self, report: ValueReport, facts: FunctionFacts, parameter: ParameterEvidence
    ) -> ValueReport:
        shown = self.reporter.parameter(parameter)
        calls = self._calls(facts.definition, parameter.name) if parameter.source == "calls" else []
        evidence = "" if parameter.source in ("self", "nothing") else shown.evidence
        if parameter.source == "calls" and not calls:
            evidence = "its default, which visible calls leave it at"
        return msgspec.structs.replace(
            report,
            evidence=evidence,
            evidence_place=None if parameter.place is None else self.reporter.locate(parameter.place),
            passed=tuple(calls[:MOST_CALLS]),
            more_calls=max(0, len(calls) - MOST_CALLS),
            assumption=self.reporter.assumption(facts, parameter),
        )

    def _calls(self, definition: DefId, parameter: str) -> list[Passed]:
        """What each visible call passes for a parameter, in source order."""
        if self._passed is None:
            self._passed = self._all_passed()
        found: dict[Passed, None] = {}
        for place, given in self._passed.get(definition, ()):
            if parameter in given:
                found[Passed(self.reporter.locate(place), display(given[parameter]))] = None
        return sorted(found, key=lambda each: (each.location, each.type))

    def _all_passed(self) -> dict[DefId, list[tuple[Place, dict[str, Value]]]]:
        found: dict[DefId, list[tuple[Place, dict[str, Value]]]] = {}
        for (kind, caller, _), outcome in self._solver.state.outcomes.items():
            if kind == "root" or (kind == "run" and caller.endswith(f":{MODULE_BODY}")):
                for edge in outcome.edges:
                    found.setdefault(edge.callee, []).append((edge.place, dict(edge.context.bindings)))
        return found


_KEYWORDS = frozenset({"True", "False", "None", "..."})


def _reason(value: Value) -> str:
    return "; ".join(dict.fromkeys(o.reason for o in options(value) if isinstance(o, Unknown)))


def _value(seen: Watched, span: Span) -> Value:
    return seen.bindings[span] if span in seen.bindings else seen.expressions[span]


def _size(span: Span) -> tuple[int, int]:
    return (span.end_line - span.line, span.end_column - span.column)


def _covers(outer: Span, inner: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (
        inner.end_line,
        inner.end_column,
    ) <= (outer.end_line, outer.end_column)


def _is_call_of(holder: Unit, call: Span, function: Span) -> bool:
    """Whether an expression is a call of what stands at a span."""
    same = (call.line, call.column) == (function.line, function.column)
    longer = (function.end_line, function.end_column) < (call.end_line, call.end_column)
    if not same or not longer or not _follows(holder, function, "("):
        return False
    closing = holder.parsed.line(call.end_line)[call.end_column - 1 : call.end_column]
    return closing == ")" and _closes(holder, function, call)


def _closes(holder: Unit, function: Span, call: Span) -> bool:
    """Whether the bracket that follows a function is closed where the call ends."""
    rest = _text(holder, Span(function.end_line, function.end_column, call.end_line, call.end_column))
    depth, quote = 0, ""
    for position, character in enumerate(rest):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return position == len(rest) - 1
    return False


def _follows(holder: Unit, span: Span, character: str) -> bool:
    """Whether this character comes right after a span, spaces aside."""
    return holder.parsed.line(span.end_line)[span.end_column :].lstrip().startswith(character)


def _text(holder: Unit, span: Span) -> str:
    lines = [holder.parsed.line(number) for number in range(span.line, span.end_line + 1)]
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = lines[0][span.column :]
    return "\n".join(lines)


def _source(holder: Unit, span: Span) -> str:
    """The source of a span on one line."""
    return " ".join(_text(holder, span).split())


def _graph_note(facts: FunctionFacts, value: Value) -> str:
    """Whether a tensor is symbolic here, where somebody may trip over that."""
    tensors = list(_tensors(value))
    if not tensors or any(isinstance(t, KerasTensor) for t in tensors):
        return ""
    if all(isinstance(t, Tensor) and t.eager for t in tensors):
        return "Made outside every graph: a concrete tensor even while a `tf.function` is traced."
    name = qualname_of(facts.definition)
    if facts.decoration.decorated:
        return f"Symbolic while `{name}` is traced: it has no value then, and `.numpy()` fails."
    if facts.in_graph is not None:
        return f"Symbolic here: `{name}` runs inside a graph ({facts.in_graph.how})."
    return ""


def _tensors(value: Value) -> Iterator[Value]:
    for option in options(value):
        if isinstance(option, Tensor | KerasTensor):
            yield option
        elif isinstance(option, Sequence):
            yield from _tensors(option.element)
        elif isinstance(option, Mapping):
            yield from _tensors(option.value)
