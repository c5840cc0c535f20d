"""Edits: the same answers as from scratch, and nothing interpreted again that did not change."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphlift.ide import inspect
from graphlift.ide.workspace import Workspace
from graphlift.interp.state import Memory
from graphlift.verdict import FileReport
from tests.analysis.support import workspace

LIBRARY = """
import tensorflow as tf

LOG = []

def scale(x, factor):
    return tf.sin(x) * factor

def note(x):
    LOG.append(x)
    return x
"""

MAIN = """
import tensorflow as tf
from library import note, scale

class Model:
    def __init__(self, factor):
        self.factor = factor

    def step(self, x):
        y = scale(x, self.factor)
        return tf.reduce_sum(y * tf.cos(x) + tf.tan(x) - tf.exp(x))

model = Model(2.0)
for _ in range(3):
    model.step(tf.ones([3]))
"""


def reports(made: Workspace) -> list[FileReport]:
    made.settle()
    return [made.report(path) for path in made.files()]


def fresh(root: Path) -> list[FileReport]:
    made = Workspace([str(root)])
    return reports(made)


def test_a_comment_above_recomputes_no_function(tmp_path: Path) -> None:
    made = workspace(tmp_path, {"library.py": LIBRARY, "main.py": MAIN})
    path = str(tmp_path / "library.py")
    inspect.clear_executed(made)
    made.open(path, "# A comment.\n" + made.text(path))
    made.settle()
    assert set(inspect.executed(made)) <= {"run(library.<module>)"}


def test_a_body_with_an_equal_summary_leaves_its_callers_alone(tmp_path: Path) -> None:
    made = workspace(tmp_path, {"library.py": LIBRARY, "main.py": MAIN})
    path = str(tmp_path / "library.py")
    inspect.clear_executed(made)
    made.open(path, made.text(path).replace("tf.sin(x) * factor", "tf.cos(x) * factor"))
    made.settle()
    assert set(inspect.executed(made)) == {"run(library.<module>)", "run(library.scale)"}


def test_a_new_effect_reaches_the_callers_report(tmp_path: Path) -> None:
    made = workspace(tmp_path, {"library.py": LIBRARY, "main.py": MAIN})
    main, library = str(tmp_path / "main.py"), str(tmp_path / "library.py")
    step = next(f for f in made.report(main).functions if f.qualname == "Model.step")
    assert step.verdict.value == "convert"
    made.open(
        library, made.text(library).replace("    return tf.sin(x)", "    note(x)\n    return tf.sin(x)")
    )
    made.settle()
    step = next(f for f in made.report(main).functions if f.qualname == "Model.step")
    assert step.verdict.value == "blocked"
    assert [s.location.path for s in step.reasons[0].trace][-1] == library


def test_the_edited_file_is_reported_before_the_workspace_settles(tmp_path: Path) -> None:
    made = workspace(tmp_path, {"library.py": LIBRARY, "main.py": MAIN})
    path = str(tmp_path / "main.py")
    made.open(path, made.text(path).replace("        y = scale", "        print(x)\n        y = scale"))
    step = next(f for f in made.report(path).functions if f.qualname == "Model.step")
    assert [r.rule for r in step.reasons] == ["prints-while-tracing"]
    parameter = next(p for p in step.parameters if p.name == "x")
    assert parameter.type == "tf.TensorSpec(shape=(3,), dtype=tf.float32)"


RECURSIVE = """
import tensorflow as tf

SEEN = {}

def even(x, n, f=None):
    SEEN[n] = f
    return x if n == 0 else odd(x + 1, n - 1, even if f is None else f)

def odd(x, n, f):
    return SEEN.get(n, f)(tf.sin(x), n - 1, odd)

class Node:
    def __init__(self, child=None):
        self.child = child or Node(self)

    def __getattr__(self, name):
        return getattr(self.child, name)

    def total(self, x):
        self.last = odd(x, 3, self.total)
        return self.last + self.child.total(x) + self.weight

