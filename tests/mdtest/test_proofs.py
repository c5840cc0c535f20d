"""Each rule is proved on its page, and each trap of the catalogue on its own: by disguises and by near misses.

Three disguises at least that trigger the rule, one through another file and one in a class, and three twins on which it
keeps quiet; TensorFlow judges them all (`test_pages.py` runs them).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from graphlift.rules.base import Consequence, RuleModule, all_rules
from graphlift.rules.notices import Notice, all_notices

from .harness.page import read_page
from .harness.proof import Proof, prove

HERE = Path(__file__).parent
ENOUGH = 3
SUBJECTS: list[RuleModule | Notice] = [*all_rules(), *all_notices()]
CATALOGUE = sorted((HERE / "catalogue").glob("*.md"))

SHOWS_IN_A_GRAPH = {Consequence.RAISES, Consequence.DIFFERS, Consequence.RETRACES}
"""What TensorFlow sees as harm when it compares a graph with eager execution; the rest is in the eager program, too."""


def proofs(page: Path) -> list[Proof]:
    return [prove(section) for section in read_page(page)]


def gaps(found: list[Proof], disguises: list[Proof], rules: set[str]) -> list[str]:
    """What a page lacks as a proof about `rules`."""
    twins = [each for each in found if each.twin]
    lacking = [
        f"{len(disguises)} judged disguises" if len(disguises) < ENOUGH else "",
        "" if any(each.across_files for each in disguises) else "no disguise in another file",
        "" if any(each.in_class for each in disguises) else "no disguise in a class",
    ]
    spared = [each for each in twins if each.spares(rules)]
    lacking.append(f"{len(spared)} judged twins" if len(spared) < ENOUGH else "")
    for each in twins:
        if each.rules & rules:
            lacking.append(f"“{each.section.title}” is no twin: {', '.join(sorted(each.rules & rules))}")
        elif each.vague:
            lacking.append(f"“{each.section.title}” doesn't say which rules fire")
        elif not each.outcomes:
            lacking.append(f"“{each.section.title}” isn't judged")
    return [each for each in lacking if each]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_a_rule_is_proved(subject: RuleModule | Notice) -> None:
    found = proofs(HERE / "rules" / f"{subject.name}.md")
    harm = isinstance(subject, RuleModule) and subject.rule.consequence in SHOWS_IN_A_GRAPH
    disguises = [
        each
        for each in found
        if not each.twin and subject.name in each.rules and (each.harmful if harm else each.outcomes)
    ]
    assert not gaps(found, disguises, {subject.name})


@pytest.mark.parametrize("page", CATALOGUE, ids=lambda page: page.stem)
def test_a_trap_is_proved(page: Path) -> None:
    found = proofs(page)
    disguises = [each for each in found if not each.twin and each.rules and each.harmful]
    assert not gaps(found, disguises, {rule for each in disguises for rule in each.rules})
