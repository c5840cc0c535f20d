"""One function per table: the lines of its data file."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from graphlift.models import rules, table
from graphlift.models.table import Entry
from graphlift.values import Sequence, Tensor, Value
from modelgen import fit, older, probability, surface, trials
from modelgen.measure import measure

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ASSIGNED = Path(__file__).parent / "assigned"


def assigned(*names: str) -> dict[str, dict[str, Any]]:
    """The hand-written fields of entries, by name, from `assigned/NAME.toml`.

    A plain string stands for `returns`. A `[[group]]` gives its fields to all of its `names`, which may be written
    relative to its `within`. Later lines win over earlier ones, lines for one name over groups.
    """
    result: dict[str, dict[str, Any]] = {}
    for name in names:
        content = tomllib.loads((ASSIGNED / f"{name}.toml").read_text(encoding="utf-8"))
        for group in content.pop("group", []):
            within = group.pop("within", "")
            for member in group.pop("names").split():
                result.setdefault(f"{within}{member}", {}).update(group)
        for key, value in content.items():
            result.setdefault(key, {}).update({"returns": value} if isinstance(value, str) else value)
    return result


def members(entries: dict[str, Entry]) -> None:
    """Fill in what members' names tell of those of which nothing else is written."""
    told = assigned("members")
    for name, entry in entries.items():
        owner, _, leaf = name.rpartition(".")
        if entry.returns or entry.kind not in ("method", "function") or owner not in entries:
            continue
        if leaf == "from_config":
            entries[name] = msgspec.structs.replace(entry, returns=f"some('{owner}')")
            continue
        if entries[owner].kind != "class" or any(_says(entries, base, leaf) for base in entries[owner].bases):
            continue
        if leaf in told and (entry.params or "$" not in told[leaf]["returns"]):
            filled = msgspec.structs.replace(entry, **told[leaf])
            entries[name] = msgspec.structs.replace(filled, returns=in_terms_of(filled, filled.returns))


def _says(entries: dict[str, Entry], owner: str, leaf: str) -> bool:
    found = entries.get(f"{owner}.{leaf}")
    return found is not None and bool(found.returns)


def in_terms_of(entry: Entry, expression: str) -> str:
    """An expression with `$1`, `$2`, … replaced by the names of the entry's parameters, `$NAME` by its own name."""
    names = [text.lstrip("*").partition("=")[0] for text in entry.params if text != "*"]

    def parameter(match: re.Match[str]) -> str:
        position = int(match.group(1)) - 1
        if position >= len(names):
            raise ValueError(f"{entry.name} has no parameter {position + 1}: {entry.params}")
        return names[position]

    return re.sub(r"\$(\d)", parameter, expression.replace("$NAME", repr(entry.name.rpartition(".")[2])))


def apply(entries: dict[str, Entry], fields: dict[str, dict[str, Any]], root: str) -> None:
    """Lay the hand-written fields over the entries; a name that does not exist is made when it says its kind."""
    spellings = {alias: name for name, entry in entries.items() for alias in entry.aliases}
    for spelling, given in fields.items():
        name = spellings.get(spelling, spelling)
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
        present = entries.get(name)
        if present is not None:
            present = msgspec.structs.replace(present, **values)
            entries[name] = msgspec.structs.replace(present, returns=in_terms_of(present, present.returns))
        elif "kind" in values:
            entries[name] = Entry(name, **values)
        elif name.startswith(f"{root}."):
            print(f"  not in this release: {name}")


def lines(release: str, entries: dict[str, Entry]) -> list[str]:
    """The text of a table."""
    result = [msgspec.json.encode({"release": release}).decode()]
    return result + [msgspec.json.encode(entries[name]).decode() for name in sorted(entries)]


def collect(found: dict[str, Any], preferred: Callable[[Any], str | None], root: str) -> dict[str, Entry]:
    """The entries for a public surface, classes with their members."""
    pairs = surface.entries_of(found, preferred)
    canonical = {id(value): name for name, (entry, value) in pairs.items() if entry.kind == "class"}
    entries: dict[str, Entry] = {}
    for name, (entry, value) in pairs.items():
        entries[name] = entry
        if entry.kind == "constant":
            entries[name] = msgspec.structs.replace(entry, returns=surface.constant_expression(value))
        # Classes that a library only hands on (NumPy's scalars, protocol messages) keep their members to themselves.
        own = str(getattr(value, "__module__", "")).partition(".")[0] == root
        if entry.kind == "class" and own and not issubclass(value, BaseException):
            bases, members = surface.members_of(value, name, canonical)
            entries[name] = msgspec.structs.replace(entry, bases=bases)
            entries.update(members)
    return entries


