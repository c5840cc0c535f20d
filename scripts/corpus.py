"""Downloads pinned TensorFlow packages and unpacks their Python files, for measuring Graphlift on real code.

    python scripts/corpus.py [--cache DIR] [NAME...]

Prints the directory of each package. Every download is checked against the SHA-256 of the file that the
numbers in `docs/corpus.md` were measured on, and nothing of a package is ever imported or built by this
script.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Package:
    """A release: its name and version on the index and the first digits of the file's SHA-256, if known."""

    name: str
    version: str
    sha256: str = ""
    source: bool = False


PACKAGES = (
    Package("dm-sonnet", "2.0.2", "4c2364cc9ed5f1d9"),
    Package("gpflow", "2.11.2", "5a134e92ab995e11"),
    Package("tensorflow-recommenders", "0.7.7"),
    Package("tf-agents", "0.19.0", "ff27f3020c486746"),
    Package("tf-models-official", "2.20.0", "0bf173f9ea83e1a8"),
    Package("TensorFlowTTS", "1.8", "22d92ef87af87702", source=True),
    Package("neural-structured-learning", "1.4.0", "bdf98943f09a3e1a"),
    Package("keras-cv", "0.9.0", "507f0214cfba0a30"),
)


class CorpusError(Exception):
    """A package that can't be had; the message says why and what to do."""


def default_cache() -> Path:
    """Where packages are kept unless the caller says otherwise."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "graphlift" / "corpus"


def named(names: list[str]) -> list[Package]:
    """The packages with these names, all when there are none."""
    by_name = {package.name.lower(): package for package in PACKAGES}
    unknown = [name for name in names if name.lower() not in by_name]
    if unknown:
        raise CorpusError(f"{unknown[0]} is not in the corpus: {', '.join(by_name)}")
    return [by_name[name.lower()] for name in names] or list(PACKAGES)


def fetch(package: Package, cache: Path) -> Path:
    """The directory with a package's Python files; downloads and unpacks it the first time."""
    target = cache / f"{package.name}-{package.version}"
    if target.is_dir():
        return target
    archive = _download(package, cache / "downloads")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if not digest.startswith(package.sha256):
        raise CorpusError(f"{archive.name} has SHA-256 {digest}, expected {package.sha256}…")
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    for path, data in _python_files(archive):
        file = draft / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    draft.replace(target)
    return target


def _download(package: Package, downloads: Path) -> Path:
    kind = ["--no-binary", package.name] if package.source else ["--only-binary", ":all:"]
    place = downloads / f"{package.name}-{package.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *kind]
    if package.source:
        # pip asks a source distribution for its metadata; with isolation that would download build tools.
        command.append("--no-build-isolation")
    run = subprocess.run(
        [*command, "--dest", str(place), f"{package.name}=={package.version}"],
        capture_output=True,
        text=True,
        check=False,
    )
    archives = sorted(place.glob("*")) if place.is_dir() else []
    if len(archives) != 1:
        shutil.rmtree(place, ignore_errors=True)
        raise CorpusError(f"pip could not download {package.name}=={package.version}:\n{run.stderr.strip()}")
    return archives[0]


def _python_files(archive: Path) -> Iterator[tuple[Path, bytes]]:
    """The Python files of an archive with their paths in it; paths that lead out of it are refused."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in sorted(wheel.namelist()):
                if name.endswith(".py"):
                    yield _inside(name), wheel.read(name)
        return
    with tarfile.open(archive) as source:
        for member in source.getmembers():
            file = source.extractfile(member) if member.isfile() and member.name.endswith(".py") else None
            if file is not None:
                yield _inside(member.name), file.read()


def _inside(name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise CorpusError(f"the archive holds the path {name}, which leads out of it")
    return Path(path)


def main() -> int:
    parser = argparse.ArgumentParser(description="Download the packages that Graphlift is measured on.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="packages; all unless named")
    parser.add_argument(
        "--cache", type=Path, default=default_cache(), help="where to keep them (%(default)s)"
    )
    arguments = parser.parse_args()
    try:
        for package in named(arguments.names):
            print(fetch(package, arguments.cache), flush=True)
    except CorpusError as error:
        print(f"corpus: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
