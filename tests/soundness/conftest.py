"""One warm TensorFlow process for the whole session."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from .recorder import Recorder


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tensorflow: needs an installed TensorFlow")


@pytest.fixture(scope="session")
def recorder_for() -> Iterator[Callable[[int], Recorder]]:
    started: dict[int, Recorder] = {}

    def get(keras: int) -> Recorder:
        if keras not in started:
            started[keras] = Recorder(keras)
        return started[keras]

    yield get
    for recorder in started.values():
        recorder.close()
