import os
import subprocess

import pytest

from graphlift.cli.fix import select
from graphlift.source.span import Span
from graphlift.verdict import FileReport, Fix, FunctionReport, TextEdit, Verdict

CONVERTIBLE = """import tensorflow as tf


def step(x):
    for _ in range(10):
        x = tf.tanh(tf.matmul(x, x)) + 1.0
    return x


step(tf.ones([3, 3]))
"""


def test_in_place(graphlift, example):
    result = graphlift("fix", ".")
    assert result.code == 0
    assert "Changed 2 files: " in result.err
    text = (example / "train.py").read_text()
    assert "@tf.function\ndef train_step(" in text
    assert "\n\ndef schedule(" in text
    again = graphlift("fix", ".")
    assert (again.code, again.err.splitlines()[0]) == (0, "Nothing to change.")


def test_diff_changes_nothing_and_is_a_patch(graphlift, example):
    before = {file.name: file.read_bytes() for file in example.glob("*.py")}
    result = graphlift("fix", "--diff", ".")
    assert result.code == 1
    assert before == {file.name: file.read_bytes() for file in example.glob("*.py")}
    subprocess.run(["git", "apply", "-p1"], input=result.out, text=True, cwd=example, check=True)
    patched = {file.name: file.read_bytes() for file in example.glob("*.py")}
    for name, data in before.items():
        (example / name).write_bytes(data)
    graphlift("fix", ".")
    assert patched == {file.name: file.read_bytes() for file in example.glob("*.py")}


def test_diff_of_nothing(graphlift, place):
    (place / "a.py").write_text("x = 1\n")
    assert graphlift("fix", "--diff", ".")[:2] == (0, "")


@pytest.mark.parametrize(
    ("only", "converted", "removed"), [("convert", True, False), ("remove", False, True)]
)
def test_only(graphlift, example, only, converted, removed):
    graphlift("fix", "--only", only, ".")
    text = (example / "train.py").read_text()
    assert ("@tf.function\ndef train_step(" in text) is converted
    assert ("@tf.function\ndef schedule(" not in text) is removed


def test_newlines_mark_mode_and_link_stay(graphlift, place):
    (place / "real").mkdir()
    real = place / "real" / "a.py"
    real.write_bytes(b"\xef\xbb\xbf" + CONVERTIBLE.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    (place / "link.py").symlink_to(real)
    assert graphlift("fix", "link.py").code == 0
    expected = CONVERTIBLE.replace("def step", "@tf.function\ndef step").replace("\n", "\r\n")
    assert real.read_bytes() == b"\xef\xbb\xbf" + expected.encode()
    assert (place / "link.py").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640


def test_other_encodings(graphlift, place):
    text = "# -*- coding: latin-1 -*-\n# caf\xe9\n" + CONVERTIBLE
    (place / "a.py").write_bytes(text.encode("latin-1"))
    assert graphlift("fix", ".").code == 0
    expected = text.replace("def step", "@tf.function\ndef step")
    assert (place / "a.py").read_bytes() == expected.encode("latin-1")


def test_file_that_cannot_be_analysed_is_left_alone_and_told(graphlift, place):
    (place / "bad.py").write_text("def f(:\n")
    (place / "good.py").write_text(CONVERTIBLE)
    result = graphlift("fix", ".")
    assert result.code == 1
    assert "graphlift: bad.py line 1: " in result.err
    assert "Changed 1 file: 1 converted." in result.err
    assert (place / "bad.py").read_text() == "def f(:\n"


def test_write_failure(graphlift, place, monkeypatch):
    (place / "a.py").write_text(CONVERTIBLE)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    result = graphlift("fix", ".")
    assert result.code == 1
    assert "a.py cannot be written: No space left on device" in result.err
    assert (place / "a.py").read_text() == CONVERTIBLE


def report(verdict: Verdict, confidence: str, recommended: bool = True) -> FileReport:
    function = FunctionReport(
        "a.py", "f", 1, 2, Span(1, 4, 1, 5), "eager", verdict, confidence, recommended=recommended
    )
    return FileReport("a.py", 2, (function,))


def offered(slug: str, safe: bool = True) -> tuple[Fix, ...]:
    return (Fix("", "a.py", (TextEdit(Span(1, 0, 1, 0), "@x\n"),), safe, slug=slug, function="f"),)


@pytest.mark.parametrize(
    ("verdict", "confidence", "recommended", "slug", "safe", "chosen", "waiting"),
    [
        (Verdict.CONVERT, "proven", True, "convert", True, 1, 0),
        (Verdict.CONVERT, "assumed", True, "convert", True, 0, 1),
        (Verdict.CONVERT, "proven", True, "convert", False, 0, 1),
        (Verdict.CONVERT, "proven", False, "convert", True, 0, 0),
        (Verdict.BLOCKED, "proven", True, "convert", True, 0, 0),
        (Verdict.REMOVE, "proven", True, "remove", True, 1, 0),
        (Verdict.REMOVE, "assumed", True, "remove", True, 0, 1),
        (Verdict.KEEP, "proven", True, "remove", True, 0, 0),
    ],
)
def test_which_fixes_are_made(verdict, confidence, recommended, slug, safe, chosen, waiting):
    selection = select(report(verdict, confidence, recommended), offered(slug, safe), assumed=False)
    assert (len(selection.chosen), len(selection.assumed)) == (chosen, waiting)
    with_assumed = select(report(verdict, confidence, recommended), offered(slug, safe), assumed=True)
    assert (len(with_assumed.chosen), len(with_assumed.assumed)) == (chosen + waiting, 0)
