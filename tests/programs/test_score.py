"""What is said of the programs against what TensorFlow did with them: verdicts, and the estimate of the gain.

No TensorFlow is needed: `truth.json` and `gain.json` hold what it did and how long that took.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import gain
import score_programs as score
from graphlift.facts.gain import BANDS, TOO_FEW
from graphlift.verdict import Verdict

GROUPS = {"Tuned": False, "Held out": True}


@pytest.fixture(scope="module")
def analysed():
    truth = score.load_truth()
    known = {path.partition("/")[0] for path, _ in truth}
    rows, estimates = [], {}
    for entry in score.load_programs(()):
        if entry["name"] in known:
            rows += score.join(entry, truth)
            estimates |= gain.estimates(entry["name"])
    return rows, gain.rows(estimates)


@pytest.fixture(scope="module")
def judged(analysed):
    return analysed[0]


@pytest.fixture(scope="module")
def measured(analysed):
    return analysed[1]


def test_no_conversion_that_raises_hangs_or_differs_is_proposed(judged, capsys):
    with capsys.disabled():
        for title, holdout in GROUPS.items():
            members = [row for row in judged if row.holdout is holdout]
            print("", *score.overview(title, members), sep="\n")
    assert [str(row.truth) for row in judged if row.unsafe and row.outcome != "retraces"] == []


def test_removals_and_reconfigurations_are_right(judged):
    found = score.Score.of(judged)
    for rows, least in ((found.removals, 40), (found.reconfigured, 15)):
        answers = [row.right for row in rows if row.right is not None]
        assert len(answers) >= least
        assert sum(answers) >= 0.95 * len(answers), [f"{row.truth}; {row.edit}" for row in found.wrong]


def test_what_is_proposed_for_decorated_functions_is_judged(judged):
    edits = (Verdict.REMOVE, Verdict.RECONFIGURE)
    missing = [str(row.truth) for row in judged if row.said.verdict in edits and row.edit is None]
    assert missing == []


@pytest.mark.parametrize("title", GROUPS)
def test_most_of_what_is_worth_it_is_proposed(judged, title):
    found = score.Score.of([row for row in judged if row.holdout is GROUPS[title]])
    worthy = len(found.found) + len(found.missed)
    assert worthy > 50
    assert len(found.found) / worthy >= 0.7, [str(row.truth) for row in found.missed]


def test_the_estimate_ranks_what_was_measured(measured):
    assert len(measured) >= 100
    for name, told in gain.correlations(measured).items():
        assert told["estimate"] >= 0.85, name


def test_bands_are_what_was_measured(measured):
    edges = [*sorted(band.ops for band in BANDS), 10**9]
    for band in BANDS:
        above = edges[edges.index(band.ops) + 1]
        ratios = sorted(row.ratio for row in measured if band.ops <= row.estimate < above)
        inside = sum(band.lower <= ratio <= band.upper for ratio in ratios)
        assert 0.35 <= inside / len(ratios) <= 0.7, band


def test_below_the_threshold_hardly_anything_is_worth_it(measured):
    below = [row for row in measured if row.estimate < TOO_FEW]
    above = [row for row in measured if row.estimate >= TOO_FEW]
    assert sum(row.ratio >= score.GAIN for row in below) <= 0.05 * len(below)
    assert sum(row.ratio >= score.GAIN for row in above) >= 0.75 * len(above)
