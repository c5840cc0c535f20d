"""The harness itself: a page with a wrong assertion fails, each kind, and says where and why."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from graphlift.source.span import Span
from graphlift.verdict import Fix, TextEdit
from graphlift.verify import Judge

from .harness import graphs, mended, static
from .harness.expect import ExpectationError, expectations
from .harness.failures import render, update_snapshots
from .harness.page import PageError, Section, parse

CODE = """
import tensorflow as tf
seen = []
{comment}
def step(x):{on_def}
    y = tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x)
    return tf.reduce_sum(y){on_return}
@tf.function
def noisy(x):
    seen.append(1)  # error: [python-side-effect]
    return tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x)
for _ in range(3):
    step(tf.ones([2]))
    noisy(tf.ones([2]))
"""


def page(text: str, path: Path = Path("page.md")) -> tuple[Section, ...]:
    return parse(path, dedent(text))


def one(code: str, after: str = "") -> Section:
    (section,) = parse(Path("page.md"), f"# Page\n\n## Test\n\n```py\n{code.strip()}\n```\n{after}")
    return section


def example(comment: str = "# verdict: convert", on_def: str = "", on_return: str = "") -> Section:
    return one(CODE.format(comment=comment, on_def=on_def, on_return=on_return))


def test_right_assertions_hold(tmp_path: Path) -> None:
    section = example()
    assert static.check(section, tmp_path) == []


@pytest.mark.parametrize(
    ("section", "line", "expected", "actual"),
    [
        (example("# verdict: blocked"), 9, "verdict: blocked", "verdict: convert"),
        (example("# verdict: convert (assumed)"), 9, "(assumed)", "(proven)"),
        (example("# verdict: convert [python-result]"), 9, "[python-result]", "convert []"),
        (example("# arguments: reduce_retracing=True"), 9, "reduce_retracing=True", "arguments: nothing"),
        (example("# signature: nothing"), 9, "signature: nothing", "tf.TensorSpec(shape=(2,)"),
        (example("# signature: [tf.TensorSpec(shape=(3,), dtype=tf.float32)]"), 9, "(3,)", "(2,)"),
        (example("# fact: io(file)"), 9, "fact: io(file)", "ops("),
        (example(on_return='  # error: "no"'), 11, 'error: "no"', "nothing"),
        (example(on_return="  # revealed: int"), 11, "revealed: int", "nothing"),
        (example(on_return="  # calls: other.f"), 11, "calls: other.f", "calls: "),
        (example("# recomputed: run(main.step)"), 9, "an edit", "`recomputed` without an edit"),
    ],
)
def test_a_wrong_assertion_fails(
    section: Section, line: int, expected: str, actual: str, tmp_path: Path
) -> None:
    failures = [each for each in static.check(section, tmp_path, hints=False) if expected in each.expected]
    assert failures, f"nothing failed that expects {expected}"
    assert actual in failures[0].actual
    assert f"page.md:{line}" in render(section, failures)


def test_a_finding_that_is_not_asserted_fails(tmp_path: Path) -> None:
    section = one(
        CODE.format(comment="# verdict: convert", on_def="", on_return="").replace(
            "  # error: [python-side-effect]", ""
        )
    )
    (failure,) = static.check(section, tmp_path)
    assert failure.expected == "nothing"
    assert "[python-side-effect]" in failure.actual


def test_a_finding_with_another_text_or_rule_fails(tmp_path: Path) -> None:
    text = CODE.format(comment="# verdict: convert", on_def="", on_return="")
    for index, wrong in enumerate(('[python-side-effect] "unheard of"', "[random-or-clock]")):
        place = tmp_path / str(index)
        place.mkdir()
        failures = static.check(one(text.replace("[python-side-effect]", wrong)), place)
        assert {failure.expected for failure in failures} == {f"error: {wrong}", "nothing"}


def test_a_revealed_type_that_is_not_asserted_fails(tmp_path: Path) -> None:
    section = one("import tensorflow as tf\nreveal_type(1)\n")
    (failure,) = static.check(section, tmp_path)
    assert failure.actual.startswith("revealed: ")


def test_what_is_recomputed_after_an_edit(tmp_path: Path) -> None:
    text = """
    ## Test

    `m.py`:
    ```py
    def f(x):
        return x + 1
    def g(x):
        return x + 1
    ```
    `m.py` (edit 1):
    ```py
    def f(x):  # recomputed: run(m.nonsense)
        return x + 2
    def g(x):
        return x + 1
    ```
    """
    (section,) = page(text)
    (failure,) = static.check(section, tmp_path)
    assert failure.expected == "recomputed: run(m.nonsense)"
    assert "recomputed: " in failure.actual


def test_a_snapshot_that_is_not_the_same_fails_and_can_be_updated(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    code = CODE.format(comment="# verdict: convert", on_def="", on_return="").replace(
        "def step", "def <CURSOR>step"
    )
    path.write_text(
        f"# Page\n\n## Test\n\n```py\n{code.strip()}\n```\n\n```actions\nno such action\n```\n\nMore.\n"
    )
    (section,) = parse(path, path.read_text())
    place = tmp_path / "first"
    place.mkdir()
    (failure,) = static.check(section, place)
    assert failure.expected == "no such action"
    assert update_snapshots(section, [failure]) == 1
    assert f"```actions\n{failure.actual}\n```\n\nMore.\n" in path.read_text()
    (again,) = parse(path, path.read_text())
    place = tmp_path / "second"
    place.mkdir()
    assert static.check(again, place) == []


def test_blocks_that_grow_under_one_heading_move_those_under_the_next(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    code = CODE.format(comment="# verdict: convert", on_def="", on_return="").replace(
        "def step", "def <CURSOR>step"
    )
    tests = [f"## {name}\n\n```py\n{code.strip()}\n```\n\n```fixed convert\n```\n" for name in ("A", "B")]
    path.write_text("# Page\n\n" + "\n".join(tests))
    for section in parse(path, path.read_text()):
        place = tmp_path / section.title
        place.mkdir()
        assert update_snapshots(section, static.check(section, place)) == 1
    first, second = parse(path, path.read_text())
    assert first.entry.text == second.entry.text
    assert first.snapshots[0].text == second.snapshots[0].text
    assert "@tf.function\ndef step" in second.snapshots[0].text


# --- graphs ---


@pytest.fixture
def unknown() -> graphs.Known:
    return graphs.Known(lambda _: None, lambda *_: None)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("wanted", "right"),
    [
        ("same", True),
        ("differs", False),
        ("raises ValueError", False),
        ("retraces", False),
        ("hangs", False),
        ("undecidable", False),
        ('same "text"', False),
    ],
)
def test_tensorflow_decides(
    wanted: str, right: bool, tmp_path: Path, judge_for: graphs.JudgeFor, unknown: graphs.Known
) -> None:
    failures = graphs.check(example(on_def=f"  # graph: {wanted}"), tmp_path, judge_for, unknown)
    assert (failures == []) is right
    assert right or f"graph: {wanted}" in failures[0].expected


@pytest.mark.tensorflow
def test_the_exception_must_be_the_one_that_is_named(
    tmp_path: Path, judge_for: graphs.JudgeFor, unknown: graphs.Known
) -> None:
    text = "import tensorflow as tf\ndef f(x):  # graph: raises {}\n    return x.numpy() + 1\nf(tf.ones(2))\n"
    assert graphs.check(one(text.format("AttributeError")), tmp_path, judge_for, unknown) == []
    (failure,) = graphs.check(one(text.format("TypeError")), tmp_path, judge_for, unknown)
    assert failure.actual.startswith("graph: raises AttributeError")


def test_a_graph_assertion_off_a_def_fails(tmp_path: Path, unknown: graphs.Known) -> None:
    def no_judge(_: int) -> Judge:
        raise AssertionError("nothing to judge")

    text = "def f(x):\n    return x  # graph: same\n"
    with pytest.raises(AssertionError, match="nothing to judge"):
        graphs.check(one(text), tmp_path, no_judge, unknown)


def test_convert_where_the_graph_differs_is_a_contradiction_unless_it_is_a_known_bug() -> None:
    (failure,) = graphs.contradictions(example("# verdict: convert  # graph: differs"))
    assert failure.actual == "convert, where the graph differs"
    assert not graphs.contradictions(example("# verdict: convert  # graph: differs  # bug: not seen yet"))
    assert not graphs.contradictions(example("# verdict: convert  # graph: same"))


# --- pages and comments that can't be read ---


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# verdikt: convert", "did you mean `verdict`"),
        ("# reveal: int", "did you mean `revealed`"),
        ("# note: this", "there is no assertion `note`"),
        ("# error [python-result]", "no colon after `error`"),
        ("# error: python-result", "is not of the form"),
        ("# verdict: maybe", "is not a verdict"),
        ("# verdict: convert (surely)", "a verdict is not `surely`"),
        ("# graph: same ValueError", "is not an outcome"),
        ("# graph: fails", "is not an outcome"),
        ("# fact:", "says nothing"),
        ("# bug: known", "goes with an assertion"),
    ],
)
def test_an_assertion_that_cannot_be_read_is_an_error(comment: str, message: str) -> None:
    with pytest.raises(ExpectationError) as raised:
        expectations(one(f"x = 1  {comment}").entry)
    assert message in str(raised.value)


def test_ordinary_comments_and_strings_are_left_alone() -> None:
    code = 'x = "# error: [none]"  # type: ignore\ny = 1  # a comment, with words\n# Another one.\n'
    assert expectations(one(code).entry) == []


def test_an_assertion_on_a_line_of_its_own_is_about_the_next_line_of_code() -> None:
    code = "# verdict: keep\n\n# graph: same\n# Prose.\ndef f():\n    pass\n"
    found = {(each.kind, each.line) for each in expectations(one(code).entry)}
    assert found == {("graph", 5), ("verdict", 5)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## A\n```py\nx = 1\n", "never closed"),
        ("## A\n```javascript\n```\n", "unknown kind of block `javascript`"),
        ("## A\n```py title\n```\n", "`title` after `py` means nothing"),
        ("## A\n```py\n```\n## A\n```py\n```\n", "is the heading on line 1 too"),
        ("## A\n`m.py` (edit 2):\n```py\n```\n", "edit 2 comes after edit 0"),
        ("## A\n`m.py` (version 1):\n```py\n```\n", "`(edit n)` would"),
        ("## A\n```py\n```\n```hover\n```\n", "no <CURSOR>"),
        ("## A\n```hover\n```\n", "no code"),
        ("## A\n```py\n<CURSOR>x\n<CURSOR>y\n```\n", "there is a <CURSOR> already"),
    ],
)
def test_a_page_that_cannot_be_read_is_an_error(text: str, message: str) -> None:
    with pytest.raises(PageError) as raised:
        page(text)
    assert message in str(raised.value)


def test_blocks_merge_in_order_unless_they_name_files() -> None:
    text = """
    # Page
    ```toml
    keras = 2
    ```
    ## Merged
    ```py
    a = 1
    ```
    Prose.
    ```python
    b = 2
    ```
    ## Files
    `pkg/m.py`:
    ```py
    c = 3
    ```
    `main.py`:
    ```py
    d = 4
    ```
    ## No code
    """
    merged, files = page(text)
    assert merged.entry.text == "a = 1\n\nb = 2\n"
    assert [merged.entry.page_line(line) for line in (1, 3)] == [8, 12]
    assert [file.name for file in files.versions[0]] == ["pkg/m.py", "main.py"]
    assert files.entry.name == "main.py"
    assert merged.settings == files.settings == "keras = 2"


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("comment", "outcome"),
    [
        ("# signature: [tf.TensorSpec(shape=(2,), dtype=tf.float32)]", None),
        ("# signature: [tf.TensorSpec(shape=(3,), dtype=tf.float32)]", "raises TypeError"),
        ("# signature: nothing", None),
        ("# arguments: reduce_retracing=True", None),
        ("# arguments: autograph=no_such_name", "no_such_name"),
    ],
)
def test_arguments_are_judged(
    comment: str, outcome: str | None, tmp_path: Path, judge_for: graphs.JudgeFor, known: graphs.Known
) -> None:
    failures = graphs.check(example(comment), tmp_path, judge_for, known)
    assert len(failures) == int(outcome is not None)
    if outcome is not None:
        assert outcome in failures[0].actual
    assert (tmp_path / "main.py").read_text() == example(comment).entry.text


def test_a_conversion_that_retraces_needs_what_mends_it() -> None:
    convert = example("# verdict: convert  # graph: retraces")
    assert graphs.contradictions(convert)
    mended = example("# verdict: convert  # graph: retraces  # arguments: reduce_retracing=True")
    assert graphs.contradictions(mended) == []
    unmended = example("# verdict: convert  # graph: retraces  # arguments: nothing")
    assert graphs.contradictions(unmended)
    differs = example("# verdict: convert  # graph: differs  # arguments: reduce_retracing=True")
    assert graphs.contradictions(differs)


MENDED = """
import numpy as np
import tensorflow as tf
def step(x):
    y = tf.sin(x) * tf.cos(x)
    return y * <CURSOR>np.sqrt(x)
for _ in range(3):
    step(tf.ones([2]))
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("text", "safe", "outcome"),
    [
        ("tf.sqrt", True, None),
        ("2.0 + tf.sqrt", False, None),
        ("2.0 + tf.sqrt", True, "result is a tensor"),
        ("np.square", True, "graph: raises"),
        ("np.square", False, "graph: raises"),
    ],
)
def test_mended_programs_are_judged(
    text: str,
    safe: bool,
    outcome: str | None,
    tmp_path: Path,
    judge_for: graphs.JudgeFor,
    known: graphs.Known,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    section = one(MENDED, "\n```fixed mend-numpy-call\n```\n")
    edit = TextEdit(Span(5, 15, 5, 22), text)
    fix = Fix("An edit", "main.py", (edit,), safe, slug="mend-numpy-call", function="step")
    static.write(section, tmp_path)
    monkeypatch.setattr(mended, "_fix", lambda *_: fix)
    failures = graphs.check(section, tmp_path, judge_for, known)
    assert len(failures) == int(outcome is not None)
    if outcome is not None:
        assert outcome in failures[0].actual
    assert (tmp_path / "main.py").read_text() == section.entry.text
