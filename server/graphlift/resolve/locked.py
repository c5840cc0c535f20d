"""Which TensorFlow a project locks or asks for, where no installed one can be looked at.

Lock files say it exactly. A requirement says it when it names a release (`==2.15.1`, `~=2.15.0`, `2.15.*`) or one that
is the last it allows (`<2.16`: 2.15); a lower bound alone says nothing, since any later release could be meant.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGES = ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tensorflow-macos")
"""Distributions that are TensorFlow, by their normalised names."""


class Locked(msgspec.Struct, frozen=True):
    """The TensorFlow release that a file asks for, and the file."""

    tensorflow: str
    path: str


def locked(roots: Sequence[str]) -> Locked | None:
    """The first release that a file of the project names: lock files first, then requirements, the nearest first."""
    for root in roots:
        for directory in project_directories(root):
            for path, read in _candidates(directory):
                found = _newest(_versions(path, read))
                if found is not None:
                    return Locked(found, str(path))
    return None


def project_directories(root: str) -> Iterator[Path]:
    """The directories that may hold a project's files: from a root up to the top of its repository.

    Outside a repository, up to the first one that holds such a file, and else the root's own.
    """
    start = Path(root) if Path(root).is_dir() else Path(root).parent
    chain = [start, *start.parents]
    top = next((number for number, each in enumerate(chain) if (each / ".git").exists()), None)
    if top is None:
        top = next((number for number, each in enumerate(chain) if any(_candidates(each))), 0)
    yield from chain[: top + 1]


_Read = Callable[[Path], Iterable[tuple[str, str]]]
"""From a file to the names and versions (or version specifiers) of packages."""


def _candidates(directory: Path) -> Iterator[tuple[Path, _Read]]:
    """The files of a directory that could say it, the most exact first."""
    named: tuple[tuple[str, _Read], ...] = (
        ("uv.lock", _lock_packages),
        ("poetry.lock", _lock_packages),
        ("pdm.lock", _lock_packages),
        ("pylock.toml", _lock_packages),
        ("Pipfile.lock", _pipfile_packages),
    )
    for name, read in named:
        if (directory / name).is_file():
            yield directory / name, read
    for path in sorted(directory.glob("requirements*.txt"), key=lambda path: (len(path.name), path.name)):
        yield path, _requirements
    if (directory / "pyproject.toml").is_file():
        yield directory / "pyproject.toml", _project_dependencies


def _versions(path: Path, read: _Read) -> Iterator[str]:
    """The TensorFlow releases that a file names; none for one that is broken, which its own tool tells."""
    try:
        packages = list(read(path))
    except (OSError, ValueError):
        return
    specifiers = [text for name, text in packages if re.sub(r"[-_.]+", "-", name).lower() in PACKAGES]
    found = [release(specifier) for specifier in specifiers]
    if read is _project_dependencies and None in found:
        return  # One of the ways to install it leaves the release open.
    yield from (version for version in found if version is not None)


def release(specifier: str) -> str | None:
    """The release that a version or a version specifier names; `None` when it leaves that open."""
    exact: str | None = None
    last: str | None = None
    for clause in specifier.replace(" ", "").split(","):
        match = re.fullmatch(r"(===?|~=|<=|<|>=|>|!=|\^|~)?v?(\d+(?:\.\d+)*)(\.\*)?[\w.+-]*", clause)
        if match is None:
            continue
        operator, version, _ = match.groups()
        if operator in (None, "==", "===", "~") or (operator == "~=" and version.count(".") > 1):
            exact = version
        elif operator == "<=":
            last = version
        elif operator == "<":
            last = _before(version) or last
    return exact or last


def _before(version: str) -> str | None:
    """The last minor release before a version; `None` where a major version ends, whose last release is open."""
    major, *rest = (int(part) for part in version.split("."))
    minor = rest[0] if rest else 0
    if len(rest) > 1 and rest[1] > 0:
        return f"{major}.{minor}"
    return f"{major}.{minor - 1}" if minor > 0 else None


def _newest(versions: Iterable[str]) -> str | None:
    return max(versions, key=lambda version: [int(part) for part in version.split(".")], default=None)


def _lock_packages(path: Path) -> Iterator[tuple[str, str]]:
    document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    for package in _list(document.get("package")) + _list(document.get("packages")):
        if isinstance(package, dict) and "name" in package and "version" in package:
            yield str(package["name"]), str(package["version"])


def _pipfile_packages(path: Path) -> Iterator[tuple[str, str]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    for section in ("default", "develop"):
        for name, package in _dict(_dict(document).get(section)).items():
            yield name, str(_dict(package).get("version", ""))


def _requirements(path: Path, seen: frozenset[Path] = frozenset()) -> Iterator[tuple[str, str]]:
    """The requirements of a file and of those that it includes."""
    if path in seen:
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        included = re.match(r"\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", line)
        if included is not None:
            other = path.parent / included[1]
            if other.is_file():
                yield from _requirements(other, seen | {path})
        else:
            yield from _requirement(line)


def _requirement(text: object) -> Iterator[tuple[str, str]]:
    """The name and specifier of one requirement, such as `tensorflow[and-cuda]~=2.15.0; python_version < "3.12"`."""
    body = re.split(r"[;#]", text if isinstance(text, str) else "", maxsplit=1)[0].split(" --")[0]
    match = re.fullmatch(r"\s*([\w.-]+)\s*(?:\[[^\]]*\])?\s*\(?([^()@]*?)\)?\s*\\?\s*", body)
    if match is not None:
        yield match[1], match[2]


def _project_dependencies(path: Path) -> Iterator[tuple[str, str]]:
    """What `pyproject.toml` asks for: the project's dependencies, its extras and groups, Poetry's tables."""
    document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    project = _dict(document.get("project"))
    extras = _dict(project.get("optional-dependencies")).values()
    groups = _dict(document.get("dependency-groups")).values()
    for requirements in (project.get("dependencies"), *extras, *groups):
        for requirement in _list(requirements):
            yield from _requirement(requirement)
    poetry = _dict(_dict(document.get("tool")).get("poetry"))
    tables = [poetry, *(_dict(group) for group in _dict(poetry.get("group")).values())]
    for table in tables:
        for name, given in _dict(table.get("dependencies")).items():
            yield name, str(given.get("version", "") if isinstance(given, dict) else given)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