FITTED = {
    "tensorflow": (
        "tensorflow",
        *(
            f"tensorflow.{name}"
            for name in (
                "audio", "bitwise", "data.experimental", "debugging", "dtypes", "experimental", "experimental.numpy",
                "experimental.numpy.random", "feature_column", "image", "io", "linalg", "linalg.experimental", "math",
                "math.special", "nn", "nn.experimental", "quantization", "ragged", "random", "random.experimental", "sets",
                "signal", "sparse", "strings",
            )
        ),
    ),
    "keras": (
        "keras.activations", "keras.backend", "keras.layers", "keras.losses", "keras.metrics",
        "keras.ops", "keras.quantizers", "keras.random", "keras.utils", "keras.utils.bounding_boxes",
    ),
}  # fmt: skip
"""The modules whose functions are tried out. What they hold besides functions of tensors fails in every trial."""

NOT_TRIED = frozenset(
    [
        "tensorflow.load_library",
        "tensorflow.load_op_library",
        "tensorflow.import_graph_def",
        "tensorflow.no_gradient",
        "tensorflow.random.set_seed",
        "tensorflow.random.set_global_generator",
        "tensorflow.random.create_rng_state",
        "tensorflow.experimental.numpy.experimental_enable_numpy_behavior",
        "tensorflow.register_tensor_conversion_function",
        "tensorflow.debugging.set_log_device_placement",
        "tensorflow.debugging.enable_check_numerics",
        "tensorflow.debugging.disable_check_numerics",
        "tensorflow.debugging.enable_traceback_filtering",
        "tensorflow.debugging.disable_traceback_filtering",
        "tensorflow.get_logger",
        "tensorflow.init_scope",
        "keras.backend.clear_session",
        "keras.backend.set_floatx",
        "keras.backend.set_epsilon",
        "keras.backend.set_image_data_format",
        "tensorflow.experimental.numpy.random.seed",
        "keras.models.clone_model",
        "keras.backend.set_learning_phase",
        "keras.backend.reset_uids",
        "keras.backend.gradients",
    ]
)
"""Functions that change the process."""


def fitted(entries: dict[str, Entry], found: dict[str, Any], before: dict[str, Entry], library: str) -> None:
    """Fill in what trial calls tell of functions, where what is written by hand says less.

    What the trials for the table as it was have found, or have not found, is kept where the signature is the same.
    """
    trials.describe_classes({name: value for name, value in found.items() if name in entries})
    for name, entry in entries.items():
        if entry.kind != "function" or all(measure(entry)) or name in NOT_TRIED or name not in found:
            continue
        if not is_tried(name, library) or "io" in entry.flags:
            continue
        known = before.get(name)
        if known is not None and known.params == entry.params:
            told = known if known.fitted else None
        else:
            told = attempted(entry, found[name])
            print(f"  {name}: {told.returns if told else '-'}", flush=True)
        if told is not None and sum(measure(told)) > sum(measure(entry)):
            entries[name] = msgspec.structs.replace(
                entry,
                returns=told.returns,
                untested=told.untested,
                ops=told.ops,
                flags=tuple(dict.fromkeys((*entry.flags, *(f for f in told.flags if f == "composite")))),
                fitted=True,
            )


def is_tried(name: str, library: str) -> bool:
    """Whether the functions of this module are tried out."""
    owner = name.rpartition(".")[0]
    preparing = owner.startswith("keras.applications.") and name.endswith(".preprocess_input")
    return owner in FITTED[library] or preparing


def attempted(entry: Entry, function: Callable[..., Any]) -> Entry | None:
    """The entry as trials of the function tell it, or `None` where they tell nothing."""
    first = trials.collect(entry, function, range(TRIES))
    second = trials.collect(entry, function, range(1000, 1000 + TRIES)) if first else []
    result = fit.settle(entry, first, second)
    if result is None:
        return None
    # The rule may have been chosen with both: others have the last word.
    third = trials.collect(entry, function, range(11000, 11000 + 2 * TRIES), enough=120)
    if not fit.holds(entry, result.returns, third):
        return None
    both = completed(entry.returns, result.returns)
    if both is not None and fit.holds(entry, both, [*first, *second, *third]):
        result = msgspec.structs.replace(result, returns=both)
    flags = entry.flags
    if (
        any(_is_composite(value) for trial in first for _, value in trial.arguments)
        and "composite" not in flags
    ):
        flags = (*flags, "composite")
    return msgspec.structs.replace(
        entry, returns=result.returns, untested=result.untested, ops=result.ops, flags=flags, fitted=True
    )


