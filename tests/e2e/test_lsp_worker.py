"""The analysis process ends, hangs, is busy or fails: the editor is served all the same, and told."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

CONVERTIBLE = "def step(x):  # convert\n    return x\n"


def worker_pid(editor: Editor) -> int:
    """The process id of the analysis process that was started last, from the server's log."""
    pids = [
        int(match[1])
        for each in editor.log_messages
        if (match := re.search(r"ready \(pid (\d+)\)", each.message))
    ]
    return pids[-1] if pids else 0


async def test_a_killed_worker_is_replaced_and_nothing_is_lost(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    [hint] = await editor.diagnosed(uri)
    first = worker_pid(editor)
    os.kill(first, signal.SIGKILL)
    await editor.until(lambda: editor.said("It is started again"))
    [message] = editor.said("It is started again")
    assert message == "Graphlift: the analysis process was ended by signal SIGKILL. It is started again."

    [action] = await editor.actions(uri, hint.range, [hint])
    editor.apply(action.edit)
    assert await editor.diagnosed(uri) == []
    assert worker_pid(editor) not in (0, first)
    assert "keep" in await editor.hover_text(uri, "step")


async def test_a_question_survives_the_end_of_the_worker(impatient: Editor, tmp_path: Path):
    editor = impatient
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    [hint] = await editor.diagnosed(uri)
    os.kill(worker_pid(editor), signal.SIGSTOP)
    asked = asyncio.ensure_future(editor.actions(uri, hint.range, [hint]))
    await editor.until(lambda: editor.said("It is started again"))
    [message] = editor.said("It is started again")
    assert "gave no sign of life for 1 s" in message or "SIGKILL" in message
    [action] = await asked
    assert action.title == "Convert `step` to a graph"


async def test_a_stuck_worker_is_ended_and_replaced(impatient: Editor, tmp_path: Path):
    editor = impatient
    switch = tmp_path / "switch"
    switch.touch()
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, f"# order: hang {switch}\n{CONVERTIBLE}")
    [hint] = await editor.diagnosed(uri)
    assert hint.code == "convertible"
    assert not switch.exists()
    [message] = editor.said("It is started again")
    assert "gave no sign of life for 1 s and was ended" in message


async def test_a_worker_that_keeps_ending_is_given_up_until_the_user_restarts_it(
    editor: Editor, tmp_path: Path
):
    switch = tmp_path / "switch"
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    [hint] = await editor.diagnosed(uri)
    for times in (1, 2, 3):
        switch.touch()
        editor.rewrite(uri, f"# order: crash {switch}\n{CONVERTIBLE}# {times}\n")
        await editor.until(lambda times=times: len(editor.said("exit code 7")) == times)
    assert (
        "It stays off until Graphlift is restarted (command graphlift.restart)."
        in editor.said("exit code 7")[-1]
    )
    with pytest.raises(JsonRpcException, match="keeps ending; restart it"):
        await editor.actions(uri, hint.range, [hint])
    await editor.workspace_execute_command_async(types.ExecuteCommandParams("graphlift.restart"))
    assert len(await editor.diagnosed(uri)) == 1


async def test_hover_is_answered_while_the_workspace_is_analysed(editor: Editor, tmp_path: Path):
    busy = tmp_path / "other.py"
    busy.write_text("# order: busy\n")
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    await editor.until(
        lambda: [each for each in editor.progress_reports.values() if each and each[0].kind == "begin"]
    )
    text = await editor.hover_text(uri, "step")
    assert text.startswith("**`step` is convert.**")
    assert "Preliminary: the workspace is still being analysed" in text

    waits = asyncio.ensure_future(editor.actions(uri, editor.word(uri, "step")))
    assert "Preliminary" in await editor.hover_text(uri, "step")
    assert not waits.done()
    editor.open(busy.as_uri(), "")
    [action] = await waits
    assert action.title == "Convert `step` to a graph"
    assert "Preliminary" not in await editor.hover_text(uri, "step")


