"""Which TensorFlow and Keras the verdicts hold for, and where that was found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from graphlift.ide.hover import function_markdown
from graphlift.ide.workspace import Workspace
from graphlift.resolve import environment
from graphlift.resolve.environment import Installed, find_environment
from graphlift.resolve.legacy_keras import legacy_keras
from graphlift.resolve.locked import locked, release
from graphlift.source.config import Settings


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch):
    """No activated environment, no choice of Keras."""
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX", "TF_USE_LEGACY_KERAS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def project(tmp_path):
    (tmp_path / ".git").mkdir()
    return tmp_path


def interpreter_with(folder: Path, name: str, *packages: str) -> Path:
    """A virtual environment, made by hand, that has metadata of these packages."""
    place = folder / name
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    site = place / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    for package in packages:
        (site / f"{package}.dist-info").mkdir()
    (place / "bin").mkdir()
    (place / "bin" / "python").symlink_to(sys.executable)
    (place / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
    return place / "bin" / "python"


FILES = {
    "uv.lock": 'version = 1\n[[package]]\nname = "tensorflow"\nversion = "2.15.1"\n',
    "poetry.lock": '[[package]]\nname = "tensorflow-cpu"\nversion = "2.15.1"\n[metadata]\nlock-version = "2.0"\n',
    "pdm.lock": '[[package]]\nname = "TensorFlow"\nversion = "2.15.1"\n',
    "pylock.toml": 'lock-version = "1.0"\n[[packages]]\nname = "tensorflow"\nversion = "2.15.1"\n',
    "Pipfile.lock": '{"_meta": {}, "default": {"tensorflow": {"hashes": [], "version": "==2.15.1"}}}',
    "requirements.txt": "--extra-index-url https://x\n# c\ntensorflow[and-cuda]==2.15.1 ; python_version < '4'\n",
    "requirements-dev.txt": "tensorflow==2.15.1 \\\n    --hash=sha256:00\n",
    "pyproject.toml": '[project]\nname = "x"\ndependencies = ["numpy>=1", "tensorflow == 2.15.1"]\n',
}


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file(project, name):
    (project / name).write_text(FILES[name])
    (project / "src").mkdir()
    found = find_environment([str(project / "src")], None, None, None)
    assert (found.tensorflow, found.keras, found.source) == ("2.15.1", 2, str(project / name))


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "x"\n[project.optional-dependencies]\ntf = ["tensorflow==2.15.1"]\n',
        '[dependency-groups]\ndev = [{ include-group = "x" }, "tensorflow~=2.15.1"]\n',
        '[tool.poetry.dependencies]\npython = "^3.10"\ntensorflow = "2.15.1"\n',
        '[tool.poetry.group.dev.dependencies]\ntensorflow = { version = "2.15.1", extras = ["and-cuda"] }\n',
    ],
)
def test_every_place_for_dependencies(project, text):
    (project / "pyproject.toml").write_text(text)
    assert locked([str(project)]).tensorflow == "2.15.1"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", '[[package]]\nname = "tensorflow-probability"\nversion = "0.24.0"\n'),
        ("uv.lock", "broken ["),
        ("Pipfile.lock", "[]"),
        ("requirements.txt", "tensorflow\ntensorflow-datasets==4.9\n# tensorflow==2.15.1\n"),
        ("requirements.txt", "tensorflow>=2.12\n"),
        ("requirements.txt", "tensorflow @ https://host/tensorflow-2.15.1.whl\n"),
        ("pyproject.toml", '[project]\ndependencies = "tensorflow==2.15.1"\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\ntensorflow = "^2.15"\n'),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["tensorflow>=2.12"]\n[dependency-groups]\nold = ["tensorflow==2.15.1"]\n',
        ),
    ],
)
def test_what_does_not_say_it(project, name, text):
    (project / name).write_text(text)
    assert locked([str(project)]) is None


def test_lock_files_come_before_requirements_and_near_ones_before_far_ones(project):
    inner = project / "member"
    inner.mkdir()
    (project / "uv.lock").write_text(FILES["uv.lock"].replace("2.15.1", "2.17.0"))
    (project / "requirements.txt").write_text("tensorflow==2.12.0\n")
    assert locked([str(inner)]).tensorflow == "2.17.0"
    (inner / "pyproject.toml").write_text('[project]\ndependencies = ["tensorflow==2.13.0"]\n')
    assert locked([str(inner)]).tensorflow == "2.13.0"


def test_the_files_of_another_project_are_not_looked_at(tmp_path):
    (tmp_path / "requirements.txt").write_text("tensorflow==2.15.1\n")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert locked([str(tmp_path / "repository")]) is None


def test_requirements_may_include_others(project):
    (project / "requirements.txt").write_text("-r more/base.txt\n-r requirements.txt\n-c missing.txt\n")
    (project / "more").mkdir()
    (project / "more" / "base.txt").write_text("tensorflow==2.15.1\n")
    assert locked([str(project)]).tensorflow == "2.15.1"


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("==2.15.*", "2.15"),
        ("~=2.15.0", "2.15.0"),
        ("~=2.15", None),
        (">=2.12,<2.16", "2.15"),
        (">= 2.12, <= 2.15.1", "2.15.1"),
        ("<2.15.1", "2.15"),
        ("<3", None),
        (">=2.16", None),
        ("!=2.14", None),
        ("2.16.0rc1", "2.16.0"),
        ("*", None),
        ("", None),
    ],
)
def test_specifiers(specifier, expected):
    assert release(specifier) == expected


def test_several_locked_releases_mean_the_newest(project):
    both = FILES["uv.lock"] + '[[package]]\nname = "tensorflow"\nversion = "2.9.0"\n'
    (project / "uv.lock").write_text(both)
    assert locked([str(project)]).tensorflow == "2.15.1"


def test_the_users_interpreter_comes_before_lock_files(project):
    python = interpreter_with(project, ".venv", "tensorflow_cpu-2.17.0")
    (project / "uv.lock").write_text(FILES["uv.lock"])
    (project / "src").mkdir()
    found = find_environment([str(project / "src")], None, None, None)
    assert (found.tensorflow, found.keras, found.source) == ("2.17.0", 3, str(python))


def test_an_interpreter_without_tensorflow_leaves_it_to_the_lock_file(project):
    interpreter_with(project, ".venv")
    (project / "uv.lock").write_text(FILES["uv.lock"])
    found = find_environment([str(project)], None, None, None)
    assert (found.tensorflow, found.source) == ("2.15.1", str(project / "uv.lock"))
    assert any(".venv" in entry for entry in found.search)


def test_settings_win(project, monkeypatch):
    python = interpreter_with(project, "other", "tensorflow-2.16.1")
    (project / "uv.lock").write_text(FILES["uv.lock"])
    found = find_environment([str(project)], str(python), None, None)
    assert (found.tensorflow, found.keras, found.source) == ("2.16.1", 3, "setting")
    found = find_environment([str(project)], None, "2.18", 2)
    assert (found.tensorflow, found.keras, found.source) == ("2.18", 2, "setting")
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")
    assert find_environment([str(project)], None, "2.18", 3).keras == 3


def test_nothing_at_all_is_said_to_be_the_default(project, monkeypatch):
    monkeypatch.setattr(environment, "_own_search", tuple)
    found = find_environment([str(project)], None, None, None)
    assert found == Installed(environment.DEFAULT_PYTHON, None, 3, "default")


@pytest.mark.parametrize(("value", "keras"), [("1", 2), ("true", 2), ("0", 3), ("", 3)])
def test_the_variable_in_the_environment(project, monkeypatch, value, keras):
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", value)
    found = find_environment([str(project)], None, "2.18", None)
    assert found.keras == keras
    assert ("Keras 2 by TF_USE_LEGACY_KERAS in the environment" in found.source) is (keras == 2)


SET = 'import os\n\nos.environ["TF_USE_LEGACY_KERAS"] = "1"\nimport tensorflow as tf\n\ntf.keras.Model\n'


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (SET, "TF_USE_LEGACY_KERAS in a.py"),
        ('from os import environ\nenviron["TF_USE_LEGACY_KERAS"] = "true"\n', "TF_USE_LEGACY_KERAS in a.py"),
        ('import os\nos.environ.setdefault("TF_USE_LEGACY_KERAS", "1")\n', "TF_USE_LEGACY_KERAS in a.py"),
        ('import os\nos.putenv("TF_USE_LEGACY_KERAS", "1")\n', "TF_USE_LEGACY_KERAS in a.py"),
        ("import tensorflow as tf\nimport tf_keras as keras\n", "`import tf_keras` in a.py"),
        ("from tf_keras import layers\n", "`import tf_keras` in a.py"),
    ],
)
def test_what_asks_for_keras_2(text, evidence):
    assert legacy_keras({"/w/a.py": text + "import b\n", "/w/b.py": "import tensorflow as tf\n"}) == evidence


@pytest.mark.parametrize(
    "text",
    [
        SET.replace('"1"', '"0"'),
        SET.replace("os.environ[", "settings["),
        f'"""\n{SET}"""\n',
        "# " + SET.replace("\n", "\n# "),
        f"import keras\n{SET}",
        "def f():\n" + "".join(f"    {line}\n" for line in SET.splitlines()),
        'import os\nif os.environ["TF_USE_LEGACY_KERAS"] == "1":\n    pass\n',
        "import tensorflow as tf\nimport tf_keras\ntf.keras.layers.Dense(1)\n",
        "import tf_keras\nfrom tensorflow import keras\n",
        "import tf_keras\nfrom keras import layers\n",
        "# import tf_keras\n",
        "import tf_keras_vis\n",
        'os.environ["TF_USE_LEGACY_KERAS"] = "1"\ndef f(:\n',
    ],
)
def test_what_does_not(text):
    assert legacy_keras({"/w/a.py": text}) is None


MODEL = "import tensorflow as tf\n\n\nclass M(tf.keras.Model):\n    pass\n"


@pytest.mark.parametrize(
    ("files", "certain"),
    [
        ({"train.py": SET + "import model\n", "model.py": MODEL}, True),
        ({"train.py": SET, "evaluate.py": MODEL}, False),
        (
            {"train.py": SET + "import model\n", "model.py": MODEL + "if __name__ == '__main__':\n    M()\n"},
            False,
        ),
        ({"p/__init__.py": SET, "p/train.py": MODEL, "p/deep/eval.py": MODEL}, True),
        ({"p/__init__.py": SET, "q/train.py": MODEL}, False),
        ({"tests/conftest.py": SET, "tests/test_a.py": MODEL}, True),
        ({"train.py": SET, "tools.py": "import numpy\n"}, True),
    ],
)
def test_the_variable_must_be_set_for_every_program(files, certain):
    found = legacy_keras({f"/w/{name}": text for name, text in files.items()})
    assert (found is not None) is certain


def test_a_file_that_uses_keras_3_decides_for_all():
    assert legacy_keras({"/w/a.py": SET, "/w/b.py": "from keras import layers\n"}) is None


def test_it_is_shown_in_the_hover_and_reaches_the_verdicts(project):
    (project / "requirements.txt").write_text("tensorflow==2.18.0\n")
    (project / "a.py").write_text(SET)
    workspace = Workspace([str(project)])
    found = workspace.environment
    expected = f"{project / 'requirements.txt'}; Keras 2 by TF_USE_LEGACY_KERAS in a.py"
    assert (found.tensorflow, found.keras, found.source) == ("2.18.0", 2, expected)
    assert workspace.solver.keras == 2
    (project / "b.py").write_text("def f():\n    pass\n")
    workspace.rescan()
    workspace.settle()
    [function] = workspace.report(str(project / "b.py")).functions
    assert f"TensorFlow 2.18.0, Keras 2 ({expected})" in function_markdown(function, found)
    assert Workspace([str(project)], Settings(keras=3)).environment.source == "setting"
