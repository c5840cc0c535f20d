"""Each feature with what the real editors announce: VS Code, and two releases of Neovim.

The capabilities are kept as the editors sent them (`tests/editors/*/capabilities`).
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lsp_editor import Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

EDITORS = Path(__file__).parents[1] / "editors"
FILES = {
    "vscode": EDITORS / "vscode" / "capabilities" / "vscode-1.139.json",
    "neovim-0.10": EDITORS / "neovim" / "capabilities" / "neovim-0.10.json",
    "neovim-0.11": EDITORS / "neovim" / "capabilities" / "neovim-0.11.json",
}
TEXT = "größe = '😀'\n\n\ndef step(x):  # convert\n    return x\n"
CONVERTED = TEXT.replace("def step", "@tf.function\ndef step")
BLOCKED = "def outer(x):  # blocked\n    return x\n"

client = pytest.mark.parametrize("name", FILES)


@cache
def announced(name: str) -> dict[str, Any]:
    return json.loads(FILES[name].read_text(encoding="utf-8"))


async def began(
    editor: Editor, name: str, folder: Path, text: str = TEXT, **options: Any
) -> tuple[str, types.InitializeResult]:
    result = await editor.begin([folder.as_uri()], announced=announced(name), **options)
    uri = (folder / "train.py").as_uri()
    (folder / "train.py").write_text(text)
    editor.open(uri, text)
    return uri, result


async def diagnostics(editor: Editor, result: types.InitializeResult, uri: str) -> list[types.Diagnostic]:
    """As this client comes by them: it pulls where both can."""
    if result.capabilities.diagnostic_provider is None:
        return await editor.diagnosed(uri)
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri), "graphlift")
    return list((await editor.text_document_diagnostic_async(params)).items)


def shows(name: str, what: str) -> bool:
    """Whether the client says of its diagnostics that it shows this."""
    text = announced(name)["textDocument"]
    return any(text.get(kind, {}).get(what, False) for kind in ("publishDiagnostics", "diagnostic"))


@client
async def test_the_position_encoding_is_one_that_the_client_offers(editor: Editor, tmp_path: Path, name: str):
    _, result = await began(editor, name, tmp_path)
    wanted = {"vscode": "utf-16", "neovim-0.10": "utf-16", "neovim-0.11": "utf-8"}[name]
    assert result.capabilities.position_encoding == types.PositionEncodingKind(wanted)


@client
async def test_from_the_hint_to_the_edit_to_another_verdict(editor: Editor, tmp_path: Path, name: str):
    uri, result = await began(editor, name, tmp_path)
    [hint] = await diagnostics(editor, result, uri)
    assert editor.text_in(uri, hint.range) == "step"
    if shows(name, "codeDescriptionSupport"):
        assert hint.code_description.href.endswith("convertible.md")
    assert bool(hint.related_information) == shows(name, "relatedInformation")
    action, page = await editor.actions(uri, hint.range, [hint])
    assert (action.is_preferred, page.is_preferred) == (True, None)
    assert (page.title, page.command.command) == ("What `convertible` means", "graphlift.openRule")
    editor.apply(action.edit)
    assert editor.texts[uri] == CONVERTED
    assert await diagnostics(editor, result, uri) == []
    assert "`step` is keep" in await editor.hover_text(uri, "step")


@client
async def test_an_edit_is_sent_with_the_menu_only_where_it_must(editor: Editor, tmp_path: Path, name: str):
    uri, _ = await began(editor, name, tmp_path)
    [action] = await editor.actions(uri, editor.word(uri, "step"), resolve=False)
    resolving = announced(name)["textDocument"]["codeAction"]["resolveSupport"]["properties"]
    assert (action.edit is None) == ("edit" in resolving)


@client
async def test_the_hover_is_markdown(editor: Editor, tmp_path: Path, name: str):
    uri, _ = await began(editor, name, tmp_path, BLOCKED)
    params = types.HoverParams(types.TextDocumentIdentifier(uri), editor.find(uri, "outer"))
    hover = await editor.text_document_hover_async(params)
    assert hover.contents.kind == types.MarkupKind.Markdown
    assert f"[line 1]({uri}#L1)" in hover.contents.value


@client
async def test_lenses_convert_verify_and_explain(editor: Editor, tmp_path: Path, name: str):
    uri, _ = await began(editor, name, tmp_path)
    params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
    lenses = await editor.text_document_code_lens_async(params)
    assert [lens.command.title for lens in lenses] == ["Worth a graph", "Convert", "Verify"]
    explain, convert, _ = (lens.command for lens in lenses)
    arguments = types.ExecuteCommandParams(explain.command, explain.arguments)
    assert "`step` is convert" in await editor.workspace_execute_command_async(arguments)
    await editor.workspace_execute_command_async(
        types.ExecuteCommandParams(convert.command, convert.arguments)
    )
    assert editor.texts[uri] == CONVERTED


@client
async def test_fix_all(editor: Editor, tmp_path: Path, name: str):
    uri, _ = await began(editor, name, tmp_path)
    everything = types.Range(types.Position(0, 0), editor.at(uri, len(TEXT)))
    [action] = await editor.actions(uri, everything, only=["source.fixAll"])
    editor.apply((await editor.code_action_resolve_async(action)).edit)
    assert editor.texts[uri] == CONVERTED


@client
async def test_the_page_of_a_rule_is_shown(editor: Editor, tmp_path: Path, name: str):
    await began(editor, name, tmp_path)
    await editor.workspace_execute_command_async(
        types.ExecuteCommandParams("graphlift.openRule", ["convertible"])
    )
    [shown] = editor.shown_documents
    assert shown.uri.endswith("/convertible.md")


@client
async def test_verify_is_a_source_action(editor: Editor, tmp_path: Path, name: str):
    uri, result = await began(editor, name, tmp_path)
    await diagnostics(editor, result, uri)
    [action] = await editor.actions(uri, editor.word(uri, "step"), only=["source.verify"])
    assert action.title == "Verify `step`: run it eagerly and as a graph"
    assert [*action.command.arguments] == [uri, "step", 4]


@client
async def test_convert_all_is_shown_first_where_the_client_can(editor: Editor, tmp_path: Path, name: str):
    uri, _ = await began(editor, name, tmp_path)
    await editor.workspace_execute_command_async(types.ExecuteCommandParams("graphlift.convertAll"))
    [proposal] = editor.proposed
    annotations = proposal.edit.change_annotations or {}
    can = "changeAnnotationSupport" in announced(name)["workspace"]["workspaceEdit"]
    assert [each.needs_confirmation for each in annotations.values()] == ([True] if can else [])
    assert editor.texts[uri] == CONVERTED


@client
async def test_diagnostics_are_pulled_where_the_client_can(editor: Editor, tmp_path: Path, name: str):
    (tmp_path / "other.py").write_text(TEXT)
    _, result = await began(editor, name, tmp_path)
    provider = result.capabilities.diagnostic_provider
    assert (provider is not None) == ("diagnostic" in announced(name)["textDocument"])
    if provider is not None:
        report = await editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([], "graphlift"))
        assert [item.uri for item in report.items] == [(tmp_path / "other.py").as_uri()]


@client
async def test_settings_are_asked_for_and_files_watched(editor: Editor, tmp_path: Path, name: str):
    editor.set_configuration({"ignore": ["convertible"]}, section="graphlift")
    uri, result = await began(editor, name, tmp_path)
    if announced(name)["workspace"].get("configuration"):
        assert await diagnostics(editor, result, uri) == []
    watched = announced(name)["workspace"]["didChangeWatchedFiles"]["dynamicRegistration"]
    if watched:
        await editor.until(lambda: editor.registrations)


def waits_for(kind: str, uri: str) -> tuple[str, Any]:
    """A request that is not answered before the document's report is made."""
    document, place = types.TextDocumentIdentifier(uri), types.Position(1, 4)
    lines, context = types.Range(place, place), types.CodeActionContext([])
    command = types.ExecuteCommandParams
    return {
        "hover": (types.TEXT_DOCUMENT_HOVER, types.HoverParams(document, place)),
        "actions": (types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionParams(document, lines, context)),
        "resolve": (
            types.CODE_ACTION_RESOLVE,
            types.CodeAction("all", "source.fixAll.graphlift", data={"fixAll": uri}),
        ),
        "lenses": (types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensParams(document)),
        "hints": (types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintParams(document, lines)),
        "pull": (types.TEXT_DOCUMENT_DIAGNOSTIC, types.DocumentDiagnosticParams(document)),
        "explain": (types.WORKSPACE_EXECUTE_COMMAND, command("graphlift.explain", [uri, 2])),
        "convert": (types.WORKSPACE_EXECUTE_COMMAND, command("graphlift.convertAll")),
    }[kind]


