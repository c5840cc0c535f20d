"""What is known of each function."""

from graphlift.facts.gather import Program
from graphlift.facts.model import Decoration, FunctionFacts, InGraph, Mismatch, StateChange
from graphlift.facts.retracing import Cause, Retracing
from graphlift.facts.signature import Signature

__all__ = [
    "Cause",
    "Decoration",
    "FunctionFacts",
    "InGraph",
    "Mismatch",
    "Program",
    "Retracing",
    "Signature",
    "StateChange",
]
