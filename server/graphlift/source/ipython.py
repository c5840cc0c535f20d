"""What IPython understands and Python does not: magics, shell lines and `?`, in the cells of notebooks.

They are turned into comments character by character, so that every position stays where it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

_SPECIAL_LINE = re.compile(r"\s*(?:[%!?].*|.*\?\s*)")
_ASSIGNED = re.compile(r"(\s*[\w.,\s\[\]]+=\s*)([%!])(.+)")


def python_lines(lines: Sequence[str]) -> list[str]:
    """The lines of a cell with what is IPython's turned into comments of the same length.

    A cell that is plain Python stays as it is: there, a line that begins with `%` is a modulo.
    """
    if _is_python("\n".join(lines)):
        return list(lines)
    if lines and lines[0].lstrip().startswith("%%"):
        return [_comment(line) for line in lines]
    return [_python_line(line) for line in lines]


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _python_line(line: str) -> str:
    if _SPECIAL_LINE.fullmatch(line) and not line.lstrip().startswith("#"):
        return _comment(line)
    assigned = _ASSIGNED.fullmatch(line)
    if assigned is not None:
        return f"{assigned[1]}0#{assigned[3][1:]}"
    return line


def _comment(line: str) -> str:
    """The line as a comment of the same length; an indented one as `pass`: a block may hold nothing else."""
    body = line.lstrip()
    if not body:
        return line
    indent = line[: len(line) - len(body)]
    if indent and len(body) >= len("pass#"):
        return f"{indent}pass#{body[len('pass#') :]}"
    return f"{indent}#{body[1:]}"
