"""The types that a docstring gives parameters, as source text: Google, NumPy and Sphinx style.

Only what stands in the place of a type counts: `x (tf.Tensor): …`, `x : tf.Tensor`, `:type x: tf.Tensor` and
`:param tf.Tensor x:`. Prose is not read.
"""

from __future__ import annotations

import inspect
import re

_GOOGLE_SECTION = re.compile(r"^(?:Args|Arguments|Parameters|Keyword Args|Keyword Arguments):\s*$")
_GOOGLE_ITEM = re.compile(r"^\*{0,2}(\w+) ?\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*:")
_NUMPY_SECTION = re.compile(r"^(?:Parameters|Other Parameters|Keyword Arguments)\s*$")
_NUMPY_ITEM = re.compile(r"^\*{0,2}(\w+(?:\s*,\s*\w+)*)\s*:\s*(\S.*)$")
_SPHINX_PARAM = re.compile(r"^:(?:param|parameter|arg|argument|key|keyword)\s+([^:]*?\S)\s+\*{0,2}(\w+)\s*:")
_SPHINX_TYPE = re.compile(r"^:(?:type|kwtype)\s+\*{0,2}(\w+)\s*:\s*(\S.*)$")

_WORDS = {
    "string": "str",
    "integer": "int",
    "boolean": "bool",
    "none": "None",
    "null": "None",
}
"""English for Python's names."""


def documented_types(docstring: str) -> dict[str, str]:
    """The types of parameters by name, each as the text of an annotation; parameters without one are left out."""
    lines = inspect.cleandoc(docstring).splitlines()
    found: dict[str, str] = {}
    for name, text in [*_sphinx(lines), *_google(lines), *_numpy(lines)]:
        annotation = _annotation(text)
        if annotation:
            found.setdefault(name, annotation)
    return found


def _sphinx(lines: list[str]) -> list[tuple[str, str]]:
    found = []
    for line in lines:
        typed, parameter = _SPHINX_TYPE.match(line.strip()), _SPHINX_PARAM.match(line.strip())
        if typed:
            found.append((typed[1], typed[2]))
        elif parameter:
            found.append((parameter[2], parameter[1]))
    return found


def _google(lines: list[str]) -> list[tuple[str, str]]:
    """The items of a section are indented alike; what is indented deeper goes on with an item."""
    found: list[tuple[str, str]] = []
    inside, indent = False, 0
    for line in lines:
        depth = len(line) - len(line.lstrip())
        if not line.strip():
            continue
        if depth == 0:
            inside, indent = bool(_GOOGLE_SECTION.match(line)), 0
        elif inside:
            indent = indent or depth
            item = _GOOGLE_ITEM.match(line.strip())
            if item and depth == indent:
                found.append((item[1], item[2]))
    return found


def _numpy(lines: list[str]) -> list[tuple[str, str]]:
    """A section's title is underlined; items are not indented, what they say is."""
    found: list[tuple[str, str]] = []
    inside = False
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}\s*", below):
            inside = bool(_NUMPY_SECTION.match(line))
        elif inside and line[:1].strip():
            item = _NUMPY_ITEM.match(line)
            if item:
                found.extend((name.strip(), item[2]) for name in item[1].split(","))
    return found


def _annotation(text: str) -> str:
    """What a docstring calls a type as an annotation: `int or None, optional` is `int | None`; else empty."""
    text = re.sub(r":\w+:", "", text).replace("`", "").replace("~", "").strip().rstrip(".")
    text = re.sub(r",?\s*(?:optional|required|default(?:s to)?\b.*|of shape\b.*|with shape\b.*)$", "", text)
    text = re.sub(r",\s*(?:optional|shape\b.*|default\b.*)$", "", text.strip())
    parts = re.split(r"\s+or\s+|\s*\|\s*(?![^\[]*\])|,\s+or\s+", text)
    return " | ".join(_word(part.strip()) for part in parts if part.strip())


def _word(text: str) -> str:
    of = re.fullmatch(r"(list|tuple|set)s? of (.+)", text, re.IGNORECASE)
    if of:
        inner = _word(re.sub(r"s$", "", of[2]) if of[2].rstrip("s").lower() in _PLURALS else of[2])
        kind = of[1].lower()
        return f"tuple[{inner}, ...]" if kind == "tuple" else f"{kind}[{inner}]"
    return _WORDS.get(text.lower(), text)


_PLURALS = frozenset({"int", "float", "str", "string", "bool", "integer"})
