"""Suppression comments in the editor: written, mended, and heeded."""

from __future__ import annotations

from pathlib import Path

from lsp_editor import Editor
from lsprotocol import types
from test_lsp_notebooks import Notebook

TEXT = """\
import tensorflow as tf

LOG = []


@tf.function
def step(x):  # traced
    LOG.append(
        1
    )
    return tf.tanh(x)


step(tf.ones([3]))
"""


async def opened(editor: Editor, folder: Path, text: str) -> tuple[str, list[types.Diagnostic]]:
    uri = (folder / "train.py").as_uri()
    await editor.begin([folder.as_uri()])
    editor.open(uri, text)
    return uri, await editor.diagnosed(uri)


def codes(diagnostics: list[types.Diagnostic]) -> list[str]:
    return sorted(str(each.code) for each in diagnostics)


async def test_the_comment_is_offered_last_and_hides_what_it_names(real_editor: Editor, tmp_path: Path):
    editor = real_editor
    uri, before = await opened(editor, tmp_path, TEXT)
    [found] = [each for each in before if each.code == "python-side-effect"]
    actions = await editor.actions(uri, found.range, before)
    ignore = actions[-1]
    assert [each.title for each in actions].count("Ignore `python-side-effect` here") == 1
    assert ignore.title == "Ignore `python-side-effect` here"
    assert ignore.kind == types.CodeActionKind.QuickFix
    assert [each.code for each in ignore.diagnostics] == ["python-side-effect"]
    assert not ignore.is_preferred
    editor.apply(ignore.edit)
    assert editor.texts[uri] == TEXT.replace("    )\n", "    )  # graphlift: ignore[python-side-effect]\n")
    assert codes(await editor.diagnosed(uri)) == [
        each for each in codes(before) if each != "python-side-effect"
    ]


async def test_it_is_not_offered_for_what_the_editor_does_not_show(real_editor: Editor, tmp_path: Path):
    editor = real_editor
    uri, before = await opened(editor, tmp_path, TEXT)
    everywhere = editor.word(uri, "LOG.append")
    assert not [each for each in await editor.actions(uri, everywhere) if "Ignore" in each.title]
    rewrites = await editor.actions(uri, everywhere, before, [types.CodeActionKind.RefactorRewrite])
    assert not [each for each in rewrites if "Ignore" in each.title]


async def test_an_unused_comment_is_taken_away(real_editor: Editor, tmp_path: Path):
    editor = real_editor
    text = "x = 1  # graphlift: ignore[tensor-as-bool]\ny = 2\n"
    uri, [found] = await opened(editor, tmp_path, text)
    assert found.code == "unused-suppression"
    assert found.severity == types.DiagnosticSeverity.Warning
    assert found.code_description is not None
    [action] = await editor.actions(uri, found.range, [found])
    editor.apply(action.edit)
    assert editor.texts[uri] == "x = 1\ny = 2\n"
    assert await editor.diagnosed(uri) == []


async def test_all_fixes_at_once_mend_comments_too(real_editor: Editor, tmp_path: Path):
    editor = real_editor
    text = "x = 1  # graphlift: ignore[tensor-as-bool]\ny = 2  # graphlift: ignore\n"
    uri, _ = await opened(editor, tmp_path, text)
    [action] = await editor.actions(uri, editor.word(uri, "x"), only=["source.fixAll.graphlift"])
    if action.edit is None:
        action = await editor.code_action_resolve_async(action)
    editor.apply(action.edit)
    assert editor.texts[uri] == "x = 1\ny = 2\n"


async def test_cells_of_a_notebook(real_editor: Editor, tmp_path: Path):
    editor = real_editor
    notebook = Notebook(editor, tmp_path)
    await editor.begin([tmp_path.as_uri()])
    head, rest = TEXT.split("\n\n\n", 1)
    notebook.open({"a": head, "text": None, "b": f"%time 1\n{rest}# graphlift: ignore"})
    cell = notebook.cell("b")
    found = {str(each.code): each for each in await editor.diagnosed(cell)}
    ignore = (await editor.actions(cell, found["python-side-effect"].range, list(found.values())))[-1]
    editor.apply(ignore.edit)
    assert "    )  # graphlift: ignore[python-side-effect]\n" in editor.texts[cell]
    assert "python-side-effect" in found
    unused = found["unused-suppression"]
    assert editor.text_in(cell, unused.range) == "# graphlift: ignore"
