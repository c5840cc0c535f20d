"""Baselines: what is known is hidden, wherever it has moved to, and what is gone is dropped."""

import json

import pytest

STEP = """@tf.function
def step(x):
    LOG.append(1)
    return tf.tanh(tf.matmul(x, x)) + tf.exp(x) - tf.sin(x) * tf.cos(x) + tf.sqrt(x)


step(tf.ones([3, 3]))
"""
HEAD = "import tensorflow as tf\n\nLOG = []\n\n\n"


@pytest.fixture
def known(graphlift, place):
    """A file whose findings the baseline `known.json` lists."""
    file = place / "a.py"
    file.write_text(HEAD + STEP)
    assert graphlift("check", ".", "--baseline", "known.json").code == 2
    result = graphlift("check", ".", "--baseline", "known.json", "--update-baseline")
    assert (result.code, result.out) == (0, "")
    assert "known.json lists 1 finding now." in result.err
    return file


def entries(place):
    return json.loads((place / "known.json").read_text())["findings"]


def test_what_is_known_is_not_reported(graphlift, place, known):
    assert entries(place)[0]["rule"] == "python-side-effect"
    result = graphlift("check", ".", "--baseline", "known.json")
    assert result.code == 0
    assert "1 known from known.json and not shown." in result.out
    assert graphlift("check", ".").code == 1


def test_moved_lines_are_still_known_and_a_new_finding_is_not(graphlift, place, known):
    known.write_text(HEAD + "a = 1\n\n\n" + STEP)
    before = (place / "known.json").read_bytes()
    assert graphlift("check", ".", "--baseline", "known.json").code == 0
    assert (place / "known.json").read_bytes() == before
    known.write_text(HEAD + STEP.replace("    LOG.append(1)\n", "    LOG.append(1)\n    LOG.append(2)\n"))
    result = graphlift("check", ".", "--baseline", "known.json", "--output-format", "concise")
    assert result.code == 1
    assert [line.split(": ")[0] for line in result.out.splitlines()] == ["a.py:9:5"]


def test_another_function_is_not_known(graphlift, place, known):
    known.write_text(HEAD + STEP.replace("step", "leap"))
    assert graphlift("check", ".", "--baseline", "known.json").code == 1


def test_it_shrinks_by_itself(graphlift, place, known):
    known.write_text(HEAD + STEP.replace("    LOG.append(1)\n", ""))
    result = graphlift("check", ".", "--baseline", "known.json")
    assert result.code == 0
    assert "known.json: 1 entry of it no longer occurs; dropped." in result.err
    assert entries(place) == []


@pytest.mark.parametrize("gone", [True, False])
def test_what_the_run_could_not_see_stays(graphlift, place, known, gone):
    other = place / "b.py"
    other.write_text("x = 1\n")
    if gone:
        known.unlink()
    result = graphlift("check", "b.py", "--baseline", "known.json")
    assert (len(entries(place)) == 0) is gone
    assert ("no longer occurs" in result.err) is gone


def test_a_rule_that_is_off_keeps_its_entries(graphlift, place, known):
    assert graphlift("check", ".", "--baseline", "known.json", "--ignore", "python-side-effect").code == 0
    assert graphlift("check", ".", "--baseline", "known.json", "--verdict", "blocked").code == 0
    assert len(entries(place)) == 1


def test_a_file_that_does_not_parse_keeps_its_entries(graphlift, place, known):
    known.write_text("def f(:\n")
    assert graphlift("check", ".", "--baseline", "known.json").code == 1
    assert len(entries(place)) == 1


def test_paths_are_relative_to_the_file(graphlift, place, known, monkeypatch):
    (place / "sub").mkdir()
    monkeypatch.chdir(place / "sub")
    assert graphlift("check", "..", "--baseline", "../known.json").code == 0
    assert [entry["path"] for entry in entries(place)] == ["a.py"]


def test_a_file_that_cannot_be_written_is_told(graphlift, place, known, monkeypatch):
    from graphlift.cli import baseline
    from graphlift.source.files import WriteProblem

    monkeypatch.setattr(baseline, "write_whole", lambda path, _: WriteProblem(path, "cannot be written: no"))
    known.write_text("x = 1\n")
    result = graphlift("check", ".", "--baseline", "known.json")
    assert result.code == 0
    assert "still listed, because the file cannot be written: no." in result.err
    assert graphlift("check", ".", "--baseline", "known.json", "--update-baseline").code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "known.json is not a baseline of Graphlift"),
        ('{"version": 1}', "known.json is not a baseline of Graphlift"),
        ('{"version": 9, "findings": []}', "has version 9; this Graphlift reads version 1"),
    ],
)
def test_a_wrong_file_is_an_error(graphlift, place, text, message):
    (place / "known.json").write_text(text)
    (place / "a.py").write_text("x = 1\n")
    result = graphlift("check", "a.py", "--baseline", "known.json")
    assert result.code == 2
    assert message in result.err


def test_usage(graphlift, place):
    (place / "a.py").write_text("x = 1\n")
    result = graphlift("check", "a.py", "--update-baseline")
    assert result.code == 2
    assert "--update-baseline needs --baseline FILE" in result.err


def test_counts_in_a_message_are_not_part_of_it():
    from graphlift.cli.fingerprints import steady

    assert steady("about 12 operations on line 3") == steady("about 9 operations on line 40")
    assert steady("`conv1` has 3") != steady("`conv2` has 3")
