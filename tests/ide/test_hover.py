"""The hover's Markdown: what stands first, what is linked, and what is left out."""

from __future__ import annotations

import msgspec

from graphlift.ide.hover import function_markdown, plain_text
from graphlift.source.span import Span
from graphlift.verdict import (
    Environment,
    FunctionReport,
    Location,
    Parameter,
    Reason,
    TraceStep,
    Verdict,
)


def place(path: str, line: int) -> Location:
    return Location(path, Span(line, 4, line, 10))


def link(location: Location) -> str:
    return f"file://{location.path}#L{location.span.line}"


BLOCKED = FunctionReport(
    path="/w/train.py",
    qualname="Trainer.step",
    line=12,
    end_line=20,
    name_span=Span(12, 8, 12, 12),
    execution="eager",
    verdict=Verdict.BLOCKED,
    confidence="proven",
    summary="`step` would record only its first call.",
    reasons=(
        Reason(
            rule="python-side-effect",
            message="`history` grows once per trace, not once per call",
            location=place("/w/train.py", 14),
            trace=(
                TraceStep(place("/w/train.py", 14), "`step` calls `log`"),
                TraceStep(place("/w/tools/logs.py", 40), "`log` calls `Recorder.add`"),
                TraceStep(place("/w/tools/records.py", 7), "`self.history` is appended to"),
            ),
        ),
        Reason("prints-while-tracing", "`print` runs while tracing", place("/w/train.py", 16), certain=False),
    ),
    parameters=(
        Parameter("self", "self", "Trainer", ""),
        Parameter("x", "tensor", "tf.TensorSpec(shape=(None, 8), dtype=tf.float32)", "call on line 30"),
    ),
    assumptions=("no caller of `step` outside the workspace",),
)

EXPECTED = """\
**`step` would record only its first call.**

- `history` grows once per trace, not once per call: \
[records.py:7](file:///w/tools/records.py#L7) · `python-side-effect`
  - `step` calls `log` ([line 14](file:///w/train.py#L14)) → `log` calls `Recorder.add` \
([logs.py:40](file:///w/tools/logs.py#L40)) → `self.history` is appended to ([records.py:7](file:///w/tools/records.py#L7))
- `print` runs while tracing (possibly): [line 16](file:///w/train.py#L16) · `prints-while-tracing`

Parameters:
- `x`: `tf.TensorSpec(shape=(None, 8), dtype=tf.float32)` (call on line 30)

Assumed:
- no caller of `step` outside the workspace

_Python 3.11, TensorFlow 2.21, Keras 3 (.venv)_"""


def test_everything_in_its_order():
    assert function_markdown(BLOCKED, Environment("3.11", "2.21", 3, ".venv"), link) == EXPECTED


def test_without_links_places_are_text():
    text = function_markdown(BLOCKED)
    assert "](" not in text
    assert ": records.py:7 · `python-side-effect`" in text


def test_plain_text_keeps_the_words_and_drops_the_marks():
    text = plain_text(function_markdown(BLOCKED, Environment("3.11", None, 3, "default"), link))
    assert text.startswith("step would record only its first call.")
    assert "records.py:7" in text
    assert text.endswith("Python 3.11, no TensorFlow found, Keras 3 (default)")
    assert not {"`", "*", "["} & set(text)


def test_many_reasons_are_counted_and_not_shown():
    reasons = tuple(
        Reason("eager-only-call", f"reason {number}", place("/w/train.py", number)) for number in range(1, 21)
    )
    text = function_markdown(msgspec.structs.replace(BLOCKED, reasons=reasons))
    assert "reason 8:" in text
    assert "reason 9:" not in text
    assert "… and 12 more" in text


def test_a_conversion_says_whether_it_is_proven():
    convert = msgspec.structs.replace(
        BLOCKED, verdict=Verdict.CONVERT, reasons=(), covered_by="/w/train.py::Trainer.fit", summary="Safe."
    )
    assert function_markdown(convert).startswith("**Safe.** Proven.")
    assert "Converting `Trainer.fit` is enough" in function_markdown(convert)
    assumed = msgspec.structs.replace(convert, confidence="assumed")
    assert "**Safe.** On the assumptions below." in function_markdown(assumed)


def test_a_declined_edit_is_said():
    declined = msgspec.structs.replace(BLOCKED, declined=("convert",))
    words = "The edit is not offered: a comment or a setting declines it."
    assert words in function_markdown(declined)
    assert words not in function_markdown(BLOCKED)
