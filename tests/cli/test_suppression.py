"""Suppression comments and per-path settings, from the text to the exit code."""

import json

import pytest

HEAD = "import tensorflow as tf\n\n\n"
INNER = """def inner(x):
    for _ in range(10):
        x = tf.tanh(tf.matmul(x, x)) + 1.0
    return x


"""
OUTER = """def outer(x):
    return inner(x) + inner(x)


outer(tf.ones([3, 3]))
"""
CONVERTIBLE = HEAD + INNER + OUTER

DECORATED = """import tensorflow as tf

LOG = []


@tf.function
def step(x):
    LOG.append(1)
    for _ in range(10):
        x = tf.tanh(tf.matmul(x, x)) + 1.0
    LOG.append(2)
    return x


step(tf.ones([3, 3]))
"""


@pytest.fixture
def check(graphlift, place):
    """What is found in a file with this text: `line rule` each."""

    def found(text, *options):
        (place / "a.py").write_text(text)
        result = graphlift("check", "a.py", "--output-format", "json", *options)
        document = json.loads(result.out)
        items = [f"{item['line']} {item['rule']}" for item in document["diagnostics"]]
        assert result.code == int(bool(items))
        return items

    return found


def with_comment(text, line, comment, rules=""):
    """The text with a comment behind a line."""
    lines = text.split("\n")
    lines[line - 1] += f"  # graphlift: {comment}{rules}"
    return "\n".join(lines)


def test_what_is_found_without_comments(check):
    assert check(CONVERTIBLE) == ["10 convertible"]
    assert check(DECORATED) == ["8 python-side-effect", "11 python-side-effect"]


@pytest.mark.parametrize(
    "comment", ["ignore", "ignore[python-side-effect]", "ignore[python-side-effect]  known"]
)
def test_a_line(check, comment):
    assert check(with_comment(DECORATED, 8, comment)) == ["11 python-side-effect"]


@pytest.mark.parametrize("line", [6, 7])
def test_a_function(check, line):
    assert check(with_comment(DECORATED, line, "ignore[python-side-effect]")) == []


def test_the_next_statement(check):
    text = DECORATED.replace(
        "    LOG.append(2)", "    # graphlift: ignore[python-side-effect]\n    LOG.append(2)"
    )
    assert check(text) == ["8 python-side-effect"]


def test_a_file(check):
    assert check("# graphlift: ignore-file[python-side-effect]\n" + DECORATED) == []
    assert check("# graphlift: ignore-file\n" + DECORATED) == []


def test_another_rule_or_a_string_hides_nothing(check):
    assert check(with_comment(DECORATED, 8, "ignore[tensor-as-bool]")) == [
        "8 python-side-effect",
        "8 unused-suppression",
        "11 python-side-effect",
    ]
    text = DECORATED.replace("LOG.append(1)", 'LOG.append("# graphlift: ignore")')
    assert check(text) == ["8 python-side-effect", "11 python-side-effect"]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore[tensor-as-bool]", "hides nothing: `tensor-as-bool` is not reported here"),
        ("ignore", "hides nothing: nothing is reported here"),
        ("ignore[tensor-as-boool]", "there is no rule `tensor-as-boool`; did you mean `tensor-as-bool`?"),
        ("ignroe[tensor-as-bool]", "`ignroe` is not understood"),
        ("ignore-file[tensor-as-bool]", "hides nothing: `tensor-as-bool` is not reported in this file"),
    ],
)
def test_unused_and_misspelt_comments_are_reported(graphlift, place, comment, message):
    (place / "a.py").write_text(f"x = 1  # graphlift: {comment}\n")
    result = graphlift("check", "a.py", "--output-format", "concise")
    assert result.code == 1
    assert "a.py:1:8: warning[unused-suppression]" in result.out
    assert message in result.out


def test_used_ones_are_not(check):
    assert check(with_comment(CONVERTIBLE, 10, "ignore[convertible]")) == ["4 convertible"]
    assert check("# graphlift: ignore-file\nx = 1\n") == []


def test_the_report_on_unused_ones_can_be_hidden(check):
    assert check("x = 1  # graphlift: ignore[tensor-as-bool, unused-suppression]\n") == []
    assert check("x = 1  # graphlift: ignore[tensor-as-bool]\n", "--ignore", "unused-suppression") == []
    assert check("# graphlift: ignore-file[unused-suppression]\nx = 1  # graphlift: ignore\n") == []


