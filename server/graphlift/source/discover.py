"""Which Python files a run looks at: the files under some roots, in one order, whatever the file system's.

Left out below a root: hidden directories, virtual environments, installed packages, caches, build results,
what the repository's own `.gitignore` files leave out, and the configured `exclude` patterns. A root that is
named is always looked at, even a file that these rules would leave out. Directories that are symbolic links
are not entered, so a loop of links does no harm and no file is seen twice; links to files are followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from graphlift.source.ignore import IgnoreList, parse_ignore

SKIPPED_DIRECTORIES = frozenset(
    {
        "__pycache__",
        "__pypackages__",
        "_build",
        "bower_components",
        "buck-out",
        "build",
        "dist",
        "env.bak",
        "node_modules",
        "site-packages",
        "venv",
        "venv.bak",
    }
)
"""Directories that hold no source of one's own. Hidden ones (`.git`, `.venv`, `.tox`) are skipped too."""

_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


class Discovery(msgspec.Struct, frozen=True):
    """The files found, absolute, sorted and each once; and the directories that could not be listed."""

    files: tuple[str, ...]
    unreadable: tuple[str, ...] = ()


def discover(
    roots: Sequence[str],
    exclude: Sequence[str] = (),
    *,
    base: str | None = None,
    respect_gitignore: bool = True,
    suffixes: tuple[str, ...] = (".py",),
) -> Discovery:
    """The Python files under the roots: those whose names end in one of the `suffixes`.

    `exclude` holds gitignore patterns, relative to `base` (each root itself when `None`). A root that does
    not exist gives no files: whether that is an error is the caller's to say.
    """
    found: set[str] = set()
    unreadable: set[str] = set()
    for root in roots:
        path = os.path.abspath(root)  # noqa: PTH100 - a symbolic link in the path stays as the user wrote it.
        if not Path(path).is_dir():
            if Path(path).exists():
                found.add(path)
            continue
        excluded = parse_ignore(exclude, _posix(base or path))
        ignores = _inherited_ignores(Path(path)) if respect_gitignore else None
        found.update(_walk(path, suffixes, excluded, ignores, unreadable))
    return Discovery(tuple(sorted(_unique(found))), tuple(sorted(unreadable)))


def _walk(
    root: str,
    suffixes: tuple[str, ...],
    excluded: IgnoreList,
    inherited: tuple[IgnoreList, ...] | None,
    unreadable: set[str],
) -> Iterator[str]:
    """The Python files under a directory. `inherited` is `None` when ignore files are not looked at."""
    pending: list[tuple[str, tuple[IgnoreList, ...]]] = [(root, inherited or ())]
    while pending:
        directory, ignores = pending.pop()
        try:
            with os.scandir(directory) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            unreadable.add(directory)
            continue
        names = {entry.name for entry in listed}
        if directory != root and any(mark in names for mark in _ENVIRONMENT_MARKS):
            continue
        if inherited is not None and (directory != root or not inherited):
            ignores = _with_own_ignores(Path(directory), names, ignores)
        for entry in listed:
            is_directory = entry.is_dir(follow_symlinks=False)
            path = _posix(entry.path)
            if _skipped(entry, is_directory, suffixes) or excluded.verdict(path, is_directory):
                continue
            if _ignored(path, is_directory, ignores):
                continue
            if is_directory:
                pending.append((entry.path, ignores))
            else:
                yield entry.path


def _skipped(entry: os.DirEntry[str], is_directory: bool, suffixes: tuple[str, ...]) -> bool:
    if is_directory:
        name = entry.name
        return name.startswith(".") or name in SKIPPED_DIRECTORIES or name.endswith(".egg-info")
    return not entry.name.endswith(suffixes) or not entry.is_file()


def _ignored(path: str, is_directory: bool, ignores: tuple[IgnoreList, ...]) -> bool:
    """What the nearest ignore file that speaks of the path says."""
    for ignore in reversed(ignores):
        verdict = ignore.verdict(path, is_directory)
        if verdict is not None:
            return verdict
    return False


def _inherited_ignores(root: Path) -> tuple[IgnoreList, ...]:
    """The ignore files from the top of the git repository around `root` down to it; none without one."""
    chain = [root, *root.parents]
    top = next((index for index, directory in enumerate(chain) if (directory / ".git").exists()), None)
    if top is None:
        return ()
    ignores: tuple[IgnoreList, ...] = (_read_ignores(chain[top] / ".git" / "info" / "exclude", chain[top]),)
    for directory in reversed(chain[: top + 1]):
        ignores = (*ignores, _read_ignores(directory / ".gitignore", directory))
    return ignores


def _with_own_ignores(
    directory: Path, names: set[str], ignores: tuple[IgnoreList, ...]
) -> tuple[IgnoreList, ...]:
    if ".git" in names:  # A repository inside the tree speaks for itself.
        ignores = (_read_ignores(directory / ".git" / "info" / "exclude", directory),)
    elif not ignores:
        return ()
    if ".gitignore" in names:
        ignores = (*ignores, _read_ignores(directory / ".gitignore", directory))
    return ignores


def _read_ignores(file: Path, base: Path) -> IgnoreList:
    """The patterns of an ignore file; none when it is missing or unreadable, as git has it."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return IgnoreList(_posix(str(base)), ())
    return parse_ignore(text.removeprefix("\ufeff").split("\n"), _posix(str(base)))


def _unique(paths: Iterable[str]) -> Iterator[str]:
    """Each file once: of several links to one file, the file itself wins, else the first in order."""
    seen: set[str] = set()
    for path in sorted(paths, key=lambda path: (Path(path).is_symlink(), path)):
        real = os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            yield path


def _posix(path: str) -> str:
    return path.replace(os.sep, "/") if os.sep != "/" else path