def completed(written: str, found: str) -> str | None:
    """A tensor's rule of which one part is written by hand and the other was found."""
    parts = [rules.parse(text) for text in (written, found) if text]
    if len(parts) < 2 or not all(_is_tensor_rule(part) for part in parts):
        return None
    one, other = ([ast.unparse(a) for a in part.args] for part in parts if isinstance(part, ast.Call))
    return f"tensor({', '.join(b if a == 'None' else a for a, b in zip(one, other, strict=True))})"


def _is_tensor_rule(node: ast.expr) -> bool:
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tensor"
    return named and isinstance(node, ast.Call) and len(node.args) == 2


def _is_composite(value: Value) -> bool:
    if isinstance(value, Sequence):
        return any(_is_composite(item) for item in value.items or ())
    return isinstance(value, Tensor) and value.form != "dense"


TRIES = 120


def previous(file: str) -> dict[str, Entry]:
    """The entries of the table as it is now, except those that are to be tried out again."""
    if REFIT == "all" or not (resources.files("graphlift.models") / "data" / f"{file}.jsonl").is_file():
        return {}
    entries = table.load(file).entries
    if REFIT == "gaps":
        return {name: entry for name, entry in entries.items() if entry.fitted and all(measure(entry))}
    return {
        name: entry
        for name, entry in entries.items()
        if not any(part in name for part in REFIT.split(",") if part)
    }


REFIT = ""
"""Functions with this (or, between commas, one of these) in their names are tried out again; `all`: every one, `gaps`:
those whose entries lack something."""


def tensorflow() -> list[str]:
    """TensorFlow's own API: `tf.*` apart from `tf.raw_ops` and Keras, and what `tf.compat.v1` shares with it."""
    release, entries, _ = tensorflow_entries()
    return lines(release, entries)


def tensorflow_entries() -> tuple[str, dict[str, Entry], dict[str, Any]]:
    """The installed release, its entries, and the objects that they are about."""
    import tensorflow as tf
    from tensorflow.python.util import tf_export

    def preferred(value: Any) -> str | None:
        name = tf_export.get_canonical_name_for_symbol(value)
        return None if name is None else f"tensorflow.{name}"

    found = dict(surface.public(tf, "tensorflow", "tensorflow"))
    entries = collect(found, preferred, "tensorflow")
    spell_as_before(entries, found, dict(surface.public(tf.compat.v1, "tensorflow.compat.v1", "tensorflow")))
    apply(
        entries,
        assigned(
            "tensorflow",
            "tensorflow_compat",
            "tensorflow_objects",
            "tensorflow_effects",
            "tensorflow_more",
            "tensorflow_kinds",
            "tensorflow_classes",
        ),
        "tensorflow",
    )
    members(entries)
    fitted(entries, found, previous("tensorflow"), "tensorflow")
    return tf.__version__, entries, found


def spell_as_before(entries: dict[str, Entry], found: dict[str, Any], before: dict[str, Any]) -> None:
    """The names of `tf.compat.v1` for the very same functions and classes are other spellings of these."""
    spelled = {alias: name for name, entry in entries.items() for alias in entry.aliases}
    names = {id(value): spelled.get(path, path) for path, value in found.items()}
    for path, value in sorted(before.items()):
        name = names.get(id(value), "")
        if (
            surface.kind_of(value) in ("function", "class")
            and name in entries
            and ".compat." not in path[20:]
        ):
            known = entries[name]
            entries[name] = msgspec.structs.replace(known, aliases=tuple(sorted({*known.aliases, path})))


def _keras(root: Any, name: str, file: str) -> list[str]:
    release, entries, _ = keras_entries(root, name, file)
    return lines(release, entries)


def keras_entries(root: Any, name: str, file: str) -> tuple[str, dict[str, Entry], dict[str, Any]]:
    """The installed release, its entries, and the objects that they are about."""
    found = {"keras" + path[len(name) :]: value for path, value in surface.public(root, name, name)}
    entries = collect(found, lambda _: None, name)
    apply(entries, assigned("keras", "keras_ops", "keras_more", "keras_classes", file), "keras")
    mark_state(entries)
    members(entries)
    fitted(entries, found, previous(file), "keras")
    return root.__version__, entries, found


