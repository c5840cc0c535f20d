"""The program under analysis: its files, their units, and names resolved to definitions.

Every file has a *key*, the dotted form of its path below the root that holds it (`pkg.train` for
`pkg/train.py`, `pkg` for `pkg/__init__.py`): unique by construction, unlike import names, of which one file may
have several. Files of installed packages that are reached by imports have keys that start with `~`.

Inputs are the texts and the set of files; all else here is derived by memoised queries.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec

from graphlift.engine import Database, input_query, query
from graphlift.index import ClassInfo, DefId, FunctionInfo, ModuleIndex, Unit, build_unit, module_of
from graphlift.syntax import nodes, parse


class Files(msgspec.Struct, frozen=True):
    """The files of the program: keys to paths, the directories that imports search, installed ones last.

    `starts` are the key prefixes of the workspace's folders where absolute imports start. `opaque` are top-level
    names of libraries that models describe: their sources are never read.
    """

    paths: dict[str, str] = {}
    starts: tuple[str, ...] = ("",)
    search: tuple[str, ...] = ()
    opaque: frozenset[str] = frozenset()


class Reference(msgspec.Struct, frozen=True):
    """What a dotted name refers to. `kind`: `module`, `class`, `function`, `variable` or `external`.

    `target` is a module key, a `DefId`, `MODULE:NAME` for a variable, or an external dotted name.
    """

    kind: str
    target: str


@input_query
def source_text(_: Database, path: str) -> str:
    """The text of a file; a file that was never set is read from the disk once (installed packages)."""
    try:
        return Path(path).read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


@input_query
def files(_: Database, __: str) -> Files:
    """The set of files."""
    return Files()


class _UnitBox:
    """A unit compared by the text it came from, so that an equal text cuts off its dependents."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _UnitBox) and self.unit.parsed.text == other.unit.parsed.text

    def __hash__(self) -> int:
        return hash(self.unit.parsed.text)


@query
def path_of(db: Database, key: str) -> str:
    """The path of the file with this key; empty when there is none."""
    known: Files = files(db, "")
    if key.startswith("~"):
        return _find_file(key[1:], known.search) or ""
    return known.paths.get(key, "")


@query
def _unit_box(db: Database, key: str) -> _UnitBox:
    path = path_of(db, key)
    text = source_text(db, path) if path else ""
    return _UnitBox(build_unit(key, path, parse(text, key, path)))


def unit(db: Database, key: str) -> Unit:
    """The parsed and indexed module with this key."""
    box: _UnitBox = _unit_box(db, key)
    return box.unit


@query
def module_index(db: Database, key: str) -> ModuleIndex:
    """The index of a module: equal after an edit inside bodies."""
    return unit(db, key).index


@query
def function_info(db: Database, definition: DefId) -> FunctionInfo | None:
    """The signature of a function; `None` when there is no such function (any more)."""
    return unit(db, module_of(definition)).functions.get(definition)


@query
def class_info(db: Database, definition: DefId) -> ClassInfo | None:
    """The index entry of a class; `None` when there is no such class (any more)."""
    return unit(db, module_of(definition)).classes.get(definition)


@query
def fingerprint(db: Database, definition: DefId) -> str:
    """The source text of a definition; empty when it is gone. Equal wherever the definition stands."""
    found = unit(db, module_of(definition))
    return found.fingerprint(definition) if definition in found.layouts else ""


@query
def alias_text(db: Database, module: str, name: str) -> str:
    """The source text of what a module's top level assigns to a name once and for all; empty otherwise.

    For type aliases, type variables and the like, whose meaning is in how they are written.
    """
    tree = unit(db, module).parsed.tree
    found = [] if tree is None else [text for text in map(_assigned(name), tree.body) if text is not None]
    return found[0] if len(found) == 1 else ""


def _assigned(name: str) -> Callable[[nodes.NodeNG], str | None]:
    """The text that a statement assigns to the name; `None` for statements that do not assign it."""

    def text(statement: nodes.NodeNG) -> str | None:
        targets: list[nodes.NodeNG] = []
        if isinstance(statement, nodes.Assign):
            targets = statement.targets
        elif isinstance(statement, nodes.AnnAssign):
            targets = [statement.target]
        elif isinstance(statement, nodes.TypeAlias):
            targets = [statement.name]
        if not any(isinstance(t, nodes.AssignName) and t.name == name for t in targets):
            return None
        return "" if statement.value is None else str(statement.value.as_string())

    return text


