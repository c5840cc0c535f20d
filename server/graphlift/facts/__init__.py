"""What is known of each function."""

from graphlift.facts.gather import Program
from graphlift.facts.model import Decoration, FunctionFacts, InGraph, StateChange

__all__ = ["Decoration", "FunctionFacts", "InGraph", "Program", "StateChange"]
