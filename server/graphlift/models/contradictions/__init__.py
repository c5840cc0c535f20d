"""What TensorFlow certainly refuses: shapes and dtypes that cannot meet in one call.

Each check stands beside a rule of `transfer/` that computes a shape or a dtype, takes the same arguments, and tells
which of them contradict each other. It speaks only of what is known: a size, rank or dtype that is not known may be
the right one. That TensorFlow does refuse is tested on the tables (`tests/models/test_contradictions.py`).
"""

from graphlift.models.contradictions.base import CHECKS, DTYPE, SHAPE, Contradiction, Side
from graphlift.models.contradictions.dtypes import common, described, operator, promotes
from graphlift.models.contradictions.shapes import einsum, index, model_input

__all__ = [
    "CHECKS",
    "DTYPE",
    "SHAPE",
    "Contradiction",
    "Side",
    "common",
    "described",
    "einsum",
    "index",
    "model_input",
    "operator",
    "promotes",
]
