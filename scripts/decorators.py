"""Takes the `tf.function`s of others away and looks which Graphlift would put back; writes `docs/decorators.md`.

    python scripts/decorators.py [--cache DIR] [--work DIR] [--reuse] [--python PATH] [--output FILE] [NAME...]

Each pinned package is analysed twice, its tests left out: as it is, for the findings on its decorated functions, and
without any hand-placed `tf.function` (`undecorate.py`), for the verdicts on the functions that had one. What a person
found out about misses and findings by reading the source is in `decorators.toml`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import decorators_page
from corpus import CorpusError, Package, default_cache, fetch, named
from undecorate import Taken, undecorated

OUTPUT = Path(__file__).parents[1] / "docs" / "decorators.md"

NAMES = (
    "tf-models-official",
    "tf-agents",
    "gpflow",
    "dm-sonnet",
    "TensorFlowTTS",
    "neural-structured-learning",
    "keras-cv",
)

VERSIONS = {
    "tf-models-official": ("2.20", "2"),
    "tf-agents": ("2.15", "2"),
    "gpflow": ("2.15", "2"),
    "TensorFlowTTS": ("2.15", "2"),
    "neural-structured-learning": ("2.15", "2"),
}
"""TensorFlow and Keras of the packages that ask for other releases than the newest, or for `tf_keras`; 2.15 stands for
all before it."""


@dataclass(frozen=True)
class Study:
    """A package as it is and without its decorators: the documents of both runs, and what was taken away, by path."""

    package: Package
    before: dict[str, Any]
    after: dict[str, Any]
    taken: list[tuple[str, Taken]]


def study(package: Package, directory: Path, work: Path, python: str | None, reuse: bool) -> Study:
    """Both analyses of one package; those whose documents an earlier run left are not made again if `reuse`."""
    plain, bare = work / "plain", work / "bare"
    shutil.rmtree(plain, ignore_errors=True)
    shutil.rmtree(bare, ignore_errors=True)
    taken: list[tuple[str, Taken]] = []
    for path in sorted(directory.rglob("*.py")):
        name = path.relative_to(directory)
        if is_test(name):
            continue
        data = path.read_bytes()
        for root in (plain, bare):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
        (plain / name).write_bytes(data)
        try:
            text, found = undecorated(data.decode("utf-8-sig"))
        except (SyntaxError, UnicodeDecodeError):
            (bare / name).write_bytes(data)
            continue
        (bare / name).write_text(text, encoding="utf-8", newline="")
        taken += [(name.as_posix(), each) for each in found]
    documents = []
    for name, copy in (("before.json", plain), ("after.json", bare)):
        file = work / name
        if not (reuse and file.is_file()):
            file.write_text(json.dumps(_analysed(package, copy, python)), encoding="utf-8")
        documents.append(json.loads(file.read_text(encoding="utf-8")))
    return Study(package, documents[0], documents[1], taken)


def is_test(path: Path) -> bool:
    """Whether a file is a test by its name or its folder."""
    return (
        path.name.endswith("_test.py")
        or path.name.startswith("test_")
        or path.name == "conftest.py"
        or not {"test", "tests", "testing"}.isdisjoint(path.parts[:-1])
    )


def _analysed(package: Package, directory: Path, python: str | None) -> dict[str, Any]:
    """What `graphlift check` says of a directory."""
    options = ["--verdict", "all", "--output-format", "json"]
    if package.name in VERSIONS:
        tensorflow, keras = VERSIONS[package.name]
        options += ["--tensorflow", tensorflow, "--keras", keras]
    if python is not None:
        options += ["--python", python]
    run = subprocess.run(
        [sys.executable, "-m", "graphlift", "check", *options, "."],
        cwd=directory,
        capture_output=True,
        check=False,
    )
    if run.returncode not in (0, 1):
        print(run.stderr.decode(errors="replace"), file=sys.stderr)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure Graphlift on the decorators that others placed.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="packages; all seven unless named")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="%(default)s")
    parser.add_argument(
        "--work", type=Path, help="where to keep the copies and documents; nowhere unless given"
    )
    parser.add_argument("--python", help="an interpreter that has what the packages import")
    parser.add_argument("--reuse", action="store_true", help="take the documents in the work directory")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="%(default)s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = arguments.work or Path(folder)
        try:
            chosen = named(arguments.names or list(NAMES))
            studies = [
                study(
                    package,
                    fetch(package, arguments.cache),
                    work / package.name,
                    arguments.python,
                    arguments.reuse,
                )
                for package in chosen
            ]
        except CorpusError as error:
            print(f"decorators: {error}", file=sys.stderr)
            return 1
    rows = [
        decorators_page.Rows.of(
            f"{each.package.name} {each.package.version}", each.before, each.after, each.taken
        )
        for each in studies
    ]
    arguments.output.write_text(decorators_page.page(rows), encoding="utf-8")
    print(decorators_page.summary(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