STATEFUL = ("keras.layers.Layer", "keras.metrics.Metric", "keras.optimizers.Optimizer")
STATELESS = frozenset(
    [
        "Activation",
        "ActivityRegularization",
        "Add",
        "Attention",
        "Average",
        "AveragePooling1D",
        "AveragePooling2D",
        "AveragePooling3D",
        "AdaptiveAveragePooling1D",
        "AdaptiveAveragePooling2D",
        "AdaptiveAveragePooling3D",
        "AdaptiveMaxPooling1D",
        "AdaptiveMaxPooling2D",
        "AdaptiveMaxPooling3D",
        "CategoryEncoding",
        "CenterCrop",
        "Concatenate",
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
        "Dot",
        "ELU",
        "Flatten",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalAveragePooling3D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalMaxPooling3D",
        "Identity",
        "InputLayer",
        "Lambda",
        "LeakyReLU",
        "Masking",
        "MaxPooling1D",
        "MaxPooling2D",
        "MaxPooling3D",
        "Maximum",
        "Minimum",
        "Multiply",
        "Permute",
        "ReLU",
        "RepeatVector",
        "Rescaling",
        "Reshape",
        "Resizing",
        "Softmax",
        "Subtract",
        "ThresholdedReLU",
        "UnitNormalization",
        "UpSampling1D",
        "UpSampling2D",
        "UpSampling3D",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "ZeroPadding3D",
    ]
)
"""Layers that own no variables, so that making one at each call is harmless. A test makes and calls each of them."""


def mark_state(entries: dict[str, Entry]) -> None:
    """Flag the constructors of everything that owns variables."""
    for name, entry in entries.items():
        if entry.kind != "class" or not {*STATEFUL} & {name, *entry.bases}:
            continue
        if name.rpartition(".")[2] not in STATELESS and "creates-state" not in entry.flags:
            entries[name] = msgspec.structs.replace(entry, flags=(*entry.flags, "creates-state"))


def keras3() -> list[str]:
    """Keras 3."""
    import keras

    return _keras(keras, "keras", "keras3")


def keras2() -> list[str]:
    """Keras 2, as `tf_keras` ships it."""
    import tf_keras

    return _keras(tf_keras, "tf_keras", "keras2")


def oldest_tensorflow() -> list[str]:
    """How the oldest supported release differs; to be run where that is installed."""
    release, entries, found = tensorflow_entries()
    return older.lines("tensorflow", release, entries, found)


def oldest_keras2() -> list[str]:
    """How Keras 2 of the oldest supported release differs; to be run where that is installed."""
    import tf_keras

    release, entries, found = keras_entries(tf_keras, "tf_keras", "keras2")
    return older.lines("keras2", release, entries, found)


NUMPY_UNTOLD = {"where", "like", "ndmin", "out", "initial"}
"""Parameters of NumPy's functions that no rule reads although they change the result."""


def numpy() -> list[str]:
    """NumPy."""
    import numpy as np

    found = dict(surface.public(np, "numpy", "numpy"))
    entries = collect(found, lambda _: None, "numpy")
    apply(entries, assigned("numpy", "numpy_more"), "numpy")
    for name, entry in entries.items():
        if entry.returns and entry.kind == "function":
            given = {text.partition("=")[0] for text in entry.params} & NUMPY_UNTOLD
            entries[name] = msgspec.structs.replace(entry, untested=tuple(sorted(given)))
            if not entry.flags and trials.takes_symbolic(found[name]):
                entries[name] = msgspec.structs.replace(entries[name], flags=("takes-symbolic",))
    return lines(np.__version__, entries)


def tensorflow_probability() -> list[str]:
    """`tensorflow_probability`: distributions, bijectors and mathematical functions."""
    import tensorflow_probability as tfp

    known = previous("probability")
    entries = probability.entries(tfp, known)
    apply(entries, assigned("probability"), probability.ROOT)
    return lines(tfp.__version__, entries)


def libraries() -> list[str]:
    """The standard library and other packages: all of it is written by hand."""
    entries: dict[str, Entry] = {}
    apply(entries, assigned("libraries"), "")
    return lines("", entries)


TABLES: dict[str, Callable[[], list[str]]] = {
    "tensorflow": tensorflow,
    "keras3": keras3,
    "keras2": keras2,
    "numpy": numpy,
    "libraries": libraries,
}

ELSEWHERE: dict[str, Callable[[], list[str]]] = {
    "probability": tensorflow_probability,
    f"tensorflow-{table.OLDEST}": oldest_tensorflow,
    f"keras2-{table.OLDEST}": oldest_keras2,
}
"""The tables that need what the tests do not install: the oldest release, and `tensorflow_probability`."""
