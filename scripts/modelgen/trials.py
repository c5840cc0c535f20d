"""Trial calls: a library function run on symbolic inputs, with what went in and what came out as abstract values.

A call is traced into a fresh graph: nothing is computed, and TensorFlow's own shape inference tells the result.
Arguments are drawn by parameter name from a seeded generator, so that a run repeats.
"""

from __future__ import annotations

import ast
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import tensorflow as tf
from tensorflow.python.framework import func_graph

from graphlift.models.table import Entry
from graphlift.values import Value
from modelgen.describe import LIBRARY_CLASSES
from modelgen.describe import abstract as abstract

DTYPES = (
    ("float32",) * 6
    + ("int32",) * 3
    + ("float64", "int64", "bool", "string", "complex64", "uint8", "float16")
)


class Trial(msgspec.Struct, frozen=True):
    """One call that TensorFlow accepted."""

    arguments: tuple[tuple[str, Value], ...]
    result: Value
    ops: int


ARRAY_MODULES = ("keras.utils.", "keras.preprocessing.", "keras.applications.")
"""Modules whose functions take arrays as well as tensors, and give what they got."""
SPARSE_NAMES = frozenset(["sparse_tensor", "sp_a", "sp_b", "sp_inputs", "hypothesis", "truth", "sp_ids"])


def _wants_sparse(function: str, parameter: str) -> bool:
    if parameter.startswith("sp_input") or parameter in SPARSE_NAMES:
        return True
    sparse = function.startswith(("tensorflow.sparse.", "tensorflow.sets."))
    return sparse and parameter in ("a", "st", "sparse_tensor", "sp")


class Draw:
    """A source of arguments for one trial. All tensors of a trial tend to share a dtype and a shape."""

    def __init__(self, seed: int, entry: Entry) -> None:
        self.random = random.Random(f"{entry.name}/{seed}")
        self.entry = entry
        self.mixes = entry.name.startswith(("keras.", "numpy.", "tensorflow.experimental.numpy."))
        """Whether the function brings different dtypes together by itself."""
        self.takes_arrays = entry.name.startswith(ARRAY_MODULES)
        self.array = seed % 2 == 1
        """Whether this trial's tensors are NumPy arrays, where a function takes either."""
        self.dtype = self.random.choice(DTYPES)
        self.rank = self.random.choice((0, 1, 1, 2, 2, 2, 3, 3, 4))
        if "image" in entry.name:
            self.rank = self.random.choice((3, 4))
            self.dtype = self.random.choice(("float32", "float32", "uint8", "float64"))
        self.shape = [self.random.choice((1, 2, 3, 3, 4, 5)) for _ in range(self.rank)]
        if "image" in entry.name:
            self.shape[-1] = self.random.choice((1, 3, 3, 3))
        if self.random.random() < 0.2 and self.rank >= 2:
            self.shape[-1] = self.shape[-2]
        if entry.name.endswith(("ssim", "psnr", "ssim_multiscale")):
            self.shape = [self.random.choice((1, 2)), 16, 17, self.random.choice((1, 3))][-self.rank :]
        if _is_string_function(entry.name):
            self.dtype = "string"

    def pick(self, *choices: Any) -> Any:
        """One of the choices."""
        return self.random.choice(choices)

    def tensor(self, dtype: str | None = None, shape: list[int] | None = None) -> Any:
        """A symbolic tensor, or an array for NumPy's functions."""
        name, sizes = dtype or self.dtype, self.shape if shape is None else shape
        if self.entry.name.startswith("numpy.") or (self.takes_arrays and self.array):
            return np.ones(sizes, "float32" if name == "string" else name)
        return tf.compat.v1.placeholder(name, sizes)

    def sparse(self) -> Any:
        """A symbolic sparse tensor of this trial's dtype and shape."""
        return tf.compat.v1.sparse_placeholder(self.dtype, self.shape)

    def operand(self) -> Any:
        """A tensor like the others of this trial, or one that broadcasts against them, or a Python number."""
        chance = self.random.random()
        if self.mixes and self.random.random() < 0.25:
            return self.tensor(self.pick("float32", "int32", "bool", "float64", "int64", "float16", "uint8"))
        if chance < 0.62:
            return self.tensor()
        if chance < 0.76:
            return self.tensor(shape=[self.pick(1, d) for d in self.shape[self.pick(0, 0, 1) :]])
        if chance < 0.86:
            numbers = {"int32": 2, "int64": 2, "uint8": 2, "bool": True, "string": "a", "complex64": 1.0}
            return numbers.get(self.dtype, 0.5)
        if chance < 0.93:
            return self.tensor(shape=[self.pick(1, 2, 3) for _ in range(self.pick(1, 2, 3))])
        kind = {"string": "object"}.get(self.dtype, self.dtype)
        return np.zeros(self.shape, kind) if kind != "object" else self.tensor()


