"""Whether anything in a program may ask for gradients, which end at NumPy and pass through an op.

A tape anywhere may record what any function does, so this is asked of a program and not of a function. Its own
code mentions what computes gradients, or a library does it on its behalf: one that is built on TensorFlow, which any
may be that is not known to be something else.
"""

from __future__ import annotations

import sys

from graphlift.engine import Database
from graphlift.resolve import files, unit

_TAKING = frozenset(
    {
        "ForwardAccumulator",
        "GradientTape",
        "batch_jacobian",
        "compute_gradient",
        "compute_gradients",
        "custom_gradient",
        "fit",
        "fit_generator",
        "gradients",
        "hessians",
        "jacobian",
        "minimize",
        "train_on_batch",
        "train_step",
        "value_and_gradient",
    }
)
"""Names that code mentions when it computes gradients with TensorFlow or Keras, or has Keras do it."""

_WITHOUT = frozenset(
    {
        "PIL",
        "absl",
        "attr",
        "click",
        "cv2",
        "einops",
        "h5py",
        "keras",
        "matplotlib",
        "numpy",
        "pandas",
        "pydantic",
        "pytest",
        "requests",
        "rich",
        "scipy",
        "seaborn",
        "skimage",
        "sklearn",
        "tensorflow",
        "tf_keras",
        "tqdm",
        "yaml",
    }
)
"""Packages that take no gradients by themselves: TensorFlow and Keras, and those that do not know them."""


def may_take_gradients(db: Database) -> bool:
    """Whether gradients may be taken of what any function of the program computes."""
    keys = files(db, "").paths
    # A module may go by its last parts alone, where the importer's folder is searched.
    own = {part for key in keys for part in key.lstrip("~").split(".")}
    return any(_asks(db, key, own) for key in keys)


def _asks(db: Database, key: str, own: set[str]) -> bool:
    found = unit(db, key)
    if found.mentions & _TAKING:
        return True
    absolute = {info.module for info in found.index.imports if not info.module.startswith(".")}
    absolute |= {module for module, _ in found.index.star_imports if not module.startswith(".")}
    roots = {module.partition(".")[0] for module in absolute}
    return bool(roots - _WITHOUT - own - sys.stdlib_module_names)
