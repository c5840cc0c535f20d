"""What a call shows of its arguments: which parameters of an op take tensors."""

from __future__ import annotations

import re

from graphlift.models import table

OPAQUE_LIBRARIES = frozenset(
    {
        "tensorflow",
        "tensorflow_core",
        "keras",
        "tf_keras",
        "numpy",
        "scipy",
        "pandas",
        "matplotlib",
        "torch",
        "jax",
        "sklearn",
        "PIL",
        "jaxtyping",
        "typing_extensions",
        "cv2",
        "absl",
        "pytest",
        "tqdm",
        "einops",
        "tensorflow_datasets",
        "tensorflow_hub",
        "tensorflow_probability",
    }
)
"""Libraries whose sources are never read: models describe them, or nothing does."""

_ROLES = frozenset(
    {
        "axis",
        "axes",
        "batch_dims",
        "delta",
        "depth",
        "dilations",
        "dims",
        "dtype",
        "epsilon",
        "keepdims",
        "limit",
        "maxval",
        "mean",
        "minval",
        "multiples",
        "name",
        "num",
        "num_or_size_splits",
        "num_segments",
        "on_value",
        "off_value",
        "output_type",
        "padding",
        "paddings",
        "perm",
        "seed",
        "shape",
        "size",
        "start",
        "stddev",
        "stop",
        "strides",
        "transpose_a",
        "transpose_b",
    }
)
"""Parameter names that ops use for settings: a Python value is as good there as a tensor."""


@table.remembered
def gone_over(name: str) -> frozenset[int | str]:
    """The position and name of the parameter whose rows a callback is given: a tensor, or a structure of tensors."""
    entry = table.find(name) if name.startswith("tensorflow.") else None
    params = () if entry is None or entry.kind != "function" else entry.params
    names = [parameter.partition("=")[0] for parameter in params]
    return frozenset({names.index("elems"), "elems"}) if "elems" in names else frozenset()


@table.remembered
def tensor_parameters(name: str) -> frozenset[int | str]:
    """The positions and names of the parameters whose arguments the op computes with, as tensors."""
    if not name.startswith(("tensorflow.", "keras.ops.")):
        return frozenset()
    entry = table.find(name)
    if entry is None or entry.kind != "function" or "tensor" not in entry.returns:
        return frozenset()
    used = set(re.findall(r"[a-z_]\w*", entry.returns))
    found: set[int | str] = set()
    for position, parameter in enumerate(entry.params):
        plain = parameter.partition("=")[0].lstrip("*")
        if plain in used and plain not in _ROLES and "=" not in parameter:
            found |= {position, plain}
    return frozenset(found)
