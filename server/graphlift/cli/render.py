"""Results as text for people: findings with the lines they are about, verdicts, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import IO

from rich.console import Console
from rich.text import Text

from graphlift.cli.cells import split, text_of_cell
from graphlift.cli.session import shown_path
from graphlift.ide.hover import DECLINED
from graphlift.source.files import read
from graphlift.source.text import Lines
from graphlift.verdict import (
    Diagnostic,
    FileReport,
    FunctionReport,
    Location,
    Problem,
    Reason,
    Severity,
    TraceStep,
    Verdict,
)

_SEVERITY_STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.INFORMATION: "bold blue",
    Severity.HINT: "bold cyan",
}

_VERDICT_STYLES = {
    Verdict.CONVERT: "bold green",
    Verdict.BLOCKED: "bold red",
    Verdict.UNPROFITABLE: "dim",
    Verdict.REMOVE: "bold yellow",
    Verdict.RECONFIGURE: "bold yellow",
    Verdict.KEEP: "green",
    Verdict.UNKNOWN: "magenta",
}


def console(file: IO[str] | None = None) -> Console:
    """Standard output, or a file. Text is never wrapped or coloured by guess; off a terminal it is plain."""
    return Console(file=file, highlight=False, soft_wrap=True, markup=False, emoji=False)


def diagnostic(item: Diagnostic) -> Text:
    """A finding with its line, and the chain of calls that leads to its cause."""
    text = Text()
    text.append(f"{item.severity.value}[{item.rule}]", _SEVERITY_STYLES[item.severity])
    text.append(f": {item.message}\n", "bold")
    text.append_text(_excerpt(item.location, _SEVERITY_STYLES[item.severity]))
    for step in item.related:
        text.append_text(_related(step))
    return text


def problem(item: Problem) -> Text:
    """A file that can't be analysed, or not as a whole."""
    text = Text("problem", "bold red")
    return text.append(f": {shown_path(item.path)}:{item.line}: {item.message}\n")


def function_list(reports: Sequence[FileReport]) -> Text:
    """The functions with their verdicts, by file."""
    text = Text()
    for report in reports:
        if not report.functions:
            continue
        text.append(f"{shown_path(report.path)}\n", "bold")
        width = max(len(function.qualname) for function in report.functions)
        for function in report.functions:
            text.append(f"{function.line:>6}  ", "dim")
            text.append(f"{function.qualname:<{min(width, 48)}}  ")
            text.append(f"{function.verdict.value:<12}", _VERDICT_STYLES[function.verdict])
            text.append(f" {_remark(function)}\n")
        text.append("\n")
    return text


def _remark(function: FunctionReport) -> str:
    """The shortest account of a verdict."""
    doubt = "" if function.confidence == "proven" else "assumed: "
    if function.verdict in (Verdict.CONVERT, Verdict.KEEP):
        return doubt + (function.summary or "no obstacle found")
    if function.reasons:
        reason = function.reasons[0]
        more = f" (and {len(function.reasons) - 1} more)" if len(function.reasons) > 1 else ""
        return f"{doubt}{reason.message} [{reason.rule}]{more}"
    return doubt + function.summary


def summary(reports: Sequence[FileReport], seconds: float) -> Text:
    """What was looked at, and how many functions have which verdict."""
    functions = [function for report in reports for function in report.functions]
    lines = sum(report.lines for report in reports)
    counts = Counter(function.verdict for function in functions)
    text = Text()
    text.append(
        f"{_count(len(functions), 'function')} in {_count(len(reports), 'file')} ({lines:,} lines), "
        f"{seconds:.1f} s"
    )
    parts = [(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]]
    for index, (verdict, count) in enumerate(parts):
        text.append(": " if index == 0 else ", ")
        text.append(f"{count} {verdict.value}", _VERDICT_STYLES[verdict])
    return text.append("\n")


def explanation(function: FunctionReport, details: Mapping[str, Sequence[str]] | None = None) -> Text:
    """All that is known of one function; `details` are lines to add to its parameters, by name."""
    text = Text()
    text.append(f"{shown_path(function.path)}:{function.line} ", "dim")
    text.append(f"{function.qualname}", "bold")
    text.append(" (runs as a graph now)\n" if function.execution == "graph" else " (runs eagerly now)\n")
    text.append(f"{function.verdict.value}", _VERDICT_STYLES[function.verdict])
    if function.verdict not in (Verdict.BLOCKED, Verdict.UNPROFITABLE, Verdict.UNKNOWN):
        text.append(f" ({function.confidence})")
    text.append(f": {function.summary}\n" if function.summary else "\n")
    if function.declined:
        text.append(f"{DECLINED}\n")
    for reason in function.reasons:
        text.append_text(_reason(reason))
    if function.assumptions:
        text.append("\nAssumed\n", "bold")
        for assumption in function.assumptions:
            text.append(f"  - {assumption}\n")
    if function.parameters:
        text.append("\nParameters\n", "bold")
        for parameter in function.parameters:
            text.append(f"  {parameter.name}: ")
            text.append(parameter.type, "cyan")
            text.append(f"  {parameter.kind}", "dim")
            text.append(f"; {parameter.evidence}\n" if parameter.evidence else "\n", "dim")
            for line in (details or {}).get(parameter.name, ()):
                text.append(f"      {line}\n", "dim")
    if function.effects:
        text.append("\nEffects\n", "bold")
        for effect in function.effects:
            text.append(f"  - {effect}\n")
    if function.gain:
        text.append("\nGain, roughly\n", "bold")
        text.append(f"  {function.gain}\n")
    if function.input_signature:
        text.append("\nPossible input_signature\n", "bold")
        text.append(f"  {function.input_signature}\n")
    elif function.no_signature:
        text.append("\nNo input_signature\n", "bold")
        text.append(f"  {function.no_signature}\n")
    return text


def _reason(reason: Reason) -> Text:
    text = Text("\n")
    text.append(reason.rule, "bold")
    text.append(f": {reason.message}")
    text.append("\n" if reason.certain else " (possibly)\n")
    text.append_text(_excerpt(reason.location, "bold"))
    for step in reason.trace:
        if step.location != reason.location:
            text.append_text(_related(step))
    return text


def _related(step: TraceStep) -> Text:
    text = Text()
    text.append("note", "bold")
    text.append(f": {step.message}\n")
    return text.append_text(_excerpt(step.location, "bold"))


def _excerpt(location: Location, style: str) -> Text:
    """The first line of a place with carets under it. A line that is gone is not shown."""
    span = location.span
    gutter = " " * len(str(span.line))
    text = Text()
    text.append(f"{gutter}--> ", "blue")
    text.append(f"{shown_path(location.path)}:{span.line}:{span.column + 1}\n")
    line = _lines(location.path).line(span.line)
    if not line.strip():
        return text
    end = span.end_column if span.end_line == span.line else len(line)
    before = line[: span.column].expandtabs(4)
    marked = line[span.column : max(end, span.column + 1)].expandtabs(4)
    text.append(f"{gutter} |\n", "blue")
    text.append(f"{span.line} | ", "blue")
    text.append(f"{_printable(line.expandtabs(4))}\n")
    text.append(f"{gutter} | ", "blue")
    return text.append(" " * _width(before) + "^" * max(_width(marked), 1) + "\n", style)


@lru_cache(maxsize=32)
def _lines(path: str) -> Lines:
    file, cell = split(path)
    return Lines(read(file).text if cell is None else text_of_cell(file, cell))


def _printable(text: str) -> str:
    """The text without characters that would act on a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _width(text: str) -> int:
    """How many cells a terminal gives the text."""
    return Text(_printable(text)).cell_len


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
