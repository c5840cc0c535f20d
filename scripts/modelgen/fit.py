"""Finds, for a function's trials, the rules of the models' vocabulary that say its results best.

A rule is kept only when no trial contradicts it; among those, the one that says most wins, and the simplest of
equals. Other trials, with some of what is known forgotten, check the winners afterwards (see the tests).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

from graphlift.models import rules
from graphlift.models.call import Call, parsed
from graphlift.models.table import Entry
from graphlift.values import (
    NONE,
    Array,
    Const,
    Dataset,
    DType,
    Object,
    Py,
    Sequence,
    Shape,
    ShapeValue,
    Tensor,
    Value,
    const_value,
)
from modelgen.candidates import Roles, dtype_candidates, family_of, shape_candidates
from modelgen.judge import Silent, as_arguments, weakened, within
from modelgen.trials import Trial

MIN_TRIALS = 6
HARMLESS = frozenset(
    {
        "name",
        "seed",
        "parallel_iterations",
        "swap_memory",
        "back_prop",
        "summarize",
        "message",
        "validate_indices",
    }
    | {"validate_args", "deterministic", "allow_nan_stats", "unique", "monitor"}
)
"""Parameters that never change what kind of result comes back."""


class Fit(msgspec.Struct, frozen=True):
    """What was found: the expression, the parameters that the trials did not vary, the number of ops."""

    returns: str
    untested: tuple[str, ...]
    ops: int
    trials: int


def fit(entry: Entry, trials: list[Trial]) -> Fit | None:
    """The expression for a function's results, or `None` where the trials don't tell."""
    if len(trials) < MIN_TRIALS:
        return None
    if unvaried(entry, trials):
        return None
    results = [trial.result for trial in trials]
    roles = Roles(entry, trials)
    expression = _expression(entry, trials, results, roles)
    if expression is None:
        return None
    ops = sorted(trial.ops for trial in trials)[len(trials) // 2]
    return Fit(expression, untested(entry, trials), ops, len(trials))


def settle(entry: Entry, first: list[Trial], second: list[Trial]) -> Fit | None:
    """A fit of the first trials that the second ones confirm, or one of all that holds when less is known too."""
    found = fit(entry, first)
    if found is not None and not holds(entry, found.returns, second):
        found = fit(entry, [*first, *second])
    if found is not None and not holds(entry, found.returns, [*first, *second]):
        return None
    return found


def holds(entry: Entry, returns: str, trials: list[Trial]) -> bool:
    """Whether no trial contradicts an expression, whatever is forgotten of its arguments."""
    host = Silent()
    chance = random.Random(entry.name)
    for trial in trials:
        vague = tuple((name, weakened(value, chance)) for name, value in trial.arguments)
        for arguments in (trial.arguments, vague):
            call = Call(entry.name, entry.params, as_arguments(arguments, entry.params), host)
            if not within(trial.result, rules.evaluate(returns, call)):
                return False
    return True


def untested(entry: Entry, trials: list[Trial]) -> tuple[str, ...]:
    """The parameters with a default that the trials hardly gave: another value may change the result's rule."""
    missing: list[str] = []
    signature = parsed(entry.params)
    for name in signature.names:
        if name in HARMLESS or name not in signature.defaults:
            continue
        seen = {value for trial in trials for given, value in trial.arguments if given == name}
        if len(seen - {signature.defaults[name]}) < 2 and not _both_flags(seen):
            missing.append(name)
    return tuple(missing)


def unvaried(entry: Entry, trials: list[Trial]) -> tuple[str, ...]:
    """The parameters without a default for which all trials gave the same constant: nothing tells what others do."""
    signature = parsed(entry.params)
    found: list[str] = []
    for name in signature.names:
        if name in signature.defaults or name in HARMLESS:
            continue
        seen = {value for trial in trials for given, value in trial.arguments if given == name}
        if len(seen) == 1 and isinstance(next(iter(seen)), Const):
            found.append(name)
    return tuple(found)


def _both_flags(seen: set[Value]) -> bool:
    return len({value for value in seen if isinstance(value, Const) and value.type == "bool"}) == 2


def _expression(entry: Entry, trials: list[Trial], results: list[Value], roles: Roles) -> str | None:
    one_kind = _of_one_kind(entry, trials, results, roles)
    if one_kind is not None or len(trials) < 2 * MIN_TRIALS:
        return one_kind
    # What comes back may have a form of its own where one argument is set, or given at all.
    for rule, split in splits(entry, trials):
        sides: list[str] = []
        for flag in (True, False):
            chosen = [(t, r) for t, r, side in zip(trials, results, split, strict=True) if side is flag]
            side = [trial for trial, _ in chosen]
            found = _of_one_kind(entry, side, [result for _, result in chosen], Roles(entry, side))
            if found is None:
                break
            sides.append(found)
        if len(sides) == 2:
            return f"if_{rule}, {sides[0]}, {sides[1]})"
    return None


