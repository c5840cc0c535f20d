"""From a tree to a `Unit`: one pass over a module that finds its definitions, imports and attribute writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from graphlift.index.model import (
    MODULE_BODY,
    ClassInfo,
    DefId,
    FunctionInfo,
    ImportInfo,
    Layout,
    ModuleIndex,
    ParameterInfo,
    Unit,
)
from graphlift.source.span import Span
from graphlift.syntax import Parsed, nodes


def build_unit(key: str, path: str, parsed: Parsed) -> Unit:
    """Index a parsed module. A module without a tree has an empty index."""
    builder = _Builder(key, parsed)
    if parsed.tree is not None:
        builder.module(parsed.tree)
    index = ModuleIndex(
        key=key,
        is_package=path.endswith("__init__.py"),
        functions=tuple(builder.functions.values()),
        classes=tuple(builder.finished_classes()),
        imports=tuple(builder.imports),
        star_imports=tuple(builder.star_imports),
        bindings=tuple(sorted(builder.bindings)),
        variables=tuple(sorted(builder.variables)),
        global_writes=_grouped(builder.global_writes),
        attribute_writes=_grouped(builder.attribute_writes),
        exports=_exports(parsed.tree) if parsed.tree is not None else None,
    )
    unit = Unit(key, path, parsed, index, builder.layouts, builder.nodes, builder.ids)
    unit.functions = builder.functions
    unit.mentions = frozenset(builder.mentions)
    unit.classes = {info.id: info for info in index.classes}
    return unit


def _grouped(pairs: list[tuple[str, DefId]]) -> tuple[tuple[str, tuple[DefId, ...]], ...]:
    grouped: dict[str, dict[DefId, None]] = {}
    for name, definition in pairs:
        grouped.setdefault(name, {})[definition] = None
    return tuple((name, tuple(ids)) for name, ids in sorted(grouped.items()))


def _exports(tree: nodes.Module) -> tuple[str, ...] | None:
    for statement in tree.body:
        if (
            isinstance(statement, nodes.Assign)
            and isinstance(statement.value, nodes.List | nodes.Tuple)
            and any(isinstance(t, nodes.AssignName) and t.name == "__all__" for t in statement.targets)
        ):
            names = [e.value for e in statement.value.elts if isinstance(e, nodes.Const)]
            return tuple(n for n in names if isinstance(n, str))
    return None


class _ClassDraft:
    def __init__(self, info_id: DefId, node: nodes.ClassDef, parent: DefId) -> None:
        self.id = info_id
        self.node = node
        self.parent = parent
        self.members: dict[str, DefId] = {}
        self.self_attributes: list[tuple[str, DefId]] = []
        self.setters: dict[str, DefId] = {}
        self.instead: list[tuple[str, DefId]] = []


def _note_instead(draft: _ClassDraft, name: str, conditional: bool) -> None:
    """A class's body defines a function of a name that may have been defined before."""
    if not conditional:
        draft.instead = [each for each in draft.instead if each[0] != name]
    elif draft.members.get(name):
        draft.instead.append((name, draft.members[name]))


