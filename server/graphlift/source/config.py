"""What users can set, and where it is read from.

Settings stand in `graphlift.toml`, or in the table `[tool.graphlift]` of `pyproject.toml`, in the nearest
directory upwards that has one; in one directory `graphlift.toml` wins. Keys are written with hyphens.
Nothing is ignored in silence: an unknown key, a wrong type or a value that is not allowed is an error that
names its line.

`docs/graphlift.schema.json` is made from these types by `scripts/schema.py`, for editors that complete TOML.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from graphlift.source.rule_names import rule_names

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


Level = Literal["off", "hint", "information", "warning", "error"]
"""How loudly a rule speaks; `off` silences it."""

LEVELS: tuple[str, ...] = ("off", "hint", "information", "warning", "error")

_Rules = Annotated[
    dict[str, Level],
    Meta(description='The severity of rules by name: "off", "hint", "information", "warning" or "error".'),
]
_Ignore = Annotated[
    tuple[str, ...],
    Meta(
        description="Names of rules whose diagnostics are not shown. Verdicts still take them into account."
    ),
]
_Select = Annotated[
    tuple[str, ...] | None,
    Meta(description="Names of the only rules whose diagnostics are shown; all rules unless set."),
]


class PathSettings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What is set for the files that one pattern matches: `ignore` and `rules` add to the general settings.

    `select` replaces the general one.
    """

    select: _Select = None
    ignore: _Ignore = ()
    rules: _Rules = {}