async def test_after_an_edit_the_last_report_answers_until_the_next(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri)
    switch = tmp_path / "switch"
    switch.touch()
    editor.replace(uri, "def step", f"# 😋\n# order: wait {switch}\ndef step")
    text = await editor.hover_text(uri, "step")
    assert text.startswith("**`step` is convert.**")
    assert "This was so before the last edit" in text
    switch.unlink()
    assert await editor.diagnosed(uri)
    assert "before the last edit" not in await editor.hover_text(uri, "step")


async def test_the_progress_can_be_cancelled_and_open_files_are_still_served(editor: Editor, tmp_path: Path):
    (tmp_path / "other.py").write_text("# order: busy\n")
    await editor.begin([tmp_path.as_uri()])
    token, _ = await editor.until(
        lambda: next((each for each in editor.progress_reports.items() if each[1]), None)
    )
    editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    await editor.until(lambda: editor.progress_reports[token][-1].kind == "end")
    await editor.until(lambda: editor.said("only open files are analysed until Graphlift is restarted"))
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    await editor.diagnosed(uri)
    assert "the analysis of the workspace was stopped" in await editor.hover_text(uri, "step")
    assert await editor.actions(uri, editor.word(uri, "step")) == []
    await editor.workspace_execute_command_async(types.ExecuteCommandParams("graphlift.restart"))
    await editor.until(lambda: len(editor.progress_reports) == 2)


async def test_a_cancelled_request_is_answered_as_cancelled(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    switch = tmp_path / "switch"
    switch.touch()
    editor.open(uri, f"# order: wait {switch}\n{CONVERTIBLE}")
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(1, 4))
    asked = asyncio.ensure_future(
        editor.protocol.send_request_async(types.TEXT_DOCUMENT_HOVER, params, "mine")
    )
    await asyncio.wait([asked], timeout=0)
    editor.cancel_request(types.CancelParams("mine"))
    with pytest.raises(JsonRpcRequestCancelled):
        await asked
    assert editor.protocol.answers["mine"] == 1
    editor.rewrite(uri, CONVERTIBLE)
    assert len(await editor.diagnosed(uri)) == 1


async def test_an_edit_while_a_question_is_worked_on_makes_the_answer_worthless(
    editor: Editor, tmp_path: Path
):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    switch = tmp_path / "switch"
    switch.touch()
    editor.open(uri, f"# order: wait {switch}\n{CONVERTIBLE}")
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(1, 4))
    asked = asyncio.ensure_future(
        editor.protocol.send_request_async(types.TEXT_DOCUMENT_HOVER, params, "mine")
    )
    await asyncio.wait([asked], timeout=0)
    editor.rewrite(uri, CONVERTIBLE)
    with pytest.raises(JsonRpcException, match="changed meanwhile"):
        await asked
    assert len(await editor.diagnosed(uri)) == 1


async def test_a_stray_print_does_not_harm_the_protocol(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, f"# order: print\n{CONVERTIBLE}")
    assert len(await editor.diagnosed(uri)) == 1
    await editor.until(lambda: [each for each in editor.log_messages if "a stray print" in each.message])


async def test_a_failure_of_the_analysis_is_told_once_and_the_next_edit_is_served(
    editor: Editor, tmp_path: Path
):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, f"# order: raise\n{CONVERTIBLE}")
    await editor.until(lambda: editor.said("the order was to raise"))
    with pytest.raises(JsonRpcException, match="the order was to raise"):
        await editor.actions(uri, editor.word(uri, "step"))
    assert [each for each in editor.log_messages if "Traceback" in each.message]
    editor.rewrite(uri, CONVERTIBLE)
    assert len(await editor.diagnosed(uri)) == 1
    assert len(editor.said("could not be analysed: ValueError: the order was to raise")) == 1


async def test_of_many_edits_the_newest_is_shown(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, "")
    for count in range(1, 40):
        editor.rewrite(uri, CONVERTIBLE * count)
    assert len(await editor.diagnosed(uri)) == 39
    versions = [each.version for each in editor.published]
    assert versions == sorted(versions)
