"""What the client can show and do, from its capabilities."""

from __future__ import annotations

import msgspec
from lsprotocol import types


class Abilities(msgspec.Struct, frozen=True):
    """One flag for each thing that the server does differently with different clients."""

    related: bool = False
    links: bool = False
    data: bool = False
    fades: bool = False
    versions: bool = False
    markdown: bool = False
    preferred: bool = False
    disabled: bool = False
    resolves_edits: bool = False
    document_changes: bool = False
    annotations: bool = False
    applies_edits: bool = False
    pulls: bool = False
    refreshes_diagnostics: bool = False
    refreshes_lenses: bool = False
    refreshes_hints: bool = False
    progress: bool = False
    asks_settings: bool = False
    watches_files: bool = False
    shows_documents: bool = False

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> Abilities:
        """The abilities that these capabilities announce."""
        text = capabilities.text_document or types.TextDocumentClientCapabilities()
        push = text.publish_diagnostics or types.PublishDiagnosticsClientCapabilities()
        pull = text.diagnostic or types.DiagnosticClientCapabilities()
        action = text.code_action or types.CodeActionClientCapabilities()
        hover = text.hover or types.HoverClientCapabilities()
        workspace = capabilities.workspace or types.WorkspaceClientCapabilities()
        edit = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
        window = capabilities.window or types.WindowClientCapabilities()
        watched = workspace.did_change_watched_files
        resolve = action.resolve_support
        tags = push.tag_support or pull.tag_support
        return cls(
            related=bool(push.related_information or pull.related_information),
            links=bool(push.code_description_support or pull.code_description_support),
            data=bool(push.data_support or pull.data_support),
            fades=tags is not None and types.DiagnosticTag.Unnecessary in tags.value_set,
            versions=bool(push.version_support),
            markdown=types.MarkupKind.Markdown in (hover.content_format or ()),
            preferred=bool(action.is_preferred_support),
            disabled=bool(action.disabled_support),
            resolves_edits=resolve is not None and "edit" in resolve.properties and bool(action.data_support),
            document_changes=bool(edit.document_changes),
            annotations=bool(edit.document_changes and edit.change_annotation_support is not None),
            applies_edits=bool(workspace.apply_edit),
            pulls=text.diagnostic is not None,
            refreshes_diagnostics=bool(workspace.diagnostics and workspace.diagnostics.refresh_support),
            refreshes_lenses=bool(workspace.code_lens and workspace.code_lens.refresh_support),
            refreshes_hints=bool(workspace.inlay_hint and workspace.inlay_hint.refresh_support),
            progress=bool(window.work_done_progress),
            asks_settings=bool(workspace.configuration),
            watches_files=bool(watched and watched.dynamic_registration),
            shows_documents=bool(window.show_document and window.show_document.support),
        )
