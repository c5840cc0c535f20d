"""Which names mean TensorFlow at a function's decorators.

Follows imports and plain assignments through the statements that run before the `def`, in the scopes
that are visible there. A name that means TensorFlow on some paths only (an optional import) is told
apart from one that always does, because a decorator runs when the module is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from graphlift.fixes.layout import Function, Layout, blocks, own_nodes


class Binding(msgspec.Struct, frozen=True):
    """What a name means: a dotted path (`None` when it is anything else), on every path or only on some."""

    path: str | None
    certain: bool = True


Names: TypeAlias = dict[str, Binding]

_OTHER = Binding(None)

FUNCTION = "tensorflow.function"

_FUNCTION_PATHS = frozenset(
    {
        FUNCTION,
        "tensorflow.compat.v1.function",
        "tensorflow.python.eager.def_function.function",
        "tensorflow.python.eager.polymorphic_function.polymorphic_function.function",
    }
)


class Scopes(msgspec.Struct, frozen=True):
    """The names visible at a place, innermost scope last."""

    names: tuple[Names, ...]

    def lookup(self, name: str) -> Binding | None:
        """What a name means; `None` when nothing here binds it."""
        for names in reversed(self.names):
            if name in names:
                return names[name]
        return None

    def resolve(self, node: ast.expr) -> Binding | None:
        """What a name or a chain of attributes means; `None` for other expressions and unbound names."""
        if isinstance(node, ast.Name):
            return self.lookup(node.id)
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value)
            if base is None or base.path is None:
                return base
            return Binding(_canonical(f"{base.path}.{node.attr}"), base.certain)
        return None

    def spelling(self, *, certain: bool = True) -> str | None:
        """The shortest way to write `tf.function` here, such as `tf.function` or an imported `function`."""
        candidates: list[tuple[int, str]] = []
        for name in {name for names in self.names for name in names}:
            binding = self.lookup(name)
            if binding is None or binding.path is None or binding.certain < certain:
                continue
            if binding.path == "tensorflow":
                rank = {"tf": 0, "tensorflow": 1}.get(name, 2)
                candidates.append((rank, f"{name}.function"))
            elif binding.path == FUNCTION:
                candidates.append((3, name))
        return min(candidates)[1] if candidates else None


def is_function_path(path: str | None) -> bool:
    """Whether a dotted path is one of `tf.function`'s own."""
    return path in _FUNCTION_PATHS


def scopes_at(layout: Layout, function: Function, known: Mapping[str, str] | None = None) -> Scopes:
    """The names visible where the decorators of `function` are evaluated.

    `known` tells what module-level names mean that this text alone can't tell, such as `tf` in
    `from .compat import tf`: from the name to a dotted path.
    """
    path = (*function.ancestors, function.node)
    chain: list[tuple[bool, Names]] = []
    module: Names = {}
    chain.append((False, module))
    _descend(layout.tree.body, path, chain)
    for name, dotted in (known or {}).items():
        binding = chain[0][1].get(name)
        if binding is not None and not _is_tensorflow(binding.path):
            chain[0][1][name] = Binding(_canonical(dotted), binding.certain)
    return Scopes(tuple(names for _, names in chain))


def module_names(layout: Layout) -> frozenset[str]:
    """All names that are bound at module level anywhere in the text, type-checking imports aside."""
    names = set(_bound(layout.tree.body))
    for node in ast.walk(layout.tree):
        if isinstance(node, ast.Global):
            names.update(node.names)
    for statement in layout.tree.body:
        if isinstance(statement, ast.If) and _is_type_checking(statement.test):
            names.difference_update(_bound(statement.body))
    return frozenset(names)


def _descend(body: list[ast.stmt], path: tuple[ast.AST, ...], chain: list[tuple[bool, Names]]) -> None:
    """Run the statements before `path[0]` in the innermost scope, then enter it, and so on down `path`."""
    target = path[0]
    names: Names | None = chain[-1][1]
    for statement in body:
        if statement is target:
            break
        names = _after(statement, names or {}, chain)
    chain[-1] = (chain[-1][0], names or {})
    if len(path) > 1:
        _enter(target, path[1:], chain)


