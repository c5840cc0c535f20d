"""Find out what TensorFlow does with every function of the programs in `tests/programs`.

    python scripts/judge_programs.py [--python PATH] [--missing] [--no-timing] [PROGRAM ...]

For every `def` (methods and nested functions too), the program runs with all its `tf.function`s taken away
and again with exactly that function as a graph; `graphlift.verify` compares the two and measures their speed. A
function that is traced again and again is judged once more with `reduce_retracing=True` (`relaxed`).
The results go to `tests/programs/truth.json`, one line per function, sorted; programs that aren't named keep
theirs. The file is written after each program, so the script may be interrupted and go on with `--missing`.

It takes some seconds per function. Speed is measured best on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphlift.verify import Judge, Judgement, Limits, Outcome, Plan, Program, Target

PROGRAMS = Path(__file__).resolve().parent.parent / "tests" / "programs"
TRUTH = PROGRAMS / "truth.json"

LONGEST_DETAIL = 160

_VOLATILE = (
    (re.compile(re.escape(str(PROGRAMS)) + "/"), ""),
    (re.compile(r"(/[\w.+-]+)+/site-packages/"), ""),
    (re.compile(r"/tmp/[\w./-]+"), "FILE"),
    (re.compile(r"0x[0-9a-f]+"), "0x…"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Definition:
    """A `def` in a program."""

    path: Path
    qualname: str
    line: int
    decorated: bool


def definitions(path: Path, wrappers: frozenset[str] = frozenset()) -> Iterator[Definition]:
    """All `def`s of one file, in source order; `wrappers` are the program's own decorators that make graphs."""
    tree = ast.parse(path.read_text("utf-8"))
    makers = _tf_function_names(tree) | wrappers
    wrapped = {name for node in ast.walk(tree) for name in _wrapped_name(node, makers)}

    def visit(node: ast.AST, prefix: str) -> Iterator[Definition]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                decorated = child.name in wrapped or any(_makes(d, makers) for d in child.decorator_list)
                yield Definition(path, prefix + child.name, child.lineno, decorated)
                yield from visit(child, f"{prefix}{child.name}.<locals>.")
            elif isinstance(child, ast.ClassDef):
                yield from visit(child, f"{prefix}{child.name}.")
            else:
                yield from visit(child, prefix)

    yield from visit(tree, "")