def _is_string_function(name: str) -> bool:
    return name.startswith(("tensorflow.strings.", "tensorflow.io.decode_")) or name.endswith("decode_base64")


def _axis(draw: Draw) -> Any:
    rank = max(draw.rank, 1)
    return draw.pick(*range(-rank, rank), None, [0], [-1], list(range(rank)))


def _sizes(draw: Draw) -> Any:
    sizes = [draw.pick(1, 2, 3, 4) for _ in range(draw.pick(0, 1, 2, 2, 3))]
    return draw.pick(sizes, sizes, tuple(sizes), list(draw.shape))


def _reshaped(draw: Draw) -> Any:
    shuffled = list(draw.shape)
    draw.random.shuffle(shuffled)
    return draw.pick(shuffled, [-1], [*shuffled[:-1], -1] if shuffled else [], _sizes(draw))


def _floats(draw: Draw) -> Any:
    return draw.pick(0.1, 0.5, 1.0, 2.0)


def _dtype(draw: Draw) -> Any:
    return tf.as_dtype(
        draw.pick("float32", "float64", "int32", "int64", "bool", "float16", "complex64", "string")
    )


def _int(draw: Draw) -> Any:
    return draw.pick(1, 2, 3, 4)


def _index_dtype(draw: Draw) -> Any:
    return draw.pick(tf.int32, tf.int64)


def _int_tensor(draw: Draw) -> Any:
    kind = draw.pick("int32", "int64")
    lead = draw.shape[: draw.pick(0, 1, 1, 2)]
    return draw.tensor(kind, draw.pick(list(draw.shape), lead, [draw.pick(1, 2, 3)], []))


def _ids(draw: Draw) -> Any:
    return draw.tensor(draw.pick("int32", "int64"), draw.pick(draw.shape[:1] or [3], list(draw.shape)))


def _mask(draw: Draw) -> Any:
    return draw.tensor("bool", draw.pick(list(draw.shape), draw.shape[:1], draw.shape[:2]))


def _list(draw: Draw) -> Any:
    return [draw.tensor() for _ in range(draw.pick(1, 2, 3))]


def _window(draw: Draw) -> Any:
    return draw.pick(1, 2, 3, [1, 2, 2, 1], [2, 2], [1, 1, 1, 1], [1, 3, 3, 1], [3], [1, 2, 2, 2, 1])


def _perm(draw: Draw) -> Any:
    order = list(range(draw.rank))
    draw.random.shuffle(order)
    return draw.pick(order, None)


def _pads(draw: Draw) -> Any:
    return [[draw.pick(0, 1, 2), draw.pick(0, 1)] for _ in range(draw.rank)]


def _stateless_seed(draw: Draw) -> Any:
    return draw.pick([1, 2], draw.tensor("int32", [2]))


def _box_format(draw: Draw) -> Any:
    return draw.pick("xyxy", "yxyx", "xywh", "center_xywh")


def _boxes(draw: Draw) -> Any:
    return draw.tensor("float32", draw.pick([2, 4], [3, 4], [2, 3, 4]))


def _floating(draw: Draw) -> Any:
    return draw.tensor(draw.pick("float32", "float32", "float64"))


