"""The main path through all three processes with the real analysis."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lsp_editor import Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from test_lsp_worker import worker_pid

TRAIN = """\
import tensorflow as tf

from tools import note


def loss(w, x):
    h = tf.tanh(tf.matmul(x, w))
    h = tf.nn.relu(h) - tf.reduce_mean(h)
    h = tf.sqrt(tf.abs(h) + 1.0) * tf.exp(-h)
    return tf.reduce_sum(tf.square(h))


def step(w, x):
    value = loss(w, x)
    note(value)
    return value


@tf.function
def greeting(name):
    return "hello " + name


w = tf.ones([3, 3])
for _ in range(3):
    loss(w, tf.ones([4, 3]))
    step(w, tf.ones([4, 3]))
greeting("you")
"""

TOOLS = """\
from records import Recorder

recorder = Recorder()


def note(value):
    remember(value)


def remember(value):
    recorder.add(value)
"""

RECORDS = """\
class Recorder:
    def __init__(self):
        self.history = []

    def add(self, value):
        self.history.append(value)
"""


def project(folder: Path) -> str:
    """Write the project; the URI of its main file."""
    for name, text in {"train.py": TRAIN, "tools.py": TOOLS, "records.py": RECORDS}.items():
        (folder / name).write_text(text)
    return (folder / "train.py").as_uri()


def of(diagnostics: list[types.Diagnostic], code: str) -> types.Diagnostic:
    [found] = [each for each in diagnostics if each.code == code]
    return found


async def test_hint_action_edit_and_changed_verdict(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, project(tmp_path)
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri, TRAIN)
    hint = of(await editor.diagnosed(uri), "convertible")
    assert hint.severity == types.DiagnosticSeverity.Hint
    assert editor.text_in(uri, hint.range) == "loss"
    action, ignore = await editor.actions(uri, hint.range, [hint])
    assert ignore.title == "Ignore `convertible` in `loss`"
    assert action.kind == types.CodeActionKind.QuickFix
    editor.apply(action.edit)
    assert editor.texts[uri] == TRAIN.replace("def loss", "@tf.function\ndef loss")
    assert "convertible" not in {each.code for each in await editor.diagnosed(uri)}
    assert (await editor.hover_text(uri, "loss(w")).startswith("**Runs as a graph")


async def test_the_hover_names_a_cause_three_calls_away_in_another_file(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, project(tmp_path)
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri, TRAIN)
    await editor.diagnosed(uri)
    text = await editor.hover_text(uri, "step(w")
    assert text.startswith("**Not convertible")
    line = 1 + RECORDS[: RECORDS.index("self.history.append")].count("\n")
    culprit = f"[records.py:{line}]({(tmp_path / 'records.py').as_uri()}#L{line})"
    assert culprit in text
    for call in ("note", "remember", "recorder.add"):
        assert f"calls `{call}`" in text


async def test_a_needless_tf_function_is_removed_and_its_rule_explained(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, project(tmp_path)
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri, TRAIN)
    warning = of(await editor.diagnosed(uri), "no-tensor-computation")
    page = Path(urlsplit(warning.code_description.href).path).read_text(encoding="utf-8")
    assert page.startswith("# `no-tensor-computation`\n")
    assert "## Why this matters in a graph" in page
    action, _ = await editor.actions(uri, warning.range, [warning])
    editor.apply(action.edit)
    assert "@tf.function" not in editor.texts[uri]
    assert "no-tensor-computation" not in {each.code for each in await editor.diagnosed(uri)}


async def test_the_function_around_a_line_is_explained(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, project(tmp_path)
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri, TRAIN)
    await editor.diagnosed(uri)

    async def explained(line: int) -> str:
        return await editor.workspace_execute_command_async(
            types.ExecuteCommandParams("graphlift.explain", [uri, line])
        )

    body = 1 + TRAIN[: TRAIN.index("def step")].count("\n") + 1
    assert (await explained(body)).startswith(await editor.hover_text(uri, "step(w"))
    with pytest.raises(JsonRpcException, match="not in a function"):
        await explained(1)


async def test_a_killed_analysis_comes_back_with_the_same_answers(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, project(tmp_path)
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri, TRAIN)
    before = await editor.diagnosed(uri)
    hover = await editor.hover_text(uri, "step(w")
    os.kill(worker_pid(editor), signal.SIGKILL)
    await editor.until(lambda: editor.said("It is started again"))
    editor.replace(uri, "import tensorflow", "# 😋\nimport tensorflow")
    after = await editor.diagnosed(uri)
    assert [each.message for each in after] == [each.message for each in before]
    assert {each.range.start.line for each in after} == {each.range.start.line + 1 for each in before}
    assert (await editor.hover_text(uri, "step(w")).splitlines()[0] == hover.splitlines()[0]


async def test_an_unsaved_buffer_of_another_file_counts(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, project(tmp_path)
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri, TRAIN)
    await editor.diagnosed(uri)
    records = (tmp_path / "records.py").as_uri()
    editor.open(records, RECORDS.replace("self.history.append(value)", "return value"))
    await editor.until(
        lambda: "step" in {editor.text_in(uri, each.range) for each in editor.diagnostics[uri]}
    )
    assert not (await editor.hover_text(uri, "step(w")).startswith("**Not convertible")


async def test_a_text_that_does_not_parse_keeps_its_diagnostics(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, project(tmp_path)
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri, TRAIN)
    before = await editor.diagnosed(uri)
    editor.replace(uri, "def loss(w, x):", "def loss(w, x:")
    assert await editor.actions(uri, editor.word(uri, "def loss")) == []
    editor.replace(uri, "def loss(w, x:", "def loss(w, x):")
    assert await editor.diagnosed(uri) == before
    assert all(each.diagnostics for each in editor.published if each.uri == uri)
