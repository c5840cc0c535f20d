"""The user's Python: which interpreter, what it has installed, and so which TensorFlow and Keras to judge for.

Found as editors find it: a setting, an activated environment, an environment folder in a root, else the Python that
Graphlift itself runs under if it has TensorFlow. Nothing of the user's is imported; jedi starts the
interpreter once to ask for its search path, and versions are read from installed metadata.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import jedi
import msgspec

DEFAULT_PYTHON = "3.11"


class Installed(msgspec.Struct, frozen=True):
    """What was found. `search` are the directories that imports search, without the standard library."""

    python: str
    tensorflow: str | None
    keras: int
    source: str
    search: tuple[str, ...] = ()


def find_environment(
    roots: Sequence[str], interpreter: str | None, tensorflow: str | None, keras: int | None
) -> Installed:
    """The environment to judge for; settings win over what is installed."""
    python = interpreter or _active() or _in_roots(roots)
    source = "setting" if interpreter else (python or "")
    found = _inspect(python) if python else None
    if found is None:
        own = Installed(
            ".".join(map(str, sys.version_info[:2])), _version(_own_search(), "tensorflow"), 3, sys.executable
        )
        found = own if own.tensorflow is not None else Installed(DEFAULT_PYTHON, None, 3, "default")
        if own.tensorflow is not None:
            found = msgspec.structs.replace(own, search=_own_search())
        source = found.source
    search = found.search
    version = tensorflow or found.tensorflow
    major = keras or _keras_major(version, search)
    if tensorflow or keras:
        source = "setting"
    return Installed(found.python, version, major, source, search)


def _own_search() -> tuple[str, ...]:
    return tuple(entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages")))


def _active() -> str | None:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = os.environ.get(variable)
        if prefix and (python := _python_in(Path(prefix))):
            return python
    return None


def _in_roots(roots: Sequence[str]) -> str | None:
    for root in roots:
        for name in (".venv", "venv", "env"):
            if python := _python_in(Path(root) / name):
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
    return Installed(version, _version(packages, "tensorflow"), 3, python, packages)


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
    """`tf.keras` is Keras 3 from TensorFlow 2.16, unless `TF_USE_LEGACY_KERAS` says otherwise."""
    if os.environ.get("TF_USE_LEGACY_KERAS") in ("1", "true", "True"):
        return 2
    if tensorflow is None:
        installed = _version(search, "keras")
        return 2 if installed is not None and installed.startswith("2.") else 3
    parts = [int(p) for p in re.findall(r"\d+", tensorflow)[:2]]
    return 2 if parts and [*parts, 0][:2] < [2, 16] else 3
