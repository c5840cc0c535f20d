"""From a function and the settings to what is run, and from what came out to words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from graphlift.source.config import Settings, VerifySettings
from graphlift.source.span import Span
from graphlift.verdict import Argument, Environment, FunctionReport, Verdict
from graphlift.verify import Judgement, Outcome, Plan, Program, Target
from graphlift.verify.report import Raised
from graphlift.verify.request import UnfitError, plan, program, request, shown_program
from graphlift.verify.words import advice, markdown, sentence

ENVIRONMENT = Environment("3.11", "2.21", 3, ".venv", "/env/bin/python")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src" / "lib" / "deep").mkdir(parents=True)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "data").mkdir()
    for name in (
        "src/lib/__init__.py",
        "src/lib/deep/__init__.py",
        "src/lib/deep/ops.py",
        "scripts/run.py",
        "a.py",
    ):
        (tmp_path / name).write_text("")
    return tmp_path


def report(path: Path, verdict: Verdict = Verdict.CONVERT) -> FunctionReport:
    return FunctionReport(
        str(path),
        "f",
        3,
        4,
        Span(3, 4, 3, 5),
        "eager",
        verdict,
        "proven",
        arguments=(Argument("jit_compile", "True"),),
    )


class TestProgram:
    def test_a_script_runs_itself(self, project: Path) -> None:
        found = program(str(project / "a.py"), VerifySettings(), str(project))
        assert (found.root, found.entry, found.module) == (str(project), "a.py", False)
        assert shown_program(found) == "python a.py"

    @pytest.mark.parametrize(("file", "name"), [("ops.py", "lib.deep.ops"), ("__init__.py", "lib.deep")])
    def test_a_module_of_a_package_runs_as_one(self, project: Path, file: str, name: str) -> None:
        found = program(str(project / "src" / "lib" / "deep" / file), VerifySettings(), str(project))
        assert (found.root, found.entry, found.module) == (str(project / "src"), name, True)

    def test_a_script_elsewhere_finds_the_packages(self, project: Path) -> None:
        settings = VerifySettings(run="scripts/run.py", args=("--n", "3"), inputs=("data",))
        found = program(str(project / "src" / "lib" / "deep" / "ops.py"), settings, str(project))
        assert (found.root, found.entry) == (str(project), str(Path("scripts", "run.py")))
        assert str(project / "src") in found.paths
        assert found.inputs == (str(project / "data"),)
        assert shown_program(found) == "python scripts/run.py --n 3"

    def test_a_module_is_named(self, project: Path) -> None:
        settings = VerifySettings(module="lib.deep")
        found = program(str(project / "src" / "lib" / "deep" / "ops.py"), settings, str(project))
        assert shown_program(found) == "python -m lib.deep"

    @pytest.mark.parametrize("settings", [VerifySettings(run="gone.py"), VerifySettings(inputs=("gone",))])
    def test_what_is_not_there_is_said(self, project: Path, settings: VerifySettings) -> None:
        with pytest.raises(UnfitError, match=r"there is no gone"):
            program(str(project / "a.py"), settings, str(project))


class TestRequest:
    def test_a_conversion_is_run_with_its_arguments_and_a_graph_with_its_own(self, project: Path) -> None:
        converted = plan(report(project / "a.py"), VerifySettings(seconds=5), str(project))
        assert converted.expressions == {"jit_compile": "True"}
        assert (converted.limits.seconds, converted.target.line) == (5, 3)
        kept = plan(report(project / "a.py", Verdict.KEEP), VerifySettings(), str(project))
        assert kept.expressions == {}

    def test_an_interpreter_that_is_set_wins(self, project: Path) -> None:
        functions = [report(project / "a.py")]
        assert request(functions, Settings(), str(project), ENVIRONMENT).interpreter == "/env/bin/python"
        set_one = Settings(interpreter="/other/python")
        assert request(functions, set_one, str(project), ENVIRONMENT).interpreter == "/other/python"
        unknown = msgspec.structs.replace(ENVIRONMENT, interpreter="")
        with pytest.raises(UnfitError, match="no Python"):
            request(functions, Settings(), str(project), unknown)

    def test_what_is_no_file_is_refused(self, project: Path) -> None:
        for path in (project / "gone.py", project / "data"):
            with pytest.raises(UnfitError, match="no Python file"):
                plan(report(path), VerifySettings(), str(project))


PLAN = Plan(Program("/p", "a.py"), Target("/p/a.py", "f", 3), expressions={"reduce_retracing": "True"})


class TestWords:
    @pytest.mark.parametrize(
        ("judgement", "said"),
        [
            (
                Judgement(Outcome.SAME, calls=1, traces=1),
                "`f` behaves the same as a graph (1 call, 1 trace).",
            ),
            (
                Judgement(Outcome.SAME, in_graph=2),
                "`f` is called inside other graphs alone, and behaves there as it does eagerly.",
            ),
            (
                Judgement(Outcome.RETRACES, "9 traces for 9 calls", calls=9, traces=9),
                "`f` behaves the same as a graph but is traced again and again: 9 traces for 9 calls.",
            ),
            (
                Judgement(Outcome.RAISES, "E: no", raised=Raised("tf.E", "no", "/p/a.py", 7)),
                "`f` raises as a graph where it doesn't eagerly: E: no (a.py, line 7).",
            ),
            (Judgement(Outcome.HANGS, "still in g"), "`f` doesn't end as a graph: still in g."),
            (Judgement(Outcome.UNDECIDABLE, "no idea"), "Nothing can be said of `f`: no idea."),
        ],
    )
    def test_each_outcome_is_a_sentence(self, judgement: Judgement, said: str) -> None:
        assert sentence("f", judgement) == said

    def test_what_was_run_is_told(self) -> None:
        text = markdown(PLAN, Judgement(Outcome.SAME, calls=2, traces=1, notes=("w",)), "/env/bin/python")
        assert text.startswith("**`f` behaves the same as a graph (2 calls, 1 trace).**")
        assert "As `@tf.function(reduce_retracing=True)`." in text
        assert "AutoGraph warns: w" in text
        assert (
            "_Ran `python a.py` in an empty folder, eagerly and as a graph, under /env/bin/python._" in text
        )

    def test_a_program_that_never_calls_it_wants_another(self) -> None:
        assert "--run" in advice(Judgement(Outcome.UNDECIDABLE, "the program never calls f"))
        assert advice(Judgement(Outcome.UNDECIDABLE, "the program itself is ended")) == ""
        assert advice(Judgement(Outcome.SAME)) == ""
