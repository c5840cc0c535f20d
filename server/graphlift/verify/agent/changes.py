"""What a program's source stores, and where: which of its state may change between two calls of a function.

Places are told apart by the scope that they belong to. What is stored on an object other than `self` may be
an attribute of any class.
"""

from __future__ import annotations

import ast

_MAKERS = frozenset(
    {"__init__", "__new__", "__post_init__", "__init_subclass__", "build", "compile", "setup"}
)
_MUTATORS = frozenset(
    {"append", "appendleft", "add", "update", "insert", "extend", "pop", "popleft", "remove", "clear"}
    | {"setdefault", "discard"}
)

GLOBAL, CELL, ATTRIBUTE = "global", "cell", "attribute"

Place = tuple[str, str, str]
"""Kind, owner and name. The owner is the module's file for a global; file and qualname of the function that
binds a cell, or of the class that stores an attribute on its `self`; empty where that isn't known."""


class Changes:
    """The stores of all the modules that were scanned.

    - `attributes`: every attribute name that is stored anywhere.
    - `changed`: the places that are bound again after they were made, with the values bound then (`None` for
      all that isn't a constant). A global or local bound once is not among them, nor is an attribute that
      is only stored in `__init__`, `build` and their like.
    - `containers`: the places whose elements are changed, by a store or by a method such as `append`.
    """

    def __init__(self) -> None:
        self.attributes: set[str] = set()
        self.changed: dict[Place, list[object]] = {}
        self.containers: set[Place] = set()

    def scan(self, tree: ast.Module, file: str) -> None:
        """Add what one module stores."""
        _Scope(self, file, GLOBAL, "", "", None).visit_body(tree)

    def again(self, place: Place, value: ast.AST | None) -> None:
        """Note that a place is bound again."""
        constant = value.value if isinstance(value, ast.Constant) else None
        self.changed.setdefault(place, []).append(constant)

    def bound_again(self, kind: str, owners: list[str], name: str) -> list[object] | None:
        """The values that are bound later to a place of one of these owners; `None` when none is."""
        found = [
            self.changed[kind, owner, name] for owner in (*owners, "") if (kind, owner, name) in self.changed
        ]
        return [value for values in found for value in values] if found else None

    def is_container(self, kind: str, owners: list[str], name: str) -> bool:
        """Whether the elements of a place of one of these owners are changed."""
        return any((kind, owner, name) in self.containers for owner in (*owners, ""))


class _Scope(ast.NodeVisitor):
    """One module or function: which of its names are bound a second time."""

    def __init__(
        self, changes: Changes, file: str, kind: str, qualname: str, owner: str, outer: _Scope | None
    ) -> None:
        self.changes = changes
        self.file = file
        self.kind = kind
        self.qualname = qualname
        self.owner = owner
        """The class whose method this is; empty for other functions."""
        self.outer = outer
        self.itself = ""
        self.bound: set[str] = set()
        self.elsewhere: dict[str, str] = {}
        self.inside_class = ""

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.qualname.rpartition(".")[2]

    def visit_body(self, node: ast.AST) -> None:
        """Visit everything in the scope, with what its `global` and `nonlocal` say known beforehand."""
        for child in ast.walk(node):
            if isinstance(child, (ast.Global, ast.Nonlocal)):
                kind = GLOBAL if isinstance(child, ast.Global) else CELL
                self.elsewhere.update(dict.fromkeys(child.names, kind))
        arguments = getattr(node, "args", None)
        if isinstance(arguments, ast.arguments):
            every = [*arguments.posonlyargs, *arguments.args]
            self.itself = every[0].arg if every and self.owner else ""
            self.bound.update(argument.arg for argument in (*every, *arguments.kwonlyargs))
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        before, self.inside_class = self.inside_class, self._inner(node.name)
        self.generic_visit(node)
        self.inside_class = before

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node, node.name)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node, node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node, "<lambda>")

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._store(target, node.value, again=False)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._store(node.target, node.value, again=False)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._store(node.target, None, again=True)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._store(node.target, None, again=True)
        self._loop(node)

    def visit_While(self, node: ast.While) -> None:
        self._loop(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
            self._container(node.func.value)
        self.generic_visit(node)

    def _inner(self, name: str) -> str:
        if self.inside_class:
            return f"{self.inside_class}.{name}"
        return f"{self.qualname}.<locals>.{name}" if self.qualname else name

    def _function(self, node: ast.AST, name: str) -> None:
        _Scope(self.changes, self.file, CELL, self._inner(name), self.inside_class, self).visit_body(node)

    def _loop(self, node: ast.For | ast.While) -> None:
        """What a loop binds, it binds again in its next round."""
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                self.bound.add(child.id)
        self.generic_visit(node)

    def _store(self, target: ast.AST, value: ast.AST | None, again: bool) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._store(element, None, again)
        elif isinstance(target, ast.Starred):
            self._store(target.value, None, again)
        elif isinstance(target, ast.Attribute):
            self.changes.attributes.add(target.attr)
            if again or self.kind == GLOBAL or self.name not in _MAKERS:
                self.changes.again(self._attribute(target), value)
        elif isinstance(target, ast.Subscript):
            self._container(target.value)
        elif isinstance(target, ast.Name):
            if again or target.id in self.bound or target.id in self.elsewhere:
                self.changes.again(self._variable(target.id), value)
            self.bound.add(target.id)

    def _variable(self, name: str) -> Place:
        """Where a name that is bound here lives."""
        kind = self.elsewhere.get(name, self.kind)
        if kind == GLOBAL:
            return GLOBAL, self.file, name
        scope: _Scope | None = self
        if name in self.elsewhere:
            scope = self.outer
            while scope is not None and name not in scope.bound:
                scope = scope.outer
        return CELL, f"{self.file}:{scope.qualname if scope is not None else ''}", name

    def _read(self, name: str) -> Place:
        """Where a name that is only read here lives."""
        scope: _Scope | None = self
        while scope is not None and scope.kind == CELL and name not in scope.bound:
            scope = scope.outer
        if scope is None or scope.kind == GLOBAL:
            return GLOBAL, self.file, name
        return CELL, f"{self.file}:{scope.qualname}", name

    def _attribute(self, node: ast.Attribute) -> Place:
        scope: _Scope | None = self
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        while scope is not None and name:
            if name == scope.itself:
                return ATTRIBUTE, f"{self.file}:{scope.owner}", node.attr
            scope = scope.outer
        return ATTRIBUTE, "", node.attr

    def _container(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            self.changes.containers.add(self._read(node.id))
        elif isinstance(node, ast.Attribute):
            self.changes.containers.add(self._attribute(node))
            # `module.NAME[key] = …` changes a global of the module.
            self.changes.containers.add((GLOBAL, "", node.attr))