BY_NAME: dict[str, Callable[[Draw], Any]] = {
    **dict.fromkeys(("axis", "axes", "dim", "reduction_dimension", "batch_axis", "normalize_axis"), _axis),
    **dict.fromkeys(
        ("axis1", "axis2", "source", "destination"), lambda d: d.pick(*range(-max(d.rank, 1), max(d.rank, 1)))
    ),
    **dict.fromkeys(("dtype", "output_dtype", "Tout", "type"), _dtype),
    **dict.fromkeys(
        ("out_type", "output_type", "index_type", "out_idx", "row_splits_dtype", "int_type"), _index_dtype
    ),
    **dict.fromkeys(("shape", "dims", "dense_shape", "batch_shape"), _sizes),
    "newshape": _reshaped,
    **dict.fromkeys(("perm",), _perm),
    **dict.fromkeys(("paddings", "pad_width"), _pads),
    **dict.fromkeys(("multiples", "reps"), lambda d: [d.pick(1, 2, 3) for _ in range(d.rank)]),
    **dict.fromkeys(
        (
            "num",
            "n",
            "N",
            "k",
            "depth",
            "num_segments",
            "num_classes",
            "frame_length",
            "frame_step",
            "num_rows",
            "num_columns",
            "M",
            "num_buckets",
            "window_length",
            "num_mel_bins",
            "target_height",
            "target_width",
            "max_output_size",
            "block_size",
            "group",
            "groups",
            "ngram_width",
            "repeats",
            "num_samples",
            "fft_length_",
            "offset_height",
            "offset_width",
            "decimals",
            "num_spectrogram_bins",
            "crop_height",
            "crop_width",
            "maxlen",
            "size_",
            "upper_",
            "sequence_length",
            "sequence_stride",
            "max_boxes",
            "number",
            "diagonal",
            "offset",
            "shift",
            "minlength",
            "num_lower",
            "num_upper",
            "interpolation_",
            "batch_dims",
            "output_size",
            "depthwise_",
            "max_length",
            "total_length",
        ),
        _int,
    ),
    **dict.fromkeys(("indices", "ids", "sparse_ids", "sparse_indices", "index"), _int_tensor),
    **dict.fromkeys(("segment_ids", "labels_", "lengths", "seq_lengths", "value_rowids", "partitions"), _ids),
    **dict.fromkeys(("mask", "condition", "where", "pred"), _mask),
    **dict.fromkeys(
        ("values", "tensors", "arrays", "xs", "arys", "tup", "inputs_", "operands", "t_list"), _list
    ),
    **dict.fromkeys(("strides", "ksize", "pool_size", "window_shape", "sizes", "rates", "stride"), _window),
    "padding": lambda d: (
        d.pick("same", "valid") if d.entry.name.startswith("keras.") else d.pick("SAME", "VALID")
    ),
    "seed": lambda d: d.pick(1, 2),
    "size": lambda d: d.pick([4, 6], [2, 3], [3, 3], 4),
    "rate": _floats,
    "clip_norm": _floats,
    "use_norm": _floats,
    "image_size": lambda _: [4, 5],
    "side": lambda d: d.pick("left", "right"),
    "indexing": lambda d: d.pick("xy", "ij"),
    "direction": lambda d: d.pick("ASCENDING", "DESCENDING"),
    "mode": lambda d: d.pick("CONSTANT", "REFLECT", "SYMMETRIC", "constant", "reflect"),
    "fft_length": lambda d: d.pick([4], [6], [3], 4, [4, 4]),
    "equation": lambda _: "ab,bc->ac",
    "minval": lambda _: 0,
    "maxval": lambda _: 3,
    "low": lambda _: 0,
    "high": lambda _: 3,
    "separator": lambda d: d.pick("", ","),
    "pattern": lambda _: "a+",
    "rewrite": lambda _: "b",
    "pos": lambda _: 1,
    "len": lambda _: 2,
    "ord": lambda d: d.pick(1, 2, "euclidean", "fro", None),
    "combiner": lambda d: d.pick("sum", "mean"),
    "alg": lambda _: 1,
    "sample_rate": lambda _: 8000,
    "message": lambda _: "m",
    "rank": lambda d: d.rank,
    "filters": lambda d: d.tensor(
        shape=[d.pick(1, 2, 3) for _ in range(max(d.rank - 2, 1))]
        + [d.shape[-1] if d.shape else 1, d.pick(2, 4)]
    ),
    "rates_": _floats,
    "lam": _floating,
    "alpha": lambda d: d.pick(0.5, 1.0, d.tensor("float32", [])),
    "beta": lambda d: d.pick(0.5, 1.0, None),
    "boxes": lambda d: d.tensor("float32", [d.pick(1, 3), 4]),
    "scores": lambda d: d.tensor("float32", [d.pick(1, 3)]),
    "num_or_size_splits": lambda d: d.pick(1, 2, [1, 1], [1, 2]),
    "indices_or_sections": lambda d: d.pick(1, 2, [1], [1, 2]),
    "block_shape": lambda d: d.pick([1], [2], [2, 2]),
    "crops": lambda d: d.pick([[0, 0]], [[0, 0], [0, 0]]),
    "out": lambda _: None,
    "key": lambda d: d.pick(0, 1, slice(0, 1), (Ellipsis, 0)),
    "hash_key": lambda _: [1, 2],
    "input_encoding": lambda d: d.pick("UTF-8", "UTF-16-BE"),
    "output_encoding": lambda _: "UTF-8",
    "kernel": lambda d: d.tensor(
        shape=[d.pick(1, 2, 3) for _ in range(max(d.rank - 2, 1))]
        + [d.shape[-1] if d.shape else 1, d.pick(2, 4)]
    ),
    "max_val": lambda _: 1.0,
    "x1": Draw.operand,
    "num_bits": lambda _: 8,
    **dict.fromkeys(("bounding_box_format", "source", "target", "anchor_format", "box_format"), _box_format),
    **dict.fromkeys(("boxes1", "boxes2", "anchors", "boxes_delta", "bounding_boxes"), _boxes),
    **dict.fromkeys(("choicelist", "coeffs"), _list),
    "condlist": lambda d: [d.tensor("bool") for _ in range(d.pick(1, 2, 3))],
    "quantized_dtype": lambda _: "int8",
    "compute_dtype": lambda d: d.pick("float32", "float16"),
    "arr": lambda d: d.tensor(d.pick("int32", "int64")),
    **dict.fromkeys(("height", "width", "angle"), lambda d: d.pick(3, 4, 5)),
    "truth_": _int_tensor,
    "depthwise_filter": lambda d: d.tensor(shape=[2, 2, d.shape[-1] if d.shape else 1, d.pick(1, 2)]),
    "pointwise_filter": lambda d: d.tensor(shape=[1, 1, d.pick(1, 2, 3), 4]),
}
"""How an argument is made, by the name of its parameter; anything else is a tensor."""

