"""Notebooks: cells as one module, in their order.

The code cells of a Python notebook are joined line by line. What only IPython understands (magics, shell
lines, `?`) is turned into comments (`graphlift.source.ipython`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from lsprotocol import types

from graphlift.lsp.documents import Cell, Document
from graphlift.lsp.positions import Encoding
from graphlift.source.ipython import python_lines
from graphlift.source.text import Lines

SELECTOR = types.NotebookDocumentSyncOptions(
    notebook_selector=[
        types.NotebookDocumentFilterWithNotebook(
            notebook="*", cells=[types.NotebookCellLanguage(language="python")]
        )
    ]
)
"""Which notebooks the client is asked to send: all with Python cells."""


class Text(msgspec.Struct, frozen=True):
    """The text of one cell and the client's version of it."""

    version: int
    lines: Lines


class Notebook(msgspec.Struct, frozen=True):
    """One state of an open notebook: the URIs of its cells in their order, and the texts of the Python ones.

    Cells without a text here (Markdown, other languages) keep their place in the order, since later changes
    count them.
    """

    uri: str
    version: int
    order: tuple[str, ...]
    texts: dict[str, Text]


def opened(params: types.DidOpenNotebookDocumentParams) -> Notebook:
    """The notebook that the client opened."""
    notebook = params.notebook_document
    texts = {item.uri: Text(item.version, Lines(item.text)) for item in params.cell_text_documents}
    return Notebook(notebook.uri, notebook.version, _uris(notebook.cells), texts)


def changed(
    notebook: Notebook, params: types.DidChangeNotebookDocumentParams, encoding: Encoding
) -> Notebook:
    """The notebook after the client's change."""
    texts = dict(notebook.texts)
    order = list(notebook.order)
    cells = params.change.cells
    if cells is not None and cells.structure is not None:
        splice = cells.structure.array
        order[splice.start : splice.start + splice.delete_count] = _uris(splice.cells or ())
        for item in cells.structure.did_open or ():
            texts[item.uri] = Text(item.version, Lines(item.text))
        for closed in cells.structure.did_close or ():
            texts.pop(closed.uri, None)
    for change in (cells.text_content if cells is not None else None) or ():
        uri = change.document.uri
        if uri not in texts:
            continue
        lines = texts[uri].lines
        for each in change.changes:
            lines = encoding.changed(lines, each)
        texts[uri] = Text(change.document.version, lines)
    return Notebook(notebook.uri, params.notebook_document.version, tuple(order), texts)


def document(notebook: Notebook, path: str) -> Document:
    """The notebook as one document."""
    parts: list[str] = []
    cells: list[Cell] = []
    for uri in notebook.order:
        text = notebook.texts.get(uri)
        if text is None:
            continue
        first = len(parts) + 1
        parts += python_lines([text.lines.line(number) for number in range(1, len(text.lines) + 1)])
        cells.append(Cell(uri, text.version, first, len(parts)))
    return Document(notebook.uri, path, notebook.version, Lines("\n".join(parts)), cells=tuple(cells))


def _uris(cells: Sequence[types.NotebookCell]) -> tuple[str, ...]:
    return tuple(cell.document for cell in cells)
