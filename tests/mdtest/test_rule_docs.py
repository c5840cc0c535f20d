"""The examples in the rules' documentation: `# error` fires, “Use instead” is clean, and TensorFlow agrees."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import graphlift.rules
from graphlift.rules.base import Consequence, RuleModule, all_rules
from graphlift.rules.notices import all_notices
from graphlift.verify import Outcome, Plan, Program, Target

from .harness import graphs, static
from .harness.expect import expectations
from .harness.failures import render
from .harness.page import Section, parse

SECTIONS = (
    "Why this matters in a graph",
    "Example",
    "Use instead",
    "What this rule cannot see",
    "References",
)
RULES = all_rules()
PAGES = Path(__file__).parent / "rules"
ROOT = Path(__file__).parents[2]

HARM = {
    Consequence.RAISES: {Outcome.RAISES, Outcome.HANGS},
    Consequence.DIFFERS: {Outcome.DIFFERS, Outcome.RAISES},
    Consequence.BROKEN: {Outcome.DIFFERS, Outcome.RAISES},
    Consequence.RETRACES: {Outcome.RETRACES},
}
"""What TensorFlow must say of a rule's example, by what the rule says would happen."""


def name(rule: RuleModule) -> str:
    return rule.name


def section(rule: RuleModule, title: str) -> Section:
    module = Path(graphlift.rules.__file__).parent / f"{rule.name.replace('-', '_')}.py"
    found = [each for each in parse(module, rule.text) if each.title == title]
    assert found, f"the documentation of {rule.name} has no code under “{title}”"
    return found[0]


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_a_rule_has_every_part_of_its_documentation(rule: RuleModule) -> None:
    headings = [line.removeprefix("## ") for line in rule.text.splitlines() if line.startswith("## ")]
    assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS)
    assert rule.title.endswith("."), rule.title


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_a_rule_has_a_page_of_tests(rule: RuleModule) -> None:
    assert (PAGES / f"{rule.name}.md").is_file()


def test_a_page_is_about_a_rule() -> None:
    names = {rule.name for rule in RULES} | {notice.name for notice in all_notices()}
    assert {path.stem for path in PAGES.glob("*.md")} <= names


def test_the_written_pages_are_current() -> None:
    command = [sys.executable, "scripts/rule_docs.py", "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_catalogue_names_rules_and_pages_that_exist() -> None:
    names = {rule.name for rule in RULES}
    for path in (ROOT / "docs" / "catalogue").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        pages = re.findall(r"`((?:catalogue|rules)/[a-z0-9-]+)`", text)
        assert [page for page in pages if not (PAGES.parent / f"{page}.md").exists()] == []
        links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
        assert [link for link in links if not (path.parent / link).exists()] == []
        rows = [line.split("|")[2] for line in text.splitlines() if re.match(r"\| [a-zA-Z`(]", line)]
        known = {word for row in rows for word in re.findall(r"`([a-z0-9-]+)`", row) if "-" in word}
        assert known <= names, known - names


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_the_example_triggers_the_rule(rule: RuleModule, tmp_path: Path) -> None:
    example = section(rule, "Example")
    kinds = {each.kind for file in example.versions[0] for each in expectations(file)}
    assert kinds & {"error", "verdict"}, f"the example of {rule.name} has no line that ends in `# error`"
    failures = static.check(example, tmp_path, rule.name, hints=False)
    assert not failures, render(example, failures)


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_use_instead_is_clean(rule: RuleModule, tmp_path: Path) -> None:
    remedy = section(rule, "Use instead")
    failures = static.check(remedy, tmp_path, rule.name, hints=False)
    assert not failures, render(remedy, failures)


def decorated(target: Section) -> list[tuple[str, int]]:
    """The functions of an example that carry `tf.function`; all of its functions when none does."""
    tree = ast.parse(target.entry.text)
    lines = {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("function" in ast.unparse(decorator) for decorator in node.decorator_list)
    }
    every = list(graphs.definitions(tree))
    return [each for each in every if each[1] in lines] or every


def outcomes(target: Section, place: Path, judge_for: graphs.JudgeFor, known: graphs.Known) -> dict[str, str]:
    static.write(target, place)
    found = {}
    for qualname, line in decorated(target):
        path = str(place / target.entry.name)
        plan = Plan(Program(str(place)), Target(path, qualname, line), limits=graphs.LIMITS)
        judgement = known.judge(judge_for(3), plan, target)
        found[qualname] = f"{judgement.outcome.value}: {judgement.detail}"
    return found


@pytest.mark.tensorflow
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.rule.consequence in HARM], ids=name)
def test_tensorflow_sees_the_examples_harm(
    rule: RuleModule, tmp_path: Path, judge_for: graphs.JudgeFor, known: graphs.Known
) -> None:
    found = outcomes(section(rule, "Example"), tmp_path, judge_for, known)
    wanted = {outcome.value for outcome in HARM[rule.rule.consequence]}
    assert {text.partition(":")[0] for text in found.values()} & wanted, found


@pytest.mark.tensorflow
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.rule.consequence in HARM], ids=name)
def test_tensorflow_sees_no_harm_in_use_instead(
    rule: RuleModule, tmp_path: Path, judge_for: graphs.JudgeFor, known: graphs.Known
) -> None:
    found = outcomes(section(rule, "Use instead"), tmp_path, judge_for, known)
    assert {text.partition(":")[0] for text in found.values()} == {"same"}, found
