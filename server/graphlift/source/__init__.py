"""Files, their text and positions in it, and configuration. Knows nothing of Python's grammar."""
