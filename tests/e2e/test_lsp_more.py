"""Pulled diagnostics, code lenses, fix-all, commands: what richer clients use."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException

TWO = "import tensorflow as tf\n\n\ndef one(x):  # convert\n    return x\n\n\ndef two(x):  # convert\n    return x\n"
BOTH = TWO.replace("def", "@tf.function\ndef")


async def pull(editor: Editor, uri: str, previous: str | None = None):
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri), previous_result_id=previous)
    return await editor.text_document_diagnostic_async(params)


async def lenses(editor: Editor, uri: str) -> list[types.CodeLens]:
    found = await editor.text_document_code_lens_async(
        types.CodeLensParams(types.TextDocumentIdentifier(uri))
    )
    return list(found or [])


async def run(editor: Editor, lens: types.CodeLens):
    command = lens.command
    return await editor.workspace_execute_command_async(
        types.ExecuteCommandParams(command.command, command.arguments)
    )


async def test_a_client_that_pulls_is_not_pushed_to(editor: Editor, tmp_path: Path):
    result = await editor.begin([tmp_path.as_uri()], pull=True)
    assert result.capabilities.diagnostic_provider.inter_file_dependencies
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, TWO)
    first = await pull(editor, uri)
    assert [editor.text_in(uri, each.range) for each in first.items] == ["one", "two"]
    again = await pull(editor, uri, first.result_id)
    assert (again.kind, again.result_id) == ("unchanged", first.result_id)
    editor.replace(uri, "# convert", "# keep")
    changed = await pull(editor, uri, first.result_id)
    assert [editor.text_in(uri, each.range) for each in changed.items] == ["two"]
    assert editor.published == []


async def test_a_client_that_does_not_pull_is_not_told_it_could(editor: Editor, tmp_path: Path):
    result = await editor.begin([tmp_path.as_uri()])
    assert result.capabilities.diagnostic_provider is None


async def test_a_pull_overtaken_by_an_edit_is_given_up(editor: Editor, tmp_path: Path):
    (tmp_path / "other.py").write_text("# order: busy\n")
    await editor.begin([tmp_path.as_uri()], pull=True)
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, TWO)
    asked = asyncio.ensure_future(pull(editor, uri))
    await asyncio.wait([asked], timeout=0)
    editor.replace(uri, "one", "other")
    with pytest.raises(JsonRpcException) as caught:
        await asked
    assert (caught.value.code, caught.value.data) == (-32802, {"retriggerRequest": True})


async def test_a_change_elsewhere_asks_the_client_to_pull_again(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], pull=True)
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, TWO)
    assert len((await pull(editor, uri)).items) == 2
    changed = {"graphlift": {"ignore": ["convertible"]}}
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(changed))
    await editor.until(lambda: editor.refreshes)
    assert (await pull(editor, uri)).items == ()


async def test_lenses_say_the_verdict_and_convert_at_a_click(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, TWO + "\n\ndef three(x):  # blocked\n    return x\n")
    found = await lenses(editor, uri)
    assert [lens.command.title for lens in found] == ["Worth a graph", "Convert", "Verify"] * 2
    assert editor.text_in(uri, found[0].range) == "one"
    assert "`one` is convert" in await run(editor, found[0])
    await run(editor, found[1])
    assert editor.texts[uri].startswith(TWO.replace("def one", "@tf.function\ndef one"))
    assert [lens.command.title for lens in await lenses(editor, uri)] == [
        "Worth a graph",
        "Convert",
        "Verify",
    ]
    with pytest.raises(JsonRpcException, match="no such edit"):
        await run(editor, found[1])


@pytest.mark.parametrize(("setting", "titles"), [("off", []), ("all", ["Must stay eager"])])
async def test_lenses_can_be_chosen(editor: Editor, tmp_path: Path, setting: str, titles: list[str]):
    await editor.begin([tmp_path.as_uri()], initialization_options={"codeLens": setting})
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, "def three(x):  # blocked\n    return x\n")
    assert [lens.command.title for lens in await lenses(editor, uri)] == titles


async def test_fix_all_is_one_edit_and_is_resolved_late(editor: Editor, tmp_path: Path):
    begun = await editor.begin([tmp_path.as_uri()])
    # A client that is not told of this never asks for the edit.
    assert begun.capabilities.code_action_provider.resolve_provider
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, TWO)
    everything = types.Range(types.Position(0, 0), types.Position(9, 0))
    [action] = await editor.actions(uri, everything, only=["source.fixAll"])
    assert (action.kind, action.edit) == ("source.fixAll.graphlift", None)
    resolved = await editor.code_action_resolve_async(action)
    editor.apply(resolved.edit)
    assert editor.texts[uri] == BOTH
    assert await editor.actions(uri, everything, only=["source.organizeImports"]) == []


async def test_an_edit_comes_when_its_action_is_chosen(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, TWO)
    [action] = await editor.actions(uri, editor.word(uri, "one"), resolve=False)
    assert action.edit is None
    resolved = await editor.code_action_resolve_async(action)
    [change] = resolved.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (uri, 1)
    editor.rewrite(uri, TWO + "\n")
    with pytest.raises(JsonRpcException, match="changed meanwhile"):
        await editor.code_action_resolve_async(action)
    action.data = {"chosen": 1}
    with pytest.raises(JsonRpcException, match="none of this server's"):
        await editor.code_action_resolve_async(action)


async def test_fix_all_for_a_client_that_resolves_nothing(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], rich=False)
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, TWO)
    everything = types.Range(types.Position(0, 0), types.Position(9, 0))
    [action] = await editor.actions(uri, everything, only=["source.fixAll.graphlift"])
    editor.apply(action.edit)
    assert editor.texts[uri] == BOTH
    assert await editor.actions(uri, everything, only=["source.fixAll.graphlift"]) == []


async def test_convert_all_proposes_the_whole_workspace_for_a_look(editor: Editor, tmp_path: Path):
    (tmp_path / "other.py").write_text(TWO)
    await editor.begin([tmp_path.as_uri()])
    train, other = ((tmp_path / name).as_uri() for name in ("train.py", "other.py"))
    editor.open(train, TWO)
    editor.open(other, TWO)
    count = await editor.workspace_execute_command_async(types.ExecuteCommandParams("graphlift.convertAll"))
    assert count == 4
    [proposal] = editor.proposed
    # Each function stands alone, so that a person can take some and leave others.
    annotations = proposal.edit.change_annotations
    assert [each.needs_confirmation for each in annotations.values()] == [True] * 4
    used = {
        (change.text_document.uri, annotations[each.annotation_id].label, each.range.start.line)
        for change in proposal.edit.document_changes
        for each in change.edits
    }
    titles = [(3, "Convert `one` to a graph"), (7, "Convert `two` to a graph")]
    assert used == {(uri, title, line) for uri in (train, other) for line, title in titles}
    assert (editor.texts[train], editor.texts[other]) == (BOTH, BOTH)


async def test_who_looks_for_a_rewrite_is_told_why_there_is_none(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, "def three(x):  # blocked\n    return x\n")
    await editor.diagnosed(uri)
    place = editor.word(uri, "three")
    [action] = await editor.actions(uri, place, only=["refactor"])
    assert action.disabled.reason == "`three` is blocked."
    assert await editor.actions(uri, place) == []


async def test_an_unknown_command_is_refused(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    with pytest.raises(JsonRpcException, match=r"no command 'graphlift\.nonsense'"):
        await editor.workspace_execute_command_async(types.ExecuteCommandParams("graphlift.nonsense"))
    with pytest.raises(JsonRpcException, match="a URI, a qualified name and a line"):
        await editor.workspace_execute_command_async(types.ExecuteCommandParams("graphlift.explain", [1]))