@query
def exported(db: Database, definition: DefId) -> bool:
    """Whether a function or method is part of its package's public surface, so that others may call it.

    That is said by `__all__` of its module or by a package around it whose `__init__` binds the name. Names with an
    underscore in front are private.
    """
    module, _, qualname = definition.partition(":")
    parts = qualname.split(".")
    private = [part for part in parts if part.startswith("_") and not part.endswith("__")]
    if private or "<locals>" in parts or module.startswith("~"):
        return False
    own: ModuleIndex = module_index(db, module)
    if parts[0] in (own.exports or ()):
        return True
    known: Files = files(db, "")
    packages = [".".join(module.split(".")[:depth]) for depth in range(1, module.count(".") + 2)]
    for package in packages:
        if package in known.paths and module_index(db, package).is_package:
            found = resolve_name(db, package, parts[0])
            if found is not None and found.target == f"{module}:{parts[0]}":
                return True
    return False


@query
def find_module(db: Database, importer: str, dotted: str) -> Reference | None:
    """The module that `import dotted` means in the module `importer`; leading dots are relative imports."""
    known: Files = files(db, "")
    if dotted.startswith("."):
        return _relative(db, importer, dotted)
    top = dotted.partition(".")[0]
    local = _in_workspace(known, importer, dotted)
    if local is not None and (top not in known.opaque or known.paths[local].endswith("__init__.py")):
        return Reference("module", local)
    if top in known.opaque or _in_workspace(known, importer, top) is not None:
        return Reference("external", dotted) if top in known.opaque else None
    if _find_file(dotted, known.search) is not None:
        return Reference("module", f"~{dotted}")
    return Reference("external", dotted)


def _in_workspace(known: Files, importer: str, dotted: str) -> str | None:
    """The key of a workspace module, sought where Python would seek it; see `_prefixes`."""
    for prefix in _prefixes(known, importer, dotted.partition(".")[0]):
        key = f"{prefix}.{dotted}" if prefix else dotted
        if key in known.paths:
            return key
    return None


def _prefixes(known: Files, importer: str, top: str) -> list[str]:
    """Key prefixes of the folders to search for the top-level module `top`, in order.

    First the folder that is on `sys.path` when the importer runs: its own, or the one that holds its outermost
    package. Then the workspace's roots and their `src`, then the folders between, for programs that are started
    there or that change `sys.path`. Inside a package (`tests/unit/` beside `tests/lib/`) a package at a root goes
    before one beside the importer's: it is the one that is installed.
    """
    parts = importer.lstrip("~").split(".")
    if not _is_package(known, importer):
        parts = parts[:-1]
    ancestors = [".".join(parts[:n]) for n in range(len(parts), -1, -1)]
    outermost = len(parts)
    while outermost and _is_package(known, ".".join(parts[:outermost])):
        outermost -= 1
    own = ".".join(parts[:outermost])
    starts = [prefix for start in known.starts for prefix in (start, f"{start}.src" if start else "src")]
    installed = any(_is_package(known, f"{start}.{top}" if start else top) for start in starts)
    first = [*starts, own] if outermost < len(parts) and installed else [own, *starts]
    between = [] if top in sys.stdlib_module_names else ancestors  # A package's `typing` is not `typing`.
    return list(dict.fromkeys([*first, *between]))


def _is_package(known: Files, key: str) -> bool:
    return known.paths.get(key, "").endswith("__init__.py")


def _relative(db: Database, importer: str, dotted: str) -> Reference | None:
    level = len(dotted) - len(dotted.lstrip("."))
    rest = dotted[level:]
    installed = importer.startswith("~")
    parts = importer.lstrip("~").split(".")
    path = path_of(db, importer)
    if path.endswith("__init__.py"):
        level -= 1
    if level > len(parts):
        return None
    base = parts[: len(parts) - level] if level else parts
    name = ".".join([*base, rest] if rest else base)
    for key in (f"~{name}",) if installed else (name, f"~{name}"):
        if path_of(db, key):
            return Reference("module", key)
    return None


