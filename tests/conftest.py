"""For all tests: an error in Graphlift itself fails the test that meets it; property tests repeat exactly.

`HYPOTHESIS_PROFILE=explore` draws other examples at each run, to look for what the fixed ones miss.
"""

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("GRAPHLIFT_RAISE", "1")

# How long an example takes says something about the machine, nothing about the code.
settings.register_profile(
    "repeat", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "explore", derandomize=False, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))
