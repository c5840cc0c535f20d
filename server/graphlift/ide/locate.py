"""Finding things in a `FileReport`, for answers that must not wait for the analysis."""

from __future__ import annotations

import re

from graphlift.source.span import Span
from graphlift.source.text import Lines
from graphlift.verdict import FileReport, FunctionReport

_DEFINITION = re.compile(r"\s*(?:async\s+)?def\s+(\w+)")


def function_named_at(report: FileReport, line: int, column: int) -> tuple[FunctionReport, Span] | None:
    """The function whose name or `tf.function` decorator holds the position, and the span of that."""
    for function in report.functions:
        for span in (function.name_span, *function.decorator_spans):
            if span.contains(line, column):
                return function, span
    return None


def function_once_at(
    report: FileReport, lines: Lines, line: int, column: int
) -> tuple[FunctionReport, Span] | None:
    """The same where the report is about an older text: the function of that name, the nearest of several.

    `lines` is the text of now; the span is in it, while all places in the report are in the older text.
    """
    match = _DEFINITION.match(lines.line(line))
    if match is None or not match.start(1) <= column <= match.end(1):
        return None
    namesakes = [each for each in report.functions if each.qualname.rpartition(".")[2] == match[1]]
    if not namesakes:
        return None
    nearest = min(namesakes, key=lambda each: abs(each.line - line))
    return nearest, Span(line, match.start(1), line, match.end(1))
