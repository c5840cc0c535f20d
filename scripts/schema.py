"""Writes docs/graphlift.schema.json, the JSON schema of the settings, from the types that read them.

    python scripts/schema.py [--check]

With `--check` nothing is written, and the exit code is 1 when the file is not what the types say now.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from graphlift.source.config import Settings

SCHEMA = Path(__file__).parents[1] / "docs" / "graphlift.schema.json"


def schema() -> dict[str, Any]:
    """The schema of a `graphlift.toml`, and of the table `[tool.graphlift]`."""
    _, definitions = msgspec.json.schema_components([Settings], ref_template="#/$defs/{name}")
    settings = definitions.pop("Settings")
    del settings["properties"]["base"]  # Not for users to set.
    for definition in (settings, *definitions.values()):
        definition.pop("title")
        definition["properties"] = dict(sorted(definition["properties"].items()))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Graphlift",
        **settings,
        "description": "The settings of Graphlift: graphlift.toml, or [tool.graphlift] in pyproject.toml.",
        "$defs": definitions,
    }


def text() -> str:
    """The schema as it stands in the file."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


def main() -> int:
    present = SCHEMA.read_text(encoding="utf-8") if SCHEMA.exists() else ""
    if "--check" in sys.argv[1:]:
        if present != text():
            print(f"{SCHEMA.name} is not what the settings' types say; run `python scripts/schema.py`")
        return int(present != text())
    SCHEMA.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
