"""Makes judgements: which runs, in which order, and what their comparison means.

For one target the program runs with all its `tf.function`s taken away, and again with exactly the target
under `tf.function`. Only where these two differ it runs eagerly once more: a program that differs from itself
is undecidable, and one that doesn't can't owe the difference to chance. Once per program, the program as it is
runs too, uninstrumented, to see that watching it changes nothing.
"""

from __future__ import annotations

import re
from itertools import pairwise

from msgspec.structs import replace

from graphlift.verify.compare import core_message, first_difference, program_difference
from graphlift.verify.plan import Limits, Plan, Program, fingerprint
from graphlift.verify.record import EndEvent, Exc, Run
from graphlift.verify.report import Difference, Judgement, Outcome, Raised, Timing, What, retraces
from graphlift.verify.server import Server


class Judge:
    """Judges functions of programs under one interpreter and one major version of Keras.

    Use it as a context manager; TensorFlow is imported at the first judgement. Raises `ServerError` where
    the interpreter or the agent fails; what the judged programs do is never an exception here.
    """

    def __init__(self, interpreter: str, keras: int = 3) -> None:
        self.server = Server(interpreter, keras)
        self._untouched: dict[tuple[Program, Limits, str], Run] = {}

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def judge(self, plan: Plan) -> Judgement:
        """Judge one function."""
        eager = self._run(plan, "eager", plan.limits)
        refusal = _unfit(plan, eager)
        if refusal:
            return _undecidable(refusal, eager)
        untouched = self.as_it_is(plan)
        disturbed = program_difference(untouched, eager)
        wraps = untouched.end is not None and untouched.end.functions > 0
        if disturbed is not None and not wraps:
            return _undecidable(self._why_disturbed(plan, eager, disturbed), eager)
        judgement = self._compare(plan, eager)
        if disturbed is not None:
            judgement = replace(
                judgement, untouched=_as_text(disturbed, "as it is", "without its `tf.function`s")
            )
        if plan.timed and judgement.outcome in (Outcome.SAME, Outcome.RETRACES):
            judgement = replace(judgement, timing=self.time(plan))
        return judgement

    def _run(self, plan: Plan, mode: str, limits: Limits, shaken: bool = False) -> Run:
        target = None if mode == "untouched" else plan.target
        return self.server.run(
            plan.program,
            target,
            mode,
            options=plan.options,
            expressions=plan.expressions,
            limits=limits,
            replay=plan.replay,
            shaken=shaken,
        )

    def as_it_is(self, plan: Plan) -> Run:
        """The program's run with its own `tf.function`s, unwatched."""
        key = (plan.program, plan.limits, fingerprint(plan.program))
        if key not in self._untouched:
            self._untouched[key] = self._run(plan, "untouched", plan.limits)
        return self._untouched[key]

    def _compare(self, plan: Plan, eager: Run) -> Judgement:
        assert eager.done is not None
        graph = self._run(plan, "graph", plan.limits.tightened(eager.done.cpu))
        judgement = _judgement(eager, graph)
        if judgement.outcome in (Outcome.SAME, Outcome.RETRACES, Outcome.HANGS):
            return judgement
        chance = self._chance(plan, eager)
        if chance is not None:
            return _undecidable(chance, eager)
        return judgement

    def _chance(self, plan: Plan, eager: Run) -> str | None:
        """Why two eager runs are not the same, where they aren't."""
        again = self._run(plan, "eager", plan.limits, shaken=True)
        difference = first_difference(eager, again)
        if difference is None:
            return None
        return f"the program differs from itself when it runs again: {_as_text(difference, 'first', 'then')}"

    def _why_disturbed(self, plan: Plan, eager: Run, disturbed: Difference) -> str:
        chance = self._chance(plan, eager)
        if chance is not None:
            return chance
        return f"watching the program changes it: {_as_text(disturbed, 'unwatched', 'watched')}"

    def time(self, plan: Plan) -> Timing | None:
        """How long the target takes both ways; `None` where its last call cannot be made again."""
        run = self._run(plan, "time", plan.limits)
        timing = run.timing
        if timing is None or timing.error is not None or not timing.rounds:
            return None
        return Timing(timing.eager, timing.graph, timing.rounds, timing.fastest, timing.ops, timing.elements)


