"""The main path, with the stand-in analysis: hint, action, edit, changed verdict, hover."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types

CONVERTIBLE = "import tensorflow as tf\n\n\ndef step(x):  # convert\n    return x\n"


def uri_in(folder: Path, name: str = "train.py") -> str:
    return (folder / name).as_uri()


async def test_the_hint_leads_to_the_edit_and_the_edit_to_another_verdict(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = uri_in(tmp_path)
    editor.open(uri, CONVERTIBLE)
    [hint] = await editor.diagnosed(uri)
    assert (hint.severity, hint.code, hint.source) == (
        types.DiagnosticSeverity.Hint,
        "convertible",
        "graphlift",
    )
    assert editor.text_in(uri, hint.range) == "step"

    [action] = await editor.actions(uri, hint.range, [hint])
    assert action.kind == types.CodeActionKind.QuickFix
    assert action.is_preferred
    assert [each.code for each in action.diagnostics] == ["convertible"]
    editor.apply(action.edit)

    assert editor.texts[uri] == CONVERTIBLE.replace("def step", "@tf.function\ndef step")
    assert await editor.diagnosed(uri) == []
    assert "keep" in await editor.hover_text(uri, "step")


async def test_a_conversion_without_its_hint_is_a_rewrite(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = uri_in(tmp_path)
    editor.open(uri, CONVERTIBLE)
    place = editor.word(uri, "return x")
    [action] = await editor.actions(uri, place)
    assert (action.kind, action.diagnostics) == (types.CodeActionKind.RefactorRewrite, None)
    [action] = await editor.actions(uri, place, await editor.diagnosed(uri), only=["refactor"])
    assert action.kind == types.CodeActionKind.RefactorRewrite
    assert await editor.actions(uri, place, only=["quickfix"]) == []
    assert await editor.actions(uri, place, only=["source.organizeImports"]) == []


async def test_a_needless_decorator_is_removed_by_a_quick_fix(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = uri_in(tmp_path)
    editor.open(uri, "@tf.function\ndef name(x):  # remove\n    return 'x'\n")
    [warning] = await editor.diagnosed(uri)
    assert warning.severity == types.DiagnosticSeverity.Warning
    [action] = await editor.actions(uri, warning.range, [warning], only=["quickfix"])
    editor.apply(action.edit)
    assert editor.texts[uri].startswith("def name")
    assert await editor.diagnosed(uri) == []


async def test_the_hover_of_a_blocked_function_names_the_chain_with_links(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = uri_in(tmp_path)
    editor.open(uri, "\ndef outer(x):  # blocked\n    return x\n")
    await editor.diagnosed(uri)
    text = await editor.hover_text(uri, "outer")
    first, *_ = text.splitlines()
    assert first == "**`outer` is blocked.**"
    assert f"[line 2]({uri}#L2)" in text
    assert f"`outer` calls `inner` ([line 2]({uri}#L2)) → `inner` prints ([line 3]({uri}#L3))" in text
    assert "`python-side-effect`" in text


async def test_a_client_without_markdown_gets_plain_text(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], markdown=False)
    uri = uri_in(tmp_path)
    editor.open(uri, "def outer(x):  # blocked\n    return x\n")
    hover = await editor.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), editor.find(uri, "outer"))
    )
    assert hover.contents.kind == types.MarkupKind.PlainText
    assert hover.contents.value.splitlines()[0] == "outer is blocked."
    assert "](" not in hover.contents.value


async def test_a_simple_client_gets_simple_answers(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], rich=False)
    uri = uri_in(tmp_path)
    editor.open(uri, CONVERTIBLE)
    [published] = await editor.until(lambda: editor.published)
    [hint] = published.diagnostics
    assert published.version is None
    assert (hint.data, hint.related_information, hint.code_description) == (None, None, None)
    [action] = await editor.actions(uri, hint.range, [hint])
    assert action.kind == types.CodeActionKind.QuickFix
    assert (action.is_preferred, action.edit.document_changes) == (None, None)
    editor.apply(action.edit)
    assert "@tf.function\ndef step" in editor.texts[uri]


async def test_closing_a_document_takes_its_diagnostics_away(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = uri_in(tmp_path)
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri)
    editor.close(uri)
    await editor.until(lambda: not editor.published[-1].diagnostics)
    assert await editor.actions(uri, types.Range(types.Position(3, 4), types.Position(3, 4))) == []


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "file:///nowhere/at/all/loose.py"])
async def test_documents_outside_the_workspace_are_served(editor: Editor, tmp_path: Path, uri: str):
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri, CONVERTIBLE)
    [hint] = await editor.diagnosed(uri)
    [action] = await editor.actions(uri, hint.range, [hint])
    editor.apply(action.edit)
    assert await editor.diagnosed(uri) == []
    assert "keep" in await editor.hover_text(uri, "step")


async def test_no_workspace_at_all(editor: Editor):
    await editor.begin([])
    editor.open("untitled:Untitled-1", CONVERTIBLE)
    assert len(await editor.diagnosed("untitled:Untitled-1")) == 1


async def test_other_languages_are_left_alone(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    editor.open(uri_in(tmp_path, "notes.md"), CONVERTIBLE, "markdown")
    editor.open(uri_in(tmp_path), CONVERTIBLE)
    await editor.diagnosed(uri_in(tmp_path))
    assert {each.uri for each in editor.published} == {uri_in(tmp_path)}


async def test_loading_the_workspace_shows_progress(editor: Editor, tmp_path: Path):
    for number in range(5):
        (tmp_path / f"m{number}.py").write_text("x = 1\n")
    await editor.begin([tmp_path.as_uri()])
    [reports] = await editor.until(
        lambda: [each for each in editor.progress_reports.values() if each and each[-1].kind == "end"]
    )
    assert reports[0].kind == "begin"
    assert reports[0].title == "Graphlift: analysing the workspace"
    assert reports[-1].message == "5 files"
