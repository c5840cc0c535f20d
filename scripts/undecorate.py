"""Takes the hand-placed `tf.function` out of a module's text, and says which functions had one.

Lines keep their numbers: a decorator leaves empty lines behind, and of a call `tf.function(f, …)` only `f` stays.
Text in, text out; nothing is imported or run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

TF_FUNCTION = frozenset(
    {
        "tensorflow.function",
        "tensorflow.compat.v2.function",
        "tensorflow.python.eager.def_function.function",
        "tensorflow.python.eager.polymorphic_function.polymorphic_function.function",
    }
)

WRAPPERS = frozenset(
    {
        "tf_agents.utils.common.function",
        "official.nlp.modeling.layers.util.tf_function_if_eager",
    }
)
"""What the packages have made of `tf.function` and call in its place. Both make a graph whenever TensorFlow 2 executes
eagerly; tf-agents' `function_in_tf1` does not and stays where it is."""

DECORATOR, WRAPPER, CALL = "decorator", "library's wrapper", "call"

_Def = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Taken:
    """A `tf.function` that was taken away: how it was written, and the function under it.

    `qualname` is `None` where the function is not a `def` of the same module, such as in `tf.function(model.call)`;
    `line` is then that of the call.
    """

    qualname: str | None
    line: int
    spelling: str
    text: str


@dataclass
class _Scope:
    """A module, class or function around the node that is looked at, with the functions that it defines."""

    kind: str
    prefix: str = ""
    functions: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def undecorated(text: str) -> tuple[str, list[Taken]]:
    """The text without any `tf.function`, and what was taken away, in the order of the lines."""
    tree = ast.parse(text)
    reader = _Reader(text, _imported(tree))
    reader.read(tree.body, [_Scope("module")])
    return reader.text(), sorted(reader.taken, key=lambda taken: (taken.line, taken.qualname or ""))


def _imported(tree: ast.Module) -> dict[str, str]:
    """What the names that any import of the file binds stand for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


class _Reader:
    """Goes through one module, and collects the parts of its text that are to be blanked."""

    def __init__(self, text: str, names: dict[str, str]) -> None:
        self.taken: list[Taken] = []
        self._names = names
        self._source = text
        self._bytes = text.encode()
        self._starts = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._blanks: list[tuple[int, int]] = []

    def text(self) -> str:
        """The text, with spaces where something was taken away."""
        data = bytearray(self._bytes)
        for start, end in self._blanks:
            for at in range(start, end):
                if data[at] not in b"\r\n":
                    data[at] = ord(" ")
        return data.decode()

    def read(self, body: list[ast.stmt], scopes: list[_Scope]) -> None:
        """Goes through the statements of a scope, which is the last of `scopes`, after noting what it defines."""
        scope = scopes[-1]
        for node in _own(body):
            if isinstance(node, _Def):
                qualname = f"{scope.prefix}{node.name}"
                scope.functions.setdefault(node.name, []).append((node.lineno, qualname))
        for node in _own(body):
            if isinstance(node, _Def):
                qualname = f"{scope.prefix}{node.name}"
                self._decorators(node, qualname)
                self.read(node.body, [*scopes, _Scope("function", f"{qualname}.<locals>.")])
            elif isinstance(node, ast.ClassDef):
                self.read(node.body, [*scopes, _Scope("class", f"{scope.prefix}{node.name}.")])
            elif isinstance(node, ast.Call):
                self._call(node, scopes)

    def _decorators(self, node: _Def, qualname: str) -> None:
        for decorator in node.decorator_list:
            spelling = self._spelling(decorator)
            if spelling is None:
                continue
            start = self._at(decorator.lineno, decorator.col_offset)
            sign = self._bytes.rindex(b"@", 0, start)
            self._blanks.append((sign, self._end(decorator)))
            self.taken.append(Taken(qualname, node.lineno, spelling or DECORATOR, ast.unparse(decorator)))

    def _spelling(self, node: ast.expr) -> str | None:
        """`""` for `tf.function` itself, bare, called with arguments or in `functools.partial`; or a wrapper's class."""
        if isinstance(node, ast.Call):
            called = self._name(node.func)
            if called == "functools.partial" and node.args:
                return self._spelling(node.args[0])
            return self._spelling(node.func)
        name = self._name(node)
        return "" if name in TF_FUNCTION else WRAPPER if name in WRAPPERS else None

    def _name(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self._names.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._name(node.value)
            return base and f"{base}.{node.attr}"
        return None

    def _call(self, node: ast.Call, scopes: list[_Scope]) -> None:
        """`tf.function(f, …)` and `tf.function(…)(f)`; what only makes a decorator, and lambdas, stay."""
        spelling = self._spelling(node.func)
        if spelling is None or not node.args:
            return
        function = node.args[0]
        if isinstance(function, ast.Starred | ast.Lambda) or self._spelling(function) is not None:
            return
        if isinstance(node.func, ast.Call) and node.func.args:
            return  # a call of the graph that `tf.function(f)` makes
        start, end = self._at(node.lineno, node.col_offset), self._end(node)
        first = self._at(function.lineno, function.col_offset)
        opening = self._bytes.rindex(b"(", start, first)
        self._blanks += [(start, opening), (self._end(function), end - 1)]
        qualname, line = _defined(function, node.lineno, scopes) or (None, node.lineno)
        kind = f"{spelling}, {CALL}" if spelling else CALL
        self.taken.append(Taken(qualname, line, kind, ast.unparse(node)))

    def _at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    def _end(self, node: ast.expr) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._at(node.end_lineno, node.end_col_offset)


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a scope without those of the scopes in it, which come as one node each."""
    waiting: list[ast.AST] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Def | ast.ClassDef):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _defined(function: ast.expr, line: int, scopes: list[_Scope]) -> tuple[str, int] | None:
    """The qualified name and line of the `def` that an expression means: a name, a method of `self`'s class, or a
    `partial` of these."""
    if isinstance(function, ast.Call) and ast.unparse(function.func) in ("functools.partial", "partial"):
        return _defined(function.args[0], line, scopes) if function.args else None
    if isinstance(function, ast.Name):
        visible = [scope for scope in scopes if scope.kind != "class" or scope is scopes[-1]]
        name = function.id
    elif isinstance(function, ast.Attribute) and ast.unparse(function.value) == "self":
        visible = [scope for scope in scopes if scope.kind == "class"][-1:]
        name = function.attr
    else:
        return None
    for scope in reversed(visible):
        found = scope.functions.get(name)
        if found:
            before = [each for each in found if each[0] < line] if scope.kind != "class" else found
            at, qualname = (before or found)[-1]
            return qualname, at
    return None
