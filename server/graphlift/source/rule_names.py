"""The names that settings and suppression comments may use: the rules' and the notices'.

A rule is a module of `graphlift.rules`, named with hyphens, and a notice one of `graphlift.rules.notices`. Only the
names of the files are looked at: whoever checks a configuration has no need of the analysis.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import graphlift


@cache
def rule_names() -> tuple[str, ...]:
    """All names that a diagnostic's rule can have, sorted."""
    return tuple(sorted(rule_sources()))


@cache
def rule_sources() -> dict[str, Path]:
    """The file that documents each rule or notice, by its name."""
    folder = Path(graphlift.__file__).parent / "rules"
    files = (*folder.glob("*.py"), *(folder / "notices").glob("*.py"))
    return {
        file.stem.replace("_", "-"): file
        for file in files
        if not file.stem.startswith("_") and file != folder / "base.py"
    }


@cache
def rule_page(name: str) -> str | None:
    """The page of a rule or notice as Markdown, from its source; `None` when it has none."""
    source = rule_sources().get(name)
    text = None if source is None else ast.get_docstring(ast.parse(source.read_text(encoding="utf-8")))
    return None if text is None else f"# `{name}`\n\n{text.strip()}\n"
