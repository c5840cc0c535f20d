"""Checks `# graph:`: TensorFlow judges the test's own program."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from graphlift.fixes import apply
from graphlift.verify import Judge, Judgement, Limits, Outcome, Plan, Program, Target

from . import mended, offers
from .expect import Expected, GraphWanted, expectations, graph, verdict
from .failures import Failure
from .page import Section, SourceFile
from .static import settings, write

LIMITS = Limits(seconds=20)

JudgeFor = Callable[[int], Judge]
"""The judge of a session for a major version of Keras."""


def wanted(section: Section) -> list[tuple[SourceFile, int, GraphWanted]]:
    """The test's assertions about graphs: file, line of the `def`, outcome."""
    return [
        (file, each.line, graph(each))
        for file in section.versions[0]
        for each in expectations(file)
        if each.kind == "graph"
    ]


def offered(section: Section) -> list[tuple[SourceFile, Expected]]:
    """The test's assertions about arguments that a `tf.function` should be given."""
    return [
        (file, each)
        for file in section.versions[0]
        for each in expectations(file)
        if each.kind in ("arguments", "signature") and offers.wanted_arguments(each)
    ]


def check(section: Section, place: Path, judge_for: JudgeFor, known: Known) -> list[Failure]:
    """Everything in which the test's `graph` assertions and TensorFlow disagree.

    With the arguments that `arguments` and `signature` name, a graph must do the same as eager execution; and so must
    the program in a `fixed mend-…` block.
    """
    write(section, place)
    judge = judge_for(settings(section, place).keras or 3)
    failures: list[Failure] = []
    for file, each in offered(section):
        failures += _offer(section, place, file, each, judge, known)
    for file, snapshot in mended.wanted(section):
        failures += mended.check(section, place, file, snapshot, judge, known)
    for file, line, expected in wanted(section):
        qualname = qualname_at(file, line)
        if qualname is None:
            failures.append(Failure(file, line, f"graph: {expected.outcome}", "no function on this line"))
            continue
        plan = Plan(
            Program(str(place), section.entry.name),
            Target(str(place / file.name), qualname, line),
            limits=LIMITS,
        )
        judgement = known.judge(judge, plan, section)
        if not _agrees(expected, judgement):
            failures.append(Failure(file, line, _shown_wanted(expected), _shown(judgement)))
    return failures


def _offer(
    section: Section, place: Path, file: SourceFile, expected: Expected, judge: Judge, known: Known
) -> list[Failure]:
    qualname = qualname_at(file, expected.line)
    if qualname is None:
        return [Failure(file, expected.line, expected.kind, "no function on this line")]
    path = place / file.name
    made = offers.given(file, place, qualname, expected.line, offers.wanted_arguments(expected))
    if isinstance(made, str):
        return [Failure(file, expected.line, f"{expected.kind}: {expected.value}", made)]
    text = apply(file.text, made.edits)
    path.write_text(text, encoding="utf-8")
    plan = Plan(Program(str(place), section.entry.name), Target(str(path), qualname), limits=LIMITS)
    judgement = known.judge(judge, plan, section, text)
    path.write_text(file.text, encoding="utf-8")
    if judgement.outcome is Outcome.SAME:
        return []
    return [Failure(file, expected.line, f"the same under `{expected.value}`", _shown(judgement))]


def contradictions(section: Section) -> list[Failure]:
    """Functions that are said to be worth converting though TensorFlow says that a graph isn't the same.

    These are defects of Graphlift, the worst there are; a page may only hold one that is marked as such.
    """
    found: list[Failure] = []
    for file in section.versions[0]:
        by_line: dict[int, dict[str, Any]] = {}
        for each in expectations(file):
            by_line.setdefault(each.line, {})[each.kind] = each
        for line, kinds in by_line.items():
            if {"verdict", "graph"} <= kinds.keys() and "bug" not in kinds:
                outcome = graph(kinds["graph"]).outcome
                given = kinds.get("arguments")
                mended = outcome == "retraces" and given is not None and bool(offers.wanted_arguments(given))
                if verdict(kinds["verdict"]).verdict == "convert" and outcome != "same" and not mended:
                    found.append(Failure(file, line, "`bug: reason`", f"convert, where the graph {outcome}"))
    return found


def qualname_at(file: SourceFile, line: int) -> str | None:
    """The `__qualname__` of the function whose `def` stands on the line."""
    return next((name for name, at in definitions(ast.parse(file.text)) if at == line), None)


def definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Every function with its `__qualname__` and the line of its `def`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + child.name, child.lineno
            yield from definitions(child, f"{prefix}{child.name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from definitions(child, f"{prefix}{child.name}.")
        else:
            yield from definitions(child, prefix)


def _agrees(expected: GraphWanted, found: Judgement) -> bool:
    if found.outcome.value != expected.outcome or expected.text not in found.detail:
        return False
    if found.outcome is Outcome.RAISES:
        names = () if found.raised is None else (found.raised.name, found.raised.type)
        return not expected.error or expected.error in names
    return True


def _shown_wanted(expected: GraphWanted) -> str:
    error = f" {expected.error}" if expected.error else ""
    return f"graph: {expected.outcome}{error}" + (f' "{expected.text}"' if expected.text else "")


def _shown(found: Judgement) -> str:
    name = f" {found.raised.name}" if found.raised is not None else ""
    lines = [f"graph: {found.outcome.value}{name}"]
    if found.detail:
        lines.append(found.detail)
    lines.append(f"{found.calls} calls, {found.traces} traces, {found.in_graph} calls inside other graphs")
    lines += [note.strip().splitlines()[0] for note in found.notes]
    return "\n".join(lines)


class Known:
    """Judgements that were made before, for the same text by the same judge under the same TensorFlow.

    `load` and `store` keep them between sessions; a judgement takes about a second, a lookup nothing.
    """

    def __init__(self, load: Callable[[str], Any], store: Callable[[str, Any], None]) -> None:
        self._load = load
        self._store = store
        self._sources = _digest(_judge_sources())

    def judge(self, judge: Judge, plan: Plan, section: Section, changed: str = "") -> Judgement:
        """The judgement on one function of a test, with another text in its file where there is one."""
        files = [(file.name, file.text) for file in section.versions[0]]
        facts = (
            sorted(judge.server.start().items()),
            judge.server.keras,
            files,
            plan.target.qualname,
            plan.target.line,
            *([changed] if changed else []),
        )
        key = _digest(
            [repr(facts).encode(), self._sources.encode(), plan.target.path.rpartition("/")[2].encode()]
        )
        kept = self._load(key)
        if kept is not None:
            return msgspec.convert(kept, Judgement)
        judgement = judge.judge(plan)
        self._store(key, msgspec.to_builtins(judgement))
        return judgement

    def kept(self, judge: Judge, section: Section, what: str, make: Callable[[], str]) -> str:
        """Another text about a test's program that TensorFlow gives, made when it isn't known."""
        files = [(file.name, file.text) for file in section.versions[0]]
        facts = (sorted(judge.server.start().items()), judge.server.keras, files, what)
        key = _digest([repr(facts).encode(), self._sources.encode()])
        found = self._load(key)
        if found is None:
            found = make()
            self._store(key, found)
        return str(found)


def _judge_sources() -> list[bytes]:
    import graphlift.verify

    folder = Path(graphlift.verify.__file__).parent
    return [path.read_bytes() for path in sorted(folder.rglob("*.py"))]


def _digest(parts: list[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
