import json
import os
import subprocess
import sys

import pytest

from graphlift.cli.explain import package_of
from graphlift.cli.server import parse_address
from graphlift.source.rule_names import rule_names

VALUES = """\
import tensorflow as tf


def scaled(x, by=3):
    return tf.exp(x) * by


scaled(tf.ones([2]), 2)
scaled(tf.ones([3]))
"""


class TestExplain:
    def test_by_line_and_by_name(self, graphlift, example):
        by_name = graphlift("explain", "train.py::noted_error")
        line = next(
            number
            for number, text in enumerate((example / "train.py").read_text().splitlines(), 1)
            if "journal.note" in text
        )
        assert graphlift("explain", f"train.py:{line}").out == by_name.out
        assert by_name.code == 0
        assert "noted_error (runs eagerly now)\nblocked: " in by_name.out
        assert "python-side-effect: " in by_name.out
        assert "ENTRIES.append(entry)" in by_name.out
        assert "--> journal.py:" in by_name.out
        assert "tf.TensorSpec(" in by_name.out
        assert "For Python 3." in by_name.out

    def test_json(self, graphlift, example):
        shown = json.loads(graphlift("explain", "train.py::predict", "--output-format", "json").out)
        assert (shown["qualname"], shown["verdict"], shown["execution"]) == ("predict", "keep", "graph")
        assert "keras" in shown["environment"]

    def test_parameters_with_their_calls(self, graphlift, place):
        (place / "a.py").write_text(VALUES)
        out = graphlift("explain", "a.py::scaled").out
        spec = "tf.TensorSpec(shape=(None,), dtype=tf.float32)"
        assert f"  x: {spec}  tensor; visible calls\n      a.py:8 passes tf.TensorSpec(shape=(2,)" in out
        assert "      a.py:9 passes tf.TensorSpec(shape=(3,), dtype=tf.float32)\n" in out
        assert "  by: Literal[2] | Literal[3]  python; visible calls\n" in out
        shown = json.loads(graphlift("explain", "a.py::scaled", "--output-format", "json").out)
        x, by = shown["parameters"]
        assert [(call["path"], call["line"]) for call in x["calls"]] == [("a.py", 8), ("a.py", 9)]
        assert by["calls"] == [{"path": "a.py", "line": 8, "type": "Literal[2]"}]

    def test_the_value_at_a_column(self, graphlift, place):
        (place / "a.py").write_text(VALUES)
        assert graphlift("explain", "a.py:5:12").out == (
            "a.py:5:12\ntf.exp(x) -> tf.TensorSpec(shape=(None,), dtype=tf.float32)\n"
        )
        shown = json.loads(graphlift("explain", "a.py:4:12", "--output-format", "json").out)
        assert (shown["expression"], shown["column"], shown["end_column"]) == ("x", 12, 13)
        assert [call["type"] for call in shown["calls"]] == [
            "tf.TensorSpec(shape=(2,), dtype=tf.float32)",
            "tf.TensorSpec(shape=(3,), dtype=tf.float32)",
        ]

    def test_no_value_at_a_column(self, graphlift, place):
        (place / "a.py").write_text(VALUES)
        result = graphlift("explain", "a.py:2:1")
        assert result.code == 2
        assert "no value is known at a.py:2:1" in result.err

    @pytest.mark.parametrize(
        ("named", "message"),
        [
            ("train.py", "train.py is neither PATH:LINE nor PATH::QUALNAME"),
            ("nowhere.py:3", "there is no file nowhere.py"),
            ("train.py:1", "no function stands on line 1 of train.py"),
            ("train.py::refine", "train.py has no function refine; did you mean refined"),
            ("network.py::__call__", "did you mean Network.__call__"),
        ],
    )
    def test_wrong_place(self, graphlift, example, named, message):
        result = graphlift("explain", named)
        assert result.code == 2
        assert message in result.err

    def test_name_defined_twice(self, graphlift, place):
        (place / "a.py").write_text("def f(): pass\ndef f(): pass\n")
        assert "on lines 1 and 2; name it as PATH:LINE" in graphlift("explain", "a.py::f").err

    def test_package_of(self, tmp_path):
        (tmp_path / "top" / "sub").mkdir(parents=True)
        for name in ("top/__init__.py", "top/sub/__init__.py", "top/sub/m.py", "script.py"):
            (tmp_path / name).write_text("")
        assert package_of(str(tmp_path / "top/sub/m.py")) == str(tmp_path / "top")
        assert package_of(str(tmp_path / "script.py")) == str(tmp_path)


