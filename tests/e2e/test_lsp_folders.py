"""Several folders, each with its own settings; and the limits on files."""

from __future__ import annotations

from pathlib import Path

from lsp_editor import Editor
from lsp_fake import FakeWorkspace
from lsprotocol import types

from graphlift.source.config import Settings
from graphlift.worker.folders import opened
from graphlift.worker.protocol import Folders

CONVERTIBLE = "def step(x):  # convert\n    return x\n"


def folders(place: Path, **settings: str) -> dict[str, Path]:
    """Folders by name, each with the text of its `graphlift.toml`."""
    made = {}
    for name, text in settings.items():
        made[name] = place / name
        made[name].mkdir()
        (made[name] / "train.py").write_text(CONVERTIBLE)
        if text:
            (made[name] / "graphlift.toml").write_text(text)
    return made


def opened_in(editor: Editor, folder: Path) -> str:
    uri = (folder / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    return uri


async def analysed(editor: Editor) -> str:
    """The last word on how many files were analysed."""
    [*_, last] = await editor.until(
        lambda: [each.message for each in editor.log_messages if each.message.startswith("Analysed")]
    )
    return last


async def test_each_folders_configuration_file_counts_in_it(editor: Editor, tmp_path: Path):
    one, two = folders(
        tmp_path, one='ignore = ["convertible"]\n', two='tensorflow = "2.15"\nignore = []\n'
    ).values()
    await editor.begin([one.as_uri(), two.as_uri()])
    assert await editor.diagnosed(opened_in(editor, one)) == []
    uri = opened_in(editor, two)
    [hint] = await editor.diagnosed(uri)
    assert hint.code == "convertible"
    assert (await analysed(editor)).startswith("Analysed 2 files")
    assert "TensorFlow 2.15" in await editor.hover_text(uri, "step")
    assert "TensorFlow 2.21" in await editor.hover_text((one / "train.py").as_uri(), "step")


async def test_the_client_may_set_something_for_one_folder(editor: Editor, tmp_path: Path):
    one, two = folders(tmp_path, one="", two="").values()
    editor.set_configuration({"ignore": []}, section="graphlift")
    editor.set_configuration({"ignore": ["convertible"]}, section="graphlift", scope_uri=two.as_uri())
    await editor.begin([one.as_uri(), two.as_uri()], configuration=True)
    assert len(await editor.diagnosed(opened_in(editor, one))) == 1
    assert await editor.diagnosed(opened_in(editor, two)) == []


async def test_a_wrong_file_is_shown_and_its_folder_analysed_without_it(editor: Editor, tmp_path: Path):
    one, two = folders(tmp_path, one='ignore = ["convertible"]\n', two="kreas = 3\n").values()
    await editor.begin([one.as_uri(), two.as_uri()])
    wrong = (two / "graphlift.toml").as_uri()
    [shown] = await editor.until(lambda: editor.diagnostics.get(wrong))
    assert "did you mean keras?" in shown.message
    assert len(await editor.diagnosed(opened_in(editor, two))) == 1
    assert await editor.diagnosed(opened_in(editor, one)) == []


async def test_convert_all_is_about_all_folders(editor: Editor, tmp_path: Path):
    one, two = folders(tmp_path, one='exclude = ["a"]\n', two='exclude = ["b"]\n').values()
    await editor.begin([one.as_uri(), two.as_uri()])
    for folder in (one, two):
        await editor.diagnosed(opened_in(editor, folder))
    count = await editor.workspace_execute_command_async(types.ExecuteCommandParams("graphlift.convertAll"))
    assert count == 2


async def test_more_files_than_the_limit_are_left_out_and_that_is_told(real_editor: Editor, tmp_path: Path):
    for number in range(4):
        (tmp_path / f"m{number}.py").write_text("x = 1\n")
    await real_editor.begin([tmp_path.as_uri()], initialization_options={"maxFiles": 3})
    await real_editor.until(lambda: real_editor.said("the workspace has 4 Python files; 1 of them are not"))
    assert (await analysed(real_editor)).startswith("Analysed 3 files")


async def test_a_very_large_document_is_not_analysed_and_that_is_told(real_editor: Editor, tmp_path: Path):
    await real_editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "data.py").as_uri()
    data = "import tensorflow as tf\nROWS = [\n" + "    (1, 2),\n" * 100_000 + "]\n"
    real_editor.open(uri, data + "@tf.function\ndef name(x):\n    return 'x'\n")
    await real_editor.until(lambda: real_editor.said("data.py is not analysed; it has more than 1,000,000"))
    assert await real_editor.hover_text(uri, "name") is None
    real_editor.rewrite(uri, "import tensorflow as tf\n\n\n@tf.function\ndef name(x):\n    return 'x'\n")
    assert await real_editor.diagnosed(uri)


def test_a_file_belongs_to_the_innermost_folder(tmp_path: Path):
    outer, inner = tmp_path, tmp_path / "inner"
    inner.mkdir()
    for folder in (outer, inner):
        (folder / "a.py").write_text(CONVERTIBLE)
    parts = [Folders((str(outer),), Settings()), Folders((str(inner),), Settings(ignore=("convertible",)))]
    analysis = opened(parts, FakeWorkspace, lambda: False)
    assert analysis.files() == (str(outer / "a.py"), str(inner / "a.py"))
    counts = [len(analysis.report(str(folder / "a.py")).diagnostics) for folder in (outer, inner)]
    assert counts == [1, 0]
    told = []
    assert not analysis.settle(lambda progress: told.append((progress.done, progress.total)), 0.1)
    assert analysis.settle(lambda progress: told.append((progress.done, progress.total)), 0.1)
    assert told == [(0, 3), (1, 3), (2, 3)]
    analysis.open(str(inner / "a.py"), "def step(x):\n    return x\n")
    assert analysis.settle(None, 0.1)
