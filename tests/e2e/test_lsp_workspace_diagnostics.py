"""`workspace/diagnostic`: the files that are not open, told once and again when they change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

CONVERTIBLE = "def step(x):  # convert\n    return x\n"


def pull(
    editor: Editor, known: dict[str, str] | None = None, token: str | None = None, msg_id: str | None = None
) -> asyncio.Future:
    previous = [types.PreviousResultId(uri, value) for uri, value in (known or {}).items()]
    params = types.WorkspaceDiagnosticParams(previous, "graphlift", partial_result_token=token)
    return asyncio.ensure_future(
        editor.protocol.send_request_async(types.WORKSPACE_DIAGNOSTIC, params, msg_id=msg_id)
    )


def ids(report: types.WorkspaceDiagnosticReport) -> dict[str, str]:
    return {item.uri: item.result_id for item in report.items}


def on_disk(editor: Editor, file: Path, text: str) -> None:
    file.write_text(text)
    event = types.FileEvent(file.as_uri(), types.FileChangeType.Changed)
    editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))


async def test_files_that_are_not_open_are_reported_with_ids(editor: Editor, tmp_path: Path):
    a, b = tmp_path / "a.py", tmp_path / "b.py"
    a.write_text(CONVERTIBLE)
    b.write_text("x = 1\n")
    begun = await editor.begin([tmp_path.as_uri()], pull=True)
    assert begun.capabilities.diagnostic_provider.workspace_diagnostics
    report = await pull(editor)
    [item] = report.items
    assert (item.uri, item.version, [each.code for each in item.items]) == (a.as_uri(), None, ["convertible"])
    assert (await pull(editor, ids(report))).items == ()


async def test_what_is_gone_is_told_once(editor: Editor, tmp_path: Path):
    a = tmp_path / "a.py"
    a.write_text(CONVERTIBLE)
    await editor.begin([tmp_path.as_uri()], pull=True)
    known = ids(await pull(editor))
    waiting = pull(editor, known, token="partial")
    a.unlink()
    event = types.FileEvent(a.as_uri(), types.FileChangeType.Deleted)
    editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    report = await waiting
    assert [(item.uri, item.items) for item in report.items] == [(a.as_uri(), ())]
    assert (await pull(editor, ids(report))).items == ()


async def test_a_request_is_held_until_something_changes(editor: Editor, tmp_path: Path):
    a = tmp_path / "a.py"
    a.write_text(CONVERTIBLE)
    await editor.begin([tmp_path.as_uri()], pull=True)
    known = ids(await pull(editor))
    waiting = pull(editor, known, token="partial")
    assert (await pull(editor, known)).items == ()  # Asked later and answered first.
    assert not waiting.done()
    on_disk(editor, a, CONVERTIBLE.replace("convert", "remove"))
    [item] = (await waiting).items
    assert item.items == ()


async def test_a_held_request_can_be_cancelled(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], pull=True)
    waiting = pull(editor, token="partial", msg_id="mine")
    assert (await pull(editor)).items == ()
    editor.cancel_request(types.CancelParams("mine"))
    with pytest.raises(JsonRpcRequestCancelled):
        await waiting


async def test_a_held_request_is_answered_when_the_session_ends(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], pull=True)
    waiting = pull(editor, token="partial")
    assert (await pull(editor)).items == ()
    assert not waiting.done()
    await editor.end()
    assert (await waiting).items == ()


async def test_open_documents_are_pulled_alone(editor: Editor, tmp_path: Path):
    a = tmp_path / "a.py"
    a.write_text(CONVERTIBLE)
    await editor.begin([tmp_path.as_uri()], pull=True)
    known = ids(await pull(editor))
    editor.open(a.as_uri(), CONVERTIBLE)
    assert (await pull(editor, known)).items == ()
    waiting = pull(editor, {}, token="partial")
    editor.close(a.as_uri())
    assert ids(await waiting) == known


async def test_the_user_may_want_open_files_alone(editor: Editor, tmp_path: Path):
    (tmp_path / "a.py").write_text(CONVERTIBLE)
    options = {"diagnosticMode": "open-files"}
    await editor.begin([tmp_path.as_uri()], pull=True, initialization_options=options)
    assert (await pull(editor)).items == ()


async def test_a_client_that_takes_diagnostics_pushed_is_offered_no_pull(editor: Editor, tmp_path: Path):
    begun = await editor.begin([tmp_path.as_uri()])
    assert begun.capabilities.diagnostic_provider is None
