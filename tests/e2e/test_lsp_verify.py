"""`graphlift.verify`: on the command alone, in trusted workspaces, of what is saved; stopped when not wanted."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

PROGRAM = """\
import tensorflow as tf

seen = []


def half(x):
    h = tf.tanh(x) - tf.reduce_mean(x)
    h = tf.sqrt(tf.abs(h) + 1.0) * tf.exp(-h)
    return tf.reduce_sum(tf.square(h)) / 2.0


def kept(x):
    seen.append(float(x[0]))
    return x


for _ in range(3):
    half(tf.ones([4]))
    kept(tf.ones([4]))
"""

CONVERTIBLE = "def step(x):  # convert\n    return x\n"


def saved(folder: Path, text: str, name: str = "train.py") -> str:
    (folder / name).write_text(text)
    return (folder / name).as_uri()


async def analysed(editor: Editor) -> None:
    await editor.until(lambda: [each for each in editor.log_messages if "Analysed" in each.message])


def verify(editor: Editor, uri: str, name: str, line: int = 1):
    return editor.workspace_execute_command_async(
        types.ExecuteCommandParams("graphlift.verify", [uri, name, line])
    )


def waiting_python(folder: Path) -> tuple[Path, Path]:
    """A Python that writes its process id into a file and then waits for the end of its input; and that file."""
    python, started = folder / "python", folder / "started"
    python.write_text(f"#!/bin/sh\necho $$ > {started}.tmp\nmv {started}.tmp {started}\nexec cat\n")
    python.chmod(0o755)
    return python, started


async def appears(file: Path) -> None:
    while not file.exists():
        await asyncio.sleep(0)


async def ends(pid: int) -> None:
    while Path(f"/proc/{pid}").exists():
        await asyncio.sleep(0)


async def test_what_comes_out_is_told_and_returned(real_editor: Editor, tmp_path: Path):
    await real_editor.begin([tmp_path.as_uri()])
    uri = saved(tmp_path, PROGRAM)
    real_editor.open(uri, PROGRAM)
    await analysed(real_editor)
    answer = await verify(real_editor, uri, "half", 6)
    assert answer.startswith("**`half` behaves the same as a graph, ")
    assert "(3 calls, 1 trace).**" in answer
    assert "Ran `python train.py` in an empty folder" in answer
    assert real_editor.said("`half` behaves the same as a graph")
    answer = await verify(real_editor, uri, "kept", 12)
    assert answer.startswith("**`kept` behaves differently as a graph: call 1: seen[0] is the float 1.0")
    assert (tmp_path / "train.py").read_text() == PROGRAM


async def test_an_untrusted_workspace_is_never_run(editor: Editor, tmp_path: Path):
    python, started = waiting_python(tmp_path)
    options = {"trusted": False, "interpreter": str(python)}
    await editor.begin([tmp_path.as_uri()], initialization_options=options)
    uri = saved(tmp_path, CONVERTIBLE)
    editor.open(uri, CONVERTIBLE)
    await analysed(editor)
    with pytest.raises(JsonRpcException, match="not trusted"):
        await verify(editor, uri, "step")
    lenses = await editor.text_document_code_lens_async(
        types.CodeLensParams(types.TextDocumentIdentifier(uri))
    )
    assert [lens.command.title for lens in lenses] == ["Worth a graph", "Convert"]
    assert not started.exists()


async def test_without_trust_no_interpreter_of_the_workspace_is_started(real_editor: Editor, tmp_path: Path):
    python, started = waiting_python(tmp_path)
    (tmp_path / "graphlift.toml").write_text(f'interpreter = "{python}"\n')
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(python)
    await real_editor.begin([tmp_path.as_uri()], initialization_options={"trusted": False})
    await analysed(real_editor)
    assert not started.exists()


async def test_what_is_not_saved_is_refused(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = saved(tmp_path, CONVERTIBLE)
    editor.open(uri, CONVERTIBLE + "\nmore = 1\n")
    await analysed(editor)
    with pytest.raises(JsonRpcException, match=r"save train\.py first"):
        await verify(editor, uri, "step")


async def test_what_is_no_file_is_refused(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], initialization_options={"interpreter": str(tmp_path / "python")})
    editor.open("untitled:Untitled-1", CONVERTIBLE)
    await analysed(editor)
    with pytest.raises(JsonRpcException, match="no Python file that can be run"):
        await verify(editor, "untitled:Untitled-1", "step")


async def test_an_interpreter_without_tensorflow_is_told(editor: Editor, tmp_path: Path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no such thing >&2\nexit 1\n")
    python.chmod(0o755)
    await editor.begin([tmp_path.as_uri()], initialization_options={"interpreter": str(python)})
    uri = saved(tmp_path, CONVERTIBLE)
    editor.open(uri, CONVERTIBLE)
    await analysed(editor)
    with pytest.raises(JsonRpcException, match="cannot import TensorFlow: no such thing"):
        await verify(editor, uri, "step")


async def waits_in(editor: Editor, folder: Path) -> tuple[str, int, asyncio.Future]:
    """A verification under way: the document, the interpreter's process, the request."""
    python, started = waiting_python(folder)
    await editor.begin([folder.as_uri()], initialization_options={"interpreter": str(python)})
    uri = saved(folder, CONVERTIBLE)
    editor.open(uri, CONVERTIBLE)
    await analysed(editor)
    params = types.ExecuteCommandParams("graphlift.verify", [uri, "step", 1])
    asked = asyncio.ensure_future(
        editor.protocol.send_request_async(types.WORKSPACE_EXECUTE_COMMAND, params, msg_id="mine")
    )
    await appears(started)
    return uri, int(started.read_text()), asked


async def test_a_cancelled_verification_is_answered_so_and_leaves_no_process(editor: Editor, tmp_path: Path):
    _, pid, asked = await waits_in(editor, tmp_path)
    editor.cancel_request(types.CancelParams("mine"))
    with pytest.raises(JsonRpcRequestCancelled):
        await asked
    await ends(pid)


async def test_the_displays_button_ends_it_too(editor: Editor, tmp_path: Path):
    _, pid, asked = await waits_in(editor, tmp_path)

    def verifying() -> list[str]:
        reports = editor.progress_reports
        return [token for token in reports if "verifying step" in getattr(reports[token][0], "title", "")]

    [token] = await editor.until(verifying)
    editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    with pytest.raises(JsonRpcRequestCancelled, match="stopped"):
        await asked
    await ends(pid)


async def test_the_analysis_answers_while_a_program_runs(editor: Editor, tmp_path: Path):
    uri, pid, asked = await waits_in(editor, tmp_path)
    assert "`step` is convert" in await editor.hover_text(uri, "step")
    os.kill(pid, 9)
    with pytest.raises(JsonRpcException, match="cannot import TensorFlow"):
        await asked