def graph_wrappers(paths: Sequence[Path]) -> frozenset[str]:
    """The functions of a program that put `tf.function` around what they are given first."""
    found = set()
    for path in paths:
        tree = ast.parse(path.read_text("utf-8"))
        makers = _tf_function_names(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.args.args:
                first = node.args.args[0].arg
                if any(first in _wrapped_name(inner, makers) for inner in ast.walk(node)):
                    found.add(node.name)
    return frozenset(found)


def _tf_function_names(tree: ast.Module) -> set[str]:
    """The names by which a file reaches `tf.function`: aliases and partial applications, too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "tensorflow":
                    root = alias.asname or alias.name
                    names |= {f"{root}.function", f"{root}.compat.v2.function"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "tensorflow":
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "function"}
            names |= {f"{alias.asname or alias.name}.function" for alias in node.names if alias.name == "v2"}
        elif isinstance(node, ast.Assign) and (
            _is_partial(node.value, names) or ast.unparse(node.value) in names
        ):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _is_partial(node: ast.expr, makers: set[str]) -> bool:
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("partial", "functools.partial")
        and bool(node.args)
        and ast.unparse(node.args[0]) in makers
    )


def _makes(node: ast.expr, makers: set[str]) -> bool:
    if isinstance(node, ast.Call):
        return _makes(node.func, makers) or _is_partial(node, makers)
    return ast.unparse(node) in makers


def _wrapped_name(node: ast.AST, makers: set[str]) -> Iterator[str]:
    """The function in `tf.function(self.step)`, by its last name."""
    if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in makers:
        inner = node.args[0]
        if isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.Name):
            yield inner.id


def row(definition: Definition, judgement: Judgement, relaxed: Judgement | None) -> dict[str, Any]:
    """One line of `truth.json`; `relaxed` is the judgement with `reduce_retracing=True`."""
    outcome, detail = judgement.outcome.value, judgement.detail
    if not judgement.calls and judgement.outcome in (Outcome.SAME, Outcome.UNDECIDABLE):
        # A judgement without a call from eager code says nothing about converting this function.
        outcome = "uncalled"
        detail = f"called inside graphs alone, {judgement.in_graph} times" if judgement.in_graph else detail
    what = judgement.difference.what.value if judgement.difference is not None else None
    return {
        "path": definition.path.relative_to(PROGRAMS).as_posix(),
        "qualname": definition.qualname,
        "line": definition.line,
        "decorated": definition.decorated,
        "calls": judgement.calls,
        "in_graph": judgement.in_graph,
        "outcome": outcome,
        "what": what,
        "detail": short(detail),
        "traces": judgement.traces or None,
        "relaxed": relaxed.outcome.value if relaxed is not None else None,
        "ratio": round(judgement.timing.ratio, 2) if judgement.timing is not None else None,
    }


def short(text: str) -> str:
    """A message without what changes from run to run or machine to machine, cut to a line's length."""
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    text = text.strip()
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"


def judge_program(judge: Judge, name: str, timed: bool, limits: Limits) -> list[dict[str, Any]]:
    """The rows of one program."""
    program, rows = Program(root=str(PROGRAMS / name)), []
    paths = sorted((PROGRAMS / name).rglob("*.py"))
    wrappers = graph_wrappers(paths)
    for path in paths:
        for definition in definitions(path, wrappers):
            target = Target(str(path), definition.qualname, definition.line)
            judgement = judge.judge(Plan(program=program, target=target, limits=limits, timed=timed))
            relaxed = None
            if judgement.outcome is Outcome.RETRACES:
                options = {"reduce_retracing": True}
                relaxed = judge.judge(Plan(program=program, target=target, limits=limits, options=options))
            rows.append(row(definition, judgement, relaxed))
    return rows


def load() -> list[dict[str, Any]]:
    """The rows there are."""
    return json.loads(TRUTH.read_text("utf-8")) if TRUTH.exists() else []


def save(rows: Iterable[dict[str, Any]], path: Path = TRUTH) -> None:
    """Write all rows, one per line, by path and line of the `def`."""
    ordered = sorted(rows, key=lambda row: (row["path"], row["line"]))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in ordered)
    scratch = path.with_suffix(".new")
    scratch.write_text(f"[\n{lines}\n]\n", "utf-8")
    scratch.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Judge every function of the programs in tests/programs.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="only these programs")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has TensorFlow")
    parser.add_argument("--missing", action="store_true", help="only programs that have no rows yet")
    parser.add_argument("--no-timing", action="store_true", help="don't measure speed")
    parser.add_argument("--seconds", type=int, default=60, help="processor time that one run may take")
    options = parser.parse_args(arguments)
    entries = json.loads((PROGRAMS / "programs.json").read_text("utf-8"))
    names = [entry["name"] for entry in entries]
    unknown = sorted(set(options.programs) - set(names))
    if unknown:
        print(f"no such program: {', '.join(unknown)}", file=sys.stderr)
        return 2
    wanted = options.programs or names
    if options.missing:
        judged = {row["path"].partition("/")[0] for row in load()}
        wanted = [name for name in wanted if name not in judged]
    with Judge(options.python) as judge:
        for name in wanted:
            started = time.monotonic()
            rows = judge_program(judge, name, not options.no_timing, Limits(seconds=options.seconds))
            listed = {f"{known}/" for known in names if known != name}
            kept = [row for row in load() if row["path"].partition("/")[0] + "/" in listed]
            save([*kept, *rows])
            counts = ", ".join(
                f"{sum(row['outcome'] == outcome for row in rows)} {outcome}"
                for outcome in sorted({row["outcome"] for row in rows})
            )
            print(f"{name}: {len(rows)} functions, {time.monotonic() - started:.0f} s: {counts}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