@client
@pytest.mark.parametrize(
    "kind", ["hover", "actions", "resolve", "lenses", "hints", "pull", "explain", "convert"]
)
async def test_a_cancelled_request_is_answered_as_cancelled(
    editor: Editor, tmp_path: Path, name: str, kind: str
):
    if kind == "pull" and "diagnostic" not in announced(name)["textDocument"]:
        pytest.skip("it does not pull")
    switch = tmp_path / "switch"
    switch.touch()
    options = {"inlayHints": {"tensors": True}}
    uri, _ = await began(editor, name, tmp_path, initialization_options=options)
    await editor.until(lambda: [each for each in editor.log_messages if "Analysed" in each.message])
    editor.rewrite(uri, f"# order: wait {switch}\n{TEXT}")
    method, params = waits_for(kind, uri)
    asked = asyncio.ensure_future(editor.protocol.send_request_async(method, params, msg_id="mine"))
    await asyncio.wait([asked], timeout=0)
    editor.cancel_request(types.CancelParams("mine"))
    with pytest.raises(JsonRpcRequestCancelled):
        await asked
    switch.unlink()
    assert "`step` is convert" in await editor.hover_text(uri, "step")
    assert editor.protocol.answers["mine"] == 1


@client
async def test_progress_is_shown_and_can_be_cancelled(editor: Editor, tmp_path: Path, name: str):
    (tmp_path / "other.py").write_text("# order: busy\n")
    await began(editor, name, tmp_path)
    token = await editor.until(
        lambda: next((key for key, told in editor.progress_reports.items() if told), None)
    )
    editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    await editor.until(lambda: editor.progress_reports[token][-1].kind == "end")


