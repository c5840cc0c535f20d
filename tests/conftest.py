"""For all tests: an error in Graphlift itself fails the test that meets it; property tests repeat exactly.

`HYPOTHESIS_PROFILE=explore` draws other examples at each run, to look for what the fixed ones miss.
"""

import os

from hypothesis import settings

os.environ.setdefault("GRAPHLIFT_RAISE", "1")

settings.register_profile("repeat", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))
