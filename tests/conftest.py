"""For all tests: an error in Graphlift itself fails the test that meets it."""

import os

os.environ.setdefault("GRAPHLIFT_RAISE", "1")
