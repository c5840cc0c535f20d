"""Notebooks on the command line: found, analysed as one module, shown by their cells, mended without a word more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SETUP = "!pip install tensorflow\n%matplotlib inline\nimport tensorflow as tf\nfiles = !ls"
LOSS = """\
# é: a measure
def loss(w, x):
    h = tf.tanh(tf.matmul(x, w))
    h = tf.nn.relu(h) - tf.reduce_mean(h)
    h = tf.sqrt(tf.abs(h) + 1.0) * tf.exp(-h)
    return tf.reduce_sum(tf.square(h))"""
GREETING = '@tf.function\ndef greeting(name):\n    return "hello " + name'
USE = "%%time\nw = [1"
CALLS = "w = tf.ones([3, 3])\nfor _ in range(3):\n    loss(w, tf.ones([4, 3]))\ngreeting('you')"


def cell(source: str, kind: str = "code", as_list: bool = True) -> dict:
    made = {"cell_type": kind, "metadata": {"tags": ["ü"]}, "source": source}
    if as_list:
        made["source"] = source.splitlines(keepends=True)
    if kind == "code":
        made |= {
            "execution_count": 7,
            "outputs": [{"name": "stdout", "output_type": "stream", "text": ["é\n"]}],
        }
    return made


def notebook(cells: list[dict], language: str = "python") -> dict:
    return {
        "cells": cells,
        "metadata": {"kernelspec": {"language": language, "name": "k"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def train(**forms: bool) -> dict:
    titles = cell("# Title\n\nloss(x)", "markdown")
    sources = (SETUP, LOSS, GREETING, USE, CALLS)
    first, *rest = (cell(source, **forms) for source in sources)
    return notebook([first, titles, *rest])


def save(path: Path, content: dict, **layout) -> str:
    text = json.dumps(content, **(layout or {"indent": 1, "ensure_ascii": False})) + "\n"
    path.write_text(text, encoding="utf-8")
    return text


LAYOUTS = [
    {"indent": 1, "ensure_ascii": False},
    {"indent": 2},
    {"separators": (",", ":")},
    {"indent": "\t", "sort_keys": True},
]


class TestCheck:
    def test_findings_are_shown_by_cell(self, graphlift, place):
        save(place / "train.ipynb", train())
        done = graphlift("check", ".", "--output-format", "concise")
        assert done.code == 1, done.err
        first, second = done.out.splitlines()
        assert first.startswith("train.ipynb:cell 3:2:5: hint[convertible] [*] ")
        assert second.startswith("train.ipynb:cell 4:2:5: warning[")

    def test_the_text_shows_the_cells_line(self, graphlift, place):
        save(place / "train.ipynb", train())
        out = graphlift("check", "train.ipynb").out
        assert "--> train.ipynb:cell 3:2:5\n" in out
        assert "2 | def loss(w, x):\n" in out

    def test_the_json_names_the_cell(self, graphlift, place):
        save(place / "train.ipynb", train())
        shown = json.loads(graphlift("check", ".", "--output-format", "json").out)
        places = [(each["path"], each["cell"], each["line"], each["qualname"]) for each in shown["functions"]]
        assert places == [("train.ipynb", 3, 2, "loss"), ("train.ipynb", 4, 2, "greeting")]
        assert [(each["cell"], each["line"]) for each in shown["diagnostics"]] == [(3, 2), (4, 2)]

    @pytest.mark.parametrize("layout", LAYOUTS[:2])
    def test_services_are_told_lines_of_the_file(self, graphlift, place, layout):
        lines = save(place / "train.ipynb", train(), **layout).splitlines()
        log = json.loads(graphlift("check", ".", "--output-format", "sarif").out)
        results = log["runs"][0]["results"]
        starts = [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in results]
        assert ["def loss" in lines[starts[0] - 1], "def greeting" in lines[starts[1] - 1]] == [True, True]
        assert all("fixes" not in each for each in results)

    def test_a_cell_can_be_explained(self, graphlift, place):
        save(place / "train.ipynb", train())
        out = graphlift("explain", "train.ipynb:cell 3:4").out
        assert out.startswith("train.ipynb:cell 3:2 loss (runs eagerly now)")
        assert graphlift("explain", "train.ipynb::loss").out == out

    def test_what_is_broken_is_a_problem_and_the_rest_is_analysed(self, graphlift, place):
        (place / "broken.ipynb").write_text('{"cells": [\n}')
        (place / "old.ipynb").write_text('{"worksheets": []}')
        save(place / "syntax.ipynb", notebook([cell("x = 1"), cell("def (")]))
        save(place / "train.ipynb", train())
        done = graphlift("check", ".", "--output-format", "concise")
        assert "broken.ipynb:2:1: problem: is no notebook: " in done.out
        assert "old.ipynb:1:1: problem: is no notebook of format 4" in done.out
        assert "syntax.ipynb:cell 2:1:1: problem: " in done.out
        assert "train.ipynb:cell 3:2:5: hint[convertible]" in done.out

    def test_notebooks_of_other_languages_are_left_alone(self, graphlift, place):
        save(place / "r.ipynb", notebook([cell("x <- 1 +")], language="R"))
        assert graphlift("check", ".").code == 0

    def test_notebooks_can_be_left_out(self, graphlift, place):
        save(place / "train.ipynb", train())
        assert graphlift("check", ".", "--exclude", "*.ipynb").code == 0


class TestFix:
    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("as_list", [True, False])
    def test_the_cells_source_alone_changes(self, graphlift, place, layout, as_list):
        content = train(as_list=as_list)
        before = save(place / "train.ipynb", content, **layout)
        assert graphlift("fix", ".").code == 0
        text = (place / "train.ipynb").read_text(encoding="utf-8")
        converted = LOSS.replace("def loss", "@tf.function\ndef loss")
        bare = GREETING.replace("@tf.function\n", "")
        for index, source in ((2, converted), (3, bare)):
            content["cells"][index]["source"] = source.splitlines(keepends=True) if as_list else source
        assert text == save(place / "expected.ipynb", content, **layout)
        assert text != before

    def test_the_difference_is_shown_as_that_of_the_file(self, graphlift, place):
        before = save(place / "train.ipynb", train())
        done = graphlift("fix", "train.ipynb", "--diff")
        assert '+    "@tf.function\\n",\n     "def loss(w, x):\\n",\n' in done.out
        assert (place / "train.ipynb").read_text() == before

    def test_nothing_to_do_leaves_every_byte(self, graphlift, place):
        graphlift("fix", ".")
        before = save(place / "train.ipynb", notebook([cell("x = 1\n%magic")]), separators=(" , ", " :  "))
        assert graphlift("fix", ".").code == 0
        assert (place / "train.ipynb").read_text() == before