def test_a_rule_that_is_off_does_not_make_its_comment_unused(check):
    text = with_comment(DECORATED, 7, "ignore[python-side-effect]")
    assert check(text, "--ignore", "python-side-effect") == []
    assert check(text, "--select", "unused-suppression") == []


def test_a_file_that_does_not_parse_has_no_unused_comments(graphlift, place):
    (place / "a.py").write_text("x = 1  # graphlift: ignore\ndef f(:\n")
    result = graphlift("check", "a.py", "--output-format", "concise")
    assert "unused-suppression" not in result.out


def test_verdicts_stay_and_the_plan_moves_on(graphlift, place):
    (place / "a.py").write_text(with_comment(CONVERTIBLE, 10, "ignore[convertible]"))
    document = json.loads(graphlift("check", "a.py", "--output-format", "json").out)
    functions = {each["qualname"]: (each["verdict"], each["recommended"]) for each in document["functions"]}
    assert functions == {"inner": ("convert", True), "outer": ("convert", False)}


def test_fix_leaves_alone_what_is_ignored(graphlift, place):
    file = place / "a.py"
    file.write_text(with_comment(CONVERTIBLE, 10, "ignore[convertible]"))
    assert graphlift("fix", "a.py", "--assumed").code == 0
    text = file.read_text()
    assert "@tf.function\ndef inner" in text
    assert "@tf.function\ndef outer" not in text


REMOVABLE = 'import tensorflow as tf\n\n\n@tf.function\ndef name(x):\n    return x\n\n\nname("a")\n'


def test_fix_leaves_a_decorator_whose_finding_is_ignored(graphlift, place):
    file = place / "a.py"
    file.write_text(with_comment(REMOVABLE, 5, "ignore[no-tensor-computation]"))
    assert "Nothing to change" in graphlift("fix", "a.py", "--assumed").err
    file.write_text(REMOVABLE)
    assert graphlift("fix", "a.py", "--assumed").code == 0
    assert "@tf.function" not in file.read_text()


def test_fix_follows_the_settings_too(graphlift, place):
    file = place / "a.py"
    file.write_text(CONVERTIBLE)
    (place / "graphlift.toml").write_text('[per-path."a.py"]\nignore = ["convertible"]\n')
    assert "Nothing to change" in graphlift("fix", "a.py", "--assumed").err
    assert file.read_text() == CONVERTIBLE


def test_fix_mends_unused_comments(graphlift, place):
    file = place / "a.py"
    file.write_text(
        "# graphlift: ignore\n"
        "x = 1  # graphlift: ignore[tensor-as-boool]  why\n"
        + with_comment(DECORATED, 7, "ignore[python-side-effect, tensor-as-bool]")
    )
    assert "3 comments mended" in graphlift("fix", "a.py", "--only", "unsuppress").err
    text = file.read_text()
    assert text.startswith("x = 1  # graphlift: ignore[tensor-as-bool]  why\n")
    assert "def step(x):  # graphlift: ignore[python-side-effect]\n" in text


def test_severities_and_paths(graphlift, place):
    (place / "lib").mkdir()
    for name in ("a.py", "lib/b.py"):
        (place / name).write_text(DECORATED)
    (place / "graphlift.toml").write_text(
        '[rules]\npython-side-effect = "error"\n[per-path."lib/"]\nrules = { python-side-effect = "information" }\n'
    )
    out = graphlift("check", ".", "--output-format", "concise").out
    assert "a.py:8:5: error[python-side-effect]" in out
    assert "lib/b.py:8:5: information[python-side-effect]" in out
    (place / "graphlift.toml").write_text('select = ["convertible"]\n')
    assert graphlift("check", ".").code == 0
    assert graphlift("check", ".", "--select", "python-side-effect").code == 1


def test_wrong_settings_name_file_line_and_key(graphlift, place):
    (place / "a.py").write_text("x = 1\n")
    (place / "pyproject.toml").write_text('[tool.graphlift.rules]\npython-side-efect = "off"\n')
    result = graphlift("check", "a.py")
    assert (result.code, result.out) == (2, "")
    assert (
        "pyproject.toml:2: rules: there is no rule python-side-efect; did you mean python-side-effect?"
        in result.err
    )
