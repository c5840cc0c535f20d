import pytest

from graphlift.source.config import (
    Configuration,
    ConfigurationError,
    InlayHints,
    PathSettings,
    SettingError,
    Settings,
    find,
    from_mapping,
)


def error_of(tmp_path, text, name="pyproject.toml"):
    (tmp_path / name).write_text(text)
    found = find(tmp_path)
    assert isinstance(found, ConfigurationError), found
    return str(found).removeprefix(str(tmp_path) + "/")


def test_nothing_set(tmp_path):
    assert find(tmp_path) == Configuration(Settings(), None)


def test_nearest_wins_and_a_project_file_without_our_table_is_passed_over(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.graphlift]\nkeras = 2\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.ruff]\n")
    (tmp_path / "a" / "b" / "x.py").write_text("")
    found = find(tmp_path / "a" / "b" / "x.py")
    assert found == Configuration(Settings(keras=2, base=str(tmp_path)), str(tmp_path / "pyproject.toml"))
    assert found.directory == str(tmp_path)
    (tmp_path / "a" / "graphlift.toml").write_text("keras = 3\n")
    inner = tmp_path / "a"
    assert find(inner / "b") == Configuration(
        Settings(keras=3, base=str(inner)), str(inner / "graphlift.toml")
    )


def test_own_file_wins_over_the_project_file_beside_it(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.graphlift]\nkeras = 2\n")
    (tmp_path / "graphlift.toml").write_text("")
    assert find(tmp_path) == Configuration(Settings(base=str(tmp_path)), str(tmp_path / "graphlift.toml"))


