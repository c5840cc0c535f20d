"""How much of a program the analysis sees: verdicts that are not `unknown`, calls whose callee is known.

    python scripts/resolved_calls.py DIRECTORY

Prints one JSON object. A call in a function's body counts as resolved when the called expression's value is known
in the context that the function is judged in: a function, class or bound method of the program or a modelled one.
A call that no path reaches is not counted.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator

from graphlift.ide.workspace import RECURSION_LIMIT, Workspace
from graphlift.interp.watch import watch
from graphlift.resolve import unit
from graphlift.syntax import nodes
from graphlift.values import Unknown, options

STACK = 512 << 20
"""Bytes; expressions of some thousand terms are interpreted recursively."""


def own_calls(scope: nodes.NodeNG) -> Iterator[nodes.Call]:
    """The calls in a function's own body, nested definitions left out."""
    pending = list(getattr(scope, "body", []))
    while pending:
        node = pending.pop()
        if isinstance(node, nodes.FunctionDef | nodes.ClassDef | nodes.Lambda):
            continue
        if isinstance(node, nodes.Call):
            yield node
        pending.extend(node.get_children())


def measure(directory: str) -> dict[str, object]:
    """The counts for all functions under a directory."""
    workspace = Workspace([directory])
    workspace.settle()
    verdicts: Counter[str] = Counter()
    for path in workspace.files():
        verdicts.update(function.verdict.value for function in workspace.report(path).functions)
    calls = resolved = 0
    reasons: Counter[str] = Counter()
    for definition in sorted(workspace.solver.state.roots):
        if definition.startswith("~"):
            continue
        home = unit(workspace.db, definition.partition(":")[0])
        seen = watch(workspace.solver, definition).expressions
        for call in own_calls(home.nodes[definition]):
            value = seen.get(home.parsed.span(call.func))
            if value is None:
                continue
            calls += 1
            unknown = next((o for o in options(value) if isinstance(o, Unknown)), None)
            resolved += unknown is None
            if unknown is not None:
                reasons[unknown.reason] += 1
    functions = sum(verdicts.values())
    return {
        "functions": functions,
        "known_verdicts": functions - verdicts["unknown"],
        "calls": calls,
        "resolved_calls": resolved,
        "reasons": dict(reasons.most_common(12)),
    }


def main() -> int:
    found: list[dict[str, object]] = []
    sys.setrecursionlimit(RECURSION_LIMIT)
    threading.stack_size(STACK)
    thread = threading.Thread(target=lambda: found.append(measure(sys.argv[1])))
    thread.start()
    thread.join()
    if not found:
        return 1
    print(json.dumps(found[0], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
