"""Make a function run as a graph: put `@tf.function` on it.

`tf.function` goes innermost, directly above the `def`: TensorFlow 2.21 refuses a `classmethod` or
`property` object, fails at the first call on an instance with a `staticmethod` object, and traces the
wrapper where another decorator wraps the function. Three decorators belong to the body and stay inside
instead, each because a run showed it: `tf.custom_gradient` (its function returns a function, which no
graph can return), `tf.Module.with_name_scope` (variables would lose the scope from their names) and
`do_not_convert` (which an inner `tf.function` would undo).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from graphlift.fixes.arguments import lets_all_calls, spelled
from graphlift.fixes.change import Change, function_node, verified
from graphlift.fixes.edits import insertion
from graphlift.fixes.imports import NewImport, new_import
from graphlift.fixes.layout import Function, Layout, Refusal, Target, own_nodes, parse_layout
from graphlift.fixes.remove import graph_decorators
from graphlift.fixes.scope import Scopes, module_names, scopes_at
from graphlift.verdict import Argument, Fix, TextEdit

SLUG = "convert"

_INSIDE = frozenset(
    {
        "tensorflow.custom_gradient",
        "tensorflow.Module.with_name_scope",
        "tensorflow.autograph.experimental.do_not_convert",
    }
)
"""Decorators that `tf.function` goes around."""

_HOST = frozenset({"tensorflow.py_function", "tensorflow.numpy_function"})
"""Decorators that make TensorFlow call the function as plain Python."""

_KNOWN = frozenset(
    {
        "staticmethod",
        "classmethod",
        "property",
        "abc.abstractmethod",
        "functools.cached_property",
        "functools.wraps",
        "functools.lru_cache",
        "functools.cache",
        "functools.singledispatch",
        "typing.final",
        "typing.override",
        "typing_extensions.final",
        "typing_extensions.override",
        "keras.saving.register_keras_serializable",
        "tensorflow.keras.utils.register_keras_serializable",
        "tensorflow.recompute_grad",
    }
)
"""Decorators that were seen to work around a `tf.function`."""

_DESCRIPTORS = frozenset({"staticmethod", "classmethod", "property", "functools.cached_property"})


def convert(
    path: str,
    text: str,
    target: Target,
    known: Mapping[str, str] | None = None,
    arguments: Sequence[Argument] = (),
) -> Fix | Refusal:
    """The edit that puts `tf.function` on the target, with an import of TensorFlow if the file needs one.

    `arguments` are what the decorator is given. `known` maps module-level names that this text can't explain to
    dotted paths (see `scope.scopes_at`). The fix is `safe` when every other decorator is known to work around a
    `tf.function` and no import is added.
    """
    layout = parse_layout(text)
    if isinstance(layout, Refusal):
        return layout
    function = layout.function(target)
    if isinstance(function, Refusal):
        return function
    scopes = scopes_at(layout, function, known)
    refusal = _refusal(function, scopes)
    if refusal is not None:
        return refusal
    imported: NewImport | None = None
    spelling = scopes.spelling()
    if spelling is None:
        found = _import(layout, function, scopes, path)
        if isinstance(found, Refusal):
            return found
        spelling, imported = found
    call = spelled(arguments, spelling, scopes)
    if isinstance(call, Refusal):
        return call
    decorator = _decorator(layout, function, scopes, call)
    if isinstance(decorator, Refusal):
        return decorator
    edit, index = decorator
    edits = (edit,) if imported is None else (imported.edit, edit)
    after = verified(layout, Change(edits, _transform(layout, function, index, call, imported)))
    if isinstance(after, Refusal):
        return after
    safe = (
        imported is None
        and lets_all_calls(arguments)
        and all(
            _path(node, scopes) in _KNOWN | _INSIDE or _is_accessor(node)
            for node in function.node.decorator_list
        )
    )
    names = ", ".join(f"`{argument.name}`" for argument in arguments)
    title = f"Run `{function.node.name}` as a graph: add `@{spelling}`{f' with {names}' if names else ''}"
    return Fix(title, path, edits, safe, slug=SLUG, function=target.qualname)


def _refusal(function: Function, scopes: Scopes) -> Refusal | None:
    node = function.node
    if isinstance(node, ast.AsyncFunctionDef):
        return Refusal("`tf.function` can't trace an `async def`")
    if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in own_nodes(node.body)):
        return Refusal("`tf.function` can't trace a generator")
    if graph_decorators(function, scopes):
        return Refusal(f"`{node.name}` already is a `tf.function`")
    for decorator in node.decorator_list:
        path = _path(decorator, scopes)
        if path in _HOST:
            return Refusal(f"`@{ast.unparse(decorator)}` runs `{node.name}` as plain Python on purpose")
        if path in ("typing.overload", "typing_extensions.overload"):
            return Refusal(
                f"this definition of `{node.name}` is an overload for type checkers and never runs"
            )
    return None


def _decorator(
    layout: Layout, function: Function, scopes: Scopes, spelling: str
) -> tuple[TextEdit, int] | Refusal:
    """The inserted line, and the decorator's index among the function's decorators."""
    node = function.node
    index = len(node.decorator_list)
    for position in reversed(range(len(node.decorator_list))):
        if _path(node.decorator_list[position], scopes) in _INSIDE:
            index = position
    for inner in node.decorator_list[index:]:
        if _path(inner, scopes) in _DESCRIPTORS:
            return Refusal(
                f"`@{ast.unparse(inner)}` stands below a decorator that `tf.function` has to go around; "
                "reorder these decorators first"
            )
    if index < len(node.decorator_list):
        line = layout.decorator_extent(node.decorator_list[index]).line
        code = layout.lines.line(line)
        column = code.index("@")
    else:
        line, column = node.lineno, layout.column(node.lineno, node.col_offset)
        code = layout.lines.line(line)
    start = layout.line_start(line)
    indent = code[start:column]
    if indent.strip():
        return Refusal("the `def` does not begin its line; make this change by hand")
    return insertion(line, start, f"{indent}@{spelling}{layout.newline_of(line)}"), index


def _import(layout: Layout, function: Function, scopes: Scopes, path: str) -> tuple[str, NewImport] | Refusal:
    """How to write `tf.function` after a new import, and that import."""
    if scopes.spelling(certain=False) is not None:
        return Refusal(
            "TensorFlow is imported on some paths only before this definition, and a decorator needs it "
            "whenever the module is imported; import it unconditionally first"
        )
    taken = module_names(layout)
    first_line = (*function.ancestors, function.node)[0].lineno  # type: ignore[attr-defined]
    for statement, name in (("import tensorflow as tf", "tf"), ("import tensorflow", "tensorflow")):
        if name not in taken and scopes.lookup(name) is None:
            return f"{name}.function", new_import(layout, statement, path, first_line)
    return Refusal(
        "the names `tf` and `tensorflow` mean something else in this file; import TensorFlow first"
    )


def _path(decorator: ast.expr, scopes: Scopes) -> str | None:
    """The dotted path of a decorator, called or not; builtins go by their names."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    binding = scopes.resolve(node)
    if binding is not None:
        return binding.path
    return node.id if isinstance(node, ast.Name) else None


def _is_accessor(decorator: ast.expr) -> bool:
    """Whether this is `@x.setter`, `@x.getter` or `@x.deleter`."""
    return (
        isinstance(decorator, ast.Attribute)
        and isinstance(decorator.value, ast.Name)
        and decorator.attr in ("setter", "getter", "deleter")
    )


def _transform(
    layout: Layout, function: Function, index: int, spelling: str, imported: NewImport | None
) -> Callable[[ast.Module], None]:
    def transform(tree: ast.Module) -> None:
        node = function_node(tree, function, layout)
        node.decorator_list.insert(index, ast.parse(spelling, mode="eval").body)
        if imported is not None:
            tree.body.insert(imported.index, ast.parse(imported.edit.text.strip()).body[0])

    return transform