def splits(entry: Entry, trials: list[Trial]) -> Iterator[tuple[str, list[bool]]]:
    """Parameters that part the trials in two: where a flag is set, where something is given for `None`.

    Each comes with the start of a conditional rule's text, and for each trial whether it is on the first side.
    """
    defaults = parsed(entry.params).defaults
    for name, default in defaults.items():
        given = [dict(trial.arguments).get(name, default) for trial in trials]
        if all(isinstance(value, Const) and value.type == "bool" for value in given) or (
            default == NONE
            and all(isinstance(value, Const) and value.type in ("bool", "None") for value in given)
        ):
            rule, sides = (
                f"set({name}",
                [const_value(value) is True for value in given if isinstance(value, Const)],
            )
        elif default == NONE:
            rule, sides = f"given({name}", [value != NONE for value in given]
        else:
            continue
        if MIN_TRIALS <= sum(sides) <= len(sides) - MIN_TRIALS:
            yield rule, sides


def _of_one_kind(entry: Entry, trials: list[Trial], results: list[Value], roles: Roles) -> str | None:
    first = results[0]
    if all(isinstance(r, Tensor) for r in results):
        forms = {r.form for r in results if isinstance(r, Tensor)}
        if len(forms) > 1:
            return None
        maker = {"dense": "tensor"}.get(form := forms.pop(), form)
        return _typed(maker, entry, trials, results, roles)
    if all(isinstance(r, Array) for r in results):
        return _typed("array", entry, trials, results, roles)
    if all(isinstance(r, Tensor | Array) for r in results):
        return _like_kind(entry, trials, results, roles)
    if all(isinstance(r, Object) for r in results):
        return _object(results)
    if all(isinstance(r, Dataset) for r in results):
        return "dataset_of(unknown('an element'))"
    if all(r == first for r in results) and isinstance(first, Const) and first.type == "None":
        # Without arguments nothing was varied: what comes back may depend on the state of the process.
        return "none()" if entry.params else None
    types = {r.type for r in results if isinstance(r, Const | Py)}
    if all(isinstance(r, Const | Py) for r in results) and len(types) == 1 and types != {"None"}:
        return f"py('{types.pop()}')"
    if all(isinstance(r, DType) for r in results):
        return "dtype_value()"
    if all(isinstance(r, ShapeValue) for r in results):
        return "shape_value()"
    if all(isinstance(r, Sequence) for r in results):
        return _sequence(entry, trials, results, roles)
    return None


def _object(results: list[Value]) -> str | None:
    """Instances of one library class; an operation of a graph is nothing in eager code."""
    classes = {r.cls for r in results if isinstance(r, Object)}
    if classes == {"tensorflow.Operation"}:
        return "operation()"
    return f"some({classes.pop()!r})" if len(classes) == 1 else None


def _like_kind(entry: Entry, trials: list[Trial], results: list[Value], roles: Roles) -> str | None:
    """A tensor for a tensor, an array for an array."""
    for name in roles.main:
        inputs = [dict(trial.arguments).get(name) for trial in trials]
        if all(type(i) is type(r) for i, r in zip(inputs, results, strict=True)):
            return _typed(f"like_kind({name}, ", entry, trials, results, roles)
    return None


def _sequence(entry: Entry, trials: list[Trial], results: list[Value], roles: Roles) -> str | None:
    found = [r for r in results if isinstance(r, Sequence)]
    if len({(r.type, r.fields, len(r.items or ())) for r in found}) == 1 and found[0].items:
        parts: list[str] = []
        for position in range(len(found[0].items)):
            column = [r.items[position] for r in found if r.items is not None]
            part = _expression(entry, trials, column, roles)
            if part is None:
                return None
            parts.append(part)
        fields = found[0].fields
        if fields:
            named = ", ".join(f"{field}={part}" for field, part in zip(fields, parts, strict=True))
            return f"named('{found[0].type}', {named})"
        return f"{found[0].type}({', '.join(parts)})" if found[0].type in ("tuple", "list") else None
    if {r.type for r in found} != {"list"}:
        return None
    members = [(trial, item) for trial, r in zip(trials, found, strict=True) for item in r.items or ()]
    if not members:
        return None
    inner = _expression(entry, [trial for trial, _ in members], [item for _, item in members], roles)
    return None if inner is None else f"list_of({inner})"


def _typed(maker: str, entry: Entry, trials: list[Trial], results: list[Value], roles: Roles) -> str:
    typed = [r for r in results if isinstance(r, Tensor | Array)]
    dtype = _best_dtype(entry, trials, [r.dtype for r in typed], roles)
    shape = _best_shape(entry, trials, [r.shape for r in typed], roles)
    return f"{maker if '(' in maker else f'{maker}('}{dtype}, {shape})"


def _evaluations(entry: Entry, trials: list[Trial], rule: str, slot: int) -> Iterator[object]:
    """What a rule gives for each trial; the answer stops at a rule that does not apply."""
    text = f"tensor({rule}, None)" if slot == 0 else f"tensor(None, {rule})"
    host = Silent()
    for trial in trials:
        arguments = as_arguments(trial.arguments, entry.params)
        value = rules.evaluate(text, Call(entry.name, entry.params, arguments, host))
        assert isinstance(value, Tensor)
        yield value.dtype if slot == 0 else value.shape


