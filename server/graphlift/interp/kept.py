"""Classes whose call may give an object that was there before: singletons, pools, interned objects."""

from __future__ import annotations

from graphlift.index import DefId
from graphlift.interp.frame import Frame, memoised, own_nodes
from graphlift.syntax import nodes
from graphlift.values import NEVER, Class, Value, options


def may_be_kept(frame: Frame, definition: DefId) -> bool:
    """Whether `cls(…)` may give an object that was made before."""
    from graphlift.interp.objects import find_member

    found = find_member(frame, definition, "__new__")
    if found is not None and found[0] == "function":
        node = frame.analysis.unit(found[1].partition(":")[0]).nodes.get(found[1])
        if node is None or _gives_kept(node):
            return True
    for option in options(_metaclass(frame, definition)):
        if isinstance(option, Class):
            called = find_member(frame, option.definition, "__call__")
            if called is not None and called[0] == "function":
                return True
    return False


def _metaclass(frame: Frame, definition: DefId) -> Value:
    """The metaclass that a class or one of its bases names; nothing where none does."""
    for entry in frame.analysis.query("mro", definition):
        if entry is None or entry.kind != "class":
            continue
        module = entry.target.partition(":")[0]
        node = frame.analysis.unit(module).nodes.get(entry.target)
        written = getattr(node, "_metaclass", None)  # astroid keeps it apart from the other keywords.
        if written is not None:
            named = frame.analysis.query("resolve_name", module, written.as_string())
            return NEVER if named is None else frame.reference_value(named)
    return NEVER


@memoised
def _gives_kept(new: nodes.FunctionDef) -> bool:
    """Whether a `__new__` gives anything but what `super().__new__(…)` has just made."""
    made = {
        target.name
        for node in own_nodes(new)
        if isinstance(node, nodes.Assign) and _makes(node.value)
        for target in node.targets
        if isinstance(target, nodes.AssignName)
    }
    bound = {
        target.name
        for node in own_nodes(new)
        if isinstance(node, nodes.Assign) and not _makes(node.value)
        for target in node.targets
        if isinstance(target, nodes.AssignName)
    }
    returned = [node.value for node in own_nodes(new) if isinstance(node, nodes.Return)]
    return not all(
        _makes(value) or (isinstance(value, nodes.Name) and value.name in made - bound) for value in returned
    )


def _makes(value: nodes.NodeNG | None) -> bool:
    function = value.func if isinstance(value, nodes.Call) else None
    return isinstance(function, nodes.Attribute) and function.attrname == "__new__"