class TestRule:
    def test_list(self, graphlift):
        result = graphlift("rule")
        assert result.code == 0
        assert [line.split()[0] for line in result.out.splitlines()] == list(rule_names())

    def test_page(self, graphlift):
        result = graphlift("rule", "python-side-effect")
        assert result.out.startswith("# `python-side-effect`\n\nPython state that outlives the call")
        assert "## Example\n```python\n" in result.out

    def test_json(self, graphlift):
        everything = json.loads(graphlift("rule", "--output-format", "json").out)
        assert [each["name"] for each in everything] == list(rule_names())
        one = json.loads(graphlift("rule", "python-side-effect", "--output-format", "json").out)
        assert one == next(each for each in everything if each["name"] == "python-side-effect")

    def test_unknown(self, graphlift):
        result = graphlift("rule", "side-effect")
        assert result.code == 2
        assert "there is no rule side-effect; did you mean python-side-effect?" in result.err


class TestServer:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("2087", ("127.0.0.1", 2087)),
            ("0.0.0.0:0", ("0.0.0.0", 0)),
            ("[::1]:7", ("::1", 7)),
            (":9", ("127.0.0.1", 9)),
        ],
    )
    def test_address(self, text, address):
        assert parse_address(text) == address

    @pytest.mark.parametrize("text", ["host", "1:x", "99999", ""])
    def test_wrong_address(self, graphlift, text):
        result = graphlift("server", "--tcp", text)
        assert result.code == 2
        assert "is not [HOST:]PORT" in result.err

    def test_tcp_and_stdio(self, graphlift):
        assert graphlift("server", "--tcp", "0", "--stdio").code == 2


class TestProcess:
    """What only a process of its own shows."""

    def call(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "graphlift", *arguments],
            capture_output=True,
            text=True,
            check=False,
            **options,
        )

    def test_version(self):
        run = self.call("--version")
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.startswith("graphlift 0.")

    @pytest.mark.parametrize("module", ["graphlift.cli.main", "graphlift.cli.server", "graphlift.lsp.server"])
    def test_starting_imports_no_analysis(self, module):
        """The command line and the language server start without astroid, jedi and TensorFlow."""
        code = (
            f"import sys, {module}\n"
            "print([name for name in ('astroid', 'jedi', 'tensorflow', 'rich') if name in sys.modules])"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout == "[]\n"

    def test_help_of_every_command(self):
        for name in ("check", "fix", "explain", "rule", "server", "debug"):
            run = self.call(name, "--help")
            assert run.returncode == 0, run.stderr
            assert run.stdout.startswith(f"Usage: graphlift {name} ")

    def test_reader_that_goes_away(self, example):
        """A closed pipe ends the command quietly, as it ends other programs."""
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "graphlift", "check", ".", "--output-format", "json"],
            cwd=example,
            stdout=write_end,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(write_end)
        os.close(read_end)
        _, err = process.communicate()
        assert (process.returncode, err) == (141, "")

    def test_output_in_another_encoding(self, example):
        (example / "u.py").write_text("def f(:  # \N{SNOWMAN}\n", encoding="utf-8")
        run = self.call("check", ".", cwd=example, env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert run.returncode == 1, run.stderr


class TestDebug:
    def test_each_phase_prints_something(self, graphlift, place):
        (place / "a.py").write_text(
            "def f(x):\n    print(x)\n    return reveal_type(g(1))\n\n\ndef g(x):\n    return x\n\n\nf(1)\n"
        )
        for phase, expected in {
            "text": "utf-8 without byte order mark, newline '\\n'\n",
            "tree": "FunctionDef",
            "calls": "3: ",
            "facts": "1: ",
            "revealed": "3: Literal[1]",
            "report": '"qualname": "f"',
        }.items():
            result = graphlift("debug", "print", phase, "a.py")
            assert result.code == 0, result.err
            assert expected in result.out, phase

    def test_unknown_phase(self, graphlift, place):
        (place / "a.py").write_text("")
        assert "'soul' is not one of 'text', 'tree'" in graphlift("debug", "print", "soul", "a.py").err
