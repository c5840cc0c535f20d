"""Mendings in unusual texts: other names for TensorFlow, layouts, newlines, places where there can be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphlift.fixes import apply
from graphlift.fixes.mend import between
from graphlift.ide.workspace import Workspace
from graphlift.source.span import Span
from graphlift.verdict import Fix

SCALED = """import numpy as np
import tensorflow as tf


def scaled(x):
    y = tf.sin(x) * tf.cos(x) + tf.tanh(x)
    return y * np.sqrt(x) - tf.exp(y)  # the root


for n in range(3):
    scaled(tf.ones([3]) * float(n))
"""


def offered(text: str, folder: Path, at: str = "np.sqrt") -> tuple[str, list[Fix]]:
    """The mendings at the first place of a text, with the text as it is analysed."""
    path = folder / "main.py"
    path.write_bytes(text.encode())
    workspace = Workspace([str(folder)])
    workspace.settle()
    read = workspace.text(str(path))
    line = read[: read.index(at)].replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    found = workspace.fixes(str(path), Span(line, 0, line, 0))
    return read, [fix for fix in found if fix.slug.startswith("mend")]


def test_another_name_for_tensorflow(tmp_path: Path) -> None:
    text = SCALED.replace("tf.", "flow.").replace("as tf", "as flow")
    read, (single, _) = offered(text, tmp_path)
    assert apply(read, single.edits) == text.replace("np.sqrt", "flow.sqrt")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import tensorflow as tf", "try:\n    import tensorflow as tf\nexcept ImportError:\n    tf = None"),
        ("def scaled(x):", "def scaled(x, tf=tf):"),
        ("(y)  # the root", "(y) + sum(tf for tf in ())"),
    ],
)
def test_no_certain_name_for_tensorflow(old: str, new: str, tmp_path: Path) -> None:
    assert offered(SCALED.replace(old, new), tmp_path)[1] == []


def test_layout_and_comments_stay(tmp_path: Path) -> None:
    spread = "np.sqrt(  # NumPy's\n        x,\n    )"
    text = SCALED.replace("np.sqrt(x)", spread)
    read, (single, whole) = offered(text, tmp_path)
    mended = text.replace("np.sqrt", "tf.sqrt")
    assert apply(read, single.edits) == mended
    assert apply(read, whole.edits) == mended.replace("def scaled", "@tf.function\ndef scaled")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_newlines_stay(newline: str, tmp_path: Path) -> None:
    text = SCALED.replace("\n", newline)
    read, (_, whole) = offered(text, tmp_path)
    mended = SCALED.replace("np.sqrt", "tf.sqrt").replace("def scaled", "@tf.function\ndef scaled")
    assert apply(read, whole.edits) == mended.replace("\n", newline)


def test_a_statement_above_the_condition_takes_its_indent_and_newline(tmp_path: Path) -> None:
    text = (
        SCALED.replace("- tf.exp(y)  # the root", "* z")
        .replace("np.sqrt(x)", "x")
        .replace("    return", "    if tf.reduce_sum(y) > -100.0:\n        z = tf.exp(y)\n    return")
        .replace("\n", "\r\n")
    )
    read, (single,) = offered(text, tmp_path, at="if tf")
    assert apply(read, single.edits) == text.replace(
        "    if tf", "    z = tf.zeros([3], tf.float32)\r\n    if tf"
    )


def test_nothing_above_an_elif(tmp_path: Path) -> None:
    text = (
        SCALED.replace("- tf.exp(y)  # the root", "* z")
        .replace("np.sqrt(x)", "x")
        .replace(
            "    return",
            "    if x is None:\n        z = y\n    elif tf.reduce_sum(y) > -100.0:\n        z = tf.exp(y)\n    return",
        )
    )
    assert offered(text, tmp_path, at="elif")[1] == []


def test_nothing_before_all_callers_are_known(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SCALED)
    workspace = Workspace([str(tmp_path)])
    assert workspace.fixes(str(tmp_path / "main.py"), Span(7, 0, 7, 0)) == ()


def test_the_workspace_is_as_before(tmp_path: Path) -> None:
    """Trying an edit out leaves no trace in what is said of the file, or of the edit."""
    (tmp_path / "main.py").write_text(SCALED)
    workspace = Workspace([str(tmp_path)])
    workspace.settle()
    path = str(tmp_path / "main.py")
    before = workspace.report(path)
    first = workspace.fixes(path, Span(5, 0, 5, 0))
    assert any(fix.slug == "mend" for fix in first)
    assert workspace.report(path) == before
    assert workspace.fixes(path, Span(5, 0, 5, 0)) == first
    workspace.settle()
    assert workspace.report(path) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb", "a\nb\nc"),
        ("a\nb\nc", "b\nc"),
        ("", "a\n"),
        ("a\n", ""),
        ("a\r\nb\r\n", "x\r\na\r\nb\r\ny"),
        ("same", "same"),
    ],
)
def test_edits_between_two_texts(before: str, after: str) -> None:
    assert apply(before, between(before, after)) == after
