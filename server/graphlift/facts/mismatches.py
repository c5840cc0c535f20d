"""Shapes and dtypes that cannot meet, over the whole program: which of them raise in eager code too.

A function is judged as if it were traced: NumPy arrays enter it as tensors, which are stricter, and a graph holds both
branches of a tensor condition. What raises eagerly as well is seen from callers to whom none of this applies, in the
end from module-level code.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphlift.index import MODULE_BODY, DefId
from graphlift.interp.entry import EntryContext, as_traced
from graphlift.interp.mismatches import BRANCH, TRACE
from graphlift.interp.solver import Solver
from graphlift.interp.summary import Effect
from graphlift.models.api import MISMATCHES
from graphlift.resolve import class_info, files, unit
from graphlift.source.span import Place

SWITCHES = frozenset(
    {"experimental_enable_numpy_behavior", "set_global_policy", "set_dtype_policy", "set_floatx"}
)
"""What changes, once called, which dtypes TensorFlow or Keras bring together. A program that names one may call it."""

Mismatch = tuple[str, Place]
"""The kind and place of an effect, which is the same whoever leads there."""


class Mismatches:
    """The mismatches of a settled program."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        keys = files(solver.db, "").paths
        self._switched = any(SWITCHES & unit(solver.db, key).mentions for key in keys)

    def top_level(self) -> Iterator[Effect]:
        """Those that module-level code and class bodies run into."""
        for (kind, definition, _), outcome in self._solver.state.outcomes.items():
            if kind == "run" and self._is_top_level(definition):
                yield from (e for e in outcome.summary.effects if self._counts(e))

    def eager(self, decorated: frozenset[DefId]) -> frozenset[Mismatch]:
        """Those that raise in the program as it is; `decorated` functions run as the graphs they are judged as."""
        found = {(e.kind, e.place) for e in self.top_level()}
        unguarded = self._unguarded()
        for definition, root in self._solver.state.roots.items():
            if definition not in unguarded:
                continue
            if definition in decorated or not self._takes_arrays(root.entry):
                found |= {(e.kind, e.place) for e in root.summary.effects if self._counts(e)}
        return frozenset(found)

    def _unguarded(self) -> frozenset[DefId]:
        """The functions that may be reached by calls none of which expects exceptions.

        Functions that nobody is seen to call are entered from outside; but those that are made in another function
        are handed to code that is not seen, which may be `assertRaises`.
        """
        calls: dict[DefId, set[DefId]] = {}
        pending = [
            d for d, r in self._solver.state.roots.items() if not r.entry.called and "<locals>" not in d
        ]
        for (kind, definition, _), outcome in self._solver.state.outcomes.items():
            top_level = kind == "run" and self._is_top_level(definition)
            if top_level or kind == "root":
                calls.setdefault(definition, set()).update(e.callee for e in outcome.edges if not e.guarded)
            if top_level:
                pending.append(definition)
        found: set[DefId] = set()
        while pending:
            definition = pending.pop()
            if definition not in found:
                found.add(definition)
                pending.extend(calls.get(definition, ()))
        return frozenset(found)

    def certain(self, effect: Effect) -> bool:
        """Whether a mismatch is one under all settings that the program may make."""
        switched = self._switched and effect.kind == "dtype-mismatch"
        return effect.certain and effect.target != BRANCH and not switched

    def _counts(self, effect: Effect) -> bool:
        return effect.kind in MISMATCHES and effect.target != TRACE and self.certain(effect)

    def _is_top_level(self, definition: DefId) -> bool:
        return definition.endswith(f":{MODULE_BODY}") or class_info(self._solver.db, definition) is not None

    def matters(self, effect: Effect, entry: EntryContext) -> bool:
        """Whether anything is to be said of a mismatch: one that is only possible, and raises eagerly too, is none."""
        return effect.kind in MISMATCHES and (effect.target != BRANCH or self._takes_arrays(entry))

    @staticmethod
    def _takes_arrays(entry: EntryContext) -> bool:
        return any(as_traced(evidence.value) != evidence.value for evidence in entry.parameters)
