"""The exit codes that every command shares."""

INTERNAL_ERROR = 3
"""Graphlift itself failed, on the whole or on some function."""
