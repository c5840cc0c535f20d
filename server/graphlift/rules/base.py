"""What a rule is. See `docs/contributing.md` for how to add one: one file here, one page in `tests/mdtest/rules/`.

A rule module has a docstring (its documentation, with fixed sections), `RULE` and `check`. The rule's name is the
module's name with hyphens; modules that start with an underscore, and this one, are not rules.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache
from types import ModuleType

import msgspec

from graphlift.facts import FunctionFacts, Mismatch
from graphlift.interp.summary import Effect, Origin
from graphlift.source.span import Place
from graphlift.verdict import Argument, Severity


class Consequence(Enum):
    """What would happen, or happens, when the function is traced."""

    RAISES = "raises"
    """Tracing raises, or the second call does."""
    DIFFERS = "differs"
    """The graph does something else than the eager function, silently."""
    BROKEN = "broken"
    """It raises, traced or not."""
    RETRACES = "retraces"
    """The graph is built again and again."""
    NO_GAIN = "no gain"
    """Running as a graph is not worth it."""
    OPTIONS = "options"
    """The arguments of the `tf.function` itself are out of date, or do not fit the calls."""
    UNSEEN = "unseen"
    """Something that decides cannot be seen."""


class Rule(msgspec.Struct, frozen=True):
    """The fixed properties of a rule. `severity` is that of a finding on code that does run in a graph."""

    consequence: Consequence
    severity: Severity = Severity.WARNING
    since: str = "0.1"


class Finding(msgspec.Struct, frozen=True, order=True):
    """What a rule found in one function: where the culprit is, and the calls that lead there.

    `via` and `place` as in `Effect`. An uncertain finding rests on something unknown.
    """

    rule: str
    place: Place
    message: str
    via: tuple[Place, ...] = ()
    certain: bool = True
    assumption: str = ""
    """For findings that are not certain: what would have to hold for there to be no problem."""
    arguments: tuple[Argument, ...] = ()
    """The arguments of the `tf.function` that would mend it."""
    origins: tuple[Origin, ...] = ()
    """For values that cannot meet: where each of them comes from."""
    eager: bool = False
    """Whether it raises in the program as it is, and not only when the function is traced."""
    consequence: str = ""
    """The consequence of this one, where it is not that of its rule."""
    meant: bool = False
    """Whether the code asks for it: no fault of a function that runs in a graph, though a difference."""


class Report:
    """Collects the findings of one rule on one function."""

    def __init__(self, rule: str) -> None:
        self._rule = rule
        self.findings: list[Finding] = []

    def __call__(
        self,
        place: Place,
        message: str,
        *,
        via: tuple[Place, ...] = (),
        certain: bool = True,
        assumption: str = "",
        arguments: tuple[Argument, ...] = (),
        origins: tuple[Origin, ...] = (),
        consequence: Consequence | None = None,
        meant: bool = False,
    ) -> None:
        """Report a finding; `consequence` where it is not that of the rule."""
        self.findings.append(
            Finding(
                self._rule,
                place,
                message,
                via,
                certain,
                assumption,
                arguments,
                origins,
                consequence="" if consequence is None else consequence.value,
                meant=meant,
            )
        )

    def mismatches(self, found: Iterable[Mismatch]) -> None:
        """Report values that cannot meet, under the rule of the same name."""
        self.findings += [mismatch_finding(m) for m in found if m.effect.kind == self._rule]

    def effect(
        self,
        effect: Effect,
        message: str,
        *,
        certain: bool | None = None,
        consequence: Consequence | None = None,
        meant: bool = False,
    ) -> None:
        """Report an effect as a finding, at its place and with its chain of calls."""
        sure = effect.certain if certain is None else certain
        self(effect.place, message, via=effect.via, certain=sure, consequence=consequence, meant=meant)


def mismatch_finding(mismatch: Mismatch) -> Finding:
    """The finding about values that cannot meet."""
    effect = mismatch.effect
    return Finding(
        effect.kind,
        effect.place,
        effect.subject,
        effect.via,
        mismatch.certain,
        origins=effect.origins,
        eager=mismatch.eager,
    )


Check = Callable[[FunctionFacts, Report], None]


class RuleModule(msgspec.Struct, frozen=True):
    """A discovered rule: its name, its properties, its check and its documentation (Markdown)."""

    name: str
    rule: Rule
    check: Check
    text: str

    @property
    def title(self) -> str:
        """The first line of the documentation."""
        return self.text.strip().partition("\n")[0]


@cache
def all_rules() -> tuple[RuleModule, ...]:
    """Every rule in this package, by name."""
    package = importlib.import_module("graphlift.rules")
    found: list[RuleModule] = []
    for entry in pkgutil.iter_modules(package.__path__):
        if entry.ispkg or entry.name.startswith("_") or entry.name == "base":
            continue
        module: ModuleType = importlib.import_module(f"graphlift.rules.{entry.name}")
        found.append(
            RuleModule(entry.name.replace("_", "-"), module.RULE, module.check, module.__doc__ or "")
        )
    return tuple(sorted(found, key=lambda rule: rule.name))


def rule_named(name: str) -> RuleModule | None:
    """The rule with this name."""
    return _by_name().get(name)


@cache
def _by_name() -> dict[str, RuleModule]:
    return {rule.name: rule for rule in all_rules()}


def findings_of(facts: FunctionFacts, rules: Iterable[RuleModule] | None = None) -> tuple[Finding, ...]:
    """What the rules find in one function, in a canonical order."""
    found: list[Finding] = []
    for entry in rules if rules is not None else all_rules():
        report = Report(entry.name)
        entry.check(facts, report)
        found.extend(report.findings)
    return tuple(sorted(set(found)))
