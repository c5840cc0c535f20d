"""Runs the pages: for each heading with code, what Graphlift says and what TensorFlow says."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import graphs, mended, static
from .harness.expect import ExpectationError
from .harness.failures import Failure, render, update_snapshots
from .harness.page import Section, read_page

HERE = Path(__file__).parent
PAGES = sorted(path for path in HERE.rglob("*.md") if path.name != "README.md")
SECTIONS = [section for page in PAGES for section in read_page(page)]


def is_judged(section: Section) -> bool:
    try:
        return bool(graphs.wanted(section) or graphs.offered(section) or mended.wanted(section))
    except ExpectationError:
        return False  # `test_page` fails with the reason.


JUDGED = [section for section in SECTIONS if is_judged(section)]


def name(section: Section) -> str:
    return f"{section.page.relative_to(HERE).as_posix()}::{section.title}"


def default_rule(section: Section) -> str:
    return section.page.stem if section.page.parent.name == "rules" else ""


def report(section: Section, failures: list[Failure], update: bool = False) -> None:
    if update and any(failure.snapshot for failure in failures):
        changed = update_snapshots(section, failures)
        pytest.fail(f"{name(section)}: {changed} blocks updated; run again", pytrace=False)
    if failures:
        pytest.fail(render(section, failures), pytrace=False)


@pytest.mark.parametrize("section", SECTIONS, ids=name)
def test_page(section: Section, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    place = f"{section.page}:{section.line}: {section.title}"
    problem = ""
    try:
        failures = static.check(section, tmp_path, default_rule(section)) + graphs.contradictions(section)
    except ExpectationError as error:
        problem = f"{place}: line {error.line} of the code: {error}"
    if problem:
        pytest.fail(problem, pytrace=False)
    # The option exists only where this directory is named on the command line.
    report(section, failures, pytestconfig.getoption("--update-snapshots", default=False))


@pytest.mark.tensorflow
@pytest.mark.parametrize("section", JUDGED, ids=name)
def test_graph(section: Section, tmp_path: Path, judge_for: graphs.JudgeFor, known: graphs.Known) -> None:
    report(section, graphs.check(section, tmp_path, judge_for, known))
