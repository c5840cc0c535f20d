"""Runs one function of a program eagerly and as a graph under the user's TensorFlow, and compares.

`plan` says what to run, `judge` runs it (through `server` and the `agent` in the user's interpreter),
`compare` finds the differences, `report` holds the outcome. Nothing here analyses code.
"""

from graphlift.verify.judge import Judge
from graphlift.verify.plan import Limits, Plan, Program, Target
from graphlift.verify.report import Difference, Judgement, Outcome, Timing
from graphlift.verify.server import ServerError

__all__ = [
    "Difference",
    "Judge",
    "Judgement",
    "Limits",
    "Outcome",
    "Plan",
    "Program",
    "ServerError",
    "Target",
    "Timing",
]
