"""Files to modules, dotted names to definitions."""

from graphlift.resolve.program import (
    QUERIES,
    Files,
    Reference,
    bases_of,
    class_info,
    files,
    find_module,
    fingerprint,
    function_info,
    module_index,
    mro,
    path_of,
    resolve_name,
    source_text,
    subclasses,
    unit,
)

__all__ = [
    "QUERIES",
    "Files",
    "Reference",
    "bases_of",
    "class_info",
    "files",
    "find_module",
    "fingerprint",
    "function_info",
    "module_index",
    "mro",
    "path_of",
    "resolve_name",
    "source_text",
    "subclasses",
    "unit",
]
