"""Fixes that give a `tf.function` arguments: offered, made, and then right."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphlift.fixes import apply
from graphlift.ide.workspace import Workspace
from graphlift.source.span import Span
from graphlift.verdict import FunctionReport, Verdict

BODY = "tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(-x))"
CALLS = "for n in (2, 3, 4, 5):\n    energy(tf.ones([n]))\n"


def program(root: Path, decorator: str, calls: str = CALLS) -> tuple[Workspace, str]:
    head = f"{decorator}\n" if decorator else ""
    path = root / "main.py"
    path.write_text(f"import tensorflow as tf\n\n\n{head}def energy(x):\n    return {BODY}\n\n\n{calls}")
    return settled(root), str(path)


def settled(root: Path) -> Workspace:
    workspace = Workspace([str(root)])
    workspace.settle()
    return workspace


def energy(workspace: Workspace, path: str) -> FunctionReport:
    return next(f for f in workspace.report(path).functions if f.qualname == "energy")


@pytest.mark.parametrize(
    ("decorator", "slug", "expected"),
    [
        ("", "convert", "@tf.function(reduce_retracing=True)"),
        ("@tf.function", "reconfigure", "@tf.function(reduce_retracing=True)"),
        (
            "@tf.function(jit_compile=False)",
            "reconfigure",
            "@tf.function(jit_compile=False, reduce_retracing=True)",
        ),
        ("@tf.function(experimental_compile=False, reduce_retracing=True)", "reconfigure", None),
    ],
)
def test_a_fix_is_on_offer_and_settles_the_matter(
    tmp_path: Path, decorator: str, slug: str, expected: str | None
) -> None:
    workspace, path = program(tmp_path, decorator)
    fixes = workspace.all_fixes(path, (slug,))
    assert [fix.slug for fix in fixes] == [slug]
    assert fixes[0].safe
    at_name = workspace.fixes(path, energy(workspace, path).name_span)
    assert fixes[0] in at_name
    text = apply(workspace.text(path), fixes[0].edits)
    wanted = expected or "@tf.function(jit_compile=False, reduce_retracing=True)"
    assert wanted in text.splitlines()
    Path(path).write_text(text)
    after = settled(tmp_path)
    assert energy(after, path).verdict is Verdict.KEEP
    assert after.report(path).diagnostics == ()
    assert after.all_fixes(path, ("convert", "remove", "reconfigure")) == ()


def test_a_signature_is_never_a_safe_fix(tmp_path: Path) -> None:
    calls = (
        "energy(tf.ones([2, 3]))\nenergy(tf.ones([4, 3]))\nenergy(tf.ones([4, 5]))\nenergy(tf.ones([6]))\n"
    )
    workspace, path = program(
        tmp_path, "@tf.function(input_signature=[tf.TensorSpec([2, 3], tf.float32)])", calls
    )
    assert (
        energy(workspace, path).verdict is not Verdict.RECONFIGURE
    )  # The ranks differ: no signature is offered.
    fitting = calls.replace("energy(tf.ones([6]))\n", "")
    workspace, path = program(
        tmp_path, "@tf.function(input_signature=[tf.TensorSpec([2, 3], tf.float32)])", fitting
    )
    (fix,) = workspace.all_fixes(path, ("reconfigure",))
    assert not fix.safe
    assert "shape=(None, None)" in apply(workspace.text(path), fix.edits)


def test_the_diagnostic_names_its_fix_and_the_calls(tmp_path: Path) -> None:
    workspace, path = program(tmp_path, "@tf.function")
    (diagnostic,) = workspace.report(path).diagnostics
    assert diagnostic.fixes == ("reconfigure",)
    assert [step.location.span.line for step in diagnostic.related] == [10]
    assert "here `x` is" in diagnostic.related[0].message


def test_nothing_is_on_offer_elsewhere(tmp_path: Path) -> None:
    workspace, path = program(tmp_path, "@tf.function", "energy(tf.ones([2]))\n")
    assert workspace.all_fixes(path, ("convert", "remove", "reconfigure")) == ()
    assert not any(fix.slug == "reconfigure" for fix in workspace.fixes(path, Span(5, 4, 5, 10)))
