"""Finds, for a function's trials, the rules of the models' vocabulary that say its results best.

A rule is kept only when no trial contradicts it; among those, the one that says most wins, and the simplest of
equals. Other trials, with some of what is known forgotten, check the winners afterwards (see the tests).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import msgspec

from graphlift.models import rules
from graphlift.models.call import Call, parsed
from graphlift.models.table import Entry
from graphlift.values import (
    Array,
    Const,
    DType,
    Py,
    Sequence,
    Shape,
    ShapeValue,
    Tensor,
    Value,
)
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


class Roles:
    """What the parameters of a function are, judged by what was given for them."""

    def __init__(self, entry: Entry, trials: list[Trial]) -> None:
        self.names = [text.partition("=")[0] for text in entry.params if not text.startswith("*")]
        given: dict[str, list[Value]] = {name: [] for name in self.names}
        for trial in trials:
            for name, value in trial.arguments:
                given.setdefault(name, []).append(value)
        self.given = given
        self.tensors = [n for n in self.names if self._has(n, Tensor)]
        defaults = parsed(entry.params).defaults
        self.main = [n for n in self.tensors if n not in defaults] or self.tensors
        """The tensors that the function cannot do without: the shape of the result follows from them."""
        self.lists = [n for n in self.names if self._lists_tensors(n)]
        self.dtypes = [n for n in self.names if self._has(n, DType)]
        self.numbers = [n for n in self.names if self._const(n, "int")]
        self.flags = [n for n in self.names if self._const(n, "bool")]
        self.sizes = [n for n in self.names if self._int_list(n)]
        self.axes = [n for n in self.names if n in ("axis", "axes", "dim", "reduction_dimension", "perm")]

    def _has(self, name: str, kind: type) -> bool:
        return any(isinstance(value, kind) for value in self.given[name])

    def _const(self, name: str, kind: str) -> bool:
        return any(isinstance(value, Const) and value.type == kind for value in self.given[name])

    def _lists_tensors(self, name: str) -> bool:
        return any(
            isinstance(value, Sequence) and any(isinstance(item, Tensor) for item in value.items or ())
            for value in self.given[name]
        )

    def _int_list(self, name: str) -> bool:
        return any(
            isinstance(value, Sequence) and all(isinstance(item, Const) for item in value.items or ())
            for value in self.given[name]
        )


def fit(entry: Entry, trials: list[Trial]) -> Fit | None:
    """The expression for a function's results, or `None` where the trials don't tell."""
    if len(trials) < MIN_TRIALS:
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


def _both_flags(seen: set[Value]) -> bool:
    return len({value for value in seen if isinstance(value, Const) and value.type == "bool"}) == 2


def _expression(entry: Entry, trials: list[Trial], results: list[Value], roles: Roles) -> str | None:
    first = results[0]
    if all(isinstance(r, Tensor) for r in results):
        forms = {r.form for r in results if isinstance(r, Tensor)}
        if len(forms) > 1:
            return None
        maker = {"dense": "tensor"}.get(forms.pop())
        # Only dense results follow from shapes and dtypes alone.
        return None if maker is None else _typed(maker, entry, trials, results, roles)
    if all(isinstance(r, Array) for r in results):
        return _typed("array", entry, trials, results, roles)
    if all(r == results[0] for r in results) and isinstance(first, Const) and first.type == "None":
        return "none()"
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
    return f"{maker}({dtype}, {shape})"


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


def family_of(name: str) -> str:
    """Whose rules bring dtypes together in a function: TensorFlow's, NumPy's or Keras 3's."""
    if name.startswith(("tensorflow.experimental.numpy.", "numpy.")):
        return "numpy"
    return "keras" if name.startswith("keras.") else "tensorflow"