def test_all_settings(tmp_path):
    (tmp_path / "graphlift.toml").write_text(
        'exclude = ["gen/"]\ninterpreter = ".venv/bin/python"\nkeras = 2\ntensorflow = "2.15"\n'
        'select = ["convertible", "python-side-effect"]\nignore = ["convertible"]\nrespect-gitignore = false\n'
        '[rules]\npython-side-effect = "error"\n'
        '[per-path."tests/**"]\nignore = ["tensor-as-bool"]\nrules = { convertible = "off" }\n'
    )
    found = find(tmp_path)
    assert isinstance(found, Configuration)
    assert found.settings == Settings(
        exclude=("gen/",),
        interpreter=str(tmp_path / ".venv/bin/python"),
        keras=2,
        tensorflow="2.15",
        select=("convertible", "python-side-effect"),
        ignore=("convertible",),
        rules={"python-side-effect": "error"},
        per_path={"tests/**": PathSettings(ignore=("tensor-as-bool",), rules={"convertible": "off"})},
        respect_gitignore=False,
        base=str(tmp_path),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[tool.x]\nkeras = 1\n\n[tool.graphlift]\n# c\nkeras = 4\n",
            "pyproject.toml:6: keras must be 2 or 3, not 4",
        ),
        ("[tool.graphlift]\nkeras = true\n", "pyproject.toml:2: keras must be 2 or 3, not true"),
        (
            "[tool.graphlift]\nexlude = []\n",
            ("pyproject.toml:2: unknown setting exlude; did you mean exclude?"),
        ),
        ("[tool.graphlift]\nrespect_gitignore = true\n", "did you mean respect-gitignore?"),
        (
            "[tool.graphlift]\nzzz = 1\n",
            "unknown setting zzz (settings: exclude, ignore, inlay-hints, interpreter, keras,",
        ),
        ('[tool.graphlift]\nexclude = "a"\n', 'pyproject.toml:2: exclude must be a list of strings, not "a"'),
        (
            "[tool.graphlift]\nignore = [1]\n",
            "pyproject.toml:2: ignore must be a list of rules' names, not [1]",
        ),
        ("[tool.graphlift]\ntensorflow = 2.15\n", 'a TensorFlow 2 release such as "2.15", not 2.15'),
        ('[tool.graphlift]\ntensorflow = "1.15"\n', 'a TensorFlow 2 release such as "2.15", not "1.15"'),
        ("[tool]\ngraphlift = 3\n", "pyproject.toml:2: tool.graphlift must be a table"),
        ("[tool.graphlift]\nkeras = = 3\n", "pyproject.toml:2: invalid TOML:"),
        ('[tool]\n[tool."graphlift"]\nkeras = 1\n', "pyproject.toml:3: keras must be"),
        ("tool.graphlift.keras = 1\n", "pyproject.toml:1: keras must be"),
        (
            '[tool.graphlift]\nignore = ["tensor-as-bol"]\n',
            "pyproject.toml:2: ignore: there is no rule tensor-as-bol; did you mean tensor-as-bool?",
        ),
        ('[tool.graphlift]\nselect = "all"\n', "pyproject.toml:2: select must be a list of rules' names"),
        (
            '[tool.graphlift]\nkeras = 3\n[tool.graphlift.rules]\n# c\nconvertible = "loud"\n',
            'pyproject.toml:5: rules.convertible must be "off", "hint", "information", "warning" or "error", not '
            '"loud"',
        ),
        (
            '[tool.graphlift]\nrules = { nonsense = "off" }\n',
            "pyproject.toml:2: rules: there is no rule nonsense (`graphlift rule` lists all rules)",
        ),
        (
            "[tool.graphlift]\nrules = []\n",
            "pyproject.toml:2: rules must be a table of severities by rule, not []",
        ),
        (
            '[tool.graphlift.per-path."tests/**"]\nexclude = []\n',
            "pyproject.toml:2: unknown setting exclude for some files (settings: ignore, rules, select)",
        ),
        (
            '[tool.graphlift.per-path]\n"a.py" = { ignore = ["x"] }\n',
            'pyproject.toml:2: per-path."a.py".ignore: there is no rule x',
        ),
        (
            '[tool.graphlift.per-path."a.py".rules]\nconvertible = 1\n',
            'pyproject.toml:2: per-path."a.py".rules.convertible must be "off"',
        ),
        (
            "[tool.graphlift.inlay-hints]\ntensors = true\nreturns = 1\n",
            "pyproject.toml:3: inlay-hints.returns must be true or false, not 1",
        ),
        (
            "[tool.graphlift.inlay-hints]\ntensor = true\n",
            "pyproject.toml:2: unknown setting tensor of inlay-hints; did you mean tensors?",
        ),
        (
            "[tool.graphlift]\ninlay-hints = true\n",
            "inlay-hints must be a table (parameters, returns, tensors)",
        ),
        (
            "[tool.graphlift.verify]\nseconds = 0\n",
            "pyproject.toml:2: verify.seconds must be a whole number above 0, not 0",
        ),
        (
            "[tool.graphlift.verify]\nargs = [1]\n",
            "pyproject.toml:2: verify.args must be a list of strings, not [1]",
        ),
        (
            "[tool.graphlift.verify]\nscript = 1\n",
            "pyproject.toml:2: unknown setting script of verify (settings: args, inputs, memory, module, run, seconds)",
        ),
        ("[tool.graphlift]\nmax-files = true\n", "max-files must be a whole number above 0, not true"),
        (
            '[tool.graphlift]\nper-path = { "a.py" = 1 }\n',
            'per-path."a.py" must be a table (ignore, rules, select)',
        ),
    ],
)
def test_errors_name_their_line_and_what_is_allowed(tmp_path, text, message):
    assert message in error_of(tmp_path, text)


def test_broken_project_file_of_somebody_else(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff\n")
    assert find(tmp_path) == Configuration()


def test_not_utf8(tmp_path):
    (tmp_path / "graphlift.toml").write_bytes(b"\xff")
    found = find(tmp_path)
    assert isinstance(found, ConfigurationError)
    assert "not UTF-8" in found.message


def test_inlay_hints_are_off_unless_set(tmp_path):
    (tmp_path / "graphlift.toml").write_text("[inlay-hints]\ntensors = true\n")
    assert find(tmp_path).settings.inlay_hints == InlayHints(tensors=True)
    assert not Settings().inlay_hints.any


def test_same_rules_for_an_editors_settings():
    assert from_mapping({"keras": 3}) == Settings(keras=3)
    assert from_mapping({"keras": "3"}) == SettingError("keras", 'keras must be 2 or 3, not "3"')