FLAGS = frozenset(
    [
        "keepdims", "from_logits", "training", "normalize", "exclusive", "reverse", "ascending", "returned", "retstep",
        "full_matrices", "compute_uv", "return_index", "return_inverse", "return_counts", "output_is_sparse", "adjoint_a",
        "adjoint_b", "transpose_a", "transpose_b", "binary_output", "normalized", "dense",
    ]
)  # fmt: skip
"""Parameters that are flags although their default may be `None`."""

NEVER_GIVEN = frozenset(
    {
        "name",
        "validate_indices",
        "parallel_iterations",
        "back_prop",
        "swap_memory",
        "out",
        "device",
        "subok",
        "order",
        "casting",
        "data_format",
        "summarize",
        "deterministic",
    }
)


def draw_arguments(entry: Entry, seed: int) -> dict[str, Any]:
    """Arguments for one trial of a function, by parameter name (`*` for variadic ones)."""
    draw = Draw(seed, entry)
    chosen: dict[str, Any] = {}
    for text in entry.params:
        if text.startswith("**") or text == "*":
            continue
        if text.startswith("*"):
            sized = text in ("*size", "*dims", "*shape")
            chosen[text] = [_int(draw) if sized else draw.operand() for _ in range(draw.pick(1, 2, 2, 3))]
            continue
        name, optional, default = text.partition("=")
        if optional and (name in NEVER_GIVEN or draw.random.random() < 0.6):
            continue
        chosen[name] = _argument(draw, name, default if optional else None)
    return chosen


def _argument(draw: Draw, name: str, default: str | None) -> Any:
    if default in ("True", "False") or name in FLAGS:
        return draw.pick(True, False)
    if _wants_sparse(draw.entry.name, name):
        return draw.sparse()
    if draw.entry.name.startswith(("tensorflow.sparse.", "tensorflow.sets.")) and name in ("b", "x", "y"):
        return draw.pick(draw.sparse(), draw.operand())
    if name == "inputs" and draw.entry.name.startswith("keras.layers."):
        return _list(draw)
    if draw.entry.name.startswith("tensorflow.nn.batch_norm") and name in (
        "mean",
        "variance",
        "gamma",
        "m",
        "v",
    ):
        return draw.tensor(shape=draw.shape[-1:])
    if name == "x" and draw.entry.name.endswith(("to_categorical", "bincount")):
        return draw.tensor(draw.pick("int32", "int64"))
    if name == "y_true" and "sparse" in draw.entry.name:
        return draw.tensor(
            draw.pick("int32", "int64", "float32"),
            draw.pick(draw.shape[:-1], draw.shape[:-1], [*draw.shape[:-1], 1]),
        )
    if name == "y_true" and draw.random.random() < 0.2:
        return draw.tensor(shape=draw.pick(draw.shape[:-1], [*draw.shape, 1], [*draw.shape[:-1], 1]))
    if name == "seed" and "stateless" in draw.entry.name:
        return _stateless_seed(draw)
    if name == "shape" and draw.entry.name.endswith(("reshape", "broadcast_to")):
        return _reshaped(draw)
    maker = BY_NAME.get(name)
    if maker is not None:
        return maker(draw)
    if default is not None:
        if default.startswith("tf."):
            return _dtype(draw)
        if default.startswith(("(", "[")):
            return ast.literal_eval(default)
        if default.startswith("'"):
            return default.strip("'")
        if default.lstrip("-").isdigit():
            return draw.pick(int(default), 0, 1, 2, -1)
        if default not in ("None", "..."):
            return draw.pick(0.1, 0.5, 1.0, 0.0)
        return None if draw.random.random() < 0.4 else draw.operand()
    return draw.operand()


