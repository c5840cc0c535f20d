"""Imports that an edit needs, and imports that an edit leaves without use."""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterable
from enum import IntEnum
from pathlib import PurePath

import msgspec

from graphlift.fixes.edits import insertion
from graphlift.fixes.layout import Layout, blocks
from graphlift.source.span import Span
from graphlift.verdict import TextEdit


class NewImport(msgspec.Struct, frozen=True):
    """An import put in: the edit, and its index among the module's statements."""

    edit: TextEdit
    index: int


class _Section(IntEnum):
    """The sections that isort and ruff sort imports into."""

    STANDARD = 0
    THIRD_PARTY = 1
    LOCAL = 2


class _Unit(msgspec.Struct, frozen=True):
    """A logical line of imports: its lines, its first statement's index in the module, their number."""

    first: int
    last: int
    index: int
    count: int
    section: _Section
    plain: bool
    module: str


def new_import(layout: Layout, statement: str, path: str, before_line: int) -> NewImport:
    """Put `statement` (an `import` of TensorFlow) where a person with isort would.

    Among the third-party imports in their order, else after the standard library's and before the package's
    own, else after the docstring, the `__future__` imports and the file's opening comment; always before
    `before_line` and after statements that set TensorFlow's environment variables.
    """
    body = layout.tree.body
    start = _preamble_length(body)
    units = _chosen_run(layout, path, start, before_line)
    if not units:
        return _without_imports(layout, statement, _after_environment(body, start, before_line))
    third = [unit for unit in units if unit.section == _Section.THIRD_PARTY]
    plain = [unit for unit in third if unit.plain]
    if plain:
        earlier = [unit for unit in plain if unit.module.lower() <= "tensorflow"]
        if earlier:
            return _after_unit(layout, earlier[-1], statement)
        return _before_unit(layout, plain[0], statement)
    if third:
        return _before_unit(layout, third[0], statement)
    standard = [unit for unit in units if unit.section == _Section.STANDARD]
    if standard:
        return _after_unit(layout, standard[-1], statement, own_section=True)
    return _before_unit(layout, units[0], statement, own_section=True)


def unused_import_edits(layout: Layout, after: Layout, path: str) -> tuple[list[TextEdit], list[ast.alias]]:
    """Edits of `layout` for the imports that the way to `after` leaves without use, and the aliases that go.

    None in an `__init__.py`, whose imports are there for others.
    """
    if PurePath(path.replace("\\", "/")).name == "__init__.py":
        return [], []
    return remove_names(layout, unused_after(layout.tree, after.tree, after.text))


def remove_names(layout: Layout, names: Iterable[str]) -> tuple[list[TextEdit], list[ast.alias]]:
    """Edits that take these names out of the imports that bind them, and the aliases that go.

    A name stays that more than one statement binds, that stands in a `try` or `except`, or whose line
    carries a `noqa` comment: its author had a reason.
    """
    wanted = set(names)
    edits: list[TextEdit] = []
    gone: list[ast.alias] = []
    for name in sorted(wanted):
        places = [
            (block, statement, alias, guarded)
            for block, statement, guarded in _import_statements(layout.tree)
            for alias in statement.names
            if bound_name(alias) == name
        ]
        if len(places) != 1:
            continue
        block, statement, alias, guarded = places[0]
        if guarded or alias.asname == alias.name or _kept_on_purpose(layout, statement):
            continue
        gone.append(alias)
    for block, statement, _ in _import_statements(layout.tree):
        dropped = [alias for alias in statement.names if alias in gone]
        if dropped:
            edits += _drop(layout, block, statement, dropped)
    return edits, gone


def unused_after(before: ast.Module, after: ast.Module, after_text: str) -> set[str]:
    """The imported names that `before` uses and `after` no longer does.

    A name counts as used when anything might mean it: a mention in a string (`__all__`, an annotation in
    quotes) or in a type comment, and everything where the module looks at its own names (`globals()`,
    `eval`).
    """
    imported = {
        bound_name(alias) for _, statement, _ in _import_statements(after) for alias in statement.names
    }
    lost = (imported & _used(before)) - _used(after)
    if not lost or _looks_at_itself(after):
        return set()
    words = set(re.findall(r"\w+", " ".join(_strings(after))))
    for line in re.findall(r"#\s*type:(.*)", after_text):
        words.update(re.findall(r"\w+", line))
    return lost - words


def bound_name(alias: ast.alias) -> str:
    """The name that an alias of an import binds."""
    return alias.asname or alias.name.split(".")[0]