def dtype_candidates(roles: Roles, seen: set[str | None], family: str) -> Iterator[str]:
    """Rules for a dtype, simplest first."""
    if len(seen) == 1:
        yield repr(next(iter(seen)))
    bases = [f"dtype({n})" for n in roles.tensors] + [f"elements({n})" for n in roles.lists]
    for count in (2, 3):
        bases += [f"common({', '.join(group)})" for group in itertools.combinations(roles.tensors[:5], count)]
    wrappers = ["real", "complex", "floating", "quotient"]
    if family == "numpy":
        bases = [f"np_dtype({n})" for n in roles.tensors] + [f"np_elements({n})" for n in roles.lists]
        bases += [f"np_common({', '.join(group)})" for group in itertools.combinations(roles.tensors[:4], 2)]
        wrappers = ["np_floating", "np_sum", "np_mean", "real"]
    elif family == "keras":
        for count in (2, 3):
            bases += [
                f"keras_common({', '.join(group)})"
                for group in itertools.combinations(roles.tensors[:4], count)
            ]
        bases += [f"keras_elements({n})" for n in roles.lists]
        wrappers = ["floating", "keras_sum", "real", "complex", "quotient"]
    bases += [f"tensor_dtype({n})" for n in roles.tensors]
    yield from bases
    wrapped = [f"{w}({b})" for b in bases for w in wrappers]
    yield from wrapped
    for name in roles.dtypes:
        yield f"given({name})"
        for fixed in ("float32", "int32", "int64", "bool", "float64", "uint8", "string"):
            yield f"given({name}, '{fixed}')"
        for base in [*bases[:8], *wrapped[:8]]:
            yield f"given({name}, {base})"


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
    distinct = len(set(observed))
    if best.startswith("'") and len(observed) < 8:
        return "None"
    return best if distinct > 1 or best.startswith("'") or len(trials) >= 8 else "None"


# Shapes


def shape_candidates(roles: Roles) -> Iterator[str]:
    """Rules for a shape, simplest first."""
    tensors = roles.tensors[:5]
    yield "scalar()"
    yield from (f"shape({t})" for t in tensors)
    for count in (2, 3, 4):
        yield from (f"broadcast({', '.join(group)})" for group in itertools.combinations(tensors, count))
    yield from (f"merged({', '.join(group)})" for group in itertools.combinations(tensors, 2))
    for t, axis in itertools.product(roles.main[:4], roles.axes):
        yield f"reduce({t}, {axis})"
        yield from (f"reduce({t}, {axis}, {flag})" for flag in roles.flags)
        yield f"expand({t}, {axis})"
        yield f"squeeze({t}, {axis})"
        yield f"without_axis({t}, {axis})"
        yield f"with_dim({t}, {axis})"
        yield f"reduce({t}, either_axis({axis}, 0))"
        yield f"reduce({t}, either_axis({axis}, -1))"
        yield f"transpose({t}, {axis})"
        yield from (f"with_dim({t}, {axis}, {n})" for n in roles.numbers)
    for name in roles.lists:
        yield f"merged_members({name})"
        yield from (f"concat({name}, {axis})" for axis in roles.axes)
        yield from (f"stack({name}, {axis})" for axis in roles.axes)
        yield f"concat({name})"
        yield f"stack({name})"
    tensors = roles.main[:4]
    yield from _one_tensor(tensors, roles)
    yield from _two_tensors(tensors, roles)
    for name in [*roles.sizes, *roles.tensors]:
        yield f"target({name})"
        yield from (f"reshape({t}, {name})" for t in tensors if t != name)
        yield from (f"join(target({name}), shape({t}))" for t in tensors if t != name)
        for rule, kind in (("tile", ("multiples", "reps", "repeats")), ("pad", ("paddings", "pad_width"))):
            yield from (f"{rule}({t}, {name})" for t in tensors if name in kind)
        yield from (f"transpose({t}, {name})" for t in tensors if t != name)
    yield from (f"dims({a})" for a in roles.numbers)
    yield from (f"dims({a}, {b})" for a, b in itertools.permutations(roles.numbers, 2))
    yield from (f"dims({a}, {a})" for a in roles.numbers)
    yield from (f"like_rank({t}{more})" for t in tensors for more in ("", ", 1", ", -1", ", 2"))
    yield from ("dims(2)", "dims(3)", "dims(4)", "dims(None, 2)", "dims(None, 3)", "dims(None, None, 3)")
    yield from (f"ranked({rank})" for rank in range(1, 6))


