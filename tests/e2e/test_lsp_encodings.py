"""Positions in every encoding, on lines where the encodings differ, and after incremental edits."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types

from graphlift.lsp.positions import Encoding, choose_encoding
from graphlift.source.text import Lines

OFFERS = {
    None: "utf-16",
    ("utf-16",): "utf-16",
    ("utf-8", "utf-16"): "utf-8",
    ("utf-16", "utf-8", "utf-32"): "utf-8",
    ("utf-32", "utf-16"): "utf-16",
    ("utf-32",): "utf-32",
}
ODD = "x = '😋é\u2028\x0c漢'\nif x:\n    def größe(x):  # convert 😋\n        return x\n"


@pytest.mark.parametrize(("offer", "chosen"), OFFERS.items())
async def test_ranges_are_right_on_odd_lines(
    editor: Editor, tmp_path: Path, offer: tuple[str, ...] | None, chosen: str
):
    result = await editor.begin([tmp_path.as_uri()], encodings=offer)
    assert result.capabilities.position_encoding == chosen
    uri = (tmp_path / "odd.py").as_uri()
    editor.open(uri, "s = '😋😋'; " + ODD)
    [hint] = await editor.diagnosed(uri)
    assert editor.text_in(uri, hint.range) == "größe"
    assert editor.text_in(uri, hint.related_information[0].location.range) == "größe"
    assert "größe" in await editor.hover_text(uri, "größe")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_incremental_edits_keep_the_server_in_step(editor: Editor, tmp_path: Path, encoding: str):
    await editor.begin([tmp_path.as_uri()], encodings=(encoding,))
    uri = (tmp_path / "odd.py").as_uri()
    editor.open(uri, ODD)
    editor.replace(uri, "é\u2028\x0c", "\n# 😋\n# '")
    editor.replace(uri, "größe", "länge")
    editor.replace(uri, "def", "y = 1\n    def")
    end = editor.at(uri, len(editor.texts[uri]))
    editor.edit(uri, types.Range(end, end), "def last(x):  # convert")
    hints = await editor.diagnosed(uri)
    assert [editor.text_in(uri, hint.range) for hint in hints] == ["länge", "last"]
    editor.rewrite(uri, "def whole(x):  # convert\n")
    [hint] = await editor.diagnosed(uri)
    assert editor.text_in(uri, hint.range) == "whole"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_edits_land_where_they_should_on_odd_lines(editor: Editor, tmp_path: Path, encoding: str):
    await editor.begin([tmp_path.as_uri()], encodings=(encoding,))
    uri = (tmp_path / "odd.py").as_uri()
    editor.open(uri, ODD)
    [hint] = await editor.diagnosed(uri)
    [action] = await editor.actions(uri, hint.range, [hint])
    editor.apply(action.edit)
    assert editor.texts[uri] == ODD.replace("    def", "    @tf.function\n    def")


KINDS = [
    types.PositionEncodingKind.Utf8,
    types.PositionEncodingKind.Utf16,
    types.PositionEncodingKind.Utf32,
]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_and_units_are_inverse(kind: types.PositionEncodingKind):
    encoding = Encoding(kind)
    line = "a\té\u2028漢😋\x0cz"
    for column in range(len(line) + 1):
        assert encoding.column(line, encoding.units(line, column)) == column


@pytest.mark.parametrize(
    ("kind", "width"), [(KINDS[0], 4), (KINDS[1], 2), (KINDS[2], 1)], ids=["utf-8", "utf-16", "utf-32"]
)
def test_a_position_inside_a_character_is_its_start(kind: types.PositionEncodingKind, width: int):
    encoding = Encoding(kind)
    assert [encoding.column("😋b", units) for units in range(width)] == [0] * width
    assert encoding.column("😋b", width) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "ab", "ab\n", "é\r\nx", "é\rx"])
def test_positions_past_the_end_are_taken_as_the_end(kind: types.PositionEncodingKind, text: str):
    encoding, lines = Encoding(kind), Lines(text)
    assert encoding.point(lines, types.Position(99, 99)) == lines.position(len(text))
    assert encoding.point(lines, types.Position(0, 99)) == (1, len(lines.line(1)))


def test_a_range_the_wrong_way_round_is_turned():
    lines = Encoding(KINDS[2]).changed(
        Lines("abcdef"),
        types.TextDocumentContentChangePartial(types.Range(types.Position(0, 4), types.Position(0, 2)), "-"),
    )
    assert lines.text == "ab-ef"


def test_without_an_offer_the_encoding_is_utf16():
    assert choose_encoding(types.ClientCapabilities()) is types.PositionEncodingKind.Utf16
