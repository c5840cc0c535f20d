"""What can go wrong in a database: cancellation, and recursion that the queries did not declare."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

Step = tuple[str, Hashable]
"""A query's name and the key it was asked for."""

_KEY_WIDTH = 60
_CHAIN_ENDS = 6


class Cancelled(Exception):  # noqa: N818 - an order, not an error
    """The answer is no longer wanted: raised out of `get` once `cancelled()` says so.

    A query body must let it pass. One that swallows it gains nothing: its value is thrown away and
    `Cancelled` rises again from the query itself.
    """


class CycleError(Exception):
    """A query needs its own value and says nothing of how to begin: it was declared without `cycle=`."""

    def __init__(self, chain: Sequence[Step]) -> None:
        """Take the executions from the query's first entry (`chain[0]`) to its second (`chain[-1]`)."""
        self.query, self.key = chain[0]
        self.chain = tuple(chain)
        super().__init__(
            f"{show(chain[0])} needs its own value: {show_chain(chain)}; "
            f"declare `{self.query}` with `cycle=` if this recursion is meant"
        )


class DivergenceError(Exception):
    """A recursive query found no fixpoint, not even after its `widen=` was applied."""

    def __init__(self, steps: Sequence[Step], iterations: int) -> None:
        """Take what still changed in the last of so many iterations."""
        self.steps = tuple(steps)
        self.iterations = iterations
        changing = ", ".join(show(step) for step in steps[:_CHAIN_ENDS])
        super().__init__(
            f"no fixpoint after {iterations} iterations; still changing: {changing}; "
            "give these queries a `widen=` whose values stop changing"
        )


def show(step: Step) -> str:
    """A call as a person would write it, with a long key cut short."""
    query, key = step
    text = repr(key)
    if len(text) > _KEY_WIDTH:
        text = text[: _KEY_WIDTH - 1] + "…"
    return f"{query}({text})"


def show_chain(chain: Sequence[Step]) -> str:
    """Calls joined by arrows, with the middle of a long chain left out."""
    shown = [show(step) for step in chain]
    if len(shown) > 2 * _CHAIN_ENDS:
        left_out = len(shown) - 2 * _CHAIN_ENDS
        shown[_CHAIN_ENDS:-_CHAIN_ENDS] = [f"… {left_out} more …"]
    return " → ".join(shown)
