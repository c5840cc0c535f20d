import json
import subprocess
import sys

import pytest

from graphlift.verdict import Verdict

CONVERTIBLE = """import tensorflow as tf


def step(x):
    for _ in range(10):
        x = tf.tanh(tf.matmul(x, x)) + 1.0
    return x


step(tf.ones([3, 3]))
"""
PLAIN = "def add(a, b):\n    return a + b\n"


class TestExitCodes:
    def test_nothing_to_report(self, graphlift, place):
        (place / "a.py").write_text(PLAIN)
        result = graphlift("check", "a.py")
        assert result.code == 0
        assert "1 function in 1 file (2 lines" in result.out
        assert "hint" not in result.out

    def test_a_hint_is_something_to_report(self, graphlift, place):
        (place / "a.py").write_text(CONVERTIBLE)
        result = graphlift("check", ".")
        assert result.code == 1
        assert "--> a.py:4:5\n" in result.out
        assert "\n4 | def step(x):\n" in result.out
        assert "^^^^\n" in result.out
        assert graphlift("check", ".", "--exit-zero").code == 0

    def test_a_file_that_does_not_parse_is_reported_and_the_rest_analysed(self, graphlift, place):
        (place / "bad.py").write_text("x = 1\ndef f(:\n")
        (place / "latin.py").write_bytes(b"x = 1\ny = '\xe9'\n")
        (place / "good.py").write_text(CONVERTIBLE)
        result = graphlift("check", ".", "--output-format", "concise")
        assert result.code == 1
        assert "bad.py:2:1: problem: " in result.out
        assert "latin.py:2:1: problem: holds the byte 0xE9" in result.out
        assert "good.py:4:5: hint[" in result.out
        assert graphlift("check", "bad.py").code == 1

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("check",), "Missing argument 'PATH...'"),
            (("check", "nowhere"), "'nowhere' does not exist"),
            (("check", ".", "--output-format", "xml"), "'xml' is not one of"),
            (("check", ".", "--ignore", "python-side-efect"), "did you mean python-side-effect?"),
            (("check", ".", "--tensorflow", "1.15"), 'a TensorFlow 2 release such as "2.15", not "1.15"'),
            (("check", ".", "--keras", "4"), "4 is not in the range"),
            (("chek", "."), "No such command 'chek'"),
        ],
    )
    def test_wrong_usage(self, graphlift, arguments, message):
        result = graphlift(*arguments)
        assert result.code == 2
        assert message in result.err
        assert result.out == ""

    def test_wrong_configuration(self, graphlift, place):
        (place / "pyproject.toml").write_text("[tool.graphlift]\nkeras = 4\n")
        (place / "a.py").write_text(PLAIN)
        result = graphlift("check", "a.py")
        assert result.code == 2
        assert "pyproject.toml:2: keras must be 2 or 3, not 4" in result.err

    def test_internal_error(self, graphlift, place, monkeypatch):
        from graphlift.cli import session

        def broken(*_: object) -> None:
            raise KeyError("x")

        monkeypatch.setattr(session, "open_workspace", broken)
        (place / "a.py").write_text(PLAIN)
        result = graphlift("check", "a.py")
        assert result.code == 3
        assert "internal error: KeyError: 'x'" in result.err
        assert "GRAPHLIFT_TRACEBACK=1" in result.err
        assert "Traceback" not in result.err
        monkeypatch.setenv("GRAPHLIFT_TRACEBACK", "1")
        assert "Traceback" in graphlift("check", "a.py").err

    def test_interrupted(self, graphlift, place, monkeypatch):
        from graphlift.cli import session

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(session, "open_workspace", interrupted)
        (place / "a.py").write_text(PLAIN)
        result = graphlift("check", "a.py")
        assert (result.code, result.err.strip()) == (130, "graphlift: interrupted")


def test_no_files(graphlift):
    result = graphlift("check", ".")
    assert result.code == 0
    assert "No Python files were found there." in result.out


def test_ignored_rules_and_excluded_files_are_silent(graphlift, place):
    (place / "a.py").write_text(CONVERTIBLE)
    (place / "gen").mkdir()
    (place / "gen" / "b.py").write_text(CONVERTIBLE)
    assert "gen/b.py" not in graphlift("check", ".", "--exclude", "gen/").out
    (place / "graphlift.toml").write_text('exclude = ["/gen"]\n')
    assert "gen/b.py" not in graphlift("check", ".").out


def test_excluded_paths_are_relative_to_the_configuration_file(graphlift, place):
    (place / "pkg" / "gen").mkdir(parents=True)
    (place / "pkg" / "gen" / "b.py").write_text(CONVERTIBLE)
    (place / "pkg" / "a.py").write_text(PLAIN)
    (place / "graphlift.toml").write_text('exclude = ["pkg/gen"]\n')
    assert graphlift("check", "pkg").code == 0
    assert graphlift("check", "pkg/gen").code == 1


def test_verdicts_select_functions_and_their_findings(graphlift, example):
    listed = graphlift("check", ".", "--verdict", "blocked", "--verdict", "keep")
    assert "noted_error" in listed.out
    assert "predict" in listed.out
    assert "standardised" not in listed.out
    assert "convert" not in listed.out
    everything = graphlift("check", ".", "--verdict", "all")
    for name in ("noted_error", "predict", "standardised", "train_step", "refined"):
        assert f"  {name}" in everything.out


def test_statistics(graphlift, example):
    rules, verdicts = graphlift("check", ".", "--statistics").out.strip("\n").split("\n\n")
    counts = [int(line.split()[0]) for line in rules.splitlines()]
    assert counts == sorted(counts, reverse=True)
    assert any(line.endswith("[*]  convertible") for line in rules.splitlines())
    assert ["3", "convert"] in [line.split() for line in verdicts.splitlines()]


