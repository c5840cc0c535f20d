"""Memoised queries with revisions, early cut-off, recursion, cancellation and a disk cache.

It knows neither Python sources nor TensorFlow. See `database` for how it works and `disk` for what is kept
on disk.
"""

from graphlift.engine.database import Database
from graphlift.engine.errors import Cancelled, CycleError, DivergenceError
from graphlift.engine.query import Query, input_query, query

__all__ = ["Cancelled", "CycleError", "Database", "DivergenceError", "Query", "input_query", "query"]
