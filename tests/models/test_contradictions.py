"""What the models say is refused is refused: no call that a library takes, eagerly or in a graph, is a mismatch."""

from __future__ import annotations

import pytest

from graphlift import models
from graphlift.models import contradictions, table
from graphlift.models.api import MISMATCHES
from graphlift.values import display
from modelgen import judge
from tests.models.careless import taken
from tests.models.test_tables import tried


def checked(file: str) -> list[str]:
    """The functions of a table that some check watches."""
    entries = table.load(file).entries
    return [
        name
        for name in tried(file)
        if any(f"{rule}(" in entries[name].returns for rule in contradictions.CHECKS)
    ]


@pytest.mark.parametrize(
    ("file", "way"),
    [("tensorflow", "traced"), ("tensorflow", "eager"), ("keras3", "traced"), ("numpy", "eager")],
)
def test_what_a_library_takes_is_no_mismatch(file: str, way: str) -> None:
    host = judge.Silent(3)
    wrong: list[str] = []
    for name, calls in taken(file, way, checked(file)).items():
        entry = table.load(file).entries[name]
        for trial in calls:
            found = models.call(name, judge.as_arguments(trial.arguments, entry.params), host).hazards
            call = ", ".join(f"{parameter}={display(value)}" for parameter, value in trial.arguments)
            wrong += [f"{h.subject}, said of {name}({call})" for h in found if h.kind in MISMATCHES]
    assert not wrong, "\n".join(wrong[:40])
