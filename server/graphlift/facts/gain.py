"""What a graph may gain: how much work one eager call hands to TensorFlow piece by piece.

An eager call pays for every op that it dispatches (some 15 µs), a graph call once (some 0.2 ms). So the ops of a
call decide, through callees and loops; very large tensors hide the difference, since the ops themselves take long.
The figures are measurements: `docs/gain.md` has them, `scripts/gain.py` prints them again.
"""

from __future__ import annotations

import msgspec

TOO_FEW = 6
"""Below this many ops hardly any measured function was worth a graph (4 of 104); from here to nine a quarter was."""

LARGE = 100_000
"""Numbers in the result of an op from which on its own work outweighs what dispatching it costs (measured)."""


class Band(msgspec.Struct, frozen=True):
    """What was measured of functions with at least so many ops: the quartiles of eager time divided by graph time."""

    ops: int
    words: str
    lower: float
    upper: float


BANDS = (
    Band(200, "hundreds of operations or more", 16.0, 52.0),
    Band(50, "many tens of operations", 7.0, 13.0),
    Band(20, "some tens of operations", 2.0, 6.5),
    Band(10, "ten to twenty operations", 1.4, 2.6),
    Band(TOO_FEW, "a few operations", 0.6, 1.1),
    Band(1, "hardly any operations", 0.2, 0.5),
)
"""From the measurements on tensors that are not large, widest first."""


class Gain(msgspec.Struct, frozen=True):
    """The estimate for one function: the ops that an eager call dispatches, and the numbers in their results.

    `elements` counts sizes that are not known as one.
    """

    ops: int
    elements: int = 0

    @property
    def pays(self) -> bool:
        """Whether a graph is worth considering at all."""
        return self.ops >= TOO_FEW

    @property
    def large(self) -> bool:
        """Whether most of the time goes into the ops themselves, which a graph makes hardly faster."""
        return self.ops > 0 and self.elements >= LARGE * self.ops

    @property
    def band(self) -> Band | None:
        """Which of the measured functions this one is like; `None` without any op."""
        return next((band for band in BANDS if self.ops >= band.ops), None)

    @property
    def amount(self) -> str:
        """How many ops, in words that claim no more than is known."""
        return "no operations" if self.band is None else self.band.words

    @property
    def text(self) -> str:
        """The estimate for people; empty without any op."""
        band = self.band
        if band is None:
            return ""
        if self.large:
            return f"{band.words} a call, on large tensors: such ones ran at most about 1.5 times as fast as graphs"
        between = f"{band.lower:g} to {band.upper:g} times as fast as graphs"
        return f"{band.words} a call: half of the measured functions like this ran {between}"
