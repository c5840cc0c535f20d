"""The table of `tensorflow_probability`: what its distributions are, found by making them of symbolic parameters."""

from __future__ import annotations

import ast
import inspect
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import tensorflow as tf
from tensorflow.python.framework import func_graph

from graphlift.models.table import Entry
from graphlift.values import Tensor, Value, tuple_of
from modelgen import fit, surface
from modelgen.describe import abstract
from modelgen.trials import Trial

ROOT = "tensorflow_probability"
TRIED = frozenset(
    [
        "Bernoulli", "Beta", "Categorical", "Deterministic", "Gamma", "MultivariateNormalDiag", "MultivariateNormalTriL",
        "Normal", "OneHotCategorical", "Poisson", "StudentT", "Uniform",
    ]
)  # fmt: skip
"""The distributions that programs commonly make: those are tried out."""
MODULES = ("distributions", "bijectors", "math")
DISTRIBUTIONS = f"{ROOT}.distributions."
ALTERNATIVES = (
    ("logits", "probs"),
    ("rate", "log_rate"),
    ("scale", "log_scale"),
    ("covariance_matrix", "scale_tril"),
)
"""Parameters of which a distribution takes one."""


def draw(cls: type, seed: int) -> dict[str, Any]:
    """Symbolic arguments for a distribution's constructor, of shapes that belong together."""
    chance = random.Random(f"{cls.__name__}/{seed}")
    dtype = chance.choice(("float32", "float32", "float64"))
    batch = chance.choice(((), (3,), (2, 3), (4, 1)))
    size = chance.choice((2, 3, 5))
    properties = dict(cls.parameter_properties(dtype=tf.as_dtype(dtype)))  # type: ignore[attr-defined]
    for pair in ALTERNATIVES:
        if set(pair) <= set(properties):
            del properties[chance.choice(pair)]
    chosen: dict[str, Any] = {}
    for name, described in properties.items():
        if not described.is_tensor or not isinstance(described.event_ndims, int):
            continue
        if described.event_ndims == 0 and chance.random() < 0.2:
            chosen[name] = 0.5
            continue
        lead = batch[chance.choice((0, 0, 1)) :] if batch else ()
        chosen[name] = tf.compat.v1.placeholder(dtype, (*lead, *(size,) * described.event_ndims))
    return chosen


def observed(cls: Callable[..., Any], arguments: dict[str, Any]) -> Value:
    """The dtype, the shapes and the dtype of the densities of a distribution, as two tensors."""
    made = cls(**arguments)
    density = made.log_prob(made.sample(seed=1))
    batch, event = (tuple(shape.as_list()) for shape in (made.batch_shape, made.event_shape))
    return tuple_of(Tensor(made.dtype.name, batch), Tensor(density.dtype.name, event))


def trial(cls: type, seed: int) -> Trial | None:
    """One distribution that could be made and sampled."""
    with func_graph.FuncGraph("trial").as_default():
        try:
            arguments = draw(cls, seed)
            described = tuple((name, abstract(value)) for name, value in arguments.items())
            return Trial(described, observed(cls, arguments), 1)
        except Exception:  # noqa: BLE001 - a random call may fail in any way; only those that succeed are of interest.
            return None


def fitted(entry: Entry, cls: type) -> Entry | None:
    """The entry of a distribution, or `None` where its shapes do not follow from its parameters."""
    first = [found for seed in range(40) if (found := trial(cls, seed)) is not None]
    second = [found for seed in range(1000, 1040) if (found := trial(cls, seed)) is not None]
    result = fit.settle(entry, first, second)
    if result is None:
        return None
    parts = tensors_of(result.returns)
    if len(parts) != 2:
        return None
    (dtype, batch), (density, event) = parts
    unvaried = tuple(name for name in result.untested if name not in ("validate_args", "allow_nan_stats"))
    return msgspec.structs.replace(
        entry,
        returns=f"distribution({dtype}, {batch}, {event}, {density})",
        untested=unvaried,
        ops=2,
        fitted=True,
    )


def tensors_of(returns: str) -> list[tuple[str, str]]:
    """The dtype and the shape of each tensor in a rule for a tuple of tensors."""
    node = ast.parse(returns, mode="eval").body
    if not isinstance(node, ast.Call) or not all(isinstance(part, ast.Call) for part in node.args):
        return []
    calls = [part for part in node.args if isinstance(part, ast.Call) and len(part.args) == 2]
    return [(ast.unparse(part.args[0]), ast.unparse(part.args[1])) for part in calls]


def entries(root: Any, known: dict[str, Entry]) -> dict[str, Entry]:
    """The public classes and functions of the common modules.

    Distributions are tried out, unless `known` has an entry with the same parameters. Of bijectors and functions the
    parameters are told, and what is written by hand.
    """
    result: dict[str, Entry] = {ROOT: Entry(ROOT, "module")}
    for module in MODULES:
        owner = getattr(root, module)
        path = f"{ROOT}.{module}"
        result[path] = Entry(path, "module")
        public = {f"{path}.{n}": getattr(owner, n) for n in sorted(dir(owner)) if not n.startswith("_")}
        public = {n: v for n, v in public.items() if callable(v)}
        pairs = surface.entries_of(public, lambda _: None)
        classes = {id(value): name for name, (entry, value) in pairs.items() if entry.kind == "class"}
        for name, (entry, value) in pairs.items():
            told = entry
            if inspect.isclass(value):
                bases = tuple(classes[id(base)] for base in value.__mro__[1:] if id(base) in classes)
                told = msgspec.structs.replace(entry, bases=bases)
                if f"{DISTRIBUTIONS}Distribution" in bases and name.rpartition(".")[2] in TRIED:
                    old = known.get(name)
                    same = old is not None and old.params == entry.params
                    told = _with_rule(told, old if same else fitted(told, value))
                    print(f"  {name}: {told.returns or '-'}", flush=True)
            result[name] = told
    return _unambiguous(result)


def _unambiguous(entries: dict[str, Entry]) -> dict[str, Entry]:
    """The entries without the spellings that stand for several of them: wrapped functions share a private name."""
    counts = Counter(alias for entry in entries.values() for alias in entry.aliases)
    return {
        name: msgspec.structs.replace(entry, aliases=tuple(a for a in entry.aliases if counts[a] == 1))
        for name, entry in entries.items()
    }


def _with_rule(entry: Entry, told: Entry | None) -> Entry:
    if told is None or not told.fitted:
        return entry
    return msgspec.structs.replace(
        entry, returns=told.returns, untested=told.untested, ops=told.ops, fitted=True
    )
