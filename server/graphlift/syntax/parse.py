"""Text to tree, without exceptions: the fence around astroid.

astroid is used as a parser alone. Its cache, its inference and its post-build step are left out, because they
keep old trees alive, edit other modules' trees and read the disk behind an editor's buffer (measured; see
DESIGN.md, section 4). What they would have bound, `index` binds.

Any text gives a `Parsed`: a tree, or `None` with at least one problem that says why. Columns of astroid's nodes
are UTF-8 byte offsets; `Parsed.span` gives code points.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
from astroid.builder import AstroidBuilder
from astroid.exceptions import AstroidError
from astroid.manager import AstroidManager

from graphlift.source.span import Span
from graphlift.syntax import nodes


class SyntaxProblem(msgspec.Struct, frozen=True):
    """Why (part of) a text has no tree. `line` is 1-based."""

    line: int
    message: str


@dataclass(eq=False)
class Parsed:
    """A parsed text. `tree` is `None` when there is none, and then `problems` is not empty."""

    tree: nodes.Module | None
    problems: tuple[SyntaxProblem, ...]
    text: str
    _lines: list[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._lines = split_lines(self.text)

    @property
    def line_count(self) -> int:
        """The number of lines of the text."""
        return len(self._lines)

    def line(self, number: int) -> str:
        """The text of one line, 1-based, without its newline; empty past the end."""
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def span(self, node: nodes.NodeNG) -> Span:
        """Where a node stands, in code points. Nodes without a position (rare, synthetic) stand at their parent's."""
        while node.lineno is None or node.col_offset is None:
            if node.parent is None:
                return Span(1, 0, 1, 0)
            node = node.parent
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset if node.end_col_offset is not None else node.col_offset
        return Span(
            node.lineno,
            self._column(node.lineno, node.col_offset),
            end_line,
            self._column(end_line, end_column),
        )

    def _column(self, line: int, byte_column: int) -> int:
        text = self.line(line)
        if text.isascii():
            return byte_column
        return len(text.encode("utf-8", "surrogatepass")[:byte_column].decode("utf-8", "ignore"))


def split_lines(text: str) -> list[str]:
    """The lines of a text as Python's tokenizer counts them: ended by LF, CR LF or CR, and by nothing else."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def parse(text: str, module: str, path: str) -> Parsed:
    """Parse `text` as the module named `module`; never raises for anything that the text can hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SyntaxWarnings of the analysed text are its author's business.
        try:
            tree, _ = AstroidBuilder(AstroidManager(), apply_transforms=False)._data_build(text, module, path)
        except AstroidError as error:
            return Parsed(None, (_problem(error),), text)
        except RecursionError:
            return Parsed(None, (SyntaxProblem(1, _TOO_DEEP),), text)
        except (ValueError, MemoryError, OverflowError) as error:
            return Parsed(None, (SyntaxProblem(1, f"cannot be parsed: {error}"),), text)
    return Parsed(tree, (), text)


@lru_cache(maxsize=1 << 12)
def parse_fragment(text: str) -> Parsed:
    """Parse the text of an expression, such as an annotation: there are few of them, each read again and again."""
    return parse(text, "fragment", "")


_TOO_DEEP = "an expression is nested too deeply to be analysed; split it into smaller statements"


def _problem(error: AstroidError) -> SyntaxProblem:
    cause = getattr(error, "error", None)
    if isinstance(cause, SyntaxError):
        return SyntaxProblem(cause.lineno or 1, f"invalid syntax: {cause.msg}")
    if isinstance(cause, MemoryError | RecursionError):
        return SyntaxProblem(1, _TOO_DEEP)
    if isinstance(cause, ValueError) and "null byte" in str(cause):
        return SyntaxProblem(1, "the file contains a null byte, which Python does not accept")
    return SyntaxProblem(1, f"cannot be parsed: {cause or error}")