def run(entry: Entry, function: Callable[..., Any], seed: int) -> Trial | None:
    """One trial, or `None` where the library refuses the arguments. NumPy's functions are run as they are."""
    graph = func_graph.FuncGraph("trial")
    try:
        with graph.as_default():
            chosen = draw_arguments(entry, seed)
            given = {name: value for name, value in chosen.items() if not name.startswith("*")}
            spread = [value for name, values in chosen.items() if name.startswith("*") for value in values]
            described = tuple((name, abstract(value)) for name, value in chosen.items())
            result = function(*leading(entry, given, bool(spread)), *spread, **given)
            return Trial(described, abstract(result), _count(graph))
    except Exception:  # noqa: BLE001 - a random call may fail in any way; only those that succeed are of interest.
        return None


def leading(entry: Entry, given: dict[str, Any], variadic: bool) -> list[Any]:
    """The arguments that must go by position because variadic ones follow them."""
    found: list[Any] = []
    for text in entry.params:
        name = text.partition("=")[0]
        if text.startswith("*") or (not variadic and not _positional_only(entry)):
            break
        if name not in given:
            break
        found.append(given.pop(name))
    return found


def _positional_only(entry: Entry) -> bool:
    return entry.name.startswith("numpy.")


def _count(graph: Any) -> int:
    return sum(1 for op in graph.get_operations() if op.type not in ("Placeholder", "Const", "NoOp"))


def collect(entry: Entry, function: Callable[..., Any], seeds: range, enough: int = 80) -> list[Trial]:
    """The trials of a function that succeed, at most `enough` of them.

    They run in a child process: some arguments make TensorFlow abort.
    """
    found: list[Trial] = []
    start = seeds.start
    while start < seeds.stop:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _work(entry, function, range(start, seeds.stop), writer, enough - len(found))
        os.close(writer)
        with os.fdopen(reader, "rb") as lines:
            last = start
            for line in lines:
                number, _, body = line.partition(b" ")
                last = int(number)
                if body.strip():
                    found.append(msgspec.json.decode(body, type=Trial))
        _, status = os.waitpid(child, 0)
        # A child that was killed died in the trial that it had announced last.
        start = seeds.stop if status == 0 else last + 1
    return found


TRIAL_SECONDS = 20
"""A trial that takes longer ends its process."""


def _work(entry: Entry, function: Callable[..., Any], seeds: range, writer: int, enough: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with os.fdopen(writer, "wb", buffering=0) as out:
        for seed in seeds:
            out.write(b"%d \n" % seed)
            signal.alarm(TRIAL_SECONDS)
            trial = run(entry, function, seed)
            if trial is not None:
                out.write(b"%d %s\n" % (seed, msgspec.json.encode(trial)))
                enough -= 1
                if enough <= 0:
                    break
    os._exit(0)


def describe_classes(found: dict[str, Any]) -> None:
    """Make the public classes among these objects known as kinds of results."""
    LIBRARY_CLASSES.clear()
    LIBRARY_CLASSES.update(
        {
            value: name
            for name, value in found.items()
            if isinstance(value, type) and value.__module__ != "builtins" and value is not object
        }
    )


def takes_symbolic(function: Callable[..., Any]) -> bool:
    """Whether a NumPy function of one argument takes a symbolic tensor as it is (`np.shape` reads its `shape`)."""
    with func_graph.FuncGraph("trial").as_default():
        tensor = tf.compat.v1.placeholder("float32", [2, 2])
        try:
            function(tensor)
        except Exception:  # noqa: BLE001 - the function may refuse in any way.
            return False
    return True