class _Builder:
    """The state of one pass: a scope is a definition id with the class it stands directly in, if any."""

    def __init__(self, key: str, parsed: Parsed) -> None:
        self.key = key
        self.parsed = parsed
        self.functions: dict[DefId, FunctionInfo] = {}
        self.drafts: dict[DefId, _ClassDraft] = {}
        self.imports: list[ImportInfo] = []
        self.star_imports: list[tuple[str, DefId]] = []
        self.bindings: set[str] = set()
        self.variables: set[str] = set()
        self.global_writes: list[tuple[str, DefId]] = []
        self.attribute_writes: list[tuple[str, DefId]] = []
        self.layouts: dict[DefId, Layout] = {}
        self.nodes: dict[DefId, nodes.Scope] = {}
        self.ids: dict[int, DefId] = {}
        self.mentions: set[str] = set()

    def module(self, tree: nodes.Module) -> None:
        definition = f"{self.key}:{MODULE_BODY}"
        last = self.parsed.line_count
        self._record(definition, tree, Layout(1, 1, last, Span(1, 0, 1, 0)))
        self._walk(tree.body, definition, "", None)

    def finished_classes(self) -> Iterator[ClassInfo]:
        for draft in self.drafts.values():
            yield ClassInfo(
                id=draft.id,
                name=draft.node.name,
                parent=draft.parent,
                bases=tuple(base.as_string() for base in draft.node.bases),
                members=tuple(sorted(draft.members.items())),
                self_attributes=_grouped(draft.self_attributes),
                decorators=_texts(draft.node.decorators),
                slots="__slots__" in draft.members,
                setters=tuple(sorted(draft.setters.items())),
                instead=tuple(sorted(draft.instead)),
            )

    def _record(self, definition: DefId, node: nodes.Scope, layout: Layout) -> None:
        self.layouts[definition] = layout
        self.nodes[definition] = node
        self.ids[id(node)] = definition

    def _unique(self, prefix: str, name: str) -> DefId:
        plain = f"{self.key}:{prefix}{name}"
        candidate, count = plain, 1
        while candidate in self.nodes:
            count += 1
            candidate = f"{plain}@{count}"
        return candidate

    def _walk(
        self, children: Iterable[nodes.NodeNG], scope: DefId, prefix: str, inside: _ClassDraft | None
    ) -> None:
        stack = list(children)[::-1]
        while stack:
            node = stack.pop()
            if isinstance(node, nodes.FunctionDef | nodes.Lambda):
                self._function(node, scope, prefix, inside)
                continue
            if isinstance(node, nodes.ClassDef):
                self._class(node, scope, prefix, inside)
                continue
            self._statement(node, scope, inside)
            stack.extend(list(node.get_children())[::-1])

    def _bind(self, name: str, scope: DefId, inside: _ClassDraft | None, definition: DefId = "") -> None:
        if inside is not None:
            inside.members[name] = definition
        elif scope.endswith(f":{MODULE_BODY}"):
            self.bindings.add(name)

    def _statement(self, node: nodes.NodeNG, scope: DefId, inside: _ClassDraft | None) -> None:
        if isinstance(node, nodes.Name):
            self.mentions.add(node.name)
        elif isinstance(node, nodes.Attribute):
            self.mentions.add(node.attrname)
        elif isinstance(node, nodes.AssignName):
            self._bind(node.name, scope, inside)
            if inside is None and scope.endswith(f":{MODULE_BODY}"):
                self.variables.add(node.name)
        elif isinstance(node, nodes.AssignAttr):
            self._attribute_write(node, scope)
        elif isinstance(node, nodes.Import):
            for module, alias in node.names:
                name = alias or module.partition(".")[0]
                target = module if alias else name
                self.imports.append(ImportInfo(name, target, "", scope))
                if not alias and "." in module:
                    self.imports.append(ImportInfo("", module, "", scope))
                self._bind(name, scope, inside)
        elif isinstance(node, nodes.ImportFrom):
            self._import_from(node, scope, inside)
        elif isinstance(node, nodes.Global):
            self.global_writes.extend((name, scope) for name in node.names)

    def _import_from(self, node: nodes.ImportFrom, scope: DefId, inside: _ClassDraft | None) -> None:
        module = "." * (node.level or 0) + (node.modname or "")
        for attribute, alias in node.names:
            if attribute == "*":
                self.star_imports.append((module, scope))
                continue
            name = alias or attribute
            self.imports.append(ImportInfo(name, module, attribute, scope))
            self._bind(name, scope, inside)

    def _attribute_write(self, node: nodes.AssignAttr, scope: DefId) -> None:
        info = self.functions.get(scope)
        owner = self._method_class(info)
        if (
            owner is not None
            and info is not None
            and isinstance(node.expr, nodes.Name)
            and info.parameters
            and node.expr.name == info.parameters[0].name
        ):
            owner.self_attributes.append((node.attrname, scope))
        else:
            self.attribute_writes.append((node.attrname, scope))

    def _method_class(self, info: FunctionInfo | None) -> _ClassDraft | None:
        """The class of the method that `info` is; static methods have none."""
        if info is None or not info.in_class or "staticmethod" in info.decorators:
            return None
        return self.drafts.get(info.parent)

    def _function(
        self,
        node: nodes.FunctionDef | nodes.Lambda,
        scope: DefId,
        prefix: str,
        inside: _ClassDraft | None,
    ) -> None:
        is_lambda = not isinstance(node, nodes.FunctionDef)
        name = "<lambda>" if is_lambda else node.name
        definition = self._unique(prefix, name)
        self._record(definition, node, self._layout(node))
        self.functions[definition] = FunctionInfo(
            id=definition,
            name=name,
            parent=scope if inside is None else inside.id,
            parameters=_parameters(node.args),
            in_class=inside is not None and not is_lambda,
            is_lambda=is_lambda,
            is_async=isinstance(node, nodes.AsyncFunctionDef),
            is_generator=not is_lambda and _is_generator(node),
            decorators=() if is_lambda else _texts(node.decorators),
            returns="" if is_lambda or node.returns is None else node.returns.as_string(),
        )
        accessor = any(
            text.endswith((".setter", ".deleter")) for text in self.functions[definition].decorators
        )
        if not is_lambda and not accessor:
            if inside is not None:
                _note_instead(inside, name, conditional=not isinstance(node.parent, nodes.ClassDef))
            self._bind(name, scope, inside, definition)
        if inside is not None and any(
            text.endswith(".setter") for text in self.functions[definition].decorators
        ):
            inside.setters[name] = definition
        self._outer_expressions(node, scope, prefix, inside)
        body = [node.body] if is_lambda else node.body
        inner = definition.partition(":")[2] + ".<locals>."
        self._walk(body, definition, inner, None)

    def _outer_expressions(
        self,
        node: nodes.FunctionDef | nodes.Lambda,
        scope: DefId,
        prefix: str,
        inside: _ClassDraft | None,
    ) -> None:
        """Decorators and defaults belong to the scope around the function."""
        decorators = getattr(node, "decorators", None)
        outer = list(decorators.nodes) if decorators is not None else []
        outer += [d for d in (node.args.defaults or []) if d is not None]
        outer += [d for d in (node.args.kw_defaults or []) if d is not None]
        self._walk(outer, scope, prefix, inside)

    def _class(self, node: nodes.ClassDef, scope: DefId, prefix: str, inside: _ClassDraft | None) -> None:
        definition = self._unique(prefix, node.name)
        draft = _ClassDraft(definition, node, scope if inside is None else inside.id)
        self.drafts[definition] = draft
        self._record(definition, node, self._layout(node))
        self._bind(node.name, scope, inside, definition)
        self._walk(node.bases, scope, prefix, inside)
        self._walk(node.body, definition, definition.partition(":")[2] + ".", draft)

    def _layout(self, node: nodes.Scope) -> Layout:
        whole = self.parsed.span(node)
        decorators = getattr(node, "decorators", None)
        spans = tuple(self._decorator_span(d) for d in decorators.nodes) if decorators is not None else ()
        position = getattr(node, "position", None)
        def_line = position.lineno if position is not None else whole.line
        first = min([s.line for s in spans] + [def_line])
        return Layout(first, def_line, whole.end_line, self._name_span(node, def_line), spans)

    def _decorator_span(self, node: nodes.NodeNG) -> Span:
        """The span from the `@` to the end of the decorator's expression."""
        span = self.parsed.span(node)
        at = self.parsed.line(span.line).rfind("@", 0, span.column + 1)
        return Span(span.line, max(at, 0), span.end_line, span.end_column)

    def _name_span(self, node: nodes.Scope, def_line: int) -> Span:
        name = getattr(node, "name", "")
        if isinstance(node, nodes.FunctionDef | nodes.ClassDef):
            found = re.search(rf"\b(?:def|class)\s+({re.escape(name)})\b", self.parsed.line(def_line))
            if found is not None:
                return Span(def_line, found.start(1), def_line, found.end(1))
        span = self.parsed.span(node)
        return Span(span.line, span.column, span.line, span.column + len("lambda"))


