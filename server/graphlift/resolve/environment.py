"""The user's Python: which interpreter, what it has installed, and so which TensorFlow and Keras to judge for.

Found as editors find it: a setting, an activated environment, an environment folder in the project. Where that has no
TensorFlow, lock files and requirements say which release is meant (`locked`), else the Python that Graphlift itself
runs under if it has one. Nothing of the user's is imported; jedi starts the
interpreter once to ask for its search path, and versions are read from installed metadata.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import jedi
import msgspec

from graphlift.resolve.legacy_keras import TRUE, VARIABLE, legacy_keras
from graphlift.resolve.locked import locked, project_directories

DEFAULT_PYTHON = "3.11"


class Installed(msgspec.Struct, frozen=True):
    """What was found. `search` are the directories that imports search, without the standard library.

    `interpreter` is the Python that has these packages; empty where none was found.
    """

    python: str
    tensorflow: str | None
    keras: int
    source: str
    search: tuple[str, ...] = ()
    interpreter: str = ""


def find_environment(
    roots: Sequence[str],
    interpreter: str | None,
    tensorflow: str | None,
    keras: int | None,
    texts: Mapping[str, str] | None = None,
) -> Installed:
    """The environment to judge for.

    Settings win over what the user's interpreter has installed, that over what the project's files lock or ask for, and
    that over what Graphlift's own Python has. `texts` are the analysed files by path, which may ask for Keras 2.
    """
    found = _found(roots, interpreter)
    version = tensorflow or found.tensorflow
    major = keras or _keras_major(version, found.search)
    source = "setting" if tensorflow or keras or interpreter else found.source
    if keras is None and major == 3:
        legacy = _legacy(texts or {})
        if legacy is not None:
            major, source = 2, f"{source}; Keras 2 by {legacy}"
    return msgspec.structs.replace(found, tensorflow=version, keras=major, source=source)


def _found(roots: Sequence[str], interpreter: str | None) -> Installed:
    """The environment without what is set, but for the interpreter."""
    python = interpreter or _active() or _in_project(roots)
    user = _inspect(python) if python else None
    if user is not None and user.tensorflow is not None:
        return user
    asked = locked(roots)
    own = Installed(
        ".".join(map(str, sys.version_info[:2])),
        _version(_own_search(), "tensorflow"),
        3,
        sys.executable,
        _own_search(),
        sys.executable,
    )
    if asked is not None:
        base = user or (
            own if _same_minor(own.tensorflow, asked.tensorflow) else Installed(DEFAULT_PYTHON, None, 3, "")
        )
        return msgspec.structs.replace(base, tensorflow=asked.tensorflow, source=asked.path)
    if user is not None:
        return user
    return own if own.tensorflow is not None else Installed(DEFAULT_PYTHON, None, 3, "default")


def _same_minor(one: str | None, other: str) -> bool:
    return one is not None and one.split(".")[:2] == other.split(".")[:2]


def _legacy(texts: Mapping[str, str]) -> str | None:
    """What asks for Keras 2 where TensorFlow brings Keras 3."""
    if os.environ.get(VARIABLE) in TRUE:
        return f"{VARIABLE} in the environment"
    return legacy_keras(texts)


def _own_search() -> tuple[str, ...]:
    return tuple(entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages")))


def _active() -> str | None:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = os.environ.get(variable)
        if prefix and (python := _python_in(Path(prefix))):
            return python
    return None


def _in_project(roots: Sequence[str]) -> str | None:
    """The environment folder nearest to a root, looking up to the top of its project."""
    for root in roots:
        for directory in project_directories(root):
            for name in (".venv", "venv", "env"):
                if python := _python_in(directory / name):
                    return python
    return None


def _python_in(prefix: Path) -> str | None:
    for candidate in (prefix / "bin" / "python", prefix / "Scripts" / "python.exe"):
        if candidate.exists():
            return str(candidate)
    return None


def _inspect(python: str) -> Installed | None:
    """Ask an interpreter for its version and search path; `None` when it does not answer."""
    try:
        environment = jedi.create_environment(python, safe=False)
        search = tuple(str(entry) for entry in environment.get_sys_path())
        version = ".".join(str(part) for part in environment.version_info[:2])
    except (jedi.InvalidPythonEnvironment, OSError):
        return None
    packages = tuple(e for e in search if e.endswith(("site-packages", "dist-packages")))
    return Installed(version, _version(packages, "tensorflow"), 3, python, packages, python)


def _version(search: Sequence[str], package: str) -> str | None:
    """The installed version of a package, from the name of its metadata folder."""
    names = (package, f"{package}_cpu", f"{package}_intel", f"{package}_macos")
    pattern = re.compile(rf"(?:{'|'.join(names)})-(\d[\w.]*)\.(?:dist|egg)-info$")
    for directory in search:
        if not Path(directory).is_dir():
            continue
        for entry in sorted(os.listdir(directory)):  # noqa: PTH208 - names are all that is needed.
            if found := pattern.match(entry):
                return found.group(1)
    return None


def _keras_major(tensorflow: str | None, search: Sequence[str]) -> int:
    """`tf.keras` is Keras 3 from TensorFlow 2.16, unless the program asks for the legacy one."""
    if tensorflow is None:
        installed = _version(search, "keras")
        return 2 if installed is not None and installed.startswith("2.") else 3
    parts = [int(p) for p in re.findall(r"\d+", tensorflow)[:2]]
    return 2 if parts and [*parts, 0][:2] < [2, 16] else 3