def _unfit(plan: Plan, eager: Run) -> str:
    """Why the eager run is no ground for a judgement; empty when it is one."""
    if eager.fault:
        return _fault(eager)
    if eager.stopped == "time":
        return f"the program itself takes more than {plan.limits.seconds} s of processor time"
    if eager.stopped:
        return f"the program itself is ended by {eager.stopped}"
    assert eager.end is not None
    error = eager.end.error
    name = plan.target.qualname
    if error is not None and error.type == "TargetMissing":
        return error.message
    if not eager.end.reached:
        reason = f" (it ends in {_words(error)})" if error else ""
        return f"the program doesn't import {plan.target.path}{reason}"
    if not eager.own_calls and not eager.end.in_graph:
        reason = f" before it ends in {_words(error)}" if error else ""
        return f"the program never calls {name}{reason}"
    return ""


def _fault(run: Run) -> str:
    return f"the judge failed: {run.fault.strip().splitlines()[-1]}"


def _judgement(eager: Run, graph: Run) -> Judgement:
    calls = graph.own_calls
    traces = calls[-1].traces if calls else 0
    base = Judgement(
        Outcome.SAME,
        calls=len(eager.own_calls),
        traces=traces,
        in_graph=graph.end.in_graph if graph.end is not None else 0,
        notes=tuple(graph.done.notes) if graph.done is not None else (),
    )
    difference = first_difference(eager, graph)
    if difference is not None:
        return _differing(base, graph, difference)
    if graph.fault:
        return _undecidable(_fault(graph), eager)
    if graph.stopped == "time":
        return replace(base, outcome=Outcome.HANGS, detail=_where_stopped(graph))
    if graph.stopped:
        return replace(base, outcome=Outcome.RAISES, detail=f"the process is ended by {graph.stopped}")
    kinds = len({call.signature for call in calls})
    before = [0, *(call.traces for call in calls)]
    traced = sum(after > earlier for earlier, after in pairwise(before))
    if retraces(len(calls), kinds, traced):
        return replace(base, outcome=Outcome.RETRACES, detail=f"{traces} traces for {len(calls)} calls")
    return base


def _differing(base: Judgement, graph: Run, difference: Difference) -> Judgement:
    error = _new_exception(graph, difference)
    if error is None:
        return replace(base, outcome=Outcome.DIFFERS, detail=str(difference), difference=difference)
    raised = _raised(error)
    return replace(
        base,
        outcome=Outcome.RAISES,
        detail=f"{raised.name}: {raised.message}",
        difference=difference,
        raised=raised,
    )


def _new_exception(graph: Run, difference: Difference) -> Exc | None:
    """The graph run's exception, when the difference is that there is one where eager execution has none."""
    if difference.what is not What.EXCEPTION or difference.eager != "none":
        return None
    if difference.call:
        return graph.calls[difference.call - 1].error
    end: EndEvent | None = graph.end
    return end.error if end is not None else None


def _raised(error: Exc) -> Raised:
    # AutoGraph's own account tells the program's lines where the traceback has those of generated code.
    told = [(path, int(line)) for path, line in re.findall(r'File "([^"]+)", line (\d+), in ', error.message)]
    places = [(path, line) for path, line, _ in error.frames]
    own = [place for place in told or places if _is_programs(place[0])]
    path, line = own[-1] if own else ("", 0)
    return Raised(error.type, core_message(error)[:600], path, line)


def _is_programs(path: str) -> bool:
    foreign = ("site-packages", "/verify/agent/", "__autograph_generated_file", "<frozen ")
    return not any(part in path for part in foreign)


def _where_stopped(graph: Run) -> str:
    places = re.findall(r'File "([^"]+)", line (\d+) in (\S+)', graph.stack)
    own = [place for place in places if _is_programs(place[0]) and "/lib/python3" not in place[0]]
    if not own:
        return "still running at the time limit"
    path, line, name = own[0]
    return f"still in {name} ({path}:{line}) at the time limit"


def _undecidable(why: str, eager: Run) -> Judgement:
    in_graph = eager.end.in_graph if eager.end is not None else 0
    return Judgement(Outcome.UNDECIDABLE, why, calls=len(eager.own_calls), in_graph=in_graph)


def _as_text(difference: Difference, one: str, other: str) -> str:
    return f"{difference.where} is {difference.eager} {one} and {difference.graph} {other}"


def _words(error: Exc) -> str:
    return f"{error.type.rpartition('.')[2]}: {core_message(error)[:300]}"