def _enter(node: ast.AST, path: tuple[ast.AST, ...], chain: list[tuple[bool, Names]]) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if chain[-1][0]:  # Functions don't see the names of the class that they stand in.
            chain.pop()
        chain.append((False, _function_names(node)))
        _descend(node.body, path, chain)
        return
    if isinstance(node, ast.ClassDef):
        chain.append((True, {}))
        _descend(node.body, path, chain)
        return
    names = dict(chain[-1][1])
    if isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
        _names_in_try(node, path[0], names, chain)
    elif isinstance(node, ast.If):
        if path[0] in node.body:
            _narrow(node.test, names)
    else:
        _kill(_headers(node), names)
    chain[-1] = (chain[-1][0], names)
    for block in blocks(node):
        if path[0] in block:
            if isinstance(path[0], ast.ExceptHandler | ast.match_case):
                _descend(path[0].body, path[1:], chain)
            else:
                _descend([item for item in block if isinstance(item, ast.stmt)], path, chain)
            return


def _names_in_try(node: ast.AST, inside: ast.AST, names: Names, chain: list[tuple[bool, Names]]) -> None:
    """Make `names` what holds at the beginning of the part of a `try` that holds `inside`."""
    if inside in node.body:  # type: ignore[attr-defined]
        return
    after = _run(node.body, dict(names), chain)  # type: ignore[attr-defined]
    if inside in node.orelse:  # type: ignore[attr-defined]
        names.update(after or {})
        return
    joined = _join(names, after)
    names.clear()
    names.update(joined or {})


def _run(body: list[ast.stmt], names: Names | None, chain: list[tuple[bool, Names]]) -> Names | None:
    for statement in body:
        if names is None:
            return None
        names = _after(statement, names, chain)
    return names


def _after(statement: ast.stmt, names: Names, chain: list[tuple[bool, Names]]) -> Names | None:
    """The names after a statement; `None` when what follows it does not run."""
    if isinstance(statement, ast.Raise | ast.Return | ast.Continue | ast.Break) or _exits(statement):
        return None
    names = dict(names)
    if isinstance(statement, ast.Import | ast.ImportFrom):
        _bind_import(statement, names)
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        _bind_assignment(statement, names, chain)
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        names[statement.name] = _OTHER
    elif isinstance(statement, ast.If):
        if _is_type_checking(statement.test):
            return _run(statement.orelse, names, chain)
        _kill([statement.test], names)
        return _join(_run(statement.body, names, chain), _run(statement.orelse, names, chain))
    elif isinstance(statement, ast.Try) or type(statement).__name__ == "TryStar":
        return _after_try(statement, names, chain)
    elif isinstance(statement, ast.With | ast.AsyncWith):
        _kill(_headers(statement), names)
        return _run(statement.body, names, chain)
    else:
        _kill(_headers(statement), names)
        return _after_compound(statement, names, chain)
    return names


def _after_compound(statement: ast.stmt, names: Names, chain: list[tuple[bool, Names]]) -> Names | None:
    """The names after a loop or a `match`, whose blocks may not run; simple statements have no blocks."""
    joined: Names | None = names
    for block in blocks(statement):
        for item in block:
            if isinstance(item, ast.match_case):
                joined = _join(joined, _run(item.body, dict(names), chain))
        if all(isinstance(item, ast.stmt) for item in block):
            joined = _join(joined, _run(block, dict(names), chain))
    return joined


