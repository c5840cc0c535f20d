"""The user's settings as the client sends them, in `initializationOptions` or for `workspace/configuration`.

Names are those of the configuration file (`graphlift.source.config`); editors like `camelCase`, so that is
taken too. A setting that is wrong is left out and told; the others still count.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from graphlift.source.config import KEYS, SettingError, Settings, VerifySettings, from_mapping

SECTION = "graphlift"

EDITOR_KEYS: dict[str, tuple[object, ...]] = {
    "code-lens": ("actionable", "all", "off"),
    "diagnostic-mode": ("workspace", "open-files"),
}
"""Settings that only an editor has, with their values; the first is the default."""

_OF_THE_CLIENT: dict[str, tuple[object, ...]] = {"trusted": (True, False)}
"""What a client says by itself, with its values; the first is the default.

`trusted` says whether the user trusts the workspace: else none of its code and no interpreter in it is run.
"""

_CHOICES = EDITOR_KEYS | _OF_THE_CLIENT

_CLIENT_KEYS = frozenset(
    {"path", "args", "cwd", "import-strategy", "show-notifications", "trace", "enable", "own-commands"}
)
"""Settings under the same section that are the clients' own."""


class ClientSettings(msgspec.Struct, frozen=True):
    """What was understood (hyphenated keys and their values), and a sentence for each setting that was not."""

    values: dict[str, Any] = msgspec.field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def code_lens(self) -> str:
        """Which lenses are shown: `actionable`, `all` or `off`."""
        return str(self._editor("code-lens"))

    @property
    def trusted(self) -> bool:
        """Whether code and interpreters of the workspace may be run."""
        return bool(self._editor("trusted"))

    @property
    def whole_workspace(self) -> bool:
        """Whether diagnostics are shown of files that are not open too, where the client can ask for them."""
        return self._editor("diagnostic-mode") == "workspace"

    def _editor(self, key: str) -> object:
        return self.values.get(key, _CHOICES[key][0])


def parse(*sources: Any) -> ClientSettings:
    """Settings from the client's objects, later ones over earlier ones. `None` stands for nothing."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for source in sources:
        given = _table(source)
        if given is None:
            problems.append(f"The settings of Graphlift must be an object, not {source!r}; they are ignored.")
            continue
        for name, value in given.items():
            key = _kebab(name)
            if value is None or key in _CLIENT_KEYS:
                continue
            problem = _editor_problem(key, value) if key in _CHOICES else _analysis_problem(key, value)
            if problem is None:
                values[key] = value
            else:
                problems.append(f"{SECTION}.{name}: {problem}. The setting is ignored.")
    return ClientSettings(values, tuple(problems))


def over(configured: Settings, client: ClientSettings) -> Settings:
    """The settings of the configuration file with the client's over them.

    Of `exclude` and `ignore` both count, and so do the entries of `rules`, `per-path` and `verify`. In a workspace
    that is not trusted the interpreter is the server's own: to ask another one for its packages is to run it.
    """
    given = from_mapping({key: value for key, value in client.values.items() if key in KEYS})
    if isinstance(given, SettingError):
        raise AssertionError(f"settings that are right one by one are wrong together: {given}")
    changes = {
        field.name: getattr(given, field.name)
        for field in msgspec.structs.fields(Settings)
        if field.encode_name in client.values
    }
    if not client.trusted:
        changes["interpreter"] = sys.executable
    for name in ("exclude", "ignore"):
        if name in changes:
            changes[name] = (*getattr(configured, name), *changes[name])
    if "verify" in changes:
        parts = {field.encode_name: field.name for field in msgspec.structs.fields(VerifySettings)}
        table = {parts[key]: getattr(given.verify, parts[key]) for key in client.values["verify"]}
        changes["verify"] = msgspec.structs.replace(configured.verify, **table)
    for name in ("rules", "per_path"):
        if name in changes:
            changes[name] = {**getattr(configured, name), **changes[name]}
    return msgspec.structs.replace(configured, **changes)


def _analysis_problem(key: str, value: Any) -> str | None:
    parsed = from_mapping({key: value})
    return parsed.message if isinstance(parsed, SettingError) else None


def _editor_problem(key: str, value: Any) -> str | None:
    allowed = _CHOICES[key]
    if value in allowed:
        return None
    return f"{key} must be {' or '.join(map(str, allowed))}, not {value!r}"


def _table(source: Any) -> Mapping[str, Any] | None:
    if source is None or source == []:  # From Lua, and so from Neovim, {} may come as [].
        return {}
    if not isinstance(source, Mapping):
        return None
    inner = source.get("settings")
    return inner if isinstance(inner, Mapping) else source


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).replace("_", "-").lower()


def own_commands(initial: Any) -> frozenset[str]:
    """The server's commands that the client has itself (`ownCommands`) and so wants none of."""
    names = (_table(initial) or {}).get("ownCommands")
    return frozenset(map(str, names)) if isinstance(names, list) else frozenset()


assert not (_CLIENT_KEYS | _CHOICES.keys()) & set(KEYS)
