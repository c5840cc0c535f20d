"""Notebooks: cells are one module in order, and everything lands in its cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types

from graphlift.lsp.notebooks import python_lines

CODE, MARKUP = types.NotebookCellKind.Code, types.NotebookCellKind.Markup


class Notebook:
    """A notebook in the editor; cell URIs carry an authority, as in remote windows, and can't be built."""

    def __init__(self, editor: Editor, folder: Path) -> None:
        self.editor = editor
        self.uri = (folder / "work.ipynb").as_uri()
        self.version = 1

    def cell(self, name: str) -> str:
        return f"vscode-notebook-cell://127.0.0.1:8080/work.ipynb#{name}"

    def item(self, name: str, text: str) -> types.TextDocumentItem:
        self.editor.texts[self.cell(name)], self.editor.versions[self.cell(name)] = text, 1
        return types.TextDocumentItem(self.cell(name), "python", 1, text)

    def open(self, cells: dict[str, str | None]) -> None:
        """Open with these cells; those without a text are Markdown."""
        shown = [
            types.NotebookCell(MARKUP if text is None else CODE, self.cell(name))
            for name, text in cells.items()
        ]
        texts = [self.item(name, text) for name, text in cells.items() if text is not None]
        document = types.NotebookDocument(self.uri, "jupyter-notebook", self.version, shown)
        self.editor.notebook_document_did_open(types.DidOpenNotebookDocumentParams(document, texts))

    def change(self, cells: types.NotebookDocumentCellChanges) -> None:
        self.version += 1
        identifier = types.VersionedNotebookDocumentIdentifier(self.version, self.uri)
        event = types.NotebookDocumentChangeEvent(cells=cells)
        self.editor.notebook_document_did_change(types.DidChangeNotebookDocumentParams(identifier, event))

    def edit(self, name: str, range: types.Range, new: str) -> None:
        uri = self.cell(name)
        text = self.editor.texts[uri]
        start, end = self.editor.offset(text, range.start), self.editor.offset(text, range.end)
        self.editor.texts[uri] = text[:start] + new + text[end:]
        self.editor.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.editor.versions[uri], uri)
        changed = types.NotebookDocumentCellContentChanges(
            identifier, [types.TextDocumentContentChangePartial(range, new)]
        )
        self.change(types.NotebookDocumentCellChanges(text_content=[changed]))

    def splice(self, start: int, removed: list[str], added: dict[str, str]) -> None:
        change = types.NotebookCellArrayChange(
            start, len(removed), [types.NotebookCell(CODE, self.cell(name)) for name in added]
        )
        structure = types.NotebookDocumentCellChangeStructure(
            change,
            did_open=[self.item(name, text) for name, text in added.items()],
            did_close=[types.TextDocumentIdentifier(self.cell(name)) for name in removed],
        )
        self.change(types.NotebookDocumentCellChanges(structure=structure))


CELLS = {
    "a": "%matplotlib inline\nimport tensorflow as tf",
    "text": None,
    "b": "s = '😋'; !ls\ndef first(x):  # convert\n    return x",
    "c": "\ndef second(x):  # convert\n    return x\n",
}


@pytest.fixture
async def notebook(editor: Editor, tmp_path: Path) -> Notebook:
    await editor.begin([tmp_path.as_uri()])
    return Notebook(editor, tmp_path)


async def hints(notebook: Notebook, name: str) -> list[str]:
    uri = notebook.cell(name)
    return [notebook.editor.text_in(uri, hint.range) for hint in await notebook.editor.diagnosed(uri)]


async def test_each_cell_has_its_own_diagnostics_hover_and_edits(editor: Editor, notebook: Notebook):
    notebook.open(CELLS)
    assert await hints(notebook, "a") == []
    assert await hints(notebook, "b") == ["first"]
    assert await hints(notebook, "c") == ["second"]
    cell = notebook.cell("c")
    assert "`second` is convert" in await editor.hover_text(cell, "second")
    [hint] = await editor.diagnosed(cell)
    [action] = await editor.actions(cell, hint.range, [hint])
    [change] = action.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (cell, 1)
    [edit] = change.edits
    notebook.edit("c", edit.range, edit.new_text)
    assert editor.texts[cell] == CELLS["c"].replace("def", "@tf.function\ndef")
    assert await hints(notebook, "c") == []


async def test_cells_can_be_edited_added_moved_and_removed(editor: Editor, notebook: Notebook):
    notebook.open(CELLS)
    await editor.diagnosed(notebook.cell("c"))
    notebook.edit("b", editor.word(notebook.cell("b"), "first"), "größer")
    assert await hints(notebook, "b") == ["größer"]
    notebook.splice(1, [], {"new": "def added(x):  # convert\n    return x"})
    assert await hints(notebook, "new") == ["added"]
    notebook.splice(3, ["b"], {})
    await editor.until(lambda: not editor.diagnostics[notebook.cell("b")])
    notebook.edit("c", editor.word(notebook.cell("c"), "second"), "last")
    assert await hints(notebook, "c") == ["last"]


async def test_a_closed_notebook_leaves_no_diagnostics(editor: Editor, notebook: Notebook):
    notebook.open(CELLS)
    assert await hints(notebook, "b") == ["first"]
    editor.notebook_document_did_close(
        types.DidCloseNotebookDocumentParams(
            types.NotebookDocumentIdentifier(notebook.uri),
            [types.TextDocumentIdentifier(notebook.cell(name)) for name in ("a", "b", "c")],
        )
    )
    await editor.until(lambda: not any(editor.diagnostics.values()))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("x = 1", "x = 1"),
        ("%matplotlib inline", "#matplotlib inline"),
        ("!pip install x", "#pip install x"),
        ("foo?", "#oo?"),
        ("%%bash\nls\ncd /", "#%bash\n#s\n#d /"),
        ("y = (5\n% 3)", "y = (5\n% 3)"),
        ("files = !ls", "files = 0#s"),
        ("t = %time f()", "t = 0#ime f()"),
        ("if x:\n    !echo hello", "if x:\n    pass# hello"),
        ("def f(:\n    x = 1", "def f(:\n    x = 1"),
        ("# why?\n%ls", "# why?\n#ls"),
    ],
)
def test_what_is_not_python_becomes_comments_of_the_same_length(cell: str, expected: str):
    lines = python_lines(cell.split("\n"))
    assert "\n".join(lines) == expected
    assert [len(line) for line in lines] == [len(line) for line in cell.split("\n")]