def _texts(decorators: nodes.NodeNG | None) -> tuple[str, ...]:
    return () if decorators is None else tuple(node.as_string() for node in decorators.nodes)


def _is_generator(node: nodes.FunctionDef) -> bool:
    stack: list[nodes.NodeNG] = list(node.body)
    while stack:
        child = stack.pop()
        if isinstance(child, nodes.Yield | nodes.YieldFrom):
            return True
        if not isinstance(child, nodes.FunctionDef | nodes.Lambda | nodes.ClassDef):
            stack.extend(child.get_children())
    return False


def _parameters(args: nodes.Arguments) -> tuple[ParameterInfo, ...]:
    found: list[ParameterInfo] = []
    positional_only = args.posonlyargs or []
    plain = args.args or []
    defaults = len(args.defaults or [])
    first_default = len(positional_only) + len(plain) - defaults
    annotations = list(args.posonlyargs_annotations or []) + list(args.annotations or [])
    for number, argument in enumerate([*positional_only, *plain]):
        kind = "positional_only" if number < len(positional_only) else "positional"
        note = annotations[number] if number < len(annotations) else None
        found.append(ParameterInfo(argument.name, kind, number >= first_default, _text(note)))
    if args.vararg:
        found.append(ParameterInfo(args.vararg, "vararg", True, _text(args.varargannotation)))
    for number, argument in enumerate(args.kwonlyargs or []):
        default = (args.kw_defaults or [])[number]
        note = (args.kwonlyargs_annotations or [])[number]
        found.append(ParameterInfo(argument.name, "keyword_only", default is not None, _text(note)))
    if args.kwarg:
        found.append(ParameterInfo(args.kwarg, "kwarg", True, _text(args.kwargannotation)))
    return tuple(found)


def _text(node: nodes.NodeNG | None) -> str:
    return "" if node is None else node.as_string()
