"""Write a suppression comment, or take names out of one. Only comments change: the text parses to the same tree."""

from __future__ import annotations

import ast

from graphlift.fixes.change import Change, verified
from graphlift.fixes.layout import Layout, Refusal, parse_layout
from graphlift.source.span import Span
from graphlift.source.suppressions import SUPPRESS, UNSUPPRESS, UNUSED, Suppression, suppressions
from graphlift.verdict import Fix, TextEdit


def suppress(path: str, text: str, rule: str, at: Span) -> Fix | Refusal:
    """The comment that hides what `rule` reports at a place.

    It stands behind the last line of the statement (of the `def` line, for what is reported there). The rule joins a
    comment that is about the same lines already; other comments on the line stay.
    """
    layout = parse_layout(text)
    if isinstance(layout, Refusal):
        return layout
    _, last = layout.logical_line(at.line)
    line = layout.lines.line(last)
    end = len(line.rstrip())
    edit = TextEdit(Span(last, end, last, len(line)), f"  # graphlift: ignore[{rule}]")
    after = _unchanged(layout, edit)
    if isinstance(after, Refusal):
        return after
    written = next((c for c in suppressions(after) if c.span.line == last and c.hides(rule, at.line)), None)
    if written is None:
        return Refusal("a comment there would not be seen")
    joined = _joined(text, rule, at.line, written)
    if joined is not None:
        edit = joined
        after = _unchanged(layout, edit)
        if isinstance(after, Refusal):
            return after
    if not any(comment.hides(rule, at.line) for comment in suppressions(after)):
        return Refusal("a comment there would not be seen")
    where = _definition_name(layout, written) or "here"
    return Fix(f"Ignore `{rule}` {where}", path, (edit,), safe=True, slug=SUPPRESS, rule=rule, at=at)


def repair(path: str, text: str, comment: Suppression, keep: tuple[str, ...]) -> Fix | Refusal:
    """The edit that leaves these names in a comment, and takes the comment away when there are none."""
    layout = parse_layout(text)
    if isinstance(layout, Refusal):
        return layout
    if keep and comment.codes is not None:
        edit = TextEdit(comment.codes, ", ".join(keep))
        title = f"Make the comment `ignore[{', '.join(keep)}]`"
    else:
        edit = _removal(layout, comment)
        title = "Remove the unused suppression comment"
    after = _unchanged(layout, edit)
    if isinstance(after, Refusal):
        return after
    return Fix(
        title,
        path,
        (edit,),
        safe=True,
        preferred=True,
        slug=UNSUPPRESS,
        rule=UNUSED,
        at=comment.span,
    )


def _unchanged(layout: Layout, edit: TextEdit) -> str | Refusal:
    """The text after an edit, when its tree is the same."""

    def nothing(_: ast.Module) -> None:
        """A comment is not in the tree."""

    return verified(layout, Change((edit,), nothing))


def _joined(text: str, rule: str, line: int, written: Suppression) -> TextEdit | None:
    """The edit that adds the rule to a comment which reaches the line and no further than a new one would."""
    for comment in suppressions(text):
        inside = written.first <= comment.first <= line <= comment.last <= written.last
        if inside and comment.codes is not None and not comment.whole_file and not comment.problem:
            return TextEdit(comment.codes, ", ".join((*(comment.rules or ()), rule)))
    return None


def _definition_name(layout: Layout, written: Suppression) -> str:
    """`in` the function that the comment is about; empty when it is about a statement."""
    for function in layout.functions:
        first = min([function.node.lineno, *(each.lineno for each in function.node.decorator_list)])
        if first == written.first:
            return f"in `{function.node.name}`"
    return ""


def _removal(layout: Layout, comment: Suppression) -> TextEdit:
    """Take a comment out: with its line when nothing else is there, else with the space before it."""
    span = comment.span
    line = layout.lines.line(span.line)
    if comment.alone:
        start = layout.line_start(span.line)
        if span.line < len(layout.lines):
            return TextEdit(Span(span.line, start, span.line + 1, 0), "")
        return TextEdit(Span(span.line, start, span.line, len(line)), "")
    rest = line[span.end_column :]
    if rest.strip():  # Another comment follows and takes the place.
        return TextEdit(Span(span.line, span.column, span.line, len(line) - len(rest.lstrip())), "")
    before = line[: span.column].rstrip()
    return TextEdit(Span(span.line, len(before), span.line, len(line)), "")
