"""Whether a program asks for Keras 2 under a TensorFlow that brings Keras 3.

It does so by setting `TF_USE_LEGACY_KERAS` before TensorFlow is imported, or by importing `tf_keras`. Under Keras 2
fewer things are dangerous, so this has to be beyond doubt: where Keras 3 is used anywhere as well, or one of several
programs does not set the variable, Keras 3 is assumed.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

VARIABLE = "TF_USE_LEGACY_KERAS"
TRUE = ("1", "true", "True")
"""The values that TensorFlow takes for yes."""

_IMPORTS_KERAS = re.compile(r"^[ \t]*(?:import|from)[ \t]+keras\b", re.MULTILINE)
_IMPORTS_LEGACY = re.compile(r"^[ \t]*(?:import|from)[ \t]+tf_keras\b", re.MULTILINE)
_USES_TF_KERAS = re.compile(
    r"\b(?:tf|tensorflow|v2)\.keras\b|^[ \t]*from[ \t]+tensorflow\b[\w.]*[ \t]+import\b.*\bkeras\b",
    re.MULTILINE,
)
_IMPORT = re.compile(r"^[ \t]*(?:import|from)\b.*", re.MULTILINE)
_TENSORFLOW = re.compile(r"^[ \t]*(?:import|from)[ \t]+(?:tensorflow|tf_keras)\b", re.MULTILINE)
_MAIN = re.compile(r"^if[ \t(]+__name__\b", re.MULTILINE)
_FIRST = ("__init__.py", "conftest.py")
"""Files that run before what lies in their folder."""


def legacy_keras(texts: Mapping[str, str]) -> str | None:
    """What in these files (texts by path) asks for Keras 2, in words; `None` when nothing does for certain."""
    if any(_IMPORTS_KERAS.search(text) for text in texts.values()):
        return None
    setting = [path for path, text in sorted(texts.items()) if VARIABLE in text and _sets(text)]
    if setting and all(_is_set_for(path, setting) for path in _programs(texts)):
        return f"{VARIABLE} in {PurePath(setting[0]).name}"
    if any(_USES_TF_KERAS.search(text) for text in texts.values()):
        return None
    for path, text in sorted(texts.items()):
        if _IMPORTS_LEGACY.search(text):
            return f"`import tf_keras` in {PurePath(path).name}"
    return None


def _sets(text: str) -> bool:
    return any(_sets_variable(statement) for statement in _module_level(text))


def _is_set_for(path: str, setting: Sequence[str]) -> bool:
    """Whether one of the files that set the variable runs before a program: itself, or what its folders begin with."""
    folders = {str(parent) for parent in PurePath(path).parents}
    return any(
        path == other or (PurePath(other).name in _FIRST and str(PurePath(other).parent) in folders)
        for other in setting
    )


def _programs(texts: Mapping[str, str]) -> Iterator[str]:
    """The files that begin a program with TensorFlow: scripts, and those that no other file is seen to import."""
    imported = {
        name for text in texts.values() for line in _IMPORT.findall(text) for name in re.findall(r"\w+", line)
    }
    for path, text in texts.items():
        name = PurePath(path)
        module = name.parent.name if name.name == "__init__.py" else name.stem
        if _TENSORFLOW.search(text) and (module not in imported or _MAIN.search(text)):
            yield path


def _module_level(text: str) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported, whatever its conditions; none when it does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _sets_variable(statement: ast.stmt) -> bool:
    """Whether it is `os.environ["TF_USE_LEGACY_KERAS"] = "1"`, or the same by `setdefault` or `putenv`."""
    match statement:
        case ast.Assign(targets=[ast.Subscript(value=owner, slice=ast.Constant(value=name))], value=given):
            pass
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=owner, attr="setdefault" | "putenv"),
                args=[ast.Constant(value=name), given],
            )
        ):
            pass
        case _:
            return False
    environment = ast.unparse(owner).rpartition(".")[2] in ("environ", "os")
    return environment and name == VARIABLE and isinstance(given, ast.Constant) and given.value in TRUE
