"""The lightbulb on a blocked function, with the real analysis."""

from __future__ import annotations

from pathlib import Path

from lsp_editor import Editor
from lsprotocol import types

BLOCKED = """\
import numpy as np
import tensorflow as tf


def scaled(x):
    y = tf.sin(x) * tf.cos(x) + tf.tanh(x)
    return y * np.sqrt(x) - tf.exp(y)


def noisy(x):
    y = tf.sin(x) * tf.cos(x) + tf.tanh(x)
    print("so far", y)
    return y * tf.exp(x)


for n in range(3):
    scaled(tf.ones([3]) * float(n))
    noisy(tf.ones([3]) * float(n))
"""


def at(text: str) -> types.Range:
    """An empty range before the first place of a text."""
    before = BLOCKED[: BLOCKED.index(text)]
    place = types.Position(before.count("\n"), len(before.rpartition("\n")[2]))
    return types.Range(place, place)


async def begun(editor: Editor, folder: Path) -> str:
    (folder / "train.py").write_text(BLOCKED)
    uri = (folder / "train.py").as_uri()
    await editor.begin([folder.as_uri()])
    editor.open(uri, BLOCKED)
    await editor.diagnosed(uri)
    return uri


async def test_a_line_that_blocks_is_mended_in_place(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await begun(real_editor, tmp_path)
    single, whole = await editor.actions(uri, at("np.sqrt"), [])
    assert single.title == "Compute with `tf.sqrt` instead of `np.sqrt`"
    assert whole.title == "Mend `scaled` and run it as a graph"
    assert {single.kind, whole.kind} == {types.CodeActionKind.QuickFix}
    editor.apply(single.edit)
    assert editor.texts[uri] == BLOCKED.replace("np.sqrt", "tf.sqrt")
    assert {each.code for each in await editor.diagnosed(uri)} == {"convertible"}


async def test_a_blocked_function_is_mended_and_converted(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await begun(real_editor, tmp_path)
    whole = (await editor.actions(uri, at("scaled"), []))[-1]
    editor.apply(whole.edit)
    expected = BLOCKED.replace("np.sqrt", "tf.sqrt").replace("def scaled", "@tf.function\ndef scaled")
    assert editor.texts[uri] == expected
    assert await editor.diagnosed(uri) == []


async def test_an_unsafe_edit_says_what_changes_and_comes_alone(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await begun(real_editor, tmp_path)
    [action] = await editor.actions(uri, at("noisy"), [])
    assert action.title.startswith("Print with `tf.print` at each call (unsafe: to standard error")
    assert not action.is_preferred
    assert await editor.actions(uri, at("y * tf.exp"), []) == []


async def test_fix_all_leaves_lines_alone(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await begun(real_editor, tmp_path)
    kinds = ["source.fixAll.graphlift"]
    found = await editor.actions(uri, at("scaled"), [], only=kinds)
    resolved = [await editor.code_action_resolve_async(each) for each in found if each.edit is None]
    for action in [each for each in (*found, *resolved) if each.edit is not None]:
        editor.apply(action.edit)
    assert editor.texts[uri] == BLOCKED