def test_quiet_prints_findings_alone(graphlift, example):
    assert "functions in" in graphlift("check", ".").out
    assert "functions in" not in graphlift("check", ".", "-q").out


def test_example_has_a_verdict_of_each_kind(graphlift, example):
    document = json.loads(graphlift("check", ".", "--output-format", "json").out)
    verdicts = {function["qualname"]: function["verdict"] for function in document["functions"]}
    assert set(verdicts.values()) == {verdict.value for verdict in Verdict}
    assert {name: verdicts[name] for name in ("train_step", "noted_error", "standardised", "predict")} == {
        "train_step": "convert",
        "noted_error": "blocked",
        "standardised": "unprofitable",
        "predict": "keep",
    }
    assert (verdicts["schedule"], verdicts["certainty"], verdicts["refined"]) == (
        "remove",
        "reconfigure",
        "unknown",
    )


class TestJson:
    def test_shape(self, graphlift, example):
        (example / "bad.py").write_text("def f(:\n")
        result = graphlift("check", ".", "--output-format", "json")
        document = json.loads(result.out)
        assert list(document) == [
            "version",
            "tool",
            "environment",
            "functions",
            "diagnostics",
            "problems",
            "summary",
        ]
        assert document["version"] == 1
        assert document["tool"]["name"] == "graphlift"
        assert list(document["environment"]) == ["python", "tensorflow", "keras", "source"]
        for function in document["functions"]:
            assert list(function) == [
                "path",
                "qualname",
                "line",
                "end_line",
                "execution",
                "verdict",
                "confidence",
                "assumptions",
                "reasons",
                "parameters",
                "effects",
                "input_signature",
                "recommended",
                "covered_by",
            ]
            assert function["execution"] in ("eager", "graph")
            assert function["confidence"] in ("proven", "assumed")
            for reason in function["reasons"]:
                assert list(reason) == ["rule", "message", "path", "line", "column", "trace"]
        for diagnostic in document["diagnostics"]:
            assert list(diagnostic) == [
                "path",
                "line",
                "column",
                "end_line",
                "end_column",
                "rule",
                "severity",
                "message",
                "fixable",
            ]
        assert [problem["path"] for problem in document["problems"]] == ["bad.py"]
        assert list(document["summary"]) == ["files", "lines", "functions", "verdicts", "seconds"]
        assert sum(document["summary"]["verdicts"].values()) == len(document["functions"])

    def test_order_and_positions(self, graphlift, place):
        for name in ("b.py", "a.py", "z/a.py"):
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(CONVERTIBLE)
        document = json.loads(graphlift("check", ".", "--output-format", "json").out)
        assert [function["path"] for function in document["functions"]] == ["a.py", "b.py", "z/a.py"]
        first = document["diagnostics"][0]
        assert (first["line"], first["column"], first["end_line"], first["end_column"]) == (4, 5, 4, 9)
        assert document["functions"][0]["line"] == 4
        assert document["functions"][0]["end_line"] == 7

    def test_trace_leads_into_another_file(self, graphlift, example):
        document = json.loads(graphlift("check", ".", "--output-format", "json").out)
        noted = next(each for each in document["functions"] if each["qualname"] == "noted_error")
        steps = [(step["path"], step["line"]) for step in noted["reasons"][0]["trace"]]
        assert steps[-1][0] == "journal.py"
        line = (example / "journal.py").read_text().splitlines()[steps[-1][1] - 1]
        assert line.strip() == "ENTRIES.append(entry)"

    def test_paths_outside_the_current_directory(self, graphlift, place, monkeypatch):
        (place / "a.py").write_text(PLAIN)
        (place / "here").mkdir()
        monkeypatch.chdir(place / "here")
        document = json.loads(graphlift("check", "..", "--output-format", "json").out)
        assert [function["path"] for function in document["functions"]] == ["../a.py"]

    def test_same_bytes_whatever_the_hash_seed(self, example):
        def output(seed: str) -> str:
            run = subprocess.run(
                [sys.executable, "-m", "graphlift", "check", ".", "--output-format", "json"],
                env={"PYTHONHASHSEED": seed, "PATH": ""},
                capture_output=True,
                text=True,
                check=False,
            )
            assert run.returncode == 1, run.stderr
            lines = run.stdout.splitlines()
            return "\n".join(line for line in lines if '"seconds"' not in line)

        assert output("1") == output("2")


def test_excerpt_of_wide_characters_and_tabs(graphlift, place):
    (place / "a.py").write_text(CONVERTIBLE.replace("def step", "def 計算").replace("\nstep(", "\n計算("))
    out = graphlift("check", ".").out
    assert "4 | def 計算(x):\n  |     ^^^^\n" in out


def test_control_characters_do_not_reach_the_terminal(graphlift, place):
    text = CONVERTIBLE.replace("def step(x):", "def step(x):  # \x1b[31m")
    (place / "a.py").write_text(text)
    assert "\x1b" not in graphlift("check", ".").out


class TestLimits:
    def test_files_over_the_limit_are_told(self, graphlift, place):
        (place / "graphlift.toml").write_text("max-files = 1\n")
        for name in ("a.py", "b.py"):
            (place / name).write_text("x = 1\n")
        done = graphlift("check", ".", "--output-format", "json")
        assert json.loads(done.out)["summary"]["files"] == 1
        assert "1 files are not analysed, because there are more than 1 (setting max-files)" in done.err

    def test_a_very_large_file_is_a_problem(self, graphlift, place):
        (place / "data.py").write_text("x = 1\n" * 200_000)
        done = graphlift("check", ".", "--output-format", "concise")
        assert done.out == "data.py:1:1: problem: is not analysed: it has more than 1,000,000 characters\n"
        assert done.code == 1
