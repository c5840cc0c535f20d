"""The JSON schema of the settings: what the types say, and what the reader of settings takes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from graphlift.source.config import KEYS, LEVELS, SettingError, from_mapping

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "graphlift.schema.json").read_text(encoding="utf-8"))


def test_the_file_is_what_the_types_say():
    run = subprocess.run(
        [sys.executable, "scripts/schema.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_it_describes_every_setting_and_no_other():
    assert tuple(SCHEMA["properties"]) == KEYS
    assert SCHEMA["additionalProperties"] is False
    assert all(setting["description"] for setting in SCHEMA["properties"].values())


def test_levels_and_versions_are_those_that_are_taken():
    assert set(SCHEMA["properties"]["rules"]["additionalProperties"]["enum"]) == set(LEVELS)
    assert SCHEMA["properties"]["keras"]["anyOf"][0]["enum"] == [2, 3]


@pytest.mark.parametrize("version", ["2.15", "2.16.1", "2", "1.15", "2.15.0rc1", "2.x", ""])
def test_tensorflow_releases(version):
    pattern = SCHEMA["properties"]["tensorflow"]["anyOf"][0]["pattern"]
    taken = not isinstance(from_mapping({"tensorflow": version}), SettingError)
    assert bool(re.search(pattern, version)) is taken