def _one_tensor(tensors: list[str], roles: Roles) -> Iterator[str]:
    for t in tensors:
        numbers = [n for n in roles.numbers if n != t]
        yield from (f"front({t}, {n})" for n in (1, 2, 3))
        yield from (f"back({t}, {n})" for n in (1, 2, 3))
        yield from (
            f"swap_last({t})",
            f"flat({t})",
            f"diag_part({t})",
            f"transpose({t})",
            f"rank_vector({t})",
        )
        yield from (f"append({t}, dim({t}, -1))", f"append({t}, 1)", f"append({t}, 2)", f"append({t}, 3)")
        for place in (-1, 0, -2, -3, 1):
            yield from (f"with_dim({t}, {place}, {n})" for n in numbers)
            yield from (f"with_dim({t}, {place}, {size})" for size in (1, 3))
            yield from (f"insert({t}, {place}, {n})" for n in numbers)
        for a, b in itertools.permutations(numbers, 2):
            yield f"with_dim(with_dim({t}, -3, {a}), -2, {b})"
            yield f"append(front({t}), {a}, {b})"
        for n in numbers:
            yield from (
                f"append({t}, {n})",
                f"prepend({t}, {n})",
                f"one_hot({t}, {n})",
                f"dims(dim({t}, 0), {n})",
            )
            yield f"append(front({t}), None, {n})"
            yield from (f"one_hot({t}, {n}, {axis})" for axis in roles.axes)
        yield from (f"with_dim({t}, {place})" for place in (-1, 0, -2, 1))
        yield from (f"with_dim(with_dim({t}, {a}), {b})" for a, b in ((-1, -2), (-2, -3), (1, 2)))
        yield from (
            f"append({t}, None)",
            f"prepend({t}, None)",
            f"insert({t}, -2)",
            f"append(front({t}), None, None)",
        )
        yield f"flattened({t})"


def _two_tensors(tensors: list[str], roles: Roles) -> Iterator[str]:
    for a, b in itertools.permutations(tensors, 2):
        yield from (f"matmul({a}, {b})", f"matvec({a}, {b})", f"np_matmul({a}, {b})", f"np_dot({a}, {b})")
        yield from (f"matmul({a}, {b}, {f})" for f in roles.flags)
        yield from (f"matmul({a}, {b}, {f}, {g})" for f, g in itertools.permutations(roles.flags[:4], 2))
        yield from (
            f"gather({a}, {b})",
            f"gather_nd({a}, {b})",
            f"segmented({a}, {b})",
            f"boolean_mask({a}, {b})",
        )
        yield from (f"gather({a}, {b}, {axis})" for axis in roles.axes)
        yield from (f"segmented({a}, {b}, {n})" for n in roles.numbers)
        yield from (f"join(batch_of({a}, {b}), back_two({b}))", f"join(shape({a}), shape({b}))")
        yield from (
            f"join(shape({a}), back({b}))",
            f"join(front({a}), front({b}))",
            f"join(flat({a}), flat({b}))",
        )
        yield from (f"with_dim({a}, -1, dim({b}, -1))", f"with_dim({a}, 0, dim({b}, 0))")
        yield from (f"join(dims({n}), back({a}))" for n in roles.numbers)
        yield from (f"append(broadcast({a}, {b}), 3)", f"append(broadcast({a}, {b}), 2)")
        yield from (f"join(broadcast(front({a}), front({b})), dims(None))",)


def _known(shape: Shape) -> float:
    if shape is None:
        return 0.0
    sizes = sum(isinstance(dim, int) for dim in shape)
    return 0.5 + 0.5 * (sizes / len(shape) if shape else 1.0)


def _agrees(inferred: Shape, seen: Shape) -> bool:
    if inferred is None or seen is None:
        return True
    return len(inferred) == len(seen) and all(
        not isinstance(i, int) or (isinstance(o, int) and i == o) for i, o in zip(inferred, seen, strict=True)
    )


def _best_shape(entry: Entry, trials: list[Trial], observed: list[Shape], roles: Roles) -> str:
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
    return best if score >= 0.25 * len(observed) else "None"
