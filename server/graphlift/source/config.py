"""What users can set, and where it is read from.

Settings stand in `graphlift.toml`, or in the table `[tool.graphlift]` of `pyproject.toml`, in the nearest
directory upwards that has one; in one directory `graphlift.toml` wins. Keys are written with hyphens.
Nothing is ignored in silence: an unknown key, a wrong type or a value that is not allowed is an error that
names its line.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What users can set; absent settings are inferred.

    - `exclude`: gitignore patterns of files and directories to leave out, relative to the configuration file.
    - `respect_gitignore`: whether the repository's `.gitignore` files leave files out too.
    - `interpreter`: the Python whose installed packages the code is analysed against.
    - `tensorflow`: the TensorFlow release to assume, such as `"2.15"`.
    - `keras`: the major version of Keras to assume, 2 or 3.
    - `ignore`: names of rules whose diagnostics are not shown. Verdicts still take them into account.

    `base` is not for users to set: it is the directory that `exclude` is relative to.
    """

    exclude: tuple[str, ...] = ()
    interpreter: str | None = None
    keras: int | None = None
    tensorflow: str | None = None
    ignore: tuple[str, ...] = ()
    respect_gitignore: bool = True
    base: str | None = None


class Configuration(msgspec.Struct, frozen=True):
    """Settings and the file they come from; `path` is `None` when no file sets anything."""

    settings: Settings = Settings()
    path: str | None = None

    @property
    def directory(self) -> str | None:
        """What relative paths and patterns in the settings are relative to."""
        return None if self.path is None else str(Path(self.path).parent)


class ConfigurationError(msgspec.Struct, frozen=True):
    """Why a configuration can't be used. `line` is 1-based; 0 when the error is not at a line."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.message}"


def find(start: str | Path) -> Configuration | ConfigurationError:
    """The configuration that holds for a file or directory: the nearest one upwards."""
    place = Path(start).absolute()
    for directory in (place, *place.parents):
        for name in ("graphlift.toml", "pyproject.toml"):
            file = directory / name
            if not file.is_file():
                continue
            found = load(file)
            if found is not None:
                return found
    return Configuration()


def load(file: Path) -> Configuration | ConfigurationError | None:
    """Read one configuration file; `None` for a `pyproject.toml` without a `[tool.graphlift]` table."""
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ConfigurationError(str(file), 0, "is not UTF-8, which TOML asks for")
    except OSError as error:
        return ConfigurationError(str(file), 0, f"cannot be read: {error.strerror or error}")
    is_project = file.name == "pyproject.toml"
    try:
        document: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if is_project and "graphlift" not in text:
            return None  # Somebody else's broken file.
        return ConfigurationError(str(file), _line_of_toml_error(str(error)), f"invalid TOML: {error}")
    if is_project:
        document = _table(_table(document, "tool"), "graphlift")
        if document is None:
            return None
    if not isinstance(document, dict):
        return ConfigurationError(str(file), _line_of(text, "graphlift"), "tool.graphlift must be a table")
    settings = from_mapping(document)
    if isinstance(settings, SettingError):
        section = "tool.graphlift" if is_project else ""
        return ConfigurationError(str(file), _line_of(text, settings.key, section), settings.message)
    settings = msgspec.structs.replace(settings, base=str(file.parent))
    if settings.interpreter is not None:
        interpreter = (file.parent / Path(settings.interpreter).expanduser()).absolute()
        settings = msgspec.structs.replace(settings, interpreter=str(interpreter))
    return Configuration(settings, str(file))


class SettingError(msgspec.Struct, frozen=True):
    """What is wrong with one setting; the same for a file, an editor's settings and a command-line option."""

    key: str
    message: str


def from_mapping(values: Mapping[str, Any]) -> Settings | SettingError:
    """Settings from plain data with hyphenated keys, such as a TOML table or an editor's settings."""
    for key in values:
        if key not in KEYS:
            return SettingError(key, _unknown_key(key))
    for key, value in values.items():
        message = _invalid(key, value)
        if message is not None:
            return SettingError(key, f"{key} must be {message}, not {_shown(value)}")
    return msgspec.convert(dict(values), Settings)


KEYS = tuple(sorted(field.encode_name for field in msgspec.structs.fields(Settings) if field.name != "base"))
"""The names of all settings, as users write them."""


def _invalid(key: str, value: object) -> str | None:
    """What the value of a known key should be, when it is not."""
    if key in ("exclude", "ignore"):
        good = isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
        return None if good else "a list of strings"
    if key == "respect-gitignore":
        return None if isinstance(value, bool) else "true or false"
    if key == "keras":
        return None if type(value) is int and value in (2, 3) else "2 or 3"
    if not isinstance(value, str) or not value:
        return "a string" if key == "interpreter" else 'a TensorFlow 2 release such as "2.15"'
    if key == "tensorflow" and not re.fullmatch(r"2\.\d+(\.\d+)?", value):
        return 'a TensorFlow 2 release such as "2.15"'
    return None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _unknown_key(key: str) -> str:
    near = difflib.get_close_matches(key.replace("_", "-").lower(), KEYS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown setting {key}{hint} (settings: {', '.join(KEYS)})"


def _table(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _line_of_toml_error(message: str) -> int:
    match = re.search(r"at line (\d+)", message)
    return int(match[1]) if match else 0


def _line_of(text: str, key: str, section: str = "") -> int:
    """The line that sets `key` in a table; the table's own line, or 0, when it is not found that way."""
    current, section_line = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([\w.\-\"' ]+?)\s*\]", line)
        if header is not None:
            current = header[1].replace(" ", "").replace('"', "").replace("'", "")
            section_line = number if current == section else section_line
        elif current == section and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return section_line
