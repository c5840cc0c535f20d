"""What becomes of a parameter outside its function's own code: in attributes that a constructor sets, and in closures.

Nothing of it needs values: names and positions of texts are enough, so these are queries on units.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from graphlift.engine import Database, query
from graphlift.index import DefId, module_of
from graphlift.resolve.program import QUERIES, own_line, subclasses, unit
from graphlift.syntax import nodes

CALLED = "(training)"
"""The member that a call with the argument `training` counts as."""


class KeptUse(msgspec.Struct, frozen=True):
    """A use of what a parameter was given: `member` is the attribute that is read off it (see `read_member`).

    `text` is how the code reads it, such as `self.model.trainable_variables`.
    """

    parameter: str
    member: str
    text: str


def read_member(node: nodes.Attribute) -> str:
    """The name of the attribute that is read, with a telling argument where it is called with one.

    `run(args)`: many things have a method `run`, but only strategies one that takes a function's arguments as `args`.
    """
    call = node.parent
    if isinstance(call, nodes.Call) and call.func is node:
        if any(keyword.arg == "args" for keyword in call.keywords):
            return f"{node.attrname}(args)"
        if call.args and call.args[0].as_string().rpartition(".")[0].endswith("ReduceOp"):
            return f"{node.attrname}(ReduceOp)"
    name: str = node.attrname
    return name


def _use(node: nodes.NodeNG) -> tuple[str, str] | None:
    """What is read off a name or an attribute, or that it is called as layers are; with the text of it."""
    parent = node.parent
    if isinstance(parent, nodes.Attribute):
        return read_member(parent), parent.as_string()
    if isinstance(parent, nodes.Call) and parent.func is node and is_layer_call(parent):
        return CALLED, f"{node.as_string()}(…, training=…)"
    return None


def is_layer_call(node: nodes.NodeNG) -> bool:
    """Whether a call names the argument `training`, as calls of layers and models do."""
    return isinstance(node, nodes.Call) and any(keyword.arg == "training" for keyword in node.keywords)


@query
def kept_uses(db: Database, definition: DefId) -> tuple[KeptUse, ...]:
    """What methods do with parameters that the constructor keeps, and inner functions with those around them."""
    found = unit(db, module_of(definition))
    node = found.nodes.get(definition)
    info = found.functions.get(definition)
    if not isinstance(node, nodes.FunctionDef) or info is None:
        return ()
    names = frozenset(p.name for p in info.parameters) - _rebound(node)
    uses = dict.fromkeys(_in_closures(node, names))
    if info.in_class and info.name == "__init__":
        uses |= dict.fromkeys(_in_attributes(db, info.parent))
    return tuple(uses)


def _rebound(node: nodes.FunctionDef) -> frozenset[str]:
    """The names that the function's own code assigns."""
    assigned = node.nodes_of_class(
        (nodes.AssignName, nodes.DelName), skip_klass=(nodes.FunctionDef, nodes.Lambda)
    )
    return frozenset(each.name for each in assigned if not isinstance(each.parent, nodes.Arguments))


def _in_closures(node: nodes.FunctionDef, names: frozenset[str]) -> Iterator[KeptUse]:
    for name in node.nodes_of_class(nodes.Name):
        use = _use(name) if name.name in names else None
        if use is not None and _is_free(name, node):
            yield KeptUse(name.name, *use)


def _is_free(name: nodes.Name, outer: nodes.FunctionDef) -> bool:
    """Whether a name in an inner function means the outer function's variable."""
    scope = name.scope()
    if scope is outer:
        return False
    while scope is not None and scope is not outer:
        if name.name in scope.locals and not isinstance(scope, nodes.ClassDef):
            return False
        scope = scope.parent.scope() if scope.parent is not None else None
    return scope is outer


# Attributes


@query
def holders(db: Database, definition: DefId) -> tuple[tuple[str, str], ...]:
    """The attributes that a class's own constructor keeps its parameters in, and the names of these."""
    if _constructor(db, definition) is None:
        return ()
    return tuple(dict(_keepers(db, own_line(db, definition))).items())


