"""Values in the editor, with the real analysis: hovers on expressions and inlay hints."""

from __future__ import annotations

from pathlib import Path

from lsp_editor import Editor
from lsprotocol import types

TEXT = """\
import tensorflow as tf
import unseen


def scale(x, factor):
    größe = tf.sqrt(x) * factor
    known, other = größe @ tf.transpose(größe), unseen.thing()
    if not tf.is_tensor(x):
        never = tf.ones([3])
    return known, other, tf.nn.relu(x)


for _ in range(3):
    scale(tf.ones([4, 3]), tf.constant(2.0))
"""

HINTS = {"inlayHints": {"tensors": True, "parameters": True, "returns": True}}


def project(folder: Path, text: str = TEXT) -> str:
    (folder / "main.py").write_text(text, encoding="utf-8")
    return (folder / "main.py").as_uri()


async def settled(editor: Editor, folder: Path, **options) -> str:
    uri = project(folder)
    await editor.begin([folder.as_uri()], **options)
    editor.open(uri, TEXT)
    await editor.diagnosed(uri)
    return uri


def shown(editor: Editor, uri: str, hints: list[types.InlayHint]) -> str:
    """The text with the hints in it."""
    text = editor.texts[uri]
    for hint in reversed(hints):
        offset = editor.offset(text, hint.position)
        text = f"{text[:offset]}«{hint.label}»{text[offset:]}"
    return text


async def test_a_name_shows_its_value_and_a_parameter_its_callers(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await settled(real_editor, tmp_path)
    assert await editor.hover_text(uri, "größe = ") == (
        "```py\ngröße: tf.TensorSpec(shape=(4, 3), dtype=tf.float32)\n```"
    )
    parameter = await editor.hover_text(uri, "factor):")
    assert parameter == (
        "```py\n(parameter) factor: tf.TensorSpec(shape=(), dtype=tf.float32)\n```\n\n"
        f"From visible calls: [line 14]({uri}#L14)."
    )


async def test_a_called_name_shows_the_result_and_an_operator_the_operation(
    real_editor: Editor, tmp_path: Path
):
    editor, uri = real_editor, await settled(real_editor, tmp_path)
    assert await editor.hover_text(uri, "transpose") == (
        "```py\ntf.transpose(größe) -> tf.TensorSpec(shape=(3, 4), dtype=tf.float32)\n```"
    )
    assert await editor.hover_text(uri, "@") == (
        "```py\ngröße @ tf.transpose(größe) -> tf.TensorSpec(shape=(4, 4), dtype=tf.float32)\n```"
    )


async def test_an_unknown_value_says_why(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await settled(real_editor, tmp_path)
    text = await editor.hover_text(uri, "other, tf")
    assert text.startswith("```py\nother: unknown\n```\n\nUnknown: ")
    assert "unseen.thing" in text


async def test_code_that_is_never_reached_has_no_value(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await settled(real_editor, tmp_path)
    assert await editor.hover_text(uri, "never") is None
    assert await editor.hover_text(uri, "ones([3])") is None
    assert await editor.hover_text(uri, "import unseen") is None


async def test_a_client_without_markdown_gets_the_value_as_text(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await settled(real_editor, tmp_path, markdown=False)
    assert await editor.hover_text(uri, "größe = ") == (
        "größe: tf.TensorSpec(shape=(4, 3), dtype=tf.float32)\n"
    )


async def test_there_are_no_inlay_hints_unless_asked_for(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await settled(real_editor, tmp_path)
    assert await editor.hints(uri) == []


async def test_inlay_hints_stand_after_names_and_parameters_and_results(real_editor: Editor, tmp_path: Path):
    editor, uri = real_editor, await settled(real_editor, tmp_path, initialization_options=HINTS)
    hints = await editor.hints(uri)
    expected = (
        TEXT.replace("scale(x, factor):", "scale(x«: float32[4, 3]», factor«: float32[]»):")
        .replace("größe = ", "größe«: float32[4, 3]» = ")
        .replace("known, other =", "known«: float32[4, 4]», other =")
    )
    assert shown(editor, uri, hints) == expected


async def test_inlay_hints_are_those_of_the_range_and_resolve_to_the_hover(
    real_editor: Editor, tmp_path: Path
):
    options = {"inlayHints": {"tensors": True}}
    editor, uri = real_editor, await settled(real_editor, tmp_path, initialization_options=options)
    line = editor.find(uri, "größe = ").line
    [hint] = await editor.hints(uri, types.Range(types.Position(line, 0), types.Position(line, 40)))
    assert (hint.label, hint.tooltip) == (": float32[4, 3]", None)
    resolved = await editor.inlay_hint_resolve_async(hint)
    assert resolved.tooltip.value == await editor.hover_text(uri, "größe = ")
    editor.replace(uri, "größe = tf", "size = größe = tf")
    assert (await editor.inlay_hint_resolve_async(hint)).tooltip is None


async def test_inlay_hints_follow_edits_elsewhere_and_the_setting(real_editor: Editor, tmp_path: Path):
    editor = real_editor
    editor.set_configuration({"inlayHints": {"parameters": True}}, section="graphlift")
    uri = await settled(editor, tmp_path, configuration=True)
    await editor.until(lambda: editor.hint_refreshes == 1)
    editor.replace(uri, "tf.ones([4, 3])", "tf.ones([7, 3])")
    await editor.until(lambda: editor.hint_refreshes == 2)
    assert "x«: float32[7, 3]»" in shown(editor, uri, await editor.hints(uri))
    editor.set_configuration({"inlayHints": {"parameters": False}}, section="graphlift")
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.until(lambda: editor.hint_refreshes == 3)
    assert await editor.hints(uri) == []
