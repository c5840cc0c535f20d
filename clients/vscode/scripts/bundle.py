"""Put the server and the packages it needs where the extension carries them: `bundled/libs`.

All but msgspec is pure Python. msgspec comes compiled, for each Python and system: the files have names that tell them
apart, so they lie in one folder; only those for the two kinds of Macs share their names and get folders of their own.

    python3 scripts/bundle.py               # for every system that is supported
    python3 scripts/bundle.py --only-here   # for this Python and system alone, which is quick

Versions are those of constraints.txt.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CLIENT = Path(__file__).resolve().parent.parent
ROOT = CLIENT.parent.parent
BUNDLED = CLIENT / "bundled"
LIBS = BUNDLED / "libs"

PURE = (
    "astroid",
    "attrs",
    "cattrs",
    "exceptiongroup",
    "jedi",
    "lsprotocol",
    "parso",
    "pygls",
    "tomli",
    "typing-extensions",
)
"""What the server imports, and what that imports; the command line's packages stay out."""

COMPILED = "msgspec"

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
"""Also in `src/python.ts`, which chooses one of them."""

SYSTEMS: dict[str, tuple[str, ...]] = {
    "linux-x86_64": ("manylinux2014_x86_64", "manylinux_2_28_x86_64"),
    "linux-aarch64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
    "musl-x86_64": ("musllinux_1_2_x86_64",),
    "musl-aarch64": ("musllinux_1_2_aarch64",),
    "windows-amd64": ("win_amd64",),
    "windows-arm64": ("win_arm64",),
    "darwin-arm64": ("macosx_15_0_arm64",),
    "darwin-x86_64": ("macosx_15_0_x86_64",),
}
"""pip's names for the systems; of a range of versions the newest, to which pip adds the older ones."""

PICTURES = ("hint.png", "hover.png", "lightbulb.png", "preview.png")
"""What the README and the walkthrough show: as the tests in the editor saw it."""

UNUSED = ("**/__pycache__", "*.dist-info", "bin", "jedi/third_party")
"""What is taken out again. jedi is there to find environments: the stubs that its inference reads are 30 MB."""


def main() -> int:
    """Fill the folders; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only-here", action="store_true", help="compiled files for this Python and system alone"
    )
    only_here = parser.parse_args().only_here
    for old in BUNDLED.glob("libs*"):
        shutil.rmtree(old)
    pinned = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    install_pure(pinned)
    if only_here:
        pip("install", "--target", LIBS, f"{COMPILED}=={pinned[COMPILED]}")
    else:
        install_compiled(f"{COMPILED}=={pinned[COMPILED]}")
    licences()
    caches = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "server" / "graphlift", LIBS / "graphlift", ignore=caches)
    shutil.copyfile(ROOT / "LICENSE", CLIENT / "LICENSE")
    for name in PICTURES:
        shutil.copyfile(ROOT / "tests" / "editors" / "vscode" / "screens" / name, CLIENT / "images" / name)
    for pattern in UNUSED:
        for path in list(BUNDLED.glob(f"libs*/{pattern}")):
            shutil.rmtree(path)
    size = sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file())
    print(f"{LIBS.relative_to(ROOT)}: {size / 2**20:.1f} MiB")
    return 0


def pins(constraints: str) -> dict[str, str]:
    """The version of each package in a constraints file, whatever Python it is for."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", constraints, re.MULTILINE))


def install_pure(pinned: dict[str, str]) -> None:
    """Install wheels that hold no compiled code, for the oldest Python; newer ones can run them."""
    wanted = [f"{name}=={pinned[name]}" for name in PURE]
    chosen = ("--implementation", "py", "--abi", "none", "--platform", "any", "--python-version", PYTHONS[0])
    pip("install", "--target", LIBS, "--only-binary=:all:", *chosen, *wanted)


def install_compiled(requirement: str) -> None:
    """Unpack the compiled package for every Python and system.

    Python 3.10 is left out where the C library is musl: until 3.11 the names of compiled files did not tell it.
    """
    with tempfile.TemporaryDirectory() as folder:
        for system, platforms in SYSTEMS.items():
            named = [argument for platform in platforms for argument in ("--platform", platform)]
            into = BUNDLED / f"libs-{system}" if system.startswith("darwin") else LIBS
            for python in PYTHONS[1:] if system.startswith("musl") else PYTHONS:
                place = Path(folder, system, python)
                chosen = ("--only-binary=:all:", "--python-version", python, *named)
                pip("download", "--dest", place, *chosen, requirement)
                (wheel,) = place.glob("*.whl")
                unpack(wheel, into)


def unpack(wheel: Path, into: Path) -> None:
    """Unpack a wheel; no compiled file may take the place of another."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            target = into / name
            if target.suffix in (".so", ".pyd") and target.exists():
                raise FileExistsError(f"{wheel.name} would replace {target}")
        archive.extractall(into)


def licences() -> None:
    """Keep the licences of what is carried along; the rest of the metadata is of no use here."""
    for metadata in sorted(LIBS.glob("*.dist-info")):
        texts = [
            path for path in metadata.rglob("*") if re.match(r"(?i)licen[cs]e|copying|notice", path.name)
        ]
        name = metadata.name.split("-")[0]
        for text in (path for path in texts if path.is_file()):
            target = LIBS / "licences" / f"{name}-{text.name}"
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(text, target)


def pip(command: str, *arguments: object) -> None:
    """Run pip without dependencies; its errors end the script."""
    options = ["--quiet", "--no-deps", "--disable-pip-version-check"]
    if command == "install":
        options += ["--no-compile", "--root-user-action=ignore"]
    subprocess.run([sys.executable, "-m", "pip", command, *options, *map(str, arguments)], check=True)


if __name__ == "__main__":
    sys.exit(main())
