"""The call graph, as the interpreter saw it."""

from graphlift.callgraph.graph import Call, CallGraph, build_call_graph, strongly_connected

__all__ = ["Call", "CallGraph", "build_call_graph", "strongly_connected"]