def _find_file(dotted: str, search: tuple[str, ...]) -> str | None:
    relative = PurePosixPath(*dotted.split("."))
    for directory in search:
        base = Path(directory)
        for candidate in (base / relative / "__init__.py", base / f"{relative}.py"):
            if candidate.is_file():
                return str(candidate)
    return None


@query
def resolve_name(db: Database, module: str, dotted: str) -> Reference | None:
    """What a dotted name means at the top level of a module, by definitions and imports alone.

    Follows re-exports and star imports through other modules. `None` when the name is bound in a way that only
    running the code would show, or not bound at all.
    """
    return _resolve(db, module, dotted, frozenset())


def _resolve(db: Database, module: str, dotted: str, seen: frozenset[tuple[str, str]]) -> Reference | None:
    if (module, dotted) in seen:
        return None
    seen |= {(module, dotted)}
    head, _, rest = dotted.partition(".")
    found = _binding(db, module, head, seen)
    while found is not None and rest:
        head, _, rest = rest.partition(".")
        found = _member(db, found, head, seen)
    return found


def _binding(db: Database, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Reference | None:
    index: ModuleIndex = module_index(db, module)
    body = f"{module}:<module>"
    for function in index.functions:
        if function.name == name and function.parent == body and not function.is_lambda:
            return Reference("function", function.id)
    for cls in index.classes:
        if cls.name == name and cls.parent == body:
            return Reference("class", cls.id)
    for bound in index.imports:
        if bound.name == name and bound.scope == body:
            found = _import(db, module, bound.module, bound.attribute, seen)
            if found is not None:
                return found
    if name in index.bindings:
        return Reference("variable", f"{module}:{name}")
    for starred, scope in index.star_imports:
        target = find_module(db, module, starred) if scope == body else None
        if target is not None and target.kind == "module" and target.target != module:
            found = _resolve(db, target.target, name, seen)
            if found is not None:
                return found
    return None


def _import(
    db: Database, module: str, dotted: str, attribute: str, seen: frozenset[tuple[str, str]]
) -> Reference | None:
    target = find_module(db, module, dotted)
    if target is None or not attribute:
        return target
    return _member(db, target, attribute, seen)


def _member(db: Database, owner: Reference, name: str, seen: frozenset[tuple[str, str]]) -> Reference | None:
    if owner.kind == "external":
        return Reference("external", f"{owner.target}.{name}")
    if owner.kind == "class":
        info = class_info(db, owner.target)
        member = dict(info.members).get(name) if info is not None else None
        return Reference("function", member) if member else None
    if owner.kind != "module":
        return None
    found = _resolve(db, owner.target, name, seen)
    if found is not None:
        return found
    child = f"{owner.target}.{name}"
    return Reference("module", child) if path_of(db, child) else None


class Hierarchy(msgspec.Struct, frozen=True):
    """Who derives from whom in the workspace: direct subclasses by class."""

    subclasses: dict[DefId, tuple[DefId, ...]] = {}


@query
def bases_of(db: Database, definition: DefId) -> tuple[Reference | None, ...]:
    """The direct bases of a class, in order; `None` for a base that cannot be resolved."""
    info = class_info(db, definition)
    if info is None:
        return ()
    module = module_of(definition)
    return tuple(_base(db, module, base) for base in info.bases)


def _base(db: Database, module: str, text: str) -> Reference | None:
    """What a base class expression refers to; a named tuple that is made in its place is `typing.NamedTuple`."""
    name = _dotted(text)
    if name:
        return resolve_name(db, module, name)
    maker = resolve_name(db, module, _dotted(text.partition("(")[0])) if "(" in text else None
    made = maker is not None and maker.kind == "external" and maker.target in NAMED_TUPLE_MAKERS
    return Reference("external", "typing.NamedTuple") if made else None


NAMED_TUPLE_MAKERS = ("typing.NamedTuple", "collections.namedtuple")


def _dotted(text: str) -> str:
    """A base class expression as a dotted name; `Generic[T]`-like subscripts fall away."""
    name = text.partition("[")[0]
    return name if all(part.isidentifier() for part in name.split(".")) else ""


@query
def mro(db: Database, definition: DefId) -> tuple[Reference | None, ...]:
    """The method resolution order of a class, itself first; `None` stands for a base that cannot be resolved."""
    return tuple(_linearise(db, definition, frozenset()))


@query
def attribute_hooks(db: Database, definition: DefId) -> tuple[str, ...]:
    """Which methods that take part in attribute access a class or one of its bases of the program defines."""
    found: set[str] = set()
    for entry in mro(db, definition):
        info = class_info(db, entry.target) if entry is not None and entry.kind == "class" else None
        if info is not None:
            found |= {name for name, target in info.members if target} & ATTRIBUTE_HOOKS
    return tuple(sorted(found))


ATTRIBUTE_HOOKS = frozenset(
    {"__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__get__", "__set__", "__delete__"}
)


def _linearise(db: Database, definition: DefId, seen: frozenset[DefId]) -> list[Reference | None]:
    own = Reference("class", definition)
    if definition in seen:
        return [own]
    seen |= {definition}
    bases = list(bases_of(db, definition))
    lines = [
        _linearise(db, base.target, seen) if base is not None and base.kind == "class" else [base]
        for base in bases
    ]
    return [own, *_merge([*lines, list(bases)])]


def _merge(lines: list[list[Reference | None]]) -> list[Reference | None]:
    """C3; where the order is inconsistent (Python would refuse the class) the first candidate is taken."""
    result: list[Reference | None] = []
    lines = [list(line) for line in lines if line]
    while lines:
        chosen = lines[0][0]
        for line in lines:
            if all(line[0] not in other[1:] for other in lines):
                chosen = line[0]
                break
        result.append(chosen)
        lines = [[entry for entry in line if entry != chosen] for line in lines]
        lines = [line for line in lines if line]
    return result


@query
def hierarchy(db: Database, _: str) -> Hierarchy:
    """The subclasses of every class of the workspace."""
    known: Files = files(db, "")
    found: dict[DefId, list[DefId]] = {}
    for key in sorted(known.paths):
        for cls in module_index(db, key).classes:
            for base in bases_of(db, cls.id):
                if base is not None and base.kind == "class":
                    found.setdefault(base.target, []).append(cls.id)
    return Hierarchy({name: tuple(subs) for name, subs in sorted(found.items())})


@query
def subclasses(db: Database, definition: DefId) -> tuple[DefId, ...]:
    """All subclasses of a class in the workspace, transitively."""
    table: Hierarchy = hierarchy(db, "")
    result: dict[DefId, None] = {}
    pending = list(table.subclasses.get(definition, ()))
    while pending:
        current = pending.pop(0)
        if current not in result:
            result[current] = None
            pending.extend(table.subclasses.get(current, ()))
    return tuple(result)


def own_line(db: Database, definition: DefId) -> list[DefId]:
    """A class and those that it derives from, in the order of lookup; of the program alone, not of libraries."""
    return [entry.target for entry in mro(db, definition) if entry is not None and entry.kind == "class"]


@query
def library_heirs(db: Database, _: str) -> tuple[tuple[DefId, str], ...]:
    """The classes of the workspace that derive from a class of a library, directly or not, with that class's name."""
    known: Files = files(db, "")
    found: list[tuple[DefId, str]] = []
    for key in sorted(known.paths):
        for cls in module_index(db, key).classes:
            outside = [b.target for b in mro(db, cls.id) if b is not None and b.kind == "external"]
            found += [(cls.id, target) for target in outside]
    return tuple(found)


QUERIES: dict[str, Callable[..., object]] = {
    "module_index": module_index,
    "function_info": function_info,
    "class_info": class_info,
    "fingerprint": fingerprint,
    "alias_text": alias_text,
    "exported": exported,
    "find_module": find_module,
    "resolve_name": resolve_name,
    "bases_of": bases_of,
    "mro": mro,
    "attribute_hooks": attribute_hooks,
    "subclasses": subclasses,
    "library_heirs": library_heirs,
}
"""The queries that interpreter runs read, by name: their answers are part of what a run depends on."""
