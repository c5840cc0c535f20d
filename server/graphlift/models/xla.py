"""What XLA (`jit_compile=True`) does not compile, and what it leaves out without a word.

`scripts/try_xla.py` tries TensorFlow's functions on a CPU, and `tests/models/test_xla.py` compiles each one that is
named here. XLA takes no strings, so nothing that works on them.
"""

from __future__ import annotations

_REFUSED = ("tensorflow.strings.", "tensorflow.io.", "tensorflow.lookup.")
_IN_PYTHON = ("tensorflow.io.gfile.", "tensorflow.io.write_graph")
"""These run while tracing, whatever compiles the graph."""
_TABLES = ("tensorflow.lookup.StaticHashTable", "tensorflow.lookup.StaticVocabularyTable")
_REFUSED_ALONE = frozenset(
    f"tensorflow.{name}"
    for name in (
        "as_string",
        "audio.encode_wav",
        "eig",
        "eigvals",
        "experimental.numpy.random.poisson",
        "fingerprint",
        "guarantee_const",
        "image.non_max_suppression_with_scores",
        "linalg.banded_triangular_solve",
        "linalg.det",
        "linalg.lstsq",
        "linalg.slogdet",
        "math.bessel_i0",
        "math.bessel_i1",
        "math.reduce_euclidean_norm",
        "math.segment_max",
        "math.segment_mean",
        "math.segment_min",
        "math.segment_prod",
        "math.segment_sum",
        "math.special.bessel_j0",
        "math.special.bessel_j1",
        "math.special.bessel_k0",
        "math.special.bessel_k0e",
        "math.special.bessel_k1",
        "math.special.bessel_k1e",
        "math.special.bessel_y0",
        "math.special.bessel_y1",
        "math.special.dawsn",
        "math.special.expint",
        "math.special.fresnel_cos",
        "math.special.fresnel_sin",
        "math.special.spence",
        "matrix_square_root",
        "nn.isotonic_regression",
        "nn.max_pool_with_argmax",
        "numpy_function",
        "print",
        "py_function",
        "ragged.range",
        "random.experimental.stateless_shuffle",
        "random.gamma",
        "random.poisson",
        "random.stateless_binomial",
        "random.stateless_gamma",
        "random.stateless_poisson",
        "sparse.bincount",
        "sparse.segment_sqrt_n",
        "sparse.segment_sum",
        "sparse.sparse_dense_matmul",
        "timestamp",
        "unique_with_counts",
        "unravel_index",
    )
)
_CHECKS = ("assert_", "Assert", "check_numerics")
_DROPPED = tuple(f"tensorflow.{folder}{name}" for folder in ("", "debugging.") for name in _CHECKS)


def under_xla(name: str) -> str:
    """What happens to a call of a TensorFlow function under XLA: `refused`, `dropped`, or empty for compiled."""
    if name in _REFUSED_ALONE or name.startswith(_TABLES):
        return "refused"
    if name.startswith(_REFUSED) and not name.startswith(_IN_PYTHON) and not _is_class(name):
        return "refused"
    return "dropped" if name.startswith(_DROPPED) else ""


def _is_class(name: str) -> bool:
    return any(part[:1].isupper() for part in name.split("."))
