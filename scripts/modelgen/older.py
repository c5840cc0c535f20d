"""The tables of differences for the oldest supported release: what it lacks, what it alone has, what reads differently.

Runs in an environment with that release. The newest tables are what it is compared with, function by function: a rule
that trial calls under the older release contradict is found anew there, or left open.
"""

from __future__ import annotations

import ast
import random
from typing import Any

import msgspec

from graphlift.models import table
from graphlift.models.answer import _one
from graphlift.models.table import Entry
from modelgen import judge, trials

TRIALS = range(5000, 5024)
ENOUGH = 12
MEMBERS = frozenset(["method", "property"])


def lines(file: str, release: str, entries: dict[str, Entry], found: dict[str, Any]) -> list[str]:
    """The text of the table of differences between `entries`, of an older release, and the newest table `file`."""
    _, newest = table.read(file)
    different = {name: entry for name, entry in entries.items() if _differs(entry, newest.get(name))}
    for name, entry in _contradicted({n: newest[n] for n in entries.keys() & newest.keys()}, found).items():
        different[name] = msgspec.structs.replace(entry, params=entries[name].params)
    # Members of a class may be made at run time: what only the newest release shows is not missing for certain.
    missing = sorted(
        name for name, entry in newest.items() if name not in entries and entry.kind not in MEMBERS
    )
    header = msgspec.json.encode({"release": release, "missing": missing}).decode()
    return [header, *(msgspec.json.encode(different[name]).decode() for name in sorted(different))]


def _differs(older: Entry, newest: Entry | None) -> bool:
    """Whether an entry of the older release says anything else that matters to who calls it."""
    if newest is None:
        # Private machinery of protocol messages.
        return not older.name.endswith(".RegisterExtension")
    if older.kind == "class" and older.params != newest.params:
        return bool(older.params)
    return (older.kind == "function" and older.params != newest.params) or _method_differs(older, newest)


def _method_differs(older: Entry, newest: Entry) -> bool:
    given = {text.partition("=")[0] for text in older.params}
    kept = {text.partition("=")[0] for text in newest.params}
    return older.kind == "method" and given != kept


def _contradicted(entries: dict[str, Entry], found: dict[str, Any]) -> dict[str, Entry]:
    """The functions that give something else than the newest table says."""
    wrong: dict[str, Entry] = {}
    for name, entry in sorted(entries.items()):
        if (
            entry.kind != "function"
            or (not entry.fitted and "tensor(" not in entry.returns)
            or name not in found
        ):
            continue
        if not holds(entry, found[name]):
            wrong[name] = _weaker(entry, found[name])
            print(f"  {name}: {wrong[name].returns}", flush=True)
    return wrong


def holds(entry: Entry, function: Any) -> bool:
    """Whether trial calls agree with what an entry says."""
    host = judge.Silent(2)
    for seed, trial in enumerate(trials.collect(entry, function, TRIALS, enough=ENOUGH)):
        chance = random.Random(seed)
        vague = tuple((given, judge.weakened(value, chance)) for given, value in trial.arguments)
        for given in (trial.arguments, vague):
            inferred = _one(entry, judge.as_arguments(given, entry.params), host, None).value
            if not judge.within(trial.result, inferred):
                return False
    return True


def _weaker(entry: Entry, function: Any) -> Entry:
    """The most that still holds: without the dtypes, without the shapes, without both, or nothing at all."""
    for dtype, shape in ((False, True), (True, False), (False, False)):
        weaker = msgspec.structs.replace(entry, returns=_without(entry.returns, dtype, shape))
        if holds(weaker, function):
            return weaker
    return msgspec.structs.replace(entry, returns="unknown('it is not the same in all releases')")


def _without(returns: str, dtype: bool, shape: bool) -> str:
    tree = ast.parse(returns, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tensor":
            for place, kept in enumerate((dtype, shape)):
                if not kept and place < len(node.args):
                    node.args[place] = ast.Constant(None)
    return ast.unparse(tree)
