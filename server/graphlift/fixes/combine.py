"""Several fixes to one file at once: one import put in, and an import that nothing uses any more taken out."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import msgspec

from graphlift.fixes.edits import OverlappingEditsError, apply
from graphlift.fixes.imports import unused_import_edits
from graphlift.fixes.layout import Layout, Refusal, parse_layout
from graphlift.verdict import Fix, TextEdit


class Combined(msgspec.Struct, frozen=True):
    """The edits of the fixes that go together, the text after them, and the fixes that were left out.

    A fix is left out when it wants to change text that an earlier one changes; it can be made afterwards.
    """

    text: str
    edits: tuple[TextEdit, ...] = ()
    made: tuple[Fix, ...] = ()
    left_out: tuple[Fix, ...] = ()


def combine(text: str, fixes: Iterable[Fix]) -> Combined | Refusal:
    """Make as many of the fixes (all of one file, all planned on `text`) as go together, in their order."""
    layout = parse_layout(text)
    if isinstance(layout, Refusal):
        return layout
    edits: list[TextEdit] = []
    made: list[Fix] = []
    left_out: list[Fix] = []
    for fix in fixes:
        # Which imports go is a question about all fixes together, so it is asked once, at the end.
        own = [edit for edit in fix.edits if not _shortens_import(layout, edit)]
        try:
            apply(text, [*edits, *own])
        except OverlappingEditsError:
            left_out.append(fix)
            continue
        edits += [edit for edit in own if edit not in edits]
        made.append(fix)
    after = parse_layout(apply(text, edits))
    if isinstance(after, Refusal):
        return Refusal(f"the fixes don't go together: {after.reason}")
    if any(fix.slug == "remove" for fix in made):
        edits += unused_import_edits(layout, after, made[0].path)[0]
    final = apply(text, edits)
    if isinstance(parse_layout(final), Refusal):
        return Refusal("the fixes don't go together; make them one by one")
    return Combined(final, tuple(sorted(edits, key=lambda edit: edit.span)), tuple(made), tuple(left_out))


def _shortens_import(layout: Layout, edit: TextEdit) -> bool:
    """Whether an edit takes something out of an import statement."""
    if edit.span.line == edit.span.end_line and edit.span.column == edit.span.end_column:
        return False
    return any(
        layout.span(node).overlaps(edit.span)
        for node in ast.walk(layout.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    )