def _constructor(db: Database, definition: DefId) -> nodes.FunctionDef | None:
    """The `__init__` that stands in a class's own body."""
    found = unit(db, module_of(definition))
    members = dict(found.classes[definition].members) if definition in found.classes else {}
    node = found.nodes.get(members.get("__init__", ""))
    return node if isinstance(node, nodes.FunctionDef) else None


def _in_attributes(db: Database, own: DefId) -> Iterator[KeptUse]:
    """What the class, what it derives from and what derives from it read off the attributes that keep a parameter."""
    kept = dict(holders(db, own))
    for definition in dict.fromkeys((*own_line(db, own), *subclasses(db, own))) if kept else ():
        for attribute, member, text in self_uses(db, definition):
            if attribute in kept:
                yield KeptUse(kept[attribute], member, text)


def _keepers(db: Database, line: list[DefId]) -> Iterator[tuple[str, str]]:
    """The attributes that the first class's constructor keeps its parameters in, or those that it hands them on to."""
    constructors = [node for each in line if (node := _constructor(db, each)) is not None]
    given: dict[str, str] | None = None
    for node, after in zip(constructors, [*constructors[1:], None], strict=True):
        names = [
            argument.name for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        ]
        if given is None:
            given = {name: name for name in names[1:]}
        kept = set(names) - _rebound(node)
        given = {inner: own for inner, own in given.items() if inner in kept}
        for attribute, name in _assigned(node, names[0] if names else ""):
            if name in given:
                yield attribute, given[name]
        call = _super_call(node)
        if call is None:
            return
        given = _handed_on(call, given, after)


def _assigned(node: nodes.FunctionDef, receiver: str) -> Iterator[tuple[str, str]]:
    """`self.model = model`: the attribute, and the name whose value it is given."""
    for target in node.nodes_of_class(nodes.AssignAttr):
        statement = target.parent
        value = statement.value if isinstance(statement, nodes.Assign | nodes.AnnAssign) else None
        if (
            isinstance(value, nodes.Name)
            and isinstance(target.expr, nodes.Name)
            and target.expr.name == receiver
        ):
            yield target.attrname, value.name


def _super_call(node: nodes.FunctionDef) -> nodes.Call | None:
    for call in node.nodes_of_class(nodes.Call):
        func = call.func
        if (
            isinstance(func, nodes.Attribute)
            and func.attrname == "__init__"
            and isinstance(func.expr, nodes.Call)
            and isinstance(func.expr.func, nodes.Name)
            and func.expr.func.name == "super"
        ):
            found: nodes.Call = call
            return found
    return None


def _handed_on(call: nodes.Call, given: dict[str, str], to: nodes.FunctionDef | None) -> dict[str, str]:
    """The parameters of the next constructor that get one of these."""
    if to is None:
        return {}
    names = [argument.name for argument in (*to.args.posonlyargs, *to.args.args)][1:]
    pairs = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords if k.arg)]
    return {name: given[v.name] for name, v in pairs if isinstance(v, nodes.Name) and v.name in given}


@query
def self_uses(db: Database, definition: DefId) -> tuple[tuple[str, str, str], ...]:
    """What a class's own methods do with the attributes of their object: attribute, what is read off it, the text."""
    node = unit(db, module_of(definition)).nodes.get(definition)
    found: dict[tuple[str, str], str] = {}
    for method in node.body if isinstance(node, nodes.ClassDef) else ():
        arguments = (
            method.args.posonlyargs + method.args.args if isinstance(method, nodes.FunctionDef) else ()
        )
        if not arguments:
            continue
        for inner in method.nodes_of_class(nodes.Attribute):
            use = _use(inner)
            if use and isinstance(inner.expr, nodes.Name) and inner.expr.name == arguments[0].name:
                found.setdefault((inner.attrname, use[0]), use[1])
    return tuple((attribute, member, text) for (attribute, member), text in found.items())


QUERIES["kept_uses"] = kept_uses
