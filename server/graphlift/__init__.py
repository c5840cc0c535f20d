"""Graphlift says of every TensorFlow function whether it should run as a graph, and why."""

__version__ = "0.1.0"