# Dtypes


def _best_dtype(entry: Entry, trials: list[Trial], observed: list[str | None], roles: Roles) -> str:
    best, score = "None", 0.0
    for rule in dtype_candidates(roles, set(observed), family_of(entry.name)):
        total = 0.0
        for inferred, seen in zip(_evaluations(entry, trials, rule, 0), observed, strict=True):
            if inferred is None:
                continue
            if inferred != seen:
                total = -1.0
                break
            total += 1.0
        if total > score:
            best, score = rule, total
        if score >= len(observed):
            break
    table, covered = _mapped(entry, trials, observed, roles)
    if covered > score:
        best = table
    distinct = len(set(observed))
    if best.startswith("'") and len(observed) < 8:
        return "None"
    return best if distinct > 1 or best.startswith("'") or len(trials) >= 8 else "None"


def _mapped(entry: Entry, trials: list[Trial], observed: list[str | None], roles: Roles) -> tuple[str, float]:
    """A rule that lists the result's dtype for each dtype of the operands, and how many trials it covers.

    The fallback for functions that follow no rule of the vocabulary: it is made where the same operands always gave
    the same dtype, and says nothing of a dtype that was seen less than twice.
    """
    best, score = "None", 0.0
    plain = [rule for rule in dtype_candidates(roles, set(), family_of(entry.name)) if rule.count("(") == 1]
    for base in plain[:12]:
        if base.startswith("given("):
            continue
        pairs: dict[str, list[str | None]] = {}
        for operand, seen in zip(_evaluations(entry, trials, base, 0), observed, strict=True):
            if isinstance(operand, str):
                pairs.setdefault(operand, []).append(seen)
        if any(len(set(found)) > 1 for found in pairs.values()):
            continue
        kept = {name: found[0] for name, found in pairs.items() if len(found) > 1 and found[0] is not None}
        total = float(sum(len(pairs[name]) for name in kept))
        if total > score and len(kept) > 1:
            listed = ", ".join(f"{name}='{kept[name]}'" for name in sorted(kept))
            best, score = f"mapped({base}, {listed})", total
    return best, score if score >= 0.5 * len(observed) else 0.0


# Shapes


def _known(shape: object) -> float:
    if not isinstance(shape, tuple):
        return 0.0
    sizes = sum(isinstance(dim, int) for dim in shape)
    return 0.5 + 0.5 * (sizes / len(shape) if shape else 1.0)


def _agrees(inferred: Shape, seen: Shape) -> bool:
    # A rule that says more than TensorFlow's own shape inference has nothing to be checked by.
    if inferred is None or seen is None:
        return inferred is None
    return len(inferred) == len(seen) and all(
        not isinstance(i, int) or (isinstance(o, int) and i == o) for i, o in zip(inferred, seen, strict=True)
    )


def _best_shape(
    entry: Entry, trials: list[Trial], observed: list[Shape], roles: Roles, *, whole: bool = True
) -> str:
    if len(set(observed)) < 3 and len(trials) < 10:
        return "None"
    best, score = "None", 0.0
    ceiling = sum(_known(shape) for shape in observed)
    for rule in shape_candidates(roles):
        total = 0.0
        for inferred, seen in zip(_evaluations(entry, trials, rule, 1), observed, strict=True):
            assert inferred is None or isinstance(inferred, tuple)
            if not _agrees(inferred, seen):
                total = -1.0
                break
            total += _known(inferred)
        if total > score + 1e-9:
            best, score = rule, total
        if score >= ceiling - 1e-9:
            break
    # A rule that says nothing in most trials fits by accident.
    best, score = (best, score) if score >= 0.25 * len(observed) else ("None", 0.0)
    if whole and score < 0.9 * ceiling:
        best = _split_shape(entry, trials, observed, best, score)
    return best


def _split_shape(entry: Entry, trials: list[Trial], observed: list[Shape], best: str, score: float) -> str:
    """A rule with a case for a flag that is set or an argument that is given, where that says clearly more."""
    for rule, split in splits(entry, trials):
        if "dtype" in rule or min(sum(split), len(split) - sum(split)) < 2 * MIN_TRIALS:
            continue
        sides: list[str] = []
        total = 0.0
        for flag in (True, False):
            chosen = [(t, s) for t, s, side in zip(trials, observed, split, strict=True) if side is flag]
            side = [trial for trial, _ in chosen]
            found = _best_shape(entry, side, [shape for _, shape in chosen], Roles(entry, side), whole=False)
            total += sum(_known(shape) for shape in _evaluations(entry, side, found, 1))
            sides.append(found)
        if total > 1.2 * score + 1.0:
            condition = {"set(": "when(", "given(": "when_given("}[rule[: rule.index("(") + 1]]
            best, score = f"{condition}{rule[rule.index('(') + 1 :]}, {sides[0]}, {sides[1]})", total
    return best