@client
async def test_what_can_go_is_faded(real_editor: Editor, tmp_path: Path, name: str):
    text = "x = 1  # graphlift: ignore[tensor-as-bool]\n"
    uri, result = await began(real_editor, name, tmp_path, text)
    await real_editor.until(lambda: [each for each in real_editor.log_messages if "Analysed" in each.message])
    [found] = await diagnostics(real_editor, result, uri)
    assert (found.code, found.tags) == ("unused-suppression", (types.DiagnosticTag.Unnecessary,))


@client
async def test_inlay_hints_where_they_are_asked_for(real_editor: Editor, tmp_path: Path, name: str):
    text = "import tensorflow as tf\n\ngröße = tf.ones([2, 3])\n"
    options = {"inlayHints": {"tensors": True}}
    uri, _ = await began(real_editor, name, tmp_path, text, initialization_options=options)
    await real_editor.until(lambda: [each for each in real_editor.log_messages if "Analysed" in each.message])
    [hint] = await real_editor.hints(uri)
    assert (hint.label, hint.position) == (": float32[2, 3]", real_editor.at(uri, text.index(" = tf")))
    resolved = await real_editor.inlay_hint_resolve_async(hint)
    assert "float32" in resolved.tooltip.value


@client
async def test_the_log_says_more_while_the_client_traces(editor: Editor, tmp_path: Path, name: str):
    await began(editor, name, tmp_path)
    editor.set_trace(types.SetTraceParams(types.TraceValue.Verbose))
    params = types.VersionedTextDocumentIdentifier(2, "file:///never/opened.py")
    editor.text_document_did_change(types.DidChangeTextDocumentParams(params, []))
    await editor.until(lambda: [each for each in editor.log_messages if "which is not open" in each.message])


@client
async def test_an_untitled_document_is_analysed(editor: Editor, tmp_path: Path, name: str):
    _, result = await began(editor, name, tmp_path)
    uri = "untitled:Untitled-1"
    editor.open(uri, TEXT)
    [hint] = await diagnostics(editor, result, uri)
    action, _ = await editor.actions(uri, hint.range, [hint])
    editor.apply(action.edit)
    assert editor.texts[uri] == CONVERTED


async def test_the_cells_of_a_notebook_in_vscode(editor: Editor, tmp_path: Path):
    begun = await editor.begin([tmp_path.as_uri()], announced=announced("vscode"))
    assert begun.capabilities.notebook_document_sync is not None
    notebook, cell = (tmp_path / "n.ipynb").as_uri(), "vscode-notebook-cell://host/n.ipynb#W1"
    editor.notebook_document_did_open(
        types.DidOpenNotebookDocumentParams(
            types.NotebookDocument(
                notebook, "jupyter-notebook", 1, [types.NotebookCell(types.NotebookCellKind.Code, cell)]
            ),
            [types.TextDocumentItem(cell, "python", 1, TEXT)],
        )
    )
    editor.texts[cell], editor.versions[cell] = TEXT, 1
    [hint] = await diagnostics(editor, begun, cell)
    action, _ = await editor.actions(cell, hint.range, [hint])
    [change] = action.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (cell, 1)


async def test_a_command_that_the_client_has_itself_is_not_announced(editor: Editor, tmp_path: Path):
    options = {"ownCommands": ["graphlift.restart"]}
    begun = await editor.begin([tmp_path.as_uri()], initialization_options=options)
    commands = begun.capabilities.execute_command_provider.commands
    assert "graphlift.restart" not in commands
    assert {"graphlift.verify", "graphlift.explain", "graphlift.convertAll"} <= {*commands}
