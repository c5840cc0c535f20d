"""Long types broken into lines for reading.

The text of a type is broken at its outermost alternatives first, then inside its outermost brackets, until every
line fits. Calls such as `tf.TensorSpec(shape=(2, 3), dtype=tf.float32)` are never broken.
"""

from __future__ import annotations

WIDTH = 88
MAX_DEPTH = 4
"""Containers inside containers that are still shown; what is deeper is an ellipsis."""
MAX_LINES = 24

_OPEN, _CLOSE = "[{", "]})"


def folded(whole: str, prefix: str, text: str) -> str:
    """The text `whole`, which is `prefix` and a type, on one line where it fits, else with the type in lines."""
    if len(whole) <= WIDTH:
        return whole
    first, *rest = _lines(text, 0, 0, len(prefix))
    lines = [f"{prefix}{first}", *rest]
    if len(lines) > MAX_LINES:
        lines = [*lines[: MAX_LINES - 1], "…"]
    return "\n".join(lines)


def _lines(text: str, indent: int, depth: int, before: int = 0) -> list[str]:
    """The lines of a type, without the indent of the first; `before` characters stand in front of that already."""
    if indent + before + len(text) <= WIDTH:
        return [text]
    alternatives = _split(text, " | ")
    if len(alternatives) > 1:
        found: list[str] = []
        for number, alternative in enumerate(alternatives):
            lead = "" if number == 0 else f"{' ' * indent}| "
            first, *rest = _lines(alternative, indent + 2, depth)
            found += [lead + first, *rest]
        return found
    start = _first_bracket(text)
    if start is None or not text.endswith(tuple(_CLOSE)):
        return [text]
    if depth >= MAX_DEPTH:
        return [f"{text[: start + 1]}…{text[-1]}"]
    inner = " " * (indent + 4)
    found = [text[: start + 1]]
    for item in _split(text[start + 1 : -1], ", "):
        first, *rest = _lines(item, indent + 4, depth + 1)
        found += [f"{inner}{first}", *rest]
        found[-1] += ","
    return [*found, f"{' ' * indent}{text[-1]}"]


def _first_bracket(text: str) -> int | None:
    """The bracket that the last character of a text closes; `None` for what is never broken."""
    atomic = text.startswith(("tf.", "np.", "KerasTensor("))
    for position, character in enumerate(text):
        if character in _OPEN:
            return position
        if character == "(":
            return None if atomic else position
    return None


def _split(text: str, separator: str) -> list[str]:
    """The parts of a text between separators that are in no bracket and no string."""
    parts, depth, start, quote = [], 0, 0, ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote and text[position - 1] != "\\" else quote
        elif character in "'\"":
            quote = character
        elif character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
        elif depth == 0 and text.startswith(separator, position):
            parts.append(text[start:position])
            start = position + len(separator)
    return [*parts, text[start:]]
