"""A look inside a settled workspace, for `graphlift debug print` and for the literate tests."""

from __future__ import annotations

from graphlift.ide.workspace import Workspace
from graphlift.index import qualname_of
from graphlift.interp.summary import Context, Effect
from graphlift.resolve import unit
from graphlift.values import display


def _ready(workspace: Workspace, path: str) -> str:
    """Settle the workspace and give the module key of the file."""
    workspace.settle()
    return workspace.key_of(path)


def revealed(workspace: Workspace, path: str) -> list[tuple[int, str]]:
    """Each `reveal_type(…)` of a file by line (1-based), with the value's type; joined over judged functions."""
    key = _ready(workspace, path)
    found: dict[int, dict[str, None]] = {}
    prefix = f"{key}:"
    state = workspace.solver.state
    for (kind, definition, _), outcome in state.outcomes.items():
        judged = kind == "root" or (kind == "run" and definition == f"{key}:<module>")
        if not judged or not definition.startswith(prefix):
            continue
        for entry in outcome.revealed:
            line = _line(workspace, entry.place.definition, entry.place.span.line)
            found.setdefault(line, {})[entry.text] = None
    return [(line, " | ".join(texts)) for line, texts in sorted(found.items())]


def _line(workspace: Workspace, definition: str, relative: int) -> int:
    layout = unit(workspace.db, definition.partition(":")[0]).layouts[definition]
    return layout.first_line + relative - 1


def facts(workspace: Workspace, path: str) -> list[tuple[int, str]]:
    """The effects of each function of a file, as `kind(subject)`, by the line of its `def`."""
    key = _ready(workspace, path)
    found: list[tuple[int, str]] = []
    for definition, layout in unit(workspace.db, key).layouts.items():
        root = workspace.solver.state.roots.get(definition)
        if root is None:
            continue
        found.extend((layout.def_line, _effect(effect)) for effect in root.summary.effects)
        found.append((layout.def_line, f"ops({root.summary.ops})"))
        found.append((layout.def_line, f"returns({display(root.summary.returns)})"))
    return sorted(set(found))


def _effect(effect: Effect) -> str:
    subject = qualname_of(effect.subject) if ":" in effect.subject else effect.subject
    return f"{effect.kind}({subject})" + ("" if effect.certain else "?")


def calls(workspace: Workspace, path: str) -> list[tuple[int, str]]:
    """The callees that were seen at each call of a file, by the line of the call."""
    key = _ready(workspace, path)
    found: dict[tuple[int, str], None] = {}
    for (kind, definition, _), outcome in workspace.solver.state.outcomes.items():
        if kind in ("root", "run") and definition.startswith(f"{key}:"):
            for edge in outcome.edges:
                line = _line(workspace, edge.place.definition, edge.place.span.line)
                found[(line, edge.callee.replace(":", "."))] = None
    return sorted(found)


def executed(workspace: Workspace) -> list[str]:
    """The runs that were really interpreted since `clear_executed`, as `run(module.function)`, each once."""
    return list(dict.fromkeys(workspace.solver.executed))


def clear_executed(workspace: Workspace) -> None:
    """Start a new list of executed runs."""
    workspace.solver.executed.clear()


def entry_of(workspace: Workspace, path: str, qualname: str) -> Context | None:
    """The context in which a function of a file is judged."""
    key = _ready(workspace, path)
    root = workspace.solver.state.roots.get(f"{key}:{qualname}")
    return None if root is None else root.entry.context
