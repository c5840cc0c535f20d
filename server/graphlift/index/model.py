"""What a module offers to others: definitions, imports, classes and their attributes. No bodies, no positions.

An edit inside a function body leaves a `ModuleIndex` equal; positions live apart in a `Layout`, and the syntax
nodes in a `Unit`, which never leaves the process.

A `DefId` is `MODULE:QUALNAME`, where `MODULE` is the module's key (unique by path, see `resolve`) and `QUALNAME`
is Python's `__qualname__`; a name that is defined again in the same scope gets `@2`, `@3`, …; lambdas are
`<lambda>`, counted likewise. The module's own code is the definition `MODULE:<module>`, a class body is the
class's id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from graphlift.source.span import Span
from graphlift.syntax import Parsed, nodes

DefId: TypeAlias = str

MODULE_BODY = "<module>"


def module_of(definition: DefId) -> str:
    """The key of the module that holds a definition."""
    return definition.partition(":")[0]


def qualname_of(definition: DefId) -> str:
    """Python's `__qualname__` of a definition, without our counter for redefinitions."""
    return ".".join(part.partition("@")[0] for part in definition.partition(":")[2].split("."))


class ParameterInfo(msgspec.Struct, frozen=True):
    """One parameter. `kind` is `positional_only`, `positional`, `vararg`, `keyword_only` or `kwarg`."""

    name: str
    kind: str
    has_default: bool = False
    annotation: str = ""
    """The annotation's source text, empty where there is none."""


class FunctionInfo(msgspec.Struct, frozen=True):
    """One `def` or lambda, at any depth. `parent` is the enclosing definition (module, class or function)."""

    id: DefId
    name: str
    parent: DefId
    parameters: tuple[ParameterInfo, ...]
    in_class: bool = False
    is_lambda: bool = False
    is_async: bool = False
    is_generator: bool = False
    decorators: tuple[str, ...] = ()
    """The decorators' source texts, outermost first."""
    returns: str = ""


class ClassInfo(msgspec.Struct, frozen=True):
    """One class. `members` maps the names bound in its body to definitions, or to `""` for plain assignments.

    `self_attributes` maps each attribute that a method assigns on its first parameter to those methods.
    """

    id: DefId
    name: str
    parent: DefId
    bases: tuple[str, ...]
    members: tuple[tuple[str, DefId], ...]
    self_attributes: tuple[tuple[str, tuple[DefId, ...]], ...]
    decorators: tuple[str, ...] = ()
    slots: bool = False
    setters: tuple[tuple[str, DefId], ...] = ()
    """The properties that can be set, and the functions that do it."""
    instead: tuple[tuple[str, DefId], ...] = ()
    """Functions that a name of `members` may have instead, since a branch of the body decides which."""


class ImportInfo(msgspec.Struct, frozen=True):
    """A name bound by an import: `name` is module `module` (or its top package), or its member `attribute`.

    Relative imports keep their dots in `module`. `scope` is the definition whose code holds the import.
    """

    name: str
    module: str
    attribute: str
    scope: DefId


class ModuleIndex(msgspec.Struct, frozen=True):
    """Everything a module defines or imports. `bindings` are the names that its top level binds, in any way."""

    key: str
    is_package: bool
    functions: tuple[FunctionInfo, ...]
    classes: tuple[ClassInfo, ...]
    imports: tuple[ImportInfo, ...]
    star_imports: tuple[tuple[str, DefId], ...]
    bindings: tuple[str, ...]
    variables: tuple[str, ...]
    """The names that the top level binds by assignment, loops or `with`: not by an import or a definition alone."""
    global_writes: tuple[tuple[str, tuple[DefId, ...]], ...]
    """Names that functions rebind through `global`, with those functions."""
    attribute_writes: tuple[tuple[str, tuple[DefId, ...]], ...]
    """Attribute names that code assigns on anything but `self` (`obj.rate = 2`), with that code."""
    exports: tuple[str, ...] | None
    """`__all__` where it is a plain list of strings."""


class Layout(msgspec.Struct, frozen=True):
    """Where a definition stands. Spans are absolute; `first_line` is that of its first decorator, or of `def`."""

    first_line: int
    def_line: int
    end_line: int
    name_span: Span
    decorators: tuple[Span, ...] = ()


@dataclass(eq=False)
class Unit:
    """One parsed module with its nodes by definition. Never leaves the process, never part of a result."""

    key: str
    path: str
    parsed: Parsed
    index: ModuleIndex
    layouts: dict[DefId, Layout]
    nodes: dict[DefId, nodes.Scope]
    ids: dict[int, DefId] = field(default_factory=dict)
    """From `id(node)` of a scope node to its definition."""
    functions: dict[DefId, FunctionInfo] = field(default_factory=dict)
    classes: dict[DefId, ClassInfo] = field(default_factory=dict)
    mentions: frozenset[str] = frozenset()
    """Every identifier that the module's code reads, as a name or an attribute."""

    def fingerprint(self, definition: DefId) -> str:
        """The source text of a definition: equal texts have equal bodies, wherever they stand."""
        layout = self.layouts[definition]
        lines = (self.parsed.line(n) for n in range(layout.first_line, layout.end_line + 1))
        return "\n".join(lines)