def _after_try(statement: ast.AST, names: Names, chain: list[tuple[bool, Names]]) -> Names | None:
    body, handlers = statement.body, statement.handlers  # type: ignore[attr-defined]
    after_body = _run(body, dict(names), chain)
    ended: Names | None = None
    if after_body is not None:
        ended = _run(statement.orelse, after_body, chain)  # type: ignore[attr-defined]
    for handler in handlers:
        # An import that fails binds nothing, so a handler begins with what held before a one-statement body.
        start = dict(names) if len(body) == 1 else _join(names, after_body) or {}
        if handler.name:
            start[handler.name] = _OTHER
        after_handler = _run(handler.body, start, chain)
        ended = _join(ended, after_handler)
    if ended is None:
        return None
    return _run(statement.finalbody, ended, chain)  # type: ignore[attr-defined]


def _join(left: Names | None, right: Names | None) -> Names | None:
    """What is known when one of two paths was taken; a path that is `None` was not."""
    if left is None or right is None:
        return left if right is None else right
    joined: Names = {}
    for name in left.keys() | right.keys():
        a, b = left.get(name), right.get(name)
        if a is not None and b is not None and a.path == b.path:
            joined[name] = a if not a.certain else b
        else:
            path = next((item.path for item in (a, b) if item is not None and item.path), None)
            joined[name] = Binding(path, certain=path is None)
    return joined


def _bind_import(statement: ast.Import | ast.ImportFrom, names: Names) -> None:
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            bound, path = (alias.asname, alias.name) if alias.asname else ((alias.name.split(".")[0],) * 2)
            names[bound] = Binding(_canonical(path))
        elif alias.name != "*":
            module = "." * statement.level + (statement.module or "")
            separator = "" if module.endswith(".") else "."
            names[alias.asname or alias.name] = Binding(_canonical(f"{module}{separator}{alias.name}"))


def _bind_assignment(
    statement: ast.Assign | ast.AnnAssign, names: Names, chain: list[tuple[bool, Names]]
) -> None:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if statement.value is None:
        return
    outer = tuple(scope for _, scope in chain[:-1])
    value = Scopes((*outer, names)).resolve(statement.value)
    _kill([*targets, statement.value], names)
    for target in targets:
        if isinstance(target, ast.Name) and value is not None:
            names[target.id] = value


def _headers(node: ast.AST) -> list[ast.AST]:
    """The parts of a statement outside its blocks."""
    held = {id(item) for block in blocks(node) for item in block}
    return [child for child in ast.iter_child_nodes(node) if id(child) not in held] if held else [node]


def _kill(nodes: list[ast.AST] | list[ast.expr], names: Names) -> None:
    """Forget what the names that these nodes bind meant."""
    for root in nodes:
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                names[node.id] = _OTHER


def _function_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Names:
    """The local names of a function, all unknown at its beginning."""
    arguments = node.args
    names = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    names.update(argument.arg for argument in (arguments.vararg, arguments.kwarg) if argument is not None)
    names.update(_bound(node.body))
    for inner in own_nodes(node.body):
        if isinstance(inner, ast.Global | ast.Nonlocal):
            names.difference_update(inner.names)
    return dict.fromkeys(names, _OTHER)


def _bound(body: list[ast.stmt]) -> set[str]:
    names: set[str] = set()
    for node in own_nodes(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.split(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
    return names


def _narrow(test: ast.expr, names: Names) -> None:
    """Inside `if tf:` and `if tf is not None:` an optional import has succeeded."""
    if (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.IsNot)
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value is None
    ):
        test = test.left
    if isinstance(test, ast.Name) and test.id in names:
        names[test.id] = Binding(names[test.id].path)


def _exits(statement: ast.stmt) -> bool:
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return False
    return ast.unparse(statement.value.func) in ("sys.exit", "exit", "quit", "os._exit", "pytest.skip")


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _is_tensorflow(path: str | None) -> bool:
    return path is not None and (path == "tensorflow" or path.startswith("tensorflow."))


def _canonical(path: str) -> str:
    """`tensorflow.compat.v2` and `tensorflow.compat.v1` hold the same `function` as `tensorflow`."""
    for prefix in ("tensorflow.compat.v2", "tensorflow.compat.v1"):
        if path == prefix or path.startswith(prefix + "."):
            return "tensorflow" + path[len(prefix) :]
    return path
