"""Text to syntax tree; the only importer of astroid."""

from graphlift.syntax.parse import Parsed, SyntaxProblem, parse, parse_fragment

__all__ = ["Parsed", "SyntaxProblem", "parse", "parse_fragment"]
