"""Settings, folders and watched files."""

from __future__ import annotations

from pathlib import Path

from lsp_editor import Editor
from lsprotocol import types

CONVERTIBLE = "def step(x):  # convert\n    return x\n"


async def test_settings_come_from_the_initialization_options(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], initialization_options={"settings": {"ignore": ["convertible"]}})
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri) == []


async def test_settings_are_asked_for_and_asked_again_when_they_change(editor: Editor, tmp_path: Path):
    editor.set_configuration({"ignore": ["convertible"]}, section="graphlift")
    await editor.begin([tmp_path.as_uri()], configuration=True, initialization_options={"ignore": []})
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri) == []
    editor.set_configuration({"ignore": []}, section="graphlift")
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.until(lambda: editor.diagnostics[uri])


async def test_settings_may_come_with_the_notification_of_their_change(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri)
    changed = {"graphlift": {"ignore": ["convertible"]}}
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(changed))
    await editor.until(lambda: not editor.diagnostics[uri])


async def test_no_settings_may_look_like_an_empty_list(editor: Editor, tmp_path: Path):
    editor.set_configuration([], section="graphlift")
    await editor.begin([tmp_path.as_uri()], configuration=True, initialization_options=[])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri)
    assert editor.messages == []


async def test_a_wrong_setting_is_told_and_the_others_count(editor: Editor, tmp_path: Path):
    wrong = {"keras": 4, "ignore": ["convertible"], "ignroe": [], "importStrategy": "fromEnvironment"}
    await editor.begin([tmp_path.as_uri()], initialization_options=wrong)
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri) == []
    messages = [each.message for each in editor.messages]
    assert len(messages) == 2
    assert messages[0] == "graphlift.keras: keras must be 2 or 3, not 4. The setting is ignored."
    assert "unknown setting ignroe; did you mean ignore?" in messages[1]


async def test_a_wrong_rule_is_told_with_its_place(editor: Editor, tmp_path: Path):
    wrong = {"perPath": {"a.py": {"ignore": ["convertibel"]}}, "rules": {"convertible": "loud"}}
    await editor.begin([tmp_path.as_uri()], initialization_options=wrong)
    await editor.until(lambda: len(editor.messages) == 2)
    messages = [each.message for each in editor.messages]
    assert 'per-path."a.py".ignore: there is no rule convertibel; did you mean convertible?' in messages[0]
    assert 'rules.convertible must be "off", "hint"' in messages[1]


async def test_settings_that_are_no_object_are_told(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], initialization_options=[1])
    await editor.until(lambda: editor.said("must be an object"))


async def test_the_assumed_tensorflow_is_in_the_hover(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()], initialization_options={"tensorflow": "2.15"})
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    await editor.until(lambda: [each for each in editor.log_messages if "Analysed" in each.message])
    assert "TensorFlow 2.15, Keras 3" in await editor.hover_text(uri, "step")


def loads(editor: Editor) -> list[str]:
    """What each finished analysis of the workspace said of its size."""
    return [each.message.split()[1] for each in editor.log_messages if each.message.startswith("Analysed")]


async def test_folders_can_be_added_and_removed(editor: Editor, tmp_path: Path):
    for name, count in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"m{number}.py").write_text("x = 1\n")
    one, two = (types.WorkspaceFolder((tmp_path / name).as_uri(), name) for name in ("one", "two"))
    await editor.begin([one.uri])
    await editor.until(lambda: loads(editor)[-1:] == ["1"])
    for added, removed, files in (([two], [], "3"), ([], [one], "2")):
        event = types.WorkspaceFoldersChangeEvent(added, removed)
        editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        await editor.until(lambda files=files: loads(editor)[-1:] == [files])


async def test_files_are_watched_and_the_disk_looked_at_again(editor: Editor, tmp_path: Path):
    await editor.begin([tmp_path.as_uri()])
    [registration] = await editor.until(lambda: editor.registrations)
    assert registration.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    await editor.until(lambda: loads(editor)[-1:] == ["0"])
    new = tmp_path / "new.py"
    new.write_text("x = 1\n")
    event = types.FileEvent(new.as_uri(), types.FileChangeType.Created)
    editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event, event]))
    await editor.until(lambda: loads(editor)[-1:] == ["1"])


async def test_the_configuration_file_counts_and_the_editor_adds_to_it(editor: Editor, tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.graphlift]\ntensorflow = "2.15"\nignore = ["tensor-as-bool"]\n'
    )
    await editor.begin([tmp_path.as_uri()], initialization_options={"ignore": ["convertible"]})
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri) == []
    await editor.until(lambda: loads(editor))
    assert "TensorFlow 2.15" in await editor.hover_text(uri, "step")


async def test_a_wrong_configuration_file_is_shown_in_it_until_it_is_right(editor: Editor, tmp_path: Path):
    file = tmp_path / "graphlift.toml"
    file.write_text("ignore = []\nkreas = 3  # 😋\n")
    await editor.begin([tmp_path.as_uri()])
    await editor.until(lambda: editor.diagnostics.get(file.as_uri()))
    [wrong] = editor.diagnostics[file.as_uri()]
    assert "unknown setting kreas; did you mean keras?" in wrong.message
    assert (wrong.range.start.line, wrong.severity) == (1, types.DiagnosticSeverity.Error)
    file.write_text('ignore = ["convertible"]\n')
    event = types.FileEvent(file.as_uri(), types.FileChangeType.Changed)
    editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await editor.until(lambda: not editor.diagnostics[file.as_uri()])
    uri = (tmp_path / "train.py").as_uri()
    editor.open(uri, CONVERTIBLE)
    assert await editor.diagnosed(uri) == []