print(Node(Node()).total(even(tf.ones([2]), 4)))
"""
"""What runs many times until it settles, and sees values change meanwhile."""


def test_settling_again_runs_nothing(tmp_path: Path) -> None:
    made = workspace(tmp_path, {"circle.py": RECURSIVE, "library.py": LIBRARY, "main.py": MAIN})
    inspect.clear_executed(made)
    for version in range(3):
        made.open(str(tmp_path / "main.py"), f"{MAIN}# {version}")
        made.settle()
        assert set(inspect.executed(made)) <= {"run(main.<module>)"}


def test_what_is_remembered_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = workspace(tmp_path, {"circle.py": RECURSIVE, "library.py": LIBRARY, "main.py": MAIN})
    monkeypatch.setattr(Memory, "recalled", lambda *_: [])
    forgetful = Workspace([str(tmp_path)])
    assert reports(made) == reports(forgetful)
    assert made.solver.state.summaries == forgetful.solver.state.summaries
    assert made.solver.state.reruns == forgetful.solver.state.reruns


def test_callers_see_calls_that_change_no_summary(tmp_path: Path) -> None:
    """An argument of another class is another call, also where what it gives is the same."""
    classes = "class A:\n    def f(self):\n        return 1\n\nclass B:\n    def f(self):\n        return 1\n"
    calls = f"{classes}\ndef outer():\n    return inner(make())\n\ndef inner(x):\n    return x.f()\n"
    made = workspace(tmp_path, {"main.py": f"{calls}\ndef make():\n    return A()\n\nouter()\n"})
    text = f"{calls}\ndef make():\n    return B()\n\nouter()\n"
    (tmp_path / "main.py").write_text(text)
    made.open(str(tmp_path / "main.py"), text)
    assert reports(made) == fresh(tmp_path)
    callees = {edge.callee for edge in made.solver.state.roots["main:inner"].outcome.edges}
    assert callees == {"main:B.f"}


EDITS = {
    "circle.py": [
        RECURSIVE,
        RECURSIVE.replace("tf.sin(x)", "tf.cos(x)"),
        RECURSIVE.replace("self.child = child or Node(self)", "self.child = child"),
        RECURSIVE.replace("SEEN[n] = f", "pass"),
        "",
    ],
    "library.py": [
        LIBRARY,
        LIBRARY.replace("return tf.sin(x) * factor", "note(x)\n    return tf.sin(x) * factor"),
        LIBRARY.replace("* factor", "* factor.numpy()"),
        LIBRARY.replace("def scale(x, factor)", "def scale(x, factor=1.0)"),
        LIBRARY.replace("LOG.append(x)", "pass"),
        "import tensorflow as tf\n\n\ndef scale(x, factor):\n    return scale(x, factor - 1)\n",
        "def broken(:\n",
    ],
    "main.py": [
        MAIN,
        MAIN.replace("Model(2.0)", "Model(tf.constant(2.0))"),
        MAIN.replace("self.factor = factor", "self.factor = tf.Variable(factor)"),
        MAIN.replace("import note, scale", "import note"),
        MAIN.replace("    def step", "    @tf.function\n    def step"),
        MAIN.replace("model.step(tf.ones([3]))", "model.factor = 3.0\n    model.step(tf.ones([4]))"),
        "",
    ],
}


@given(
    st.lists(
        st.one_of(*(st.tuples(st.just(name), st.sampled_from(texts)) for name, texts in EDITS.items())),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_edits_give_the_same_answers_as_from_scratch(
    tmp_path: Path, edits: list[tuple[str, str]], look: bool
) -> None:
    made = workspace(tmp_path, {"circle.py": RECURSIVE, "library.py": LIBRARY, "main.py": MAIN})
    for name, text in edits:
        path = tmp_path / name
        path.write_text(text)
        made.open(str(path), text)
        if look:
            made.report(str(path))
    assert reports(made) == fresh(tmp_path)


def test_settling_in_slices_gives_the_same_answers(tmp_path: Path) -> None:
    made = Workspace([str(tmp_path)])
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "main.py").write_text(MAIN)
    made.rescan()
    while not made.settle(budget=0.0):
        pass
    assert reports(made) == fresh(tmp_path)


def test_a_cancelled_settling_goes_on_where_it_was(tmp_path: Path) -> None:
    from graphlift.engine import Cancelled

    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "main.py").write_text(MAIN)
    calls, impatient = 0, True

    def now_and_then() -> bool:
        nonlocal calls
        calls += 1
        return impatient and calls % 47 == 3

    made = Workspace([str(tmp_path)], cancelled=now_and_then)
    for _ in range(200):
        try:
            made.settle()
        except Cancelled:
            continue
        break
    else:
        pytest.fail("it never settles")
    impatient = False
    assert calls > 47
    assert reports(made) == fresh(tmp_path)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_output_does_not_depend_on_the_hash_seed(tmp_path: Path, seed: str) -> None:
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "main.py").write_text(MAIN)
    command = [sys.executable, "-m", "graphlift", "check", "--output-format", "json", "--exit-zero", "."]
    outputs = []
    for value in ("0", seed):
        environment = {**os.environ, "PYTHONHASHSEED": value}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        outputs.append([line for line in done.stdout.split(",") if '"seconds"' not in line])
    assert outputs[0] == outputs[1]
