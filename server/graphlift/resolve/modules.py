"""Which module a file is: the dotted key by which imports find it.

Keys are relative to one folder that holds everything that is analysed, and say which of its folders imports start
from. A root inside a package (`graphlift check lib/kernels`) is looked at from outside the outermost package, since
that is how its own absolute imports mean it.
"""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from pathlib import Path

import msgspec


class ModuleKeys(msgspec.Struct, frozen=True):
    """How paths become module keys.

    `base` is the folder that keys are relative to. `starts` are the key prefixes of the folders where absolute
    imports start, in the roots' order; the prefix of `base` itself is empty. `folders` are the same as paths.
    """

    base: str = ""
    starts: tuple[str, ...] = ("",)
    folders: tuple[str, ...] = ()

    def key(self, path: str) -> str:
        """The key of a file, unique for its path but for characters that no module name has."""
        inside = self.base and path.startswith(self.base.rstrip("/") + "/")
        relative = path[len(self.base) :] if inside else path
        stem = relative.strip("/").removesuffix(".py")
        stem = stem.removesuffix("/__init__") if stem != "__init__" else stem
        return _dotted(stem)


def _dotted(relative: str) -> str:
    return relative.replace(".", "_").replace("/", ".").replace(":", "_")


def module_keys(roots: Sequence[str]) -> ModuleKeys:
    """The keys for files under these roots (absolute paths of folders or files)."""
    folders = tuple(dict.fromkeys(_outside_packages(root) for root in roots))
    if not folders:
        return ModuleKeys()
    base = os.path.commonpath(folders)
    starts = tuple("" if folder == base else _dotted(os.path.relpath(folder, base)) for folder in folders)
    return ModuleKeys(base, starts, folders)


def _outside_packages(root: str) -> str:
    """The folder of a root, or the one that holds the outermost package around it."""
    folder = Path(root) if Path(root).is_dir() else Path(root).parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
    return str(folder)
