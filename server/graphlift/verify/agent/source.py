"""The program's source: finding the target, decorating it, and what the program changes after it is made.

The decorator goes into the syntax tree, not into the text: it stands innermost, at the `def` line itself, so
every line and column of the program stays what it was, the file on disk stays untouched, and AutoGraph (which
reads the file) sees what the author wrote, lambdas included.
"""

from __future__ import annotations

import ast
import builtins
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any, Union

MARK = "__graphlift_judge__"
"""The decorator's name in the changed code; a builtin, so that it is in no namespace of the program."""

_Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


class TargetMissing(Exception):  # noqa: N818 - what is missing, not what went wrong
    """The function to wrap isn't where it was said to be."""


def definitions(tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    """Every `def` with its `__qualname__`, in source order."""
    stack: list[tuple[str, ast.AST]] = [("", tree)]
    while stack:
        prefix, node = stack.pop()
        inner: list[tuple[str, ast.AST]] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield prefix + child.name, child
                inner.append((f"{prefix}{child.name}.<locals>.", child))
            elif isinstance(child, ast.ClassDef):
                inner.append((f"{prefix}{child.name}.", child))
            else:
                inner.append((prefix, child))
        stack.extend(reversed(inner))


def decorate(tree: ast.Module, qualname: str, line: int) -> None:
    """Put the judge's decorator innermost on one function. `line` is its `def` line, 0 when not known.

    Raises `TargetMissing` when there is no such function, or several and none at the line.
    """
    found = [node for name, node in definitions(tree) if name == qualname]
    exact = [node for node in found if node.lineno == line]
    if len(exact or found) != 1:
        lines = ", ".join(str(node.lineno) for node in found)
        raise TargetMissing(
            f"no function {qualname} at line {line}" + (f" (there is one at line {lines})" if found else "")
        )
    node = (exact or found)[0]
    mark = ast.Name(id=MARK, ctx=ast.Load())
    mark.lineno = mark.end_lineno = node.lineno
    mark.col_offset = node.col_offset
    mark.end_col_offset = node.col_offset + 1
    node.decorator_list.append(mark)


class Program:
    """How to run one program: its entry, and the one function in it to decorate (or none)."""

    def __init__(
        self,
        root: str,
        entry: str,
        module: bool,
        argv: list[str],
        target: dict[str, Any] | None,
        paths: Sequence[str] = (),
    ) -> None:
        self.root = os.path.realpath(root)
        self.paths = list(paths)
        self.entry = entry
        self.module = module
        self.argv = argv
        self.target = target
        self.decorated = False
        """Whether the target's file has been loaded, and so the target decorated."""

    def execute(self) -> None:
        """Run the program as `python ENTRY ARGV…` (or `python -m`) does; lets its exceptions pass."""
        sys.path[:0] = [self.root, *self.paths]
        self._hook_imports()
        path, package, spec = self._find_entry()
        sys.argv = [path, *self.argv]
        main = types.ModuleType("__main__")
        main.__file__ = path
        main.__package__ = package
        main.__spec__ = spec
        main.__loader__ = _Loader(self, "__main__", path)
        main.__dict__["__builtins__"] = builtins
        sys.modules["__main__"] = main
        with open(path, "rb") as file:
            code = self.compile(file.read(), path)
        exec(code, main.__dict__)

    def _find_entry(self) -> tuple[str, str | None, importlib.machinery.ModuleSpec | None]:
        if not self.module:
            path = os.path.join(self.root, self.entry)
            if os.path.dirname(path) != self.root:
                sys.path.insert(0, os.path.dirname(path))
            return path, None, None
        name = self.entry
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            name += ".__main__"
            spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(f"No module named {name}")
        return spec.origin, spec.parent, spec

    def compile(self, data: bytes, path: str) -> types.CodeType:
        """The code for a file's content."""
        tree = ast.parse(data, path)
        if self.target is not None and os.path.realpath(path) == os.path.realpath(self.target["path"]):
            decorate(tree, self.target["qualname"], self.target["line"])
            self.decorated = True
        return compile(tree, path, "exec", dont_inherit=True)

    def _hook_imports(self) -> None:
        details = (lambda name, path: _Loader(self, name, path), importlib.machinery.SOURCE_SUFFIXES)
        hook = importlib.machinery.FileFinder.path_hook(details)  # type: ignore[arg-type]

        def hook_under_root(directory: str) -> importlib.machinery.FileFinder:
            path = os.path.realpath(directory)
            inside = path == self.root or path.startswith(self.root + os.sep)
            if not inside or "site-packages" in path[len(self.root) :]:
                raise ImportError(f"{directory} is not part of the program")
            return hook(directory)  # type: ignore[return-value]

        sys.path_hooks.insert(0, hook_under_root)
        sys.path_importer_cache.clear()


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads the program's modules from source: no cached bytecode is read or written."""

    def __init__(self, program: Program, name: str, path: str) -> None:
        super().__init__(name, path)
        self._program = program

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        return self._program.compile(self.get_data(path), path)
