"""Hovers on expressions and inlay hints: which expression a position means, what is said, where hints stand."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from graphlift.ide.folding import MAX_LINES, WIDTH, folded
from graphlift.ide.inlay_hints import InlayHint
from graphlift.ide.value_report import Passed, ValueReport, value_markdown
from graphlift.ide.workspace import Workspace
from graphlift.source.config import InlayHints, Settings
from graphlift.source.span import Span
from graphlift.verdict import Location

PROGRAM = """\
import tensorflow as tf
import elsewhere

STEP = tf.constant(0.5)


class Net:
    def __init__(self, size):
        self.w = tf.Variable(tf.ones([size, 2]))

    def __call__(self, x, training=False):
        return {"logits": tf.matmul(x, self.w), "scale": STEP}


@tf.function
def step(net, x):
    out = net(x)
    total = out["logits"] - out["scale"]
    double = (lambda q: q + q)(total)
    mystery = elsewhere.thing(total)
    if not tf.is_tensor(x):
        never = total
    return tf.reduce_sum(double), mystery


def alone(x, n: int):
    return tf.sqrt(x) * n


net = Net(3)
for rows in (4, 5):
    step(net, tf.ones([rows, 3]))
"""

TENSORS = InlayHints(tensors=True)
ALL = InlayHints(tensors=True, parameters=True, returns=True)


def made(
    root: Path, text: str, hints: InlayHints | None = None, *, settle: bool = True
) -> tuple[Workspace, str]:
    path = root / "main.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    workspace = Workspace([str(root)], Settings(inlay_hints=hints or InlayHints()))
    if settle:
        workspace.settle()
    return workspace, str(path)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    return made(tmp_path_factory.mktemp("program"), PROGRAM)


def at(program: tuple[Workspace, str], words: str) -> ValueReport | None:
    """The value at the `|` in these words, which occur once."""
    workspace, path = program
    before, after = words.split("|")
    text = workspace.text(path)
    assert text.count(before + after) == 1
    offset = text.index(before + after) + len(before)
    line = text[:offset].count("\n") + 1
    return workspace.value_at(path, line, offset - (text.rfind("\n", 0, offset) + 1))


@pytest.mark.parametrize(
    ("words", "text", "type"),
    [
        ("|out = net", "out", None),
        ("total| = out", "total", "tf.TensorSpec(shape=(None, 2), dtype=tf.float32)"),
        ('out["log|its"] -', 'out["logits"]', "tf.TensorSpec(shape=(None, 2), dtype=tf.float32)"),
        ("|- out[", 'out["logits"] - out["scale"]', "tf.TensorSpec(shape=(None, 2), dtype=tf.float32)"),
        ("tf.mat|mul(x", "tf.matmul(x, self.w)", "tf.TensorSpec(shape=(None, 2), dtype=tf.float32)"),
        ("|tf.matmul(x", "tf.matmul(x, self.w)", "tf.TensorSpec(shape=(None, 2), dtype=tf.float32)"),
        ("x, self.|w)", "self.w", "tf.Variable(shape=(3, 2), dtype=tf.float32)"),
        ("self.|w = ", "self.w", "tf.Variable(shape=(3, 2), dtype=tf.float32)"),
        ("q: |q + q", "q", "tf.TensorSpec(shape=(None, 2), dtype=tf.float32)"),
        ("(lambda |q:", "q", "tf.TensorSpec(shape=(None, 2), dtype=tf.float32)"),
        ("for ro|ws in", "rows", "Literal[4] | Literal[5]"),
        ("Ne|t(3)", "Net(3)", "Net"),
    ],
)
def test_the_expression_at_a_position(program, words: str, text: str, type: str | None):
    value = at(program, words)
    assert value is not None
    assert value.text == text
    assert type is None or value.type == type


@pytest.mark.parametrize(
    "words",
    [
        "import |tensorflow",  # a module says nothing new
        "nev|er = total",  # never reached
        "never = tot|al",
        "[rows, |3]",  # a literal
        "\n|\nSTEP",  # no expression
        "def al|one",  # a function's name has a hover of its own
    ],
)
def test_no_expression_or_no_value(program, words: str):
    assert at(program, words) is None


def test_items_are_spelled_out(program):
    value = at(program, "|out = net")
    logits, scale = (
        "tf.TensorSpec(shape=(None, 2), dtype=tf.float32)",
        "tf.TensorSpec(shape=(), dtype=tf.float32)",
    )
    assert value.type.startswith("dict[str, tf.TensorSpec(")
    assert value.spelled == f"{{'logits': {logits}, 'scale': {scale}}}"


def test_an_unknown_value_has_its_reason(program):
    value = at(program, "myst|ery = ")
    assert value.type == "unknown"
    assert "elsewhere.thing" in value.reason


def test_a_parameter_shows_who_passes_it(program):
    workspace, path = program
    value = at(program, "def step(net, |x)")
    line = workspace.text(path).split("\n").index("    step(net, tf.ones([rows, 3]))") + 1
    assert value.role == "parameter"
    assert value.evidence == "visible calls"
    assert [(each.location.span.line, each.type) for each in value.passed] == [(line, value.type)]
    assert at(program, "net(|x)").passed == value.passed
    assert at(program, "tot|al = out").role == "name"


def test_a_parameter_left_at_its_default(program):
    value = at(program, "trai|ning=False")
    assert (value.type, value.passed) == ("Literal[False]", ())
    assert value.evidence == "its default, which visible calls leave it at"


def test_a_parameter_that_only_the_body_shows(program):
    value = at(program, "def alone(|x,")
    assert value.evidence.startswith("its use on line")
    assert value.evidence_place is not None
    assert "no caller is visible" in value.assumption
    annotated = at(program, "x, |n: int")
    assert (annotated.type, annotated.evidence) == ("int", "its annotation")


def test_traced_and_concrete_tensors_are_told_apart(program):
    assert at(program, "tot|al = out").graph.startswith("Symbolic while `step` is traced")
    assert at(program, '"scale": |STEP').graph.startswith("Made outside every graph")
    assert at(program, "tf.sq|rt(x)").graph == ""
    assert at(program, "ro|ws in").graph == ""


def test_values_follow_edits_and_answer_before_settling(tmp_path: Path):
    workspace, path = made(tmp_path, PROGRAM, settle=False)
    first = at((workspace, path), "total| = out")
    assert first is not None
    workspace.settle()
    workspace.open(path, PROGRAM.replace("[rows, 3]", "[7, 3]"))
    workspace.settle()
    assert at((workspace, path), "total| = out").type == "tf.TensorSpec(shape=(7, 2), dtype=tf.float32)"


def test_an_unfinished_file_has_no_values(tmp_path: Path):
    workspace, path = made(tmp_path, "x = (1,\n")
    assert workspace.value_at(path, 1, 0) is None


# Inlay hints


def shown(workspace: Workspace, path: str, span: Span | None = None) -> str:
    lines = workspace.text(path).split("\n")
    hints = workspace.inlay_hints(path, span or Span(1, 0, len(lines), 0))
    for hint in sorted(hints, reverse=True):
        line = lines[hint.line - 1]
        lines[hint.line - 1] = f"{line[: hint.column]}«{hint.label}»{line[hint.column :]}"
    return "\n".join(lines)


def test_hints_stand_after_what_they_are_about(tmp_path: Path):
    expected = (
        PROGRAM.replace("STEP =", "STEP«: float32[]» =")
        .replace("self.w = ", "self.w«: Variable float32[3, 2]» = ")
        .replace("__call__(self, x,", "__call__(self, x«: float32[None, 3]»,")
        .replace("False):", "False)« -> {'logits': float32[None, 2], 'scale': float32[]}»:")
        .replace("def step(net, x)", "def step(net, x«: float32[None, 3]»)")
        .replace("out =", "out«: {'logits': float32[None, 2], 'scale': float32[]}» =")
        .replace("total =", "total«: float32[None, 2]» =")
        .replace("double =", "double«: float32[None, 2]» =")
        .replace("def alone(x, n: int)", "def alone(x«: tensor», n: int)« -> tensor»")
    )
    assert shown(*made(tmp_path, PROGRAM, ALL)) == expected


def test_each_kind_of_hint_is_asked_for_by_itself(tmp_path: Path):
    workspace, path = made(tmp_path, PROGRAM)
    whole = Span(1, 0, 99, 0)
    for kind in ("tensors", "parameters", "returns"):
        workspace.settings = Settings(inlay_hints=InlayHints(**{kind: True}))
        found = {hint.kind for hint in workspace.inlay_hints(path, whole)}
        assert found == {kind.removesuffix("s")}
    workspace.settings = Settings()
    assert workspace.inlay_hints(path, whole) == ()


def test_hints_of_a_range(tmp_path: Path):
    workspace, path = made(tmp_path, PROGRAM, ALL)
    line = PROGRAM.split("\n").index('    total = out["logits"] - out["scale"]') + 1
    assert workspace.inlay_hints(path, Span(line, 0, line, 30)) == (
        InlayHint(line, 9, ": float32[None, 2]", "tensor", (line, 4)),
    )
    assert workspace.inlay_hints(path, Span(line + 4, 0, line + 4, 30)) == ()


def test_hints_of_annotated_and_odd_definitions(tmp_path: Path):
    text = """\
    import tensorflow as tf


    def f(
        x,  # (
        y: tf.Tensor,
        *rest,
        z=")",
    ):  # )
        a: tf.Tensor = x + y
        b, *c = x, y
        (d := x)
        a += 1.0
        _ = x
        with tf.GradientTape() as tape:
            e = x
        return e


    def g(x) -> tf.Tensor:
        return x


    f(tf.ones([2]), tf.ones([2]), tf.zeros([], tf.int32))
    g(tf.ones([2]))
    """
    text = textwrap.dedent(text)
    expected = (
        text.replace("    x,  #", "    x«: float32[2]»,  #")
        .replace("):  # )", ")« -> float32[2]»:  # )")
        .replace("b, *c", "b«: float32[2]», *c«: list of float32[2]»")
        .replace("(d :=", "(d«: float32[2]» :=")
        .replace("e = x\n", "e«: float32[2]» = x\n")
        .replace("g(x) ->", "g(x«: float32[2]») ->")
    )
    assert shown(*made(tmp_path, text, ALL)) == expected


def test_no_hints_before_the_workspace_has_settled(tmp_path: Path):
    workspace, path = made(tmp_path, PROGRAM, ALL, settle=False)
    assert workspace.inlay_hints(path, Span(1, 0, 99, 0)) == ()


# Markdown


def report(**changes: object) -> ValueReport:
    given = {
        "span": Span(3, 0, 3, 1),
        "text": "x",
        "role": "parameter",
        "type": "int",
        "spelled": "int",
        **changes,
    }
    return ValueReport(**given)  # type: ignore[arg-type]


def place(path: str, line: int) -> Location:
    return Location(path, Span(line, 0, line, 1))


def test_calls_that_pass_the_same_are_one_line_and_others_a_list():
    same = report(
        evidence="visible calls",
        passed=(Passed(place("/w/a.py", 4), "int"), Passed(place("/w/b.py", 5), "int")),
        more_calls=2,
    )
    assert value_markdown(same, "/w/a.py", lambda p: f"file://{p.path}") == (
        "```py\n(parameter) x: int\n```\n\n"
        "From visible calls: [line 4](file:///w/a.py), [b.py:5](file:///w/b.py), 2 more."
    )
    other = report(
        evidence="visible calls", passed=(Passed(place("/w/a.py", 4), "Literal[3]"),), more_calls=1
    )
    assert value_markdown(other, "/w/a.py").split("\n\n")[1] == (
        "From visible calls:\n- line 4: `Literal[3]`\n- … and 1 more"
    )


def test_reasons_assumptions_and_graphs_follow():
    text = value_markdown(
        report(
            role="name",
            type="unknown",
            spelled="unknown",
            reason="nobody knows",
            assumption="it is so",
            graph="Symbolic.",
        ),
        "/w/a.py",
    )
    assert text.split("\n\n") == [
        "```py\nx: unknown\n```",
        "Unknown: nobody knows.",
        "Assumed: it is so.",
        "Symbolic.",
    ]


SPEC = "tf.TensorSpec(shape=(None, 28, 28), dtype=tf.float32)"


def test_short_types_stay_on_one_line_and_long_ones_are_folded():
    assert folded("x: int", "x: ", "int") == "x: int"
    text = f"tuple[{SPEC}, dict[str, {SPEC} | None]]"
    assert folded(f"x: {text}", "x: ", text) == (f"x: tuple[\n    {SPEC},\n    dict[str, {SPEC} | None],\n]")
    union = f"{SPEC} | list[{SPEC}]"
    assert folded(f"x: {union}", "x: ", union) == f"x: {SPEC}\n| list[{SPEC}]"


def test_folding_is_bounded_in_depth_and_lines_and_keeps_specs_whole():
    deep = SPEC
    for _ in range(8):
        deep = f"list[{deep}]"
    lines = folded(deep, "", deep).split("\n")
    assert any("…" in line for line in lines)
    wide = "tuple[" + ", ".join([SPEC] * 60) + "]"
    lines = folded(wide, "", wide).split("\n")
    assert len(lines) == MAX_LINES
    assert lines[-1] == "…"
    for line in lines[1:-1]:
        assert line.strip() == f"{SPEC},"
        assert len(line) <= WIDTH
    literal = f"tuple[Literal['a, [b'], {SPEC}, {SPEC}]"
    assert folded(literal, "", literal).split("\n")[1] == "    Literal['a, [b'],"
