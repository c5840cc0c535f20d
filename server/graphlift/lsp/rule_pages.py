"""The page of a rule as a file that a client can open: what a diagnostic's code links to.

A rule's documentation is the docstring of its module (`graphlift.rules` or its `notices`). It is read from the
source without importing anything, and written where links can point at it, so that the links work offline and say
what this very version does.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from pathlib import Path

import graphlift
from graphlift.source.rule_names import rule_page

logger = logging.getLogger(__name__)


@cache
def page_uri(rule: str) -> str | None:
    """The URI of a rule's page; `None` when the rule has none or it can't be written."""
    page = _cache_folder() / "graphlift" / graphlift.__version__ / "rules" / f"{rule}.md"
    try:
        content = rule_page(rule)
        if content is None:
            return None
        if not page.exists() or page.read_text(encoding="utf-8") != content:
            page.parent.mkdir(parents=True, exist_ok=True)
            draft = page.with_suffix(f".{os.getpid()}")
            draft.write_text(content, encoding="utf-8")
            draft.replace(page)
    except OSError as error:
        logger.debug("No page for %s: %s", rule, error)
        return None
    return page.as_uri()


def _cache_folder() -> Path:
    """Where the system wants caches."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
