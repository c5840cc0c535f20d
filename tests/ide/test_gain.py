"""The estimated gain in the hover and in the JSON: a rough band, where a verdict rests on it, and no promise."""

from __future__ import annotations

from graphlift.cli.contract import function_object
from graphlift.facts.gain import BANDS, LARGE, TOO_FEW, Gain
from graphlift.ide.hover import function_markdown
from graphlift.ide.workspace import Settings, Workspace

PROGRAM = """\
import tensorflow as tf

def wave(x):
    for _ in range(10):
        x = tf.sin(x) * 0.5
    return x

def short(x):
    return x * 2.0

def helper(x):
    return tf.sin(x) * tf.cos(x) + tf.exp(x) * tf.tanh(x) - x * 2.0

@tf.function
def graph(x):
    return helper(x)

for _ in range(3):
    wave(tf.ones({shape})), short(tf.ones([3])), graph(tf.ones([3]))
"""


def report(tmp_path, shape="[3]"):
    path = tmp_path / "main.py"
    path.write_text(PROGRAM.format(shape=shape))
    workspace = Workspace([str(tmp_path)], Settings(tensorflow="2.21", keras=3))
    workspace.settle()
    return {function.qualname: function for function in workspace.report(str(path)).functions}


def test_the_hover_shows_a_band(tmp_path):
    text = function_markdown(report(tmp_path)["wave"])
    assert "Gain, roughly: some tens of operations a call" in text
    assert "2 to 6.5 times as fast as graphs" in text


def test_large_tensors_gain_little(tmp_path):
    text = function_markdown(report(tmp_path, "[1000, 1000]")["wave"])
    assert "on large tensors" in text and "6.5 times" not in text


def test_too_little_work_says_so(tmp_path):
    function = report(tmp_path)["short"]
    assert function.verdict == "unprofitable"
    assert "hardly any operations" in function_markdown(function)


def test_what_runs_in_a_graph_already_gains_nothing_and_names_it(tmp_path):
    function = report(tmp_path)["helper"]
    assert function.gain == ""
    assert "Gain" not in function_markdown(function)
    assert function.reasons[0].rule == "already-in-graph" and "graph" in function.reasons[0].message


def test_the_json_has_it_among_the_effects(tmp_path):
    found = report(tmp_path)
    assert any(text.startswith("gain: some tens") for text in function_object(found["wave"])["effects"])
    assert not any(text.startswith("gain: ") for text in function_object(found["helper"])["effects"])


def test_more_operations_never_lower_the_band():
    numbers = [0, 1, TOO_FEW - 1, TOO_FEW, 10, 19, 20, 49, 50, 199, 200, 10**6]
    places = [len(BANDS) if (band := Gain(ops).band) is None else BANDS.index(band) for ops in numbers]
    assert places == sorted(places, reverse=True)
    assert [Gain(ops).pays for ops in numbers[:4]] == [False, False, False, True]


def test_large_means_large_on_average():
    assert Gain(10, 10 * LARGE).large and not Gain(10, 10 * LARGE - 1).large and not Gain(0, 0).large
