"""Graphlift's words in LSP's: diagnostics and edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lsprotocol import types

from graphlift.ide.actions import SHARED, Action, Mended
from graphlift.lsp.abilities import Abilities
from graphlift.lsp.documents import Documents
from graphlift.source.suppressions import UNUSED
from graphlift.verdict import Diagnostic, Fix, Location, Severity

SOURCE = "graphlift"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}

_UNNECESSARY = {UNUSED}
"""Rules that underline just the text that could go; the others underline a name or a line that stays."""


def diagnostic(ours: Diagnostic, documents: Documents, can: Abilities, page: str | None) -> types.Diagnostic:
    """One diagnostic; `page` is the URI of its rule's page."""
    result = types.Diagnostic(
        range=documents.range_of(ours.location.path, ours.location.span),
        message=ours.message,
        severity=_SEVERITIES[ours.severity],
        code=ours.rule,
        source=SOURCE,
    )
    if can.links and page is not None:
        result.code_description = types.CodeDescription(page)
    if can.fades and ours.rule in _UNNECESSARY:
        result.tags = [types.DiagnosticTag.Unnecessary]
    if can.data:
        result.data = {"function": ours.function, "fixes": list(ours.fixes)}
    if can.related and ours.related:
        result.related_information = [
            types.DiagnosticRelatedInformation(
                documents.place(step.location.path, step.location.span), step.message
            )
            for step in ours.related
        ]
    return result


def mended(
    theirs: Sequence[types.Diagnostic], known: Iterable[Diagnostic], documents: Documents
) -> list[Mended]:
    """Which function and fixes the client's diagnostics are about; keys are positions in `theirs`.

    Clients that don't send `data` back are answered from the diagnostics last published.
    """
    published = {
        (each.rule, _key(documents.range_of(each.location.path, each.location.span))): each for each in known
    }
    result = []
    for key, each in enumerate(theirs):
        if each.source != SOURCE:
            continue
        data: Any = each.data
        match = published.get((str(each.code), _key(each.range)))
        at = None if match is None else match.location.span
        if isinstance(data, dict) and isinstance(data.get("fixes"), list):
            fixes = tuple(map(str, data["fixes"]))
            result.append(Mended(key, str(data.get("function", "")), fixes, str(each.code), at))
        elif match is not None:
            result.append(Mended(key, match.function, match.fixes, match.rule, at))
    return result


def _key(range: types.Range) -> tuple[int, int, int, int]:
    return range.start.line, range.start.character, range.end.line, range.end.character


def workspace_edit(
    fixes: Iterable[Fix], documents: Documents, can: Abilities, *, confirm: bool = False
) -> types.WorkspaceEdit:
    """The edits of fixes; they name the documents' versions where the client takes that.

    With `confirm`, a client that can shows them first, each under its title, and lets the user choose.
    """
    confirm = confirm and can.annotations
    edits: dict[str, list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit]] = {}
    annotations: dict[str, types.ChangeAnnotation] = {}
    for number, fix in enumerate(fixes):
        if confirm:
            doubt = None if fix.safe else "Rests on assumptions: see the hover."
            annotations[str(number)] = types.ChangeAnnotation(fix.title, fix.slug != SHARED, doubt)
        for each in fix.edits:
            place = documents.place(fix.path, each.span)
            edits.setdefault(place.uri, []).append(
                types.AnnotatedTextEdit(str(number), place.range, each.text)
                if confirm
                else types.TextEdit(place.range, each.text)
            )
    if not can.document_changes:
        plain = {
            uri: [each for each in of_uri if isinstance(each, types.TextEdit)]
            for uri, of_uri in edits.items()
        }
        return types.WorkspaceEdit(changes=plain)
    changes = [
        types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(uri, documents.version(uri)), of_uri
        )
        for uri, of_uri in edits.items()
    ]
    return types.WorkspaceEdit(document_changes=list(changes), change_annotations=annotations or None)


def code_action(
    action: Action, theirs: Sequence[types.Diagnostic], documents: Documents, can: Abilities
) -> types.CodeAction:
    """One entry of the lightbulb's menu; its edit comes when it is chosen, where the client can wait for that."""
    fix = action.fix
    return types.CodeAction(
        title=fix.title,
        kind=types.CodeActionKind(action.kind),
        diagnostics=[theirs[key] for key in action.mends] or None,
        edit=None if can.resolves_edits else workspace_edit([fix], documents, can),
        is_preferred=True if fix.preferred and can.preferred else None,
        data={"function": fix.function, "slug": fix.slug},
    )


def link(documents: Documents, place: Location) -> str | None:
    """The URI of a line for a Markdown link; `None` where a client could not open it."""
    found = documents.place(place.path, place.span)
    return f"{found.uri}#L{found.range.start.line + 1}" if found.uri.startswith("file:") else None
