"""The abstract interpreter: a definition in a context to values and effects."""