class InlayHints(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Which values editors show in the code itself, off unless set."""

    tensors: Annotated[bool, Meta(description="Shapes and dtypes after names that are bound.")] = False
    parameters: Annotated[bool, Meta(description="Shapes and dtypes after parameters.")] = False
    returns: Annotated[bool, Meta(description="What functions return, where that holds tensors.")] = False

    @property
    def any(self) -> bool:
        """Whether anything is shown."""
        return self.tensors or self.parameters or self.returns


class VerifySettings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What `graphlift verify` runs, and what a run may use."""

    run: Annotated[
        str | None,
        Meta(description="The script to run, relative to this file; the function's own file unless set."),
    ] = None
    module: Annotated[
        str | None, Meta(description="The module to run instead, as `python -m` does, such as `pkg.train`.")
    ] = None
    args: Annotated[tuple[str, ...], Meta(description="Arguments of the script or module.")] = ()
    inputs: Annotated[
        tuple[str, ...],
        Meta(
            description="Files and directories, relative to this file, to copy into the empty directory that it "
            "runs in."
        ),
    ] = ()
    seconds: Annotated[
        Annotated[int, Meta(ge=1)], Meta(description="Seconds of processor time that one run may take.")
    ] = 60
    memory: Annotated[
        Annotated[int, Meta(ge=1)],
        Meta(description="Mebibytes of memory that one run may take besides TensorFlow's own."),
    ] = 4096


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What users can set; absent settings are inferred. What each means is in its description.

    `base` is not for users to set: it is the directory that `exclude` and `per-path` are relative to.
    """

    exclude: Annotated[
        tuple[str, ...],
        Meta(
            description="Files and directories to leave out: gitignore patterns, relative to this file's directory."
        ),
    ] = ()
    interpreter: Annotated[
        str | None,
        Meta(description="The Python whose installed packages the code uses, relative to this file."),
    ] = None
    keras: Annotated[
        Literal[2, 3] | None, Meta(description="The major version of Keras to assume, 2 or 3.")
    ] = None
    tensorflow: Annotated[
        Annotated[str, Meta(pattern=r"^2\.\d+(\.\d+)?$")] | None,
        Meta(description='The TensorFlow release to assume, such as "2.15".'),
    ] = None
    select: _Select = None
    ignore: _Ignore = ()
    rules: _Rules = {}
    per_path: Annotated[
        dict[str, PathSettings],
        Meta(
            description="Settings for some files: gitignore patterns relative to this file's directory, each with "
            "a table of `select`, `ignore` and `rules`. Later patterns win."
        ),
    ] = {}
    inlay_hints: Annotated[
        InlayHints,
        Meta(
            description="Which shapes and dtypes editors show in the code: `tensors`, `parameters`, `returns`."
        ),
    ] = InlayHints()
    respect_gitignore: Annotated[
        bool, Meta(description="Whether the repository's .gitignore files leave files out too.")
    ] = True
    max_files: Annotated[
        Annotated[int, Meta(ge=1)],
        Meta(description="How many files are analysed at most; the others are left out, and that is told."),
    ] = 10_000
    verify: Annotated[
        VerifySettings,
        Meta(
            description="What `verify` runs (`run` or `module`, `args`, `inputs`) and what a run may use "
            "(`seconds`, `memory`)."
        ),
    ] = VerifySettings()
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
        return ConfigurationError(
            str(file), _line_of(text, ("tool", "graphlift")), "tool.graphlift must be a table"
        )
    settings = from_mapping(document)
    if isinstance(settings, SettingError):
        section = ("tool", "graphlift") if is_project else ()
        line = _line_of(text, (*section, *(settings.inside or (settings.key,))), len(section))
        return ConfigurationError(str(file), line, settings.message)
    settings = msgspec.structs.replace(settings, base=str(file.parent))
    if settings.interpreter is not None:
        interpreter = (file.parent / Path(settings.interpreter).expanduser()).absolute()
        settings = msgspec.structs.replace(settings, interpreter=str(interpreter))
    return Configuration(settings, str(file))


class SettingError(msgspec.Struct, frozen=True):
    """What is wrong with one setting; the same for a file, an editor's settings and a command-line option.

    `inside` are the keys that lead to it, where it is not a setting of the top level.
    """

    key: str
    message: str
    inside: tuple[str, ...] = ()


def from_mapping(values: Mapping[str, Any]) -> Settings | SettingError:
    """Settings from plain data with hyphenated keys, such as a TOML table or an editor's settings."""
    for key in values:
        if key not in KEYS:
            return SettingError(key, _unknown_key(key, KEYS))
    for key, value in values.items():
        if key in _TABLES:
            error = _table_error(key, value)
        else:
            error = _rule_setting_error((key,), value) if key in _RULE_KEYS else _error(key, value)
        if error is not None:
            return error
    return msgspec.convert(dict(values), Settings)


KEYS = tuple(sorted(field.encode_name for field in msgspec.structs.fields(Settings) if field.name != "base"))
"""The names of all settings, as users write them."""

_PATH_KEYS = tuple(sorted(field.encode_name for field in msgspec.structs.fields(PathSettings)))
_RULE_KEYS = frozenset({*_PATH_KEYS, "per-path"})
"""Settings that name rules."""


def _error(key: str, value: object) -> SettingError | None:
    wanted = _invalid(key, value)
    return None if wanted is None else SettingError(key, f"{key} must be {wanted}, not {_shown(value)}")


_TABLES: dict[str, type[msgspec.Struct]] = {"inlay-hints": InlayHints, "verify": VerifySettings}
"""Settings that are tables of settings."""


def _table_error(name: str, value: object) -> SettingError | None:
    """What is wrong with a setting that is a table."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(_TABLES[name])}
    known = tuple(sorted(fields))
    if not isinstance(value, Mapping):
        return _wrong((name,), value, f"a table ({', '.join(known)})")
    for key, inner in value.items():
        if key not in known:
            message = _unknown_key(key, known, f" of {name}")
            return SettingError(name, message, (name, key))
        wanted = _unlike(fields[key].default, inner)
        if wanted is not None:
            return _wrong((name, key), inner, wanted)
    return None


def _unlike(default: object, value: object) -> str | None:
    """What a value should be that is not of its default's kind; a default of nothing stands for text."""
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "true or false"
    if isinstance(default, int):
        return None if type(value) is int and value > 0 else "a whole number above 0"
    if isinstance(default, tuple):
        return None if _is_strings(value) else "a list of strings"
    return None if isinstance(value, str) and value else "a string"


def _rule_setting_error(keys: tuple[str, ...], value: object) -> SettingError | None:
    """What is wrong with `select`, `ignore`, `rules` or `per-path` under these keys."""
    key = keys[-1]
    if key in ("select", "ignore"):
        if not _is_strings(value):
            return _wrong(keys, value, "a list of rules' names")
        return next(
            (error for name in cast("list[str]", value) if (error := _unknown_rule(keys, name))), None
        )
    if not isinstance(value, Mapping):
        wanted = "severities by rule" if key == "rules" else "settings by pattern"
        return _wrong(keys, value, f"a table of {wanted}")
    for name, inner in value.items():
        error = _level_error(keys, name, inner) if key == "rules" else _path_error(keys, name, inner)
        if error is not None:
            return error
    return None


def _level_error(keys: tuple[str, ...], rule: str, level: object) -> SettingError | None:
    unknown = _unknown_rule((*keys, rule), rule)
    if unknown is not None or level in LEVELS:
        return unknown
    names = ", ".join(f'"{each}"' for each in LEVELS[:-1])
    return _wrong((*keys, rule), level, f'{names} or "{LEVELS[-1]}"')


def _path_error(keys: tuple[str, ...], pattern: str, value: object) -> SettingError | None:
    inside = (*keys, pattern)
    if not isinstance(value, Mapping):
        return _wrong(inside, value, f"a table ({', '.join(_PATH_KEYS)})")
    for key, inner in value.items():
        if key not in _PATH_KEYS:
            return SettingError(keys[0], _unknown_key(key, _PATH_KEYS, " for some files"), (*inside, key))
        error = _rule_setting_error((*inside, key), inner)
        if error is not None:
            return error
    return None


def _unknown_rule(keys: tuple[str, ...], name: str) -> SettingError | None:
    if name in rule_names():
        return None
    where = ".".join(_key_text(key) for key in (keys[:-1] if keys[-1] == name else keys))
    return SettingError(keys[0], f"{where}: {no_such_rule(name)}", keys)


def no_such_rule(name: str) -> str:
    """What to say of a name that is no rule's."""
    near = difflib.get_close_matches(name.replace("_", "-").lower(), rule_names(), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"there is no rule {name}{hint} (`graphlift rule` lists all rules)"


def _wrong(keys: tuple[str, ...], value: object, wanted: str) -> SettingError:
    name = ".".join(_key_text(key) for key in keys)
    return SettingError(keys[0], f"{name} must be {wanted}, not {_shown(value)}", keys)


def _key_text(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'


def _is_strings(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _invalid(key: str, value: object) -> str | None:
    """What the value of a known key should be, when it is not."""
    if key == "exclude":
        return None if _is_strings(value) else "a list of strings"
    if key == "respect-gitignore":
        return None if isinstance(value, bool) else "true or false"
    if key == "max-files":
        return _unlike(0, value)
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


def _unknown_key(key: str, known: tuple[str, ...], where: str = "") -> str:
    near = difflib.get_close_matches(key.replace("_", "-").lower(), known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown setting {key}{where}{hint} (settings: {', '.join(known)})"


def _table(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _line_of_toml_error(message: str) -> int:
    match = re.search(r"at line (\d+)", message)
    return int(match[1]) if match else 0


def _line_of(text: str, keys: tuple[str, ...], least: int = 0) -> int:
    """The line that sets the key that `keys` lead to, or the nearest one around it; 0 when there is none.

    The line of one of the first `least` keys is that of their table.
    """
    best, best_depth = 0, 0
    current: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.fullmatch(r"\s*\[\s*([^\[].*?)\s*\]\s*(?:#.*)?", line)
        if header is not None:
            found = current = _key_parts(header[1])
        else:
            name = re.match(
                r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=", line
            )
            found = (*current, *_key_parts(name[1])) if name is not None else ()
        depth = len(found)
        if (
            best_depth < depth <= len(keys)
            and found == keys[:depth]
            and (header is not None or depth > least)
        ):
            best, best_depth = number, depth
    return best


def _key_parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[\w-]+", dotted))
