"""A framework in four files."""
