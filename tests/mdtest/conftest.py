"""What the pages' tests share: one judge per version of Keras for the whole session."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from graphlift.verify import Judge

from .harness.graphs import Known


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="write what is found into the pages' blocks of expected output",
    )


@pytest.fixture(scope="session")
def judge_for() -> Iterator[Callable[[int], Judge]]:
    judges: dict[int, Judge] = {}

    def judge(keras: int) -> Judge:
        if keras not in judges:
            judges[keras] = Judge(sys.executable, keras)
        return judges[keras]

    yield judge
    for each in judges.values():
        each.server.close()


@pytest.fixture(scope="session")
def known(request: pytest.FixtureRequest) -> Known:
    """Judgements are kept in pytest's cache; `--cache-clear` forgets them."""
    cache = request.config.cache
    assert cache is not None

    def store(key: str, value: object) -> None:
        cache.set(f"graphlift/judgements/{key}", value)

    return Known(lambda key: cache.get(f"graphlift/judgements/{key}", None), store)