def _used(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _looks_at_itself(tree: ast.Module) -> bool:
    return bool({"globals", "locals", "vars", "eval", "exec"} & _used(tree))


def _strings(tree: ast.Module) -> list[str]:
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def _import_statements(
    tree: ast.Module,
) -> list[tuple[list[ast.stmt], ast.Import | ast.ImportFrom, bool]]:
    """All imports with the block that holds each, and whether it stands in a `try`, one path of several."""
    found: list[tuple[list[ast.stmt], ast.Import | ast.ImportFrom, bool]] = []
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, guarded = pending.pop()
        guarded = guarded or hasattr(node, "handlers")
        for block in blocks(node):
            for item in block:
                if isinstance(item, ast.Import | ast.ImportFrom):
                    found.append((block, item, guarded))
                pending.append((item, guarded))
    return sorted(found, key=lambda place: (place[1].lineno, place[1].col_offset))


def _kept_on_purpose(layout: Layout, statement: ast.stmt) -> bool:
    first, last = layout.logical_line(statement.lineno)
    comments = (
        token.string
        for token in layout.tokens
        if token.type == tokenize.COMMENT and first <= token.start[0] <= last
    )
    return any("noqa" in comment for comment in comments)


def _drop(
    layout: Layout, block: list[ast.stmt], statement: ast.Import | ast.ImportFrom, dropped: list[ast.alias]
) -> list[TextEdit]:
    if len(dropped) == len(statement.names):
        return [delete_statement(layout, block, statement)]
    kept = [alias for alias in statement.names if alias not in dropped]
    edits: list[TextEdit] = []
    for index, alias in enumerate(statement.names):
        if alias not in dropped:
            continue
        span = layout.span(alias)
        whole = _own_line(layout, span)
        if whole is not None:
            edits.append(TextEdit(whole, ""))
        elif any(other in kept for other in statement.names[index + 1 :]):
            following = layout.span(statement.names[index + 1])
            edits.append(TextEdit(Span(span.line, span.column, following.line, following.column), ""))
        else:
            previous = layout.span(statement.names[index - 1])
            edits.append(
                TextEdit(Span(previous.end_line, previous.end_column, span.end_line, span.end_column), "")
            )
    return edits


def _own_line(layout: Layout, span: Span) -> Span | None:
    """The whole line of an imported name that stands alone on it in parentheses, with comma and comment."""
    before = layout.lines.line(span.line)[: span.column]
    after = layout.lines.line(span.end_line)[span.end_column :]
    if before.strip() or span.line != span.end_line or not re.fullmatch(r"\s*,\s*(#.*)?", after):
        return None
    return Span(span.line, 0, span.line + 1, 0)


def delete_statement(layout: Layout, block: list[ast.stmt], statement: ast.stmt) -> TextEdit:
    """Take a simple statement out: its whole lines where it stands alone, else its part of the line.

    The only statement of a block becomes `pass`.
    """
    span = layout.span(statement)
    first, last = layout.logical_line(statement.lineno)
    if len(block) == 1 and block is not layout.tree.body:
        return TextEdit(span, "pass")
    index = block.index(statement)
    if index + 1 < len(block) and block[index + 1].lineno <= last:
        following = layout.span(block[index + 1])
        return TextEdit(Span(span.line, span.column, following.line, following.column), "")
    if index > 0 and (block[index - 1].end_lineno or 0) >= first:
        previous = layout.span(block[index - 1])
        return TextEdit(Span(previous.end_line, previous.end_column, span.end_line, span.end_column), "")
    if layout.lines.line(first)[layout.line_start(first) : span.column].strip() or first != span.line:
        return TextEdit(span, "pass")
    if last == len(layout.lines):
        return TextEdit(Span(first, layout.line_start(first), last, len(layout.lines.line(last))), "")
    return TextEdit(Span(first, layout.line_start(first), last + 1, 0), "")


def _preamble_length(body: list[ast.stmt]) -> int:
    """How many statements must stay first: the docstring and the `__future__` imports."""
    count = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        count = isinstance(body[0].value.value, str)
    while count < len(body):
        statement = body[count]
        if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            break
        count += 1
    return int(count)


def _after_environment(body: list[ast.stmt], start: int, before_line: int) -> int:
    """The index after the last statement that names one of TensorFlow's environment variables."""
    found = start
    for index, statement in enumerate(body[start:], start):
        if statement.lineno >= before_line or isinstance(
            statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and re.match(r"(TF|CUDA|XLA|KERAS)_", str(node.value)):
                found = index + 1
                break
    return found


def _chosen_run(layout: Layout, path: str, start: int, before_line: int) -> list[_Unit]:
    """The run of imports to join: the one that imports TensorFlow or Keras already, else the first."""
    earliest = _after_environment(layout.tree.body, start, before_line)
    runs: list[list[_Unit]] = [[]]
    for index, statement in enumerate(layout.tree.body[start:], start):
        if isinstance(statement, ast.Import | ast.ImportFrom) and statement.lineno < before_line:
            _add_unit(layout, runs[-1], statement, index, path)
        elif runs[-1]:
            runs.append([])
    runs = [run for run in runs if run]
    for run in runs:
        if any(unit.module.startswith(("tensorflow", "keras", "tf_")) for unit in run):
            return run
    return next((run for run in runs if run[0].index >= earliest), [])


def _add_unit(
    layout: Layout, run: list[_Unit], statement: ast.Import | ast.ImportFrom, index: int, path: str
) -> None:
    first, last = layout.logical_line(statement.lineno)
    if run and run[-1].last >= first:
        run[-1] = msgspec.structs.replace(run[-1], count=run[-1].count + 1)
        return
    plain = isinstance(statement, ast.Import)
    module = statement.names[0].name if isinstance(statement, ast.Import) else statement.module or ""
    relative = isinstance(statement, ast.ImportFrom) and statement.level > 0
    run.append(_Unit(first, last, index, 1, _section(module, relative, path), plain, module))


def _section(module: str, relative: bool, path: str) -> _Section:
    root = module.split(".")[0]
    if relative or root in PurePath(path).parts[:-1]:
        return _Section.LOCAL
    return _Section.STANDARD if root in sys.stdlib_module_names else _Section.THIRD_PARTY


def _after_unit(layout: Layout, unit: _Unit, statement: str, *, own_section: bool = False) -> NewImport:
    newline = layout.newline_of(unit.last)
    text = statement + newline
    if own_section:
        text = newline + text
        if layout.lines.line(unit.last + 1).strip():
            text += newline
    if unit.last == len(layout.lines):  # The last line has no newline to stand after.
        column = len(layout.lines.line(unit.last))
        return NewImport(
            insertion(unit.last, column, newline + text.removesuffix(newline)), unit.index + unit.count
        )
    return NewImport(insertion(unit.last + 1, 0, text), unit.index + unit.count)


def _before_unit(layout: Layout, unit: _Unit, statement: str, *, own_section: bool = False) -> NewImport:
    newline = layout.newline_of(unit.first)
    text = statement + newline * (2 if own_section else 1)
    return NewImport(insertion(unit.first, layout.line_start(unit.first), text), unit.index)


def _without_imports(layout: Layout, statement: str, index: int) -> NewImport:
    """A first import: after the statements before `index` (at the top of the file when there are none)."""
    body = layout.tree.body
    if index > 0:
        previous = body[index - 1]
        _, last = layout.logical_line(previous.end_lineno or previous.lineno)
        newline = layout.newline_of(last)
        blank_before = not (isinstance(previous, ast.Import) and previous is not body[0])
        text = (newline if blank_before else "") + statement + newline
        following = layout.lines.line(last + 1)
        return NewImport(insertion(last + 1, 0, text + (newline if following.strip() else "")), index)
    line = _line_after_opening_comment(layout)
    newline = layout.newline_of(line)
    code = layout.lines.line(line)[layout.line_start(line) :]
    spacing = 2 if re.match(r"@|def |class |async ", code) else 1
    text = statement + newline * (spacing + 1 if code.strip() else 1)
    return NewImport(insertion(line, layout.line_start(line), text), 0)


def _line_after_opening_comment(layout: Layout) -> int:
    """The line after the shebang, the encoding declaration and a licence comment set off by a blank line."""
    line = 1
    while line <= len(layout.lines) and layout.lines.line(line).lstrip("\ufeff \t\f").startswith("#"):
        line += 1
    opening = line
    while line <= len(layout.lines) and not layout.lines.line(line).strip("\ufeff \t\f"):
        line += 1
    if line > opening:
        return line
    line = 1
    while line <= min(2, opening - 1) and re.match(
        r"\ufeff?#!|[ \t\f]*#.*?coding[:=]", layout.lines.line(line)
    ):
        line += 1
    return line
