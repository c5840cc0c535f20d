"""What the extension declares agrees with the server and with itself; no editor is needed."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from msgspec import structs

from graphlift.lsp.settings import EDITOR_KEYS, _kebab, parse
from graphlift.source.config import KEYS, LEVELS, Settings, VerifySettings

CLIENT = Path(__file__).resolve().parents[3] / "clients" / "vscode"
MANIFEST = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
SETTINGS = MANIFEST["contributes"]["configuration"]["properties"]
OWN = {"enable", "import-strategy", "path", "trace.server"}


def text(name: str) -> str:
    return (CLIENT / name).read_text(encoding="utf-8")


def test_every_setting_of_the_server_is_offered_and_no_other():
    offered = {_kebab(name.removeprefix("graphlift.")) for name in SETTINGS}
    first = {name.split(".")[0] for name in offered - OWN}
    assert first == {*KEYS, *EDITOR_KEYS}


def test_the_values_offered_are_those_that_the_server_takes():
    assert tuple(SETTINGS["graphlift.codeLens"]["enum"]) == EDITOR_KEYS["code-lens"]
    assert SETTINGS["graphlift.codeLens"]["default"] == EDITOR_KEYS["code-lens"][0]
    assert tuple(SETTINGS["graphlift.diagnosticMode"]["enum"]) == EDITOR_KEYS["diagnostic-mode"]
    verify = {name.rpartition(".")[2]: each for name, each in SETTINGS.items() if ".verify." in name}
    assert {*verify} == {field.encode_name for field in structs.fields(VerifySettings)}
    assert (verify["seconds"]["default"], verify["memory"]["default"]) == (
        VerifySettings().seconds,
        VerifySettings().memory,
    )
    assert SETTINGS["graphlift.maxFiles"]["default"] == Settings().max_files
    assert tuple(SETTINGS["graphlift.rules"]["additionalProperties"]["enum"]) == LEVELS
    some = {
        "inlayHints": {"tensors": True, "parameters": True, "returns": True},
        "keras": 2,
        "respectGitignore": False,
    }
    assert parse(some).problems == ()


def test_every_setting_is_described():
    assert [name for name, setting in SETTINGS.items() if not setting.get("markdownDescription")] == []


def test_every_command_is_registered_and_offered():
    offered = {each["command"] for each in MANIFEST["contributes"]["commands"]}
    registered = set(re.findall(r'^    "(graphlift\.\w+)":', text("src/commands.ts"), re.MULTILINE))
    assert registered == offered


def test_settings_that_name_programs_are_not_taken_from_workspaces_nobody_trusts():
    rules = MANIFEST["capabilities"]["untrustedWorkspaces"]
    assert rules["supported"] == "limited"
    programs = {name for name, each in SETTINGS.items() if each.get("scope") == "machine-overridable"}
    assert programs == set(rules["restrictedConfigurations"])


def test_the_pythons_chosen_are_those_bundled_for():
    found = re.search(r"^PYTHONS = (\(.*\))$", text("scripts/bundle.py"), re.MULTILINE)
    assert found
    pythons = ast.literal_eval(found[1])
    bounds = re.findall(r"export const \w+EST = \[(\d+), (\d+)\]", text("src/python.ts"))
    assert [".".join(each) for each in bounds] == [pythons[0], pythons[-1]]


def test_the_lock_file_names_no_registry():
    assert '"resolved"' not in text("package-lock.json")


def test_every_picture_is_what_the_editor_showed():
    names = re.findall(r"\(images/(\w+\.png)\)", text("README.md"))
    assert names
    for name in names:
        seen = Path(__file__).parent / "screens" / name
        assert (CLIENT / "images" / name).read_bytes() == seen.read_bytes(), name
