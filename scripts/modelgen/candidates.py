"""The rules that a function's results may follow, made from the roles of its parameters, simplest first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from graphlift.models.call import parsed
from graphlift.models.table import Entry
from graphlift.values import Const, DType, Sequence, Tensor, Value
from modelgen.trials import Trial


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
    yield from (f"dims(dim({t}, -1))" for t in tensors)
    for a, b in itertools.permutations(tensors, 2):
        yield from (f"broadcast(front({a}), front({b}, {n}))" for n in (1, 2))
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
        yield f"loss_shape({a}, {b})"
        yield from (f"with_dim({a}, -1, dim({b}, -1))", f"with_dim({a}, 0, dim({b}, 0))")
        yield from (f"join(dims({n}), back({a}))" for n in roles.numbers)
        yield from (f"append(broadcast({a}, {b}), 3)", f"append(broadcast({a}, {b}), 2)")
        yield from (f"join(broadcast(front({a}), front({b})), dims(None))",)
